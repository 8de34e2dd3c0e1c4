/*
 * The balloon in the monitor (balloon.h).
 */
#include "tools/balloon.h"

#include <errno.h>
#include <stdlib.h>

#include "devices/virtio_balloon.h"
#include "tools/gdbstub/text.h"
#include "tools/machine.h"

enum { MIB_SHIFT = 20 };

static struct virtio *balloon_of(struct machine *m, struct text *out)
{
    if (!m->devices.balloon)
        text_puts(out, "there is no balloon; start with -device virtio-balloon-device\n");
    return m->devices.balloon;
}

void balloon_set(struct machine *m, const char *args, struct text *out)
{
    u64 ram = m->options->ram_size;
    char *end;
    errno = 0;
    unsigned long long wanted = strtoull(args, &end, 10);
    bool number = *args >= '0' && *args <= '9' && !*end && !errno;
    struct virtio *balloon = balloon_of(m, out);
    if (!balloon)
        return;
    if (!number || wanted == 0 || wanted > ram >> MIB_SHIFT)
        text_printf(out, "balloon MIB: how much RAM the guest is to have, from 1 to %llu\n",
                    (unsigned long long)(ram >> MIB_SHIFT));
    else
        virtio_balloon_set(balloon, (u64)wanted << MIB_SHIFT);
}

static void show_size(struct text *out, const char *name, u64 bytes)
{
    text_printf(out, "%s=%llu ", name, (unsigned long long)(bytes >> MIB_SHIFT));
}

void balloon_info(struct machine *m, const char *args, struct text *out)
{
    static const struct {
        enum virtio_balloon_stat stat;
        const char *name;
    } sizes[] = {
        {BALLOON_TOTAL, "total"},
        {BALLOON_FREE, "free"},
        {BALLOON_AVAILABLE, "available"},
        {BALLOON_CACHES, "caches"},
    };
    struct virtio *balloon = balloon_of(m, out);
    if (!balloon)
        return;
    struct virtio_balloon_info info = virtio_balloon_ask(balloon);
    text_printf(out, "balloon: actual=%llu\n", (unsigned long long)(info.actual >> MIB_SHIFT));
    if (!info.known)
        return;
    text_puts(out, "last said, in MiB: ");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (info.known & BIT(sizes[i].stat))
            show_size(out, sizes[i].name, info.stat[sizes[i].stat]);
    text_puts(out, "\n");
}

/*
 * A GDB stub and its machine without any host ends: what is fed in are the bytes of
 * a client, what comes out is kept. For the stub's tests and its fuzzer.
 */
#ifndef TESTS_UNIT_GDBSTUB_RIG_H
#define TESTS_UNIT_GDBSTUB_RIG_H

#include <stdlib.h>

#include "core/model.h"
#include "tools/gdbstub/internal.h"
#include "tools/machine.h"

/* A machine without host ends but the stub's, whose output is kept. */
struct rig {
    struct options options;
    struct machine m;
    struct chardev port;
    struct text out;
};

static inline size_t rig_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    text_add(&container_of(c, struct rig, port)->out, data, len);
    return len;
}

static inline u64 rig_time(void *owner)
{
    return 0;
}

static inline struct rig *rig_create(void)
{
    static const struct chardev_ops ops = {.write = rig_write};
    struct rig *r = calloc(1, sizeof(*r));
    struct virt_config config = {
        .model = model_find("cortex-a57"), .cpus = 2, .ram_size = 4 << 20, .time = rig_time};
    r->m.options = &r->options;
    r->m.log.out = fopen("/dev/null", "w");
    if (!virt_create(&r->m.virt, &config))
        abort();
    r->port.ops = &ops;
    r->m.gdb = gdbstub_create(&r->m, &r->port, false);
    chardev_send_event(&r->port, CHARDEV_OPENED);
    return r;
}

static inline void rig_destroy(struct rig *r)
{
    gdbstub_destroy(r->m.gdb);
    tracing_stop(&r->m);
    fclose(r->m.log.out);
    virt_destroy(&r->m.virt);
    text_free(&r->out);
    free(r);
}

static inline void feed(struct rig *r, const void *data, size_t len)
{
    const u8 *p = data;
    while (len) { /* in pieces as a socket gives them */
        size_t n = len < 7 ? len : 7;
        r->port.client->receive(r->port.owner, p, n);
        p += n;
        len -= n;
    }
}

/* The machine's turn, ROUNDS times at most, and then the client interrupts it. */
static inline void rig_run(struct rig *r, unsigned rounds)
{
    for (; rounds && !r->m.paused; rounds--) {
        if (gdbstub_steps(r->m.gdb))
            gdbstub_step(r->m.gdb);
        else if (virt_run(&r->m.virt, 50) == STOP_DEBUG)
            gdbstub_stopped(r->m.gdb);
    }
    if (!r->m.paused)
        feed(r, "\x03", 1);
}

#endif

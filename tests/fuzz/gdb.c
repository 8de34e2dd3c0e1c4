/*
 * libFuzzer's target for the GDB stub: whatever a client sends, the answers are
 * frames, and nothing is read or written out of bounds (sanitizers say so).
 *
 * An input is lines. Each is framed and sent as a packet; one that begins with !
 * is sent as it is, without the !. The machine runs a little whenever it may. The
 * corpus in packets/ has a line of every kind.
 */
#include <string.h>

#include "tests/unit/gdbstub_rig.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* A program that has something of everything: SVC, memory accesses, a loop. */
static const u32 program[] = {
    0x10000041, /* adr x1, . + 8 */
    0x91000400, /* add x0, x0, #1 */
    0xf9008020, /* str x0, [x1, #256] */
    0xf9408022, /* ldr x2, [x1, #256] */
    0xd4000001, /* svc #0 */
    0x17fffffc, /* b . - 16 */
};

static void check_frames(const struct text *out)
{
    const char *at = out->data, *end = out->data + out->len;
    while (at < end) {
        if (*at == '+' || *at == '-') {
            at++;
            continue;
        }
        const char *hash = memchr(at, '#', (size_t)(end - at));
        if (*at != '$' || !hash || end - hash < 3)
            abort();
        at = hash + 3;
    }
}

static void send_line(struct rig *r, const u8 *line, size_t len)
{
    struct text frame = {0};
    text_clear(&r->out);
    if (len && *line == '!') {
        feed(r, line + 1, len - 1);
    } else {
        packet_frame(&frame, line, len);
        feed(r, frame.data, frame.len);
        text_free(&frame);
    }
    rig_run(r, 3);
    if (r->out.data)
        check_frames(&r->out);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    enum { MAX_LINES = 64 };
    const u64 base = VIRT_RAM_BASE;
    struct rig *r = rig_create();
    bus_dma_write(&r->m.virt.bus, base, program, sizeof(program));
    for (unsigned i = 0; i < r->m.virt.cpus; i++)
        r->m.virt.cpu[i]->pc = base;
    for (unsigned n = 0; size && n < MAX_LINES; n++) {
        const u8 *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        send_line(r, data, len);
        data += len + (end != NULL);
        size -= len + (end != NULL);
    }
    rig_destroy(r);
    return 0;
}

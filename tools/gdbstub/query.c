/*
 * Questions and settings (packets q and Q; GDB manual, E.4).
 */
#include <string.h>

#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"
#include "tools/gdbstub/linux.h"
#include "tools/gdbstub/remote_command.h"

/* Whether the client's list of features has WORD. */
static bool says(const char *list, const char *word)
{
    const char *at = strstr(list, word);
    return at && (at == list || at[-1] == ';' || at[-1] == ':');
}

static void q_supported(struct gdbstub *g, const char *args)
{
    g->multiprocess = says(args, "multiprocess+");
    g->swbreak = says(args, "swbreak+");
    g->hwbreak = says(args, "hwbreak+");
    text_printf(&g->reply,
                "PacketSize=%x;qXfer:features:read+;vContSupported+;multiprocess+;swbreak+;"
                "hwbreak+;QStartNoAckMode+;QCatchSyscalls+;ConditionalBreakpoints+;"
                "BreakpointCommands+;binary-upload+",
                PACKET_SIZE);
    /* It describes the machine in its own words from now on. */
    resume_init(g);
}

/* Part of an object: OFFSET,LENGTH. */
static void answer_part(struct gdbstub *g, const char *args, const struct text *whole)
{
    u64 offset, len;
    if (!hex_number(&args, &offset) || !skip_word(&args, ",") || !hex_number(&args, &len) ||
        *args) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    if (len > PACKET_SIZE - 4)
        len = PACKET_SIZE - 4;
    u64 left = offset < whole->len ? whole->len - offset : 0;
    text_puts(&g->reply, left > len ? "m" : "l");
    text_add(&g->reply, whole->data + (left ? offset : 0), left < len ? left : len);
}

static void q_features(struct gdbstub *g, const char *args)
{
    if (skip_word(&args, "target.xml:"))
        answer_part(g, args, &g->target_xml);
    else
        text_puts(&g->reply, "E00"); /* no such annex */
}

static void q_current(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "QC");
    stub_add_thread(g, &g->reply, g->general_cpu);
}

static void q_attached(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "1"); /* quitting detaches */
}

static void q_first_threads(struct gdbstub *g, const char *args)
{
    for (unsigned i = 0; i < g->virt->cpus; i++) {
        text_puts(&g->reply, i ? "," : "m");
        stub_add_thread(g, &g->reply, i);
    }
}

static void q_more_threads(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "l");
}

static void q_thread_info(struct gdbstub *g, const char *args)
{
    int cpu;
    struct text t = {0};
    if (!stub_parse_thread(g, &args, &cpu) || *args || cpu < 0) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    struct cpu *c = g->virt->cpu[cpu];
    text_printf(&t, "CPU#%d EL%u%s", cpu, c->el,
                !c->powered ? " off"
                : c->halted ? " waits for an interrupt"
                            : "");
    linux_name_task(g, c, &t);
    text_hex(&g->reply, t.data, t.len);
    text_free(&t);
}

static void q_command(struct gdbstub *g, const char *args)
{
    char line[512];
    size_t n = hex_bytes(&args, line, sizeof(line) - 1);
    line[n] = '\0';
    if (*args || memchr(line, '\0', n))
        stub_error(g, STUB_EINVAL);
    else
        remote_command(g, line);
}

/* What LLDB, and only LLDB, asks for: it goes by this where gdb has the target description. */
static void q_host(struct gdbstub *g, const char *args)
{
    g->lldb = true;
    text_puts(&g->reply, "triple:");
    text_hex(&g->reply, "aarch64-unknown-linux", 21);
    text_puts(&g->reply, ";ptrsize:8;endian:little;watchpoint_exceptions_received:before;");
}

static void q_process(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "pid:1;triple:");
    text_hex(&g->reply, "aarch64-unknown-linux", 21);
    text_puts(&g->reply, ";ptrsize:8;endian:little;");
}

/*
 * LLDB wants to be told that code is where its file says. To others there is no such
 * packet: gef and pwndbg take who answers it for an emulator of user processes.
 */
static void q_offsets(struct gdbstub *g, const char *args)
{
    if (g->lldb)
        text_puts(&g->reply, "Text=0;Data=0;Bss=0");
}

static void q_watchpoints(struct gdbstub *g, const char *args)
{
    text_puts(&g->reply, "num:1024;"); /* there is no limit, but they want a number */
}

static void q_step_bits(struct gdbstub *g, const char *args)
{
    text_printf(&g->reply, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NOIRQ,
                SSTEP_NOTIMER);
}

static void q_step(struct gdbstub *g, const char *args)
{
    text_printf(&g->reply, "0x%x", g->sstep);
}

static void set_step(struct gdbstub *g, const char *args)
{
    u64 value;
    skip_word(&args, "0x");
    if (!hex_number(&args, &value) || *args || value > SSTEP_ALL) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    g->sstep = (unsigned)value;
    stub_ok(g);
}

static void q_physical(struct gdbstub *g, const char *args)
{
    text_printf(&g->reply, "%d", g->physical);
}

static void set_physical(struct gdbstub *g, const char *args)
{
    u64 value;
    if (!hex_number(&args, &value) || *args || value > 1) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    g->physical = value;
    stub_ok(g);
}

static void set_no_ack(struct gdbstub *g, const char *args)
{
    g->leave_ack = true;
    stub_ok(g);
}

static void set_catch_syscalls(struct gdbstub *g, const char *args)
{
    if (catch_syscalls(g, args))
        stub_ok(g);
    else
        stub_error(g, STUB_EINVAL);
}

struct query {
    const char *name;
    void (*handle)(struct gdbstub *g, const char *args);
};

static void dispatch(struct gdbstub *g, const struct query *queries, unsigned count,
                     const char *text)
{
    for (unsigned i = 0; i < count; i++) {
        const char *args = text;
        if (!skip_word(&args, queries[i].name))
            continue;
        queries[i].handle(g, args);
        return;
    }
}

void packet_q(struct gdbstub *g, const char *args)
{
    static const struct query queries[] = {
        {"Attached", q_attached},
        {"HostInfo", q_host},
        {"Offsets", q_offsets},
        {"ProcessInfo", q_process},
        {"Rcmd,", q_command},
        {"Supported", q_supported},
        {"Symbol:", linux_symbol},
        {"ThreadExtraInfo,", q_thread_info},
        {"WatchpointSupportInfo:", q_watchpoints},
        {"Xfer:features:read:", q_features},
        {"fThreadInfo", q_first_threads},
        {"sThreadInfo", q_more_threads},
        {"qemu.PhyMemMode", q_physical},
        {"qemu.sstepbits", q_step_bits},
        {"qemu.sstep", q_step},
        {"C", q_current},
    };
    if (args[0] == 'C' && args[1])
        return; /* qCRC and the like */
    dispatch(g, queries, ARRAY_LEN(queries), args);
}

void packet_Q(struct gdbstub *g, const char *args)
{
    static const struct query settings[] = {
        {"CatchSyscalls:", set_catch_syscalls},
        {"StartNoAckMode", set_no_ack},
        {"qemu.PhyMemMode:", set_physical},
        {"qemu.sstepbits", q_step_bits}, /* gef and pwndbg ask by this letter */
        {"qemu.sstep=", set_step},
        {"qemu.sstep", q_step},
    };
    dispatch(g, settings, ARRAY_LEN(settings), args);
}

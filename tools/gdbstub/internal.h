/*
 * What the files of the stub share. A file is a topic of the protocol: registers,
 * memory, breakpoints, execution, queries; stub.c has the table of packets.
 */
#ifndef TOOLS_GDBSTUB_INTERNAL_H
#define TOOLS_GDBSTUB_INTERNAL_H

#include "devices/virt.h"
#include "tools/gdbstub/gdbstub.h"
#include "tools/gdbstub/linux.h"
#include "tools/gdbstub/packet.h"
#include "tools/gdbstub/text.h"

/* Error numbers that the client sees, as in its errno.h. */
enum stub_error {
    STUB_EPERM = 1,
    STUB_EIO = 5,
    STUB_ENOMEM = 12,
    STUB_EFAULT = 14,
    STUB_EINVAL = 22
};

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, SIGNAL_STOP = 17 }; /* in gdb's numbers */

enum { BREAK_SOFTWARE = 1, BREAK_HARDWARE = 2 };

/* Agent expressions of one breakpoint; see agent.h. */
struct agent_list;

struct breakpoint {
    u64 va;
    u8 kinds; /* BREAK_* */
    struct agent_list *conditions, *commands;
};

enum watch_type { WATCH_WRITE = 2, WATCH_READ = 3, WATCH_ACCESS = 4 }; /* as in Z2, Z3, Z4 */

struct watchpoint {
    u64 va, len;
    enum watch_type type;
};

enum run_mode {
    RUN_FREELY,
    RUN_STEP,  /* one instruction */
    RUN_RANGE, /* while the PC is from range_first up to range_end */
};

/* Qqemu.sstep: what a step does not do. */
enum { SSTEP_ENABLE = 1, SSTEP_NOIRQ = 2, SSTEP_NOTIMER = 4, SSTEP_ALL = 7 };

struct gdbstub {
    struct machine *machine;
    struct virt *virt;
    struct chardev *port;
    bool stop_on_disconnect;

    /* The connection. */
    struct packet_reader in;
    struct text reply;                   /* what the packet in hand will be answered */
    struct text sent;                    /* the last frame, to be sent again */
    bool connected, no_ack, leave_ack;   /* leave_ack: after this reply */
    bool multiprocess, swbreak, hwbreak; /* what the client understands */
    bool lldb;                           /* it asks what only LLDB does */
    unsigned general_cpu, resume_cpu;    /* Hg, Hc */

    /* Execution. */
    bool running;     /* the client waits for a stop reply */
    bool was_running; /* before the client came, or since: it is to run when it vanishes */
    enum run_mode mode;
    unsigned step_cpu;
    u64 range_first, range_end;
    unsigned sstep;   /* SSTEP_* */
    struct text stop; /* the last stop reply, for ? */
    /* The instruction whose break or exception was reported: it may go on. */
    struct cpu *passing;
    u64 passing_pc, passing_icount;

    /* What is looked out for; the u64s and probe_watches are what the probe reads. */
    struct breakpoint *breaks; /* ascending */
    unsigned break_count;
    struct watchpoint *watches;
    unsigned watch_count;
    u64 *probe_breaks;
    struct probe_watch *probe_watches;
    bool probe_stale;

    /* Memory. */
    bool physical; /* Qqemu.PhyMemMode */
    bool touch_devices;
    bool other_space;  /* `monitor use-mm`: user addresses mean another process's, */
    u64 other_tables;  /* whose tables are here, until the machine runs */
    bool kernel_known; /* where vmlinux has the kernel's first byte: */
    u64 kernel_va;

    /* Registers: a table made at the start. */
    struct stub_register *registers;
    unsigned register_count;
    struct text target_xml;

    struct catcher *catcher; /* catch.h */
    struct linux_layout linux_layout;
    struct linux_scope scope;
};

/* stub.c */
void stub_send(struct gdbstub *g, const struct text *t);
void stub_ok(struct gdbstub *g);
void stub_error(struct gdbstub *g, enum stub_error e);
struct cpu *stub_cpu(struct gdbstub *g); /* that Hg chose */
void stub_add_thread(const struct gdbstub *g, struct text *t, unsigned cpu);

enum thread_id { THREAD_ANY = -2, THREAD_ALL = -1 }; /* else which CPU */

/* A thread at *AT; false if it is malformed or no such thread exists. */
bool stub_parse_thread(const struct gdbstub *g, const char **at, int *cpu);

/* Text for the user, at any time while the client waits. */
void stub_print(struct gdbstub *g, const char *data, size_t len);

/* registers.c */
bool registers_create(struct gdbstub *g);
void registers_destroy(struct gdbstub *g);
void registers_expedite(struct gdbstub *g, struct text *t, struct cpu *c);
void packet_g(struct gdbstub *g, const char *args);
void packet_G(struct gdbstub *g, const char *args);
void packet_p(struct gdbstub *g, const char *args);
void packet_P(struct gdbstub *g, const char *args);
/* Register NUMBER as the client numbers them; false: no such, or not that wide. */
bool register_read_u64(struct gdbstub *g, struct cpu *c, unsigned number, u64 *value);

/* target.c */
void target_describe(struct gdbstub *g);

/* memory.c */
bool memory_read(struct gdbstub *g, struct cpu *c, u64 va, void *to, size_t len);
void packet_m(struct gdbstub *g, const char *args);
void packet_M(struct gdbstub *g, const char *args);
void packet_x(struct gdbstub *g, const char *args);
void packet_X(struct gdbstub *g, const char *args);
/* The kernel's first byte in RAM, and how many bytes after it may be its. */
bool memory_kernel_place(const struct gdbstub *g, u64 *first, u64 *last);

/* breaks.c */
void packet_Z(struct gdbstub *g, const char *args);
void packet_z(struct gdbstub *g, const char *args);
void breaks_apply(struct gdbstub *g); /* before anything runs */
void breaks_clear(struct gdbstub *g);
const struct breakpoint *breaks_find(const struct gdbstub *g, const struct cpu *c, u64 pc);
const struct watchpoint *breaks_find_watch(const struct gdbstub *g, u64 va, bool write);

/* resume.c */
void resume_init(struct gdbstub *g);
void packet_vCont(struct gdbstub *g, const char *args);
void packet_vCont_query(struct gdbstub *g, const char *args);
void packet_c(struct gdbstub *g, const char *args);
void packet_C(struct gdbstub *g, const char *args);
void packet_s(struct gdbstub *g, const char *args);
void packet_S(struct gdbstub *g, const char *args);
void resume_freely(struct gdbstub *g);
/* Hold the machine and tell the client why: SIGNAL and "name:value;" pairs in WHY. */
void resume_report(struct gdbstub *g, struct cpu *c, unsigned signal, const char *why);

/* query.c */
void packet_q(struct gdbstub *g, const char *args);
void packet_Q(struct gdbstub *g, const char *args);

#endif

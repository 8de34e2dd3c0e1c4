/*
 * A machine as the command line describes it: the board, what is loaded into it,
 * its connections to the host, and the loop that runs it. It owns all of them.
 */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include "core/log.h"
#include "devices/host_loop.h"
#include "devices/host_signal.h"
#include "devices/mux.h"
#include "devices/virt.h"
#include "firmware/boot.h"
#include "firmware/psci.h"
#include "firmware/semihosting.h"
#include "tools/gdbstub/gdbstub.h"
#include "tools/machine_devices.h"
#include "tools/monitor.h"
#include "tools/options.h"
#include "tools/rom.h"
#include "tools/screen.h"
#include "tools/tracing.h"
#include "tools/window.h"

/* What is to be done between two stretches of execution. */
enum machine_request {
    REQUEST_NONE = 0,
    REQUEST_RESET = 1, /* by the guest or the monitor */
    REQUEST_OFF = 2,   /* the guest switched the machine off */
    REQUEST_QUIT = 4,  /* the user ends the emulator */
};

struct machine {
    const struct options *options;
    struct log log;
    struct host_loop *loop;
    struct host_signal *signals;
    struct chardev *serial_port, *monitor_port; /* what the two are connected to; may be NULL */
    struct mux *mux;                            /* both ports on one back end, which is the mux's */
    struct chardev *serial, *monitor_backend;   /* without a mux: their back ends */
    struct monitor *monitor;
    struct chardev *gdb_port;
    struct gdbstub *gdb;
    struct window window;
    struct sendkey sendkey;
    struct virt virt;
    struct machine_devices devices;
    struct psci psci;
    struct semihosting semihosting;
    struct rom rom;
    struct boot boot;
    bool booted;             /* the files of boot are open */
    struct boot_entry entry; /* where they were put */
    struct tracing tracing;
    bool pidfile_written;
    bool run; /* machine_run was called */

    unsigned requests; /* enum machine_request */
    int exit_status;
    bool paused; /* by the monitor or a debugger: time stands still */

    u64 epoch;     /* ns since 1970 at the machine's time 0 */
    s64 rtc_ahead; /* ns that the real-time clock is ahead of the host's clock it follows */
    struct clock rtc;
    u64 started;   /* host ns at the machine's time 0, later by what it was paused */
    u64 paused_at; /* host ns */
    u64 warped;    /* with icount: ns that were skipped while waiting */
};

/*
 * Build the machine of OPTIONS, which must outlive it, and load it; with dumpdtb
 * write the tree instead of connecting it to the host. False with one line in
 * E, everything freed.
 */
bool machine_create(struct machine *m, const struct options *options, struct load_error *e);

/* Run until it is switched off or the user quits; returns the exit status. */
int machine_run(struct machine *m);

void machine_destroy(struct machine *m);

/* For monitor and debugger. */
void machine_request(struct machine *m, enum machine_request request);
void machine_pause(struct machine *m);
void machine_resume(struct machine *m);

/* The machine's semihosting (tools/semihosting.c): make it, begin anew after loading, end it. */
bool machine_open_semihosting(struct machine *m, struct load_error *e);
void machine_restart_semihosting(struct machine *m);
void machine_close_semihosting(struct machine *m);

#endif

/*
 * The command line: QEMU's words, parsed into one value.
 *
 * Parsing has no side effect: no file is opened, nothing is printed. What it
 * accepts it means; whatever this emulator does not have is refused with one
 * line that names the option and what would work instead. Words and defaults
 * follow qemu-system-aarch64 7.2 (its manual page), without its text.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdio.h>

#include "core/model.h"
#include "core/types.h"
#include "tools/options_device.h"
#include "tools/trace/insn.h"

/* What to print instead of running a machine. */
enum options_show {
    SHOW_NOTHING,
    SHOW_HELP,
    SHOW_VERSION,
    SHOW_MACHINES,
    SHOW_MACHINE_PROPERTIES,
    SHOW_CPUS,
    SHOW_ACCELERATORS,
    SHOW_DISPLAYS,
    SHOW_BACKENDS,
    SHOW_DEVICES,
    SHOW_LOG_ITEMS,
};

/*
 * Where a serial port, the monitor or the gdb stub is connected. The words behind
 * `file:`, `tcp:` and `unix:` are read by devices/host_chardev.c.
 */
enum backend_kind {
    BACKEND_NONE, /* nowhere, as if the option said `none` */
    BACKEND_NULL, /* output vanishes, input never comes */
    BACKEND_STDIO,
    BACKEND_FILE, /* output only, to path, which is created anew */
    BACKEND_PTY,
    BACKEND_TCP,     /* host and port */
    BACKEND_UNIX,    /* a socket at path */
    BACKEND_CHARDEV, /* only while parsing: a -chardev by name */
};

struct backend_option {
    enum backend_kind kind;
    bool mux;         /* the monitor shares it, behind Ctrl-a: `mon:` */
    const char *text; /* as it was typed, with `mon:`; NULL for a default */
};

enum rtc_base { RTC_BASE_UTC, RTC_BASE_LOCALTIME, RTC_BASE_DATE };
enum rtc_clock { RTC_CLOCK_HOST, RTC_CLOCK_RT, RTC_CLOCK_VM };

enum display_kind {
    DISPLAY_NONE,
    DISPLAY_ANY, /* nothing was said: a window if there is one to be had */
    DISPLAY_SDL,
};

/* How the kernel is told of the frame buffer. */
enum framebuffer_kind {
    FRAMEBUFFER_AUTO, /* by EFI's tables if it was built for EFI, else in the device tree */
    FRAMEBUFFER_EFI,
    FRAMEBUFFER_SIMPLE,
    FRAMEBUFFER_OFF, /* not at all */
};

struct display_option {
    enum display_kind kind;
    u32 width, height; /* pixels */
    bool full_screen;
    bool close_quits; /* closing the window ends the emulator; else it presses the power key */
    enum framebuffer_kind framebuffer;
};

/* The file that holds a flash bank's content; path NULL for none. */
struct flash_option {
    const char *path;
    bool readonly;
};

/* An item of fw_cfg: a name, and a text or a file. */
struct fw_cfg_option {
    const char *name, *string, *file;
};

/* Calls of a program to its host; see firmware/semihosting.h. */
struct semihosting_option {
    bool enabled;
    bool user;                     /* at EL0, too */
    const char *folder;            /* where files are; NULL for none */
    const char *command;           /* the program's command line */
    struct backend_option console; /* text NULL: output to the standard error output */
};

enum { OPTIONS_FLASH = 2, OPTIONS_FW_CFG = 32 };

struct owned_text; /* a string that options_parse had to make */

struct options {
    enum options_show show;

    /* The machine. */
    const struct cpu_model *cpu;
    u64 ram_size; /* bytes, a multiple of 4096 */
    unsigned cpus;
    bool kaslr;          /* put /chosen/kaslr-seed into the device tree */
    bool rng_seed;       /* put /chosen/rng-seed into the device tree */
    const char *dumpdtb; /* write the device tree to this file and exit; or NULL */

    /* What it boots; NULL when not given. */
    const char *kernel, *initrd, *append, *dtb;
    const char *bios; /* in the first flash bank, from where it starts then */
    struct flash_option flash[OPTIONS_FLASH];
    struct fw_cfg_option fw_cfg[OPTIONS_FW_CFG];
    unsigned fw_cfg_count;

    struct device_options devices;

    /*
     * Where it talks. The monitor is on the serial port's back end when
     * serial.mux, and on its own one otherwise.
     */
    struct backend_option serial, monitor, gdb;
    struct display_option display;

    struct semihosting_option semihosting;

    /* How it runs. */
    bool no_reboot;        /* a reset ends the run */
    bool no_shutdown;      /* after power-off the CPUs stop and the monitor stays */
    bool start_stopped;    /* -S: wait for the monitor or gdb to continue */
    bool icount;           /* time counts instructions */
    unsigned icount_shift; /* 2^shift ns each, 0 to 10 */
    bool icount_sleep;     /* idle time passes as on the host; off: it is skipped */
    enum rtc_base rtc_base;
    s64 rtc_date; /* with RTC_BASE_DATE: seconds since 1970, UTC */
    enum rtc_clock rtc_clock;
    bool seeded; /* -seed was given */
    u64 seed;

    /* What it leaves on the host; NULL when not asked for. */
    bool profile;
    bool one_insn; /* no chains of instructions: core/engine/chain.h */
    u32 log;       /* the items of -d: LOG_* of core/log.h */
    const char *log_file, *pidfile;
    bool strace;
    const char *strace_file, *trace_file; /* NULL for the former: where the log goes */
    struct insn_filter trace;
    const char *name, *process_name;

    struct owned_text *owned;
};

enum { OPTIONS_MESSAGE = 512 };

/*
 * Parse ARGV (as main has it; argv[0] is skipped) into O, whose old content is
 * not looked at. Strings in O point into ARGV or belong to O. False when the
 * command line is refused: MESSAGE then holds one line without a newline,
 * "-option value: what is wrong; what would work", and O holds nothing. When
 * O->show is set the caller prints that (options_print) and is done.
 */
bool options_parse(struct options *o, int argc, char *const argv[], char message[OPTIONS_MESSAGE]);

/* Print what -help, -version, -cpu help and the like ask for. */
void options_print(enum options_show show, FILE *to);

/* Free what O owns; it may hold nothing. */
void options_free(struct options *o);

#endif

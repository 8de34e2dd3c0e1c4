/*
 * The option table and the walk along the command line. A row says everything
 * about an option: its names, its argument, its line of -help, its reader. The
 * manual page (mini-a64.1) has the same rows; a test compares them.
 */
#include <string.h>

#include "tools/options_parse.h"

#define RAM_DEFAULT (UINT64_C(128) << 20)
#define CPU_DEFAULT "cortex-a57"

/* An argument that may be left out: what begins with a dash is the next option. */
#define OPTIONAL_FILE "[FILE]"

static bool take_help(struct parse *p, const char *value)
{
    p->o->show = SHOW_HELP;
    return true;
}

static bool take_version(struct parse *p, const char *value)
{
    p->o->show = SHOW_VERSION;
    return true;
}

static bool take_nographic(struct parse *p, const char *value)
{
    p->nographic = true;
    return true;
}

/* An option for hardware that the machine does not have, so only `none` is true. */
static bool take_none(struct parse *p, const char *value)
{
    return !strcmp(value, "none") ||
           refuse(p, " %s: there is no such device; use %s none or leave it out", value, p->option);
}

static bool take_parallel(struct parse *p, const char *value)
{
    return !strcmp(value, "null") || take_none(p, value);
}

static bool take_nodefaults(struct parse *p, const char *value)
{
    p->nodefaults = true;
    return true;
}

static bool take_nothing(struct parse *p, const char *value)
{
    return true;
}

static bool take_no_reboot(struct parse *p, const char *value)
{
    return p->o->no_reboot = true;
}

static bool take_no_shutdown(struct parse *p, const char *value)
{
    return p->o->no_shutdown = true;
}

static bool take_stopped(struct parse *p, const char *value)
{
    return p->o->start_stopped = true;
}

static bool take_profile(struct parse *p, const char *value)
{
    return p->o->profile = true;
}

static bool take_log_file(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->log_file);
}

static bool take_pidfile(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->pidfile);
}

static const struct option_row rows[] = {
    {NULL, NULL, NULL, "What is booted", NULL},
    {"kernel", NULL, "FILE", "an arm64 Image (also .gz), an ELF file or a flat binary",
     take_kernel},
    {"initrd", NULL, "FILE", "its initial RAM disk", take_initrd},
    {"append", NULL, "TEXT", "its command line", take_append},
    {"dtb", NULL, "FILE", "a device tree in place of the generated one", take_dtb},
    {"bios", NULL, "FILE", "firmware to start from, in the first flash bank", take_bios},
    {"pflash", NULL, "FILE", "a flash bank's content, 64 MiB, kept; the first one is started from",
     take_pflash},

    {NULL, NULL, NULL, "The machine", NULL},
    {"machine", "M", "virt[,PROPERTY=VALUE]...", "the board; -machine virt,help lists properties",
     take_machine},
    {"cpu", NULL, "MODEL", "the CPU, default " CPU_DEFAULT "; -cpu help lists them", take_cpu},
    {"smp", NULL, "N", "the number of CPUs: 1 for now", take_smp},
    {"m", NULL, "SIZE", "RAM: 128M (the default), 2G, or 1024 in MiB", take_memory},
    {"accel", NULL, "tcg", "QEMU's name for running guest code without KVM", take_accel},
    {"rtc", NULL, "[base=utc|localtime|DATE][,clock=host|rt|vm]",
     "what the real-time clock starts at and runs by", take_rtc},
    {"icount", NULL, "[shift=]N[,sleep=on|off]",
     "time counts instructions, 2^N ns each, so that runs repeat", take_icount},
    {"fw_cfg", NULL, "[name=]opt/NAME,string=TEXT|file=FILE", "an item for the guest in fw_cfg",
     take_fw_cfg},
    {"seed", NULL, "N", "makes the random numbers given to the guest repeat", take_seed},
    {"nodefaults", NULL, NULL, "no serial port and no monitor but those asked for",
     take_nodefaults},
    {"vga", NULL, "none", "there is no display", take_none},
    {"parallel", NULL, "none", "there is no parallel port", take_parallel},
    {"no-acpi", NULL, NULL, "no effect: there is no ACPI", take_nothing},

    {NULL, NULL, NULL, "Disks and other devices", NULL},
    {"drive", NULL, "file=FILE[,if=none,id=ID][,PROPERTY=VALUE]...",
     "a disk image, for a disk of its own or for -device", take_drive},
    {"blockdev", NULL, "driver=raw,node-name=ID,file.filename=FILE[,read-only=on]",
     "the same as a node, for -device virtio-blk-device,drive=ID", take_blockdev},
    {"hda", NULL, "FILE", "short for -drive file=FILE; -hdb, -hdc and -hdd as well", take_disk},
    {"hdb", NULL, "FILE", "another one", take_disk},
    {"hdc", NULL, "FILE", "another one", take_disk},
    {"hdd", NULL, "FILE", "another one", take_disk},
    {"cdrom", NULL, "FILE", "a disk that can't be written", take_cdrom},
    {"snapshot", NULL, NULL, "leave the images alone: forget at the end what was written",
     take_snapshot},
    {"device", NULL, "DEVICE[,PROPERTY=VALUE]...", "a device; -device help lists them",
     take_device},
    {"chardev", NULL, "stdio|pty|null|file|socket,id=ID[,path=PATH]...",
     "a character device for -device virtconsole", take_chardev},
    {"netdev", NULL, "user,id=ID[,hostfwd=tcp::PORT-:PORT][,PROPERTY=VALUE]...",
     "a network for -device virtio-net-device; or tap,id=ID,ifname=NAME", take_netdev},
    {"nic", NULL, "user|tap|none[,PROPERTY=VALUE]...", "the same with a card on it", take_nic},
    {"net", NULL, "nic|user|tap|none[,PROPERTY=VALUE]...", "a card, or the network it is on",
     take_old_net},
    {"fsdev", NULL, "local,id=ID,path=FOLDER,security_model=MODEL[,PROPERTY=VALUE]...",
     "a folder to be shared by -device virtio-9p-device", take_fsdev},
    {"virtfs", NULL, "local,path=FOLDER,mount_tag=TAG,security_model=MODEL[,PROPERTY=VALUE]...",
     "the same with its device", take_virtfs},
    {"object", NULL, "rng-random,id=ID", "the host's random numbers, for virtio-rng-device",
     take_object},
    {"global", NULL, "virtio-mmio.force-legacy=on|off",
     "off: virtio devices are of version 1.2, which Linux has had since 3.19", take_global},

    {NULL, NULL, NULL, "Where it talks", NULL},
    {"nographic", NULL, NULL, "no window; serial port and monitor on this terminal",
     take_nographic},
    {"display", NULL, "sdl[,PROPERTY=VALUE]...|none",
     "a window (the default if one can be had), or none; -display help", take_display},
    {"full-screen", NULL, NULL, "the window fills the screen at first", take_full_screen},
    {"serial", NULL, "DEV", "where the serial port goes; -serial help lists devices", take_serial},
    {"monitor", NULL, "DEV", "where the monitor goes", take_monitor},
    {"mon", NULL, "[chardev=]ID", "the same, by the name of a -chardev", take_mon},
    {"semihosting", NULL, NULL, "serve Arm's semihosting calls: console, time, exit status",
     take_semihosting},
    {"semihosting-config", NULL, "enable=on[,chardev=DEV][,root=DIR][,arg=TEXT]...[,userspace=on]",
     "the same, with a console, files in a folder, arguments", take_semihosting_config},

    {NULL, NULL, NULL, "How it runs", NULL},
    {"no-reboot", NULL, NULL, "a reset ends the run", take_no_reboot},
    {"no-shutdown", NULL, NULL, "power-off stops the CPUs, the monitor stays", take_no_shutdown},
    {"S", NULL, NULL, "start stopped: wait for gdb or the monitor", take_stopped},
    {"gdb", NULL, "DEV", "wait for gdb on tcp:[HOST]:PORT or unix:PATH", take_gdb},
    {"s", NULL, NULL, "short for -gdb tcp::1234", take_gdb_default},
    {"d", NULL, "ITEM[,ITEM]...", "log these; -d help lists them", take_log},
    {"strace", NULL, OPTIONAL_FILE, "write down every system call of the guest's processes",
     take_strace},
    {"trace", NULL, "FILE[,FILTER]...", "write down every instruction, with registers and memory",
     take_trace},
    {"D", NULL, "FILE", "log into FILE, not to the standard error output", take_log_file},
    {"profile", NULL, NULL, "count instructions, pairs, pages; print them at the end",
     take_profile},
    {"pidfile", NULL, "FILE", "write the process number into FILE", take_pidfile},
    {"name", NULL, "NAME[,process=NAME]", "the machine's name, and the process's", take_name},
    {"no-user-config", NULL, NULL, "no effect: there is no configuration file", take_nothing},

    {NULL, NULL, NULL, "About mini-a64", NULL},
    {"version", NULL, NULL, "print the version", take_version},
    {"help", "h", NULL, "print this", take_help},
};

const struct option_row *options_row(unsigned i)
{
    return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

/* The row of the LEN bytes NAME. */
static const struct option_row *find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *names[] = {rows[i].name, rows[i].alias};
        for (size_t n = 0; n < ARRAY_LEN(names); n++) {
            if (names[n] && strlen(names[n]) == len && !memcmp(names[n], name, len))
                return &rows[i];
        }
    }
    return NULL;
}

static bool refuse_word(struct parse *p, const char *word)
{
    if (word[0] != '-')
        return refuse(p, ": not an option; a disk image goes behind -drive file=, and a kernel "
                         "command line in quotes behind -append");
    const char *name = word + 1 + (word[1] == '-');
    size_t len = strcspn(name, "=");
    const struct refused_row *known = options_find_refused(name);
    if (known)
        return refuse(p, ": not supported; %s", known->instead);
    if (name[len] && find_row(name, len))
        return refuse(p, ": write a space in place of the first '='");
    return refuse(p, ": unknown option; see mini-a64 -help");
}

static bool is_optional(const struct option_row *row)
{
    return !strcmp(row->argument, OPTIONAL_FILE);
}

/* Take the option at ARGV[AT] with its argument; returns the place behind, 0 when refused. */
static int take_option(struct parse *p, int at, int argc, char *const argv[])
{
    const char *word = argv[at++];
    const struct option_row *row = NULL;
    p->option = word;
    if (word[0] == '-' && word[1])
        row = find_row(word + 1 + (word[1] == '-'), strlen(word + 1 + (word[1] == '-')));
    if (!row)
        return refuse_word(p, word);
    bool has_argument = row->argument && (!is_optional(row) || (at < argc && argv[at][0] != '-'));
    if (has_argument && at == argc)
        return refuse(p, ": needs an argument: %s %s", word, row->argument);
    return row->take(p, has_argument ? argv[at] : NULL) ? at + has_argument : 0;
}

/* What no single option decides. */
static bool settle(struct parse *p)
{
    struct options *o = p->o;
    if (!settle_flash(p))
        return false;
    bool needs_kernel = !o->dumpdtb && !o->start_stopped && !o->bios && !o->flash[0].path;
    if (!o->kernel) {
        p->option = o->initrd ? "-initrd" : o->append ? "-append" : "no kernel";
        if (o->initrd || o->append || needs_kernel)
            return refuse(p, ": name a kernel by -kernel FILE; see mini-a64 -help");
    }
    return settle_machine(p) && settle_firmware(p) && settle_run(p) && settle_display(p) &&
           settle_devices(p) && settle_backends(p) && settle_semihosting(p);
}

bool options_parse(struct options *o, int argc, char *const argv[], char message[OPTIONS_MESSAGE])
{
    *o = (struct options){
        .cpu = model_find(CPU_DEFAULT),
        .cpus = 1,
        .ram_size = RAM_DEFAULT,
        .icount_sleep = true,
        .display = {.close_quits = true},
    };
    struct parse p = {.o = o, .message = message};
    bool ok = true;
    for (int at = 1; ok && at < argc && !o->show;) {
        at = take_option(&p, at, argc, argv);
        ok = at > 0;
    }
    if (ok && !o->show)
        ok = settle(&p);
    if (!ok)
        options_free(o);
    return ok;
}

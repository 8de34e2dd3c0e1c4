/*
 * QEMU's options that are not supported, and what to do instead. Being a row
 * here, an option is refused by name before its value is looked at.
 */
#include <string.h>

#include "tools/options_parse.h"

#define NO_DISK    "disks are virtio disks: use -drive file=FILE"
#define NO_DEVICE  "the machine's devices are fixed: see info mtree in the monitor"
#define NO_DISPLAY "use -display sdl, or -nographic"
#define NO_SOUND   "there is no sound: leave it out"
#define NO_USB     "there is no USB: leave it out"
#define NO_SEARCH  "firmware is found where -bios says: leave it out"
#define NO_TABLES  "the guest has no such table: leave it out"
#define NO_QMP     "the monitor speaks to people only: use -monitor"
#define NO_SAVED   "a machine's state can't be loaded yet: leave it out"
#define NO_HOST    "leave it out, and let the shell that starts mini-a64 see to it"
#define NO_RAM     "RAM is ordinary host memory: leave it out"
#define NO_OTHER   "it concerns other machines: leave it out"

static const struct refused_row rows[] = {
    {"action", "use -no-reboot or -no-shutdown"},
    {"add-fd", NO_DEVICE},
    {"async-teardown", NO_HOST},
    {"audio", NO_SOUND},
    {"audio-help", NO_SOUND},
    {"audiodev", NO_SOUND},
    {"boot", "the kernel of -kernel is booted: leave it out"},
    {"chroot", NO_HOST},
    {"compat", "leave it out"},
    {"curses", NO_DISPLAY},
    {"daemonize", "use -display none -serial file:FILE -pidfile FILE and a & of the shell"},
    {"debugcon", "use -serial"},
    {"dfilter", "the log is not filtered by address yet: leave it out"},
    {"dump-vmstate", NO_SAVED},
    {"echr", "the monitor's key is Ctrl-a: leave it out"},
    {"enable-kvm", "guest code is interpreted: use -accel tcg or leave it out"},
    {"enable-sync-profile", "leave it out"},
    {"fda", NO_DISK},
    {"fdb", NO_DISK},
    {"incoming", NO_SAVED},
    {"iscsi", NO_DISK},
    {"k", "there is no keyboard but the terminal: leave it out"},
    {"L", NO_SEARCH},
    {"loadvm", NO_SAVED},
    {"mem-path", NO_RAM},
    {"mem-prealloc", NO_RAM},
    {"msg", "messages are plain: leave it out"},
    {"mtdblock", NO_DISK},
    {"numa", "there is one CPU and one bank of RAM: leave it out"},
    {"old-param", NO_OTHER},
    {"only-migratable", NO_SAVED},
    {"option-rom", NO_DEVICE},
    {"overcommit", NO_RAM},
    {"perfmap", "nothing is translated to host code: leave it out"},
    {"plugin", "use -d for what is to be traced"},
    {"portrait", NO_DISPLAY},
    {"qmp", NO_QMP},
    {"qmp-pretty", NO_QMP},
    {"qtest", NO_QMP},
    {"readconfig", "write the options on the command line"},
    {"rotate", NO_DISPLAY},
    {"run-with", NO_HOST},
    {"runas", NO_HOST},
    {"sandbox", NO_HOST},
    {"sd", NO_DISK},
    {"set", NO_DEVICE},
    {"singlestep", "instructions are executed one by one anyway: leave it out"},
    {"smbios", NO_TABLES},
    {"spice", NO_DISPLAY},
    {"tpmdev", "there is no TPM: leave it out"},
    {"usb", NO_USB},
    {"usbdevice", NO_USB},
    {"uuid", NO_TABLES},
    {"vnc", NO_DISPLAY},
    {"watchdog", "there is no watchdog: leave it out"},
    {"watchdog-action", "there is no watchdog: leave it out"},
    {"writeconfig", "leave it out"},
    {"xen-attach", NO_OTHER},
    {"xen-domid", NO_OTHER},
    {"xen-domid-restrict", NO_OTHER},
};

const struct refused_row *options_find_refused(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    }
    return NULL;
}

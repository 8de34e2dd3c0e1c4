/*
 * What the parts of the command line parser share: the state of one parse, the
 * rows of the option table, and readers for comma lists, numbers and switches.
 * A reader returns false when it refused its text, and has then said why.
 */
#ifndef TOOLS_OPTIONS_PARSE_H
#define TOOLS_OPTIONS_PARSE_H

#include "tools/options.h"

struct parse {
    struct options *o;
    const char *option;             /* as typed: "-machine" */
    char *message;                  /* OPTIONS_MESSAGE bytes */
    struct backend_option *backend; /* being read */
    struct drive_option *drive;     /* likewise */
    struct device_option *device;
    struct net_option *net;
    struct chardev_option *chardev;
    struct console_option *console;
    struct share_option *share;
    const char *blockdev_child;            /* the node that one is on */
    const char *flash_node[OPTIONS_FLASH]; /* -machine pflash0=, pflash1= */
    int drive_unit;                        /* of -drive; -1: none was said */

    /* What the defaults depend on, settled after the last word. */
    bool nographic, display_none, display_given, nodefaults;
    unsigned serials, monitors; /* how many were given */
    const char *refused_accel;  /* an accelerator that we are not */
    bool accel_tcg;
    bool highmem_off;
    bool pauth_off, pauth_qarma5; /* of -cpu */
    bool icount_shift_given, rtc_clock_given;
};

/* One option that is supported. A row without a name is a heading of -help. */
struct option_row {
    const char *name, *alias; /* without the dash; alias may be NULL */
    const char *argument;     /* what -help calls it; NULL when it takes none */
    const char *help;         /* may hold several lines */
    bool (*take)(struct parse *p, const char *value);
};

/* The table's I-th row, NULL behind the last. */
const struct option_row *options_row(unsigned i);

/* One of QEMU's options that is not supported. */
struct refused_row {
    const char *name;
    const char *instead; /* completes "not supported; ..." */
};
const struct refused_row *options_find_refused(const char *name);

/*
 * One key of an option such as -machine. Either TAKE reads the value, or only
 * the values that describe what this emulator does anyway are accepted.
 */
struct property {
    const char *name;
    bool (*take)(struct parse *p, const char *value);
    const char *only; /* words with a space between, "*" for any; NULL refuses all */
    const char *why;  /* why others are refused, or (with take) what -help says */
};

struct property_list {
    const char *implied;    /* the key of a first item without '=', or NULL */
    bool bare;              /* later items without '=' are allowed and mean "on" */
    enum options_show help; /* what the item `help` asks for, or SHOW_NOTHING */
    const struct property *rows;
    size_t count;
};

extern const struct property_list machine_properties;

/* Refuse: write "-option: ..." into the message. Always false. */
bool refuse(struct parse *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A copy of LEN bytes of TEXT that lives as long as the options. */
char *own_text(struct parse *p, const char *text, size_t len);

/* Read "key=value,key=value"; ",," in a value is a comma. */
bool take_properties(struct parse *p, const char *text, const struct property_list *list);

/* Read a switch: on, yes, true, y or off, no, false, n. */
bool take_switch(struct parse *p, const char *key, const char *value, bool *to);

/* Read a side of a screen: a number of pixels up to MOST. */
bool take_side(struct parse *p, const char *key, const char *value, u32 most, u32 *to);

/* Take a file's name, as it stands; an empty one is refused. */
bool take_file_name(struct parse *p, const char *value, const char **to);

/* Read a whole number in decimal, octal or hexadecimal as C writes it, at most MAX. */
bool read_number(const char *text, u64 max, u64 *to);

/* Read a size: digits, perhaps a fraction, perhaps b k m g t; DEFAULT_SHIFT without a letter. */
bool read_size(const char *text, unsigned default_shift, u64 *to);

/* Read a character device into p->backend. */
bool take_backend(struct parse *p, const char *text);

/* Is WORD one of the words in LIST, which has one space between them? */
bool word_in(const char *list, const char *word);

/* The options, one function each; see the table in options.c. */
bool take_machine(struct parse *p, const char *value);
bool take_cpu(struct parse *p, const char *value);
bool take_smp(struct parse *p, const char *value);
bool take_memory(struct parse *p, const char *value);
bool take_accel(struct parse *p, const char *value);
bool take_accel_names(struct parse *p, const char *value);
bool take_kernel(struct parse *p, const char *value);
bool take_initrd(struct parse *p, const char *value);
bool take_append(struct parse *p, const char *value);
bool take_dtb(struct parse *p, const char *value);
bool take_bios(struct parse *p, const char *value);
bool take_pflash(struct parse *p, const char *value);
bool take_pflash0(struct parse *p, const char *value);
bool take_pflash1(struct parse *p, const char *value);
bool take_fw_cfg(struct parse *p, const char *value);
bool take_semihosting(struct parse *p, const char *value);
bool take_semihosting_config(struct parse *p, const char *value);
bool take_serial(struct parse *p, const char *value);
bool take_monitor(struct parse *p, const char *value);
bool take_mon(struct parse *p, const char *value);
bool take_gdb(struct parse *p, const char *value);
bool take_gdb_default(struct parse *p, const char *value);
bool take_icount(struct parse *p, const char *value);
bool take_rtc(struct parse *p, const char *value);
bool take_seed(struct parse *p, const char *value);
bool take_name(struct parse *p, const char *value);
bool take_log(struct parse *p, const char *value);
bool take_blockdev(struct parse *p, const char *value);
bool take_drive(struct parse *p, const char *value);
bool take_disk(struct parse *p, const char *value);
bool take_cdrom(struct parse *p, const char *value);
bool take_snapshot(struct parse *p, const char *value);
bool take_device(struct parse *p, const char *value);
bool take_object(struct parse *p, const char *value);
bool take_global(struct parse *p, const char *value);
bool take_chardev(struct parse *p, const char *value);
bool take_netdev(struct parse *p, const char *value);
bool take_nic(struct parse *p, const char *value);
bool take_old_net(struct parse *p, const char *value);
bool take_fsdev(struct parse *p, const char *value);
bool take_virtfs(struct parse *p, const char *value);

/* Take an ID, a share's tag, a disk's serial number, a card's address. */
bool take_id(struct parse *p, const char *value, const char **to);
bool take_tag(struct parse *p, const char *value, const char **to);
bool take_discard(struct parse *p, const char *value);
bool take_locking(struct parse *p, const char *value);
bool take_disk_serial(struct parse *p, const char *value, const char **to);
bool take_mac(struct parse *p, const char *value, u8 mac[6]);
bool take_strace(struct parse *p, const char *value);
bool take_trace(struct parse *p, const char *value);

bool take_display(struct parse *p, const char *value);
bool take_full_screen(struct parse *p, const char *value);
bool take_framebuffer(struct parse *p, const char *value);

/* Take -device MODEL, a port of a virtio-serial-device. */
bool take_serial_port(struct parse *p, const char *model, const char *value);

/* The -chardev of this name, or NULL. */
struct chardev_option *find_chardev(struct device_options *all, const char *id);

/* Begin another drive, p->drive. */
bool add_drive(struct parse *p);

/* A drive that is a flash bank's content: bank p->drive_unit, or the next free one. */
bool take_flash_drive(struct parse *p, const struct drive_option *d);

/* Make flash banks of the nodes that -machine names. */
bool settle_flash(struct parse *p);

/* Refuse what doesn't go together. */
bool settle_machine(struct parse *p);
bool settle_run(struct parse *p);
bool settle_drives(struct parse *p);
bool settle_nets(struct parse *p);
bool settle_shares(struct parse *p);
bool settle_9p(struct parse *p, struct device_option *d);
bool settle_ports(struct parse *p);

/* Turn chardev:ID, which OPTION said, into the words that the -chardev stands for. */
bool settle_named_backend(struct parse *p, const char *option, struct backend_option *b);

/* Serial port and monitor on one -chardev. */
bool settle_shared_backend(struct parse *p);

/* Find what devices name, and make devices of the drives that are disks. */
bool settle_devices(struct parse *p);

/* Settle whether there is a window when the words left it open. */
bool settle_display(struct parse *p);
bool settle_firmware(struct parse *p);
bool settle_semihosting(struct parse *p);

/* Settle where the serial port and the monitor go when the words left it open. */
bool settle_backends(struct parse *p);

/* The parts of options_print. */
void print_log_items(FILE *to);
void print_backends(FILE *to);
void print_devices(FILE *to);
void print_displays(FILE *to);

#endif

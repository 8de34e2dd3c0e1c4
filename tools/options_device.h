/*
 * What the command line says of disks, networks, shares and the devices they are for:
 * -drive, -netdev, -chardev, -fsdev, -object, -device, and short forms of them. Lists, in
 * the order of the command line; strings live as long as the options.
 */
#ifndef TOOLS_OPTIONS_DEVICE_H
#define TOOLS_OPTIONS_DEVICE_H

#include "core/types.h"
#include "devices/host_share.h"
#include "devices/host_slirp.h"

/* As many of each as there are slots to plug them into. */
enum { OPTIONS_MAX_DEVICES = 32, OPTIONS_MAX_FORWARDS = 32 };

enum drive_interface { DRIVE_VIRTIO, DRIVE_NONE, DRIVE_PFLASH };

struct drive_option {
    const char *option; /* as typed, for messages: "-hda" */
    const char *id, *file;
    enum drive_interface interface;
    bool raw; /* format=raw was said */
    bool readonly, snapshot;
    bool writethrough, unsafe, discards, unlocked;
    const char *serial; /* NULL when not given */
    bool node;          /* -blockdev: id is its node-name */
    bool used;          /* a device has it */
};

enum net_kind { NET_USER, NET_TAP };

struct net_option {
    const char *option; /* as typed, for messages */
    const char *id;
    enum net_kind kind;
    bool on_hub; /* -net: for the card of -net nic */
    struct host_slirp_options user;
    struct host_slirp_forward forward[OPTIONS_MAX_FORWARDS];
    const char *interface; /* of tap */
    bool used;
};

struct chardev_option {
    const char *id;
    const char *kind, *path, *host, *port;
    bool server, nowait, mux;
    const char *words; /* for host_chardev_open */
    bool used;         /* a device has it */
    bool elsewhere;    /* it has become what -serial, -monitor or the like says */
};

/* A virtconsole or virtserialport, the port of a virtio-serial-device. */
struct console_option {
    const char *model; /* which of the two */
    bool console;
    const char *id, *chardev, *name, *bus;
    int number;         /* -1: the next free one */
    unsigned device_at; /* the virtio-serial-device, in the list */
    unsigned chardev_at;
};

/* A folder that is shared. */
struct share_option {
    const char *option; /* as typed, for messages: "-virtfs" */
    const char *id, *path;
    enum host_share_model model;
    bool modelled; /* security_model was said */
    bool readonly, one_device;
    bool modes_given; /* one of the following was */
    u32 file_mode, dir_mode;
    const char *tag; /* of -virtfs: that of its device */
    bool used;
};

enum device_model {
    DEVICE_BLK,
    DEVICE_NET,
    DEVICE_RNG,
    DEVICE_SERIAL,
    DEVICE_9P,
    DEVICE_BALLOON,
    DEVICE_KEYBOARD,
    DEVICE_MOUSE,
    DEVICE_TABLET,
    DEVICE_GPU,
};

struct device_option {
    enum device_model model;
    const char *id;
    int slot;           /* -1: the next free one */
    const char *drive;  /* of blk: an ID, */
    unsigned drive_at;  /* and where that is in the list */
    const char *serial; /* of blk and of what one types and points with */
    u32 logical_block, physical_block;
    const char *netdev; /* of net: an ID, */
    int net_at;         /* and where that is in the list; -1: no cable */
    bool on_hub;        /* -net nic */
    u8 mac[6];
    const char *rng;   /* an ID of an object */
    const char *fsdev; /* of 9p: an ID, */
    unsigned share_at; /* and where that is in the list */
    const char *tag;
    bool deflate_on_oom, page_reporting; /* of the balloon */
    u32 width, height;                   /* of gpu: pixels */
};

struct device_options {
    bool virtio_modern; /* force-legacy=off */
    bool snapshot;      /* for every drive */
    struct drive_option drive[OPTIONS_MAX_DEVICES];
    struct device_option device[OPTIONS_MAX_DEVICES];
    struct net_option net[OPTIONS_MAX_DEVICES];
    struct chardev_option chardev[OPTIONS_MAX_DEVICES];
    struct console_option console[OPTIONS_MAX_DEVICES];
    struct share_option share[OPTIONS_MAX_DEVICES];
    const char *object[OPTIONS_MAX_DEVICES]; /* IDs of sources of entropy */
    unsigned drives, devices, nets, chardevs, consoles, shares, objects;
};

/* Where the first of MODEL is in the list of devices, -1: nowhere. */
int options_find_device(const struct device_options *d, enum device_model model);

#endif

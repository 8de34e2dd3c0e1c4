/*
 * What the command line says of disks, networks and the devices they are for:
 * -drive, -netdev, -chardev, -object, -device, and short forms of them. Lists, in
 * the order of the command line; strings live as long as the options.
 */
#ifndef TOOLS_OPTIONS_DEVICE_H
#define TOOLS_OPTIONS_DEVICE_H

#include "core/types.h"

/* As many of each as there are slots to plug them into. */
enum { OPTIONS_MAX_DEVICES = 32 };

enum drive_interface { DRIVE_VIRTIO, DRIVE_NONE };

struct drive_option {
    const char *option; /* as typed, for messages: "-hda" */
    const char *id, *file;
    enum drive_interface interface;
    bool raw; /* format=raw was said */
    bool readonly, snapshot;
    bool writethrough, unsafe, discards, unlocked;
    const char *serial; /* NULL when not given */
    bool used;          /* a device has it */
};

enum device_model { DEVICE_BLK, DEVICE_RNG };

struct device_option {
    enum device_model model;
    const char *id;
    int slot;           /* -1: the next free one */
    const char *drive;  /* of blk: an ID, */
    unsigned drive_at;  /* and where that is in the list */
    const char *serial; /* of blk */
    u32 logical_block, physical_block;
    const char *rng; /* an ID of an object */
};

struct device_options {
    bool virtio_modern; /* force-legacy=off */
    bool snapshot;      /* for every drive */
    struct drive_option drive[OPTIONS_MAX_DEVICES];
    struct device_option device[OPTIONS_MAX_DEVICES];
    const char *object[OPTIONS_MAX_DEVICES]; /* IDs of sources of entropy */
    unsigned drives, devices, objects;
};

#endif

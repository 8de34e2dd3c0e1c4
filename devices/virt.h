/*
 * The board: memory map, interrupt numbers and wiring of QEMU's `virt` machine
 * (hw/arm/virt.c names the same addresses), for what this emulator has of it.
 * Here, and nowhere else, is known where a device is and which interrupt it has.
 */
#ifndef DEVICES_VIRT_H
#define DEVICES_VIRT_H

#include "core/engine/engine.h"
#include "core/log.h"
#include "core/model.h"
#include "devices/flash.h"
#include "devices/framebuffer.h"
#include "devices/fw_cfg.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl050.h"
#include "devices/pl061.h"
#include "devices/power_key.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"
#include "devices/virtio_mmio.h"
#include "gic/gicv2.h"

enum {
    VIRT_MAX_CPUS = 8,
    VIRT_MAX_DEVICES = 48,
    VIRT_SPIS = 256,
    VIRT_VIRTIO_SLOTS = 32,
};

#define VIRT_RAM_BASE UINT64_C(0x40000000)

/* Where the frame buffer is, and how large one can be: QEMU's platform bus window. */
#define VIRT_FRAMEBUFFER_BASE UINT64_C(0x0c000000)
#define VIRT_FRAMEBUFFER_MAX  UINT64_C(0x02000000)

struct virt_config {
    const struct cpu_model *model;
    unsigned cpus;            /* 1 to VIRT_MAX_CPUS */
    u64 ram_size;             /* bytes, a multiple of 4096 */
    u64 (*time)(void *owner); /* ns, the machine's clock: see core/clock.h */
    void *time_owner;
    u64 epoch;               /* what the real-time clock says at time 0, ns since 1970 */
    const struct clock *rtc; /* what it counts, ns since 1970; NULL: the machine's clock */
    struct chardev *serial;  /* the UART's back end; may be NULL */
    bool virtio_legacy;      /* virtio slots are of version 1 */
    u32 screen_width;        /* pixels; 0: no frame buffer, no keyboard, no mouse */
    u32 screen_height;
    struct flash_store flash[FLASH_BANKS]; /* who keeps their content */
    const struct log *log;
};

/* A device and where it is, for the device tree and `info mtree`. */
struct virt_device {
    const struct mmio_ops *ops;
    void *dev;
    struct dt_place at;
};

struct virt {
    struct bus bus;
    struct clock clock;
    struct engine engine;
    struct cpu *cpu[VIRT_MAX_CPUS];
    unsigned cpus;
    unsigned running; /* the CPU that executes, or did last */
    u64 ram_size;
    struct gicv2 gic;
    struct pl011 uart;
    struct pl031 rtc;
    struct pl061 gpio;
    struct power_key power_key;
    struct flash flash[FLASH_BANKS];
    struct fw_cfg fw_cfg;
    struct virtio_mmio virtio[VIRT_VIRTIO_SLOTS];
    struct display display; /* what follows is there with a screen only */
    struct input input;
    struct framebuffer framebuffer;
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    struct pl050 keyboard_port, mouse_port;
    struct virt_device device[VIRT_MAX_DEVICES];
    unsigned devices;
};

/* Numbers of the board that its device tree needs beside the devices' places. */
enum {
    VIRT_PPI_TIMER_SECURE = 29,
    VIRT_PPI_TIMER_PHYSICAL = 30,
    VIRT_PPI_TIMER_VIRTUAL = 27,
    VIRT_PPI_TIMER_HYPERVISOR = 26,
    VIRT_PPI_PMU = 23,
    VIRT_PHANDLE_CLOCK = 0x8000,
    VIRT_PHANDLE_GIC = 0x8001,
    VIRT_PHANDLE_GPIO = 0x8004,
    VIRT_PHANDLE_CPU = 0x8010,
};

/* Where the serial port is in the device tree. */
#define VIRT_STDOUT_PATH "/pl011@9000000"

/* Build the board in V. False, with everything freed, when the host has no memory. */
bool virt_create(struct virt *v, const struct virt_config *config);
void virt_destroy(struct virt *v);

/* Leave the back ends, so that they and the host loop can go before the board does. */
void virt_disconnect(struct virt *v);

/*
 * Plug a virtio device into slot SLOT, or with a negative one into the slot that
 * is next in QEMU's order, which begins with the last. V stays until the board
 * goes. False when that slot, or every one, is taken.
 */
bool virt_plug(struct virt *v, struct virtio *device, int slot);

/* Power-on reset: devices and CPUs; RAM keeps its content. */
void virt_reset(struct virt *v);

/*
 * Run the CPUs that are not waiting, one after the other, each for at most
 * BUDGET instructions. Returns STOP_WFI when none had anything to do, STOP_KICK
 * when one was told to return, else STOP_BUDGET; STOP_DEBUG at once when the
 * running one was stopped by what somebody outside looks out for (engine/probe.h).
 */
enum stop virt_run(struct virt *v, u64 budget);

/* Instructions executed by all CPUs. */
u64 virt_icount(const struct virt *v);

/* Make every CPU return from virt_run soon; from any thread or signal handler. */
void virt_kick(struct virt *v);

/* Press the power key, as `system_powerdown` does; the guest decides what follows. */
void virt_power_key(struct virt *v);

#endif

/*
 * The device tree that tells a kernel what the machine is (Devicetree
 * Specification 0.4 and the kernel's Documentation/devicetree/bindings): made
 * from a description the board hands in, every device writing its own node, or
 * read from a file and made to fit. A tree is one malloc'd blob of
 * fdt_totalsize() bytes.
 */
#ifndef FIRMWARE_FDT_H
#define FIRMWARE_FDT_H

#include <libfdt.h>

#include "core/types.h"
#include "firmware/file.h"
#include "mmu/bus.h"

/* arm64's booting.rst: a kernel maps no more of a tree than this. */
enum { FDT_MAX_SIZE = 2 * 1024 * 1024 };

/* One device of the board and its place. */
struct fdt_device {
    const struct mmio_ops *ops; /* with ops->fdt NULL it shows up in no tree */
    const void *dev;
    struct dt_place at;
};

/* The machine as its tree shows it. Interrupt numbers are PPIs counted from 0. */
struct fdt_board {
    u64 ram_base, ram_size; /* bytes */

    const u64 *mpidr; /* MPIDR_EL1 of each CPU */
    unsigned cpu_count;
    const char *cpu_compatible; /* "arm,cortex-a57" */

    u32 gic_phandle;   /* everybody's interrupt parent */
    u32 clock_phandle; /* of the 24 MHz APB clock */
    u32 cpu_phandle;   /* of the first CPU; the others' follow */

    struct {
        u32 secure, physical, virtual, hypervisor;
    } timer_ppi;
    bool pmu; /* a PMUv3 node, with pmu_ppi */
    u32 pmu_ppi;
    u32 ppi_cpu_mask; /* GICv2's interrupt cells name the CPUs, one bit each; 0 for later GICs */

    const struct fdt_device *devices; /* nodes are written in this order */
    unsigned device_count;

    const char *stdout_path;      /* "/pl011@9000000", or NULL */
    const char *bootargs;         /* NULL or "" for none */
    u64 initrd_start, initrd_end; /* physical, end exclusive; equal for no initrd */
    bool kaslr_seed, rng_seed;    /* random bytes in /chosen */
    bool seeded;                  /* the same ones every time, */
    u64 seed;                     /* made from this */
};

/* The tree of BOARD, to be freed; NULL, with a line in E, when it can't be written. */
void *fdt_build(const struct fdt_board *board, struct load_error *e);

/*
 * The tree in FILE with the memory, command line, initrd and seeds of BOARD in
 * it and everything else as it was. To be freed; NULL, with a line in E, for a
 * malformed tree.
 */
void *fdt_load(const struct file *file, const struct fdt_board *board, struct load_error *e);

/* Move the initrd that TREE was made with; only the numbers change. Returns 0 or libfdt's error. */
int fdt_move_initrd(void *tree, u64 start, u64 end);

#endif

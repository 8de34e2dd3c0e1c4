/*
 * The board that chaos.c lets loose, and the ways in which its state is made random.
 */
#ifndef TESTS_FUZZ_CHAOS_BOARD_H
#define TESTS_FUZZ_CHAOS_BOARD_H

#include "devices/virt.h"
#include "firmware/psci.h"
#include "tests/fuzz/random.h"

/* RAM begins with the pages of random words; then vectors, translation tables, data. */
#define CHAOS_CODE    VIRT_RAM_BASE
#define CHAOS_VECTORS (VIRT_RAM_BASE + 0x200000)
#define CHAOS_TABLES  (VIRT_RAM_BASE + 0x210000)
#define CHAOS_RAM     UINT64_C(0x1000000)

enum { CHAOS_CODE_PAGES = 16 };

struct board {
    struct virt virt;
    struct psci psci;
    struct log quiet;
    u64 warped; /* ns that passed without instructions */
    bool reset_wanted;
    u64 resets;
};

/*
 * What virt_run does, but by the stepping loop, up to instruction UNTIL: virt_run looks at
 * its budget at branches only.
 */
void board_step(struct board *b, u64 until);

/* False when the host has no memory. */
bool board_create(struct board *b, const struct cpu_model *model);
void board_destroy(struct board *b);

/*
 * The vectors: whatever happened, execution goes on at the next word of the code pages,
 * and interrupts stay masked after one. TPIDRRO_EL0 counts.
 */
void board_write_vectors(struct board *b);

/* Translation tables of every kind of page, most of the code executable at either EL. */
void board_write_tables(struct board *b, struct rng *r);

/* GIC, UART, timers and the like: on, and poked at random. */
void board_poke_devices(struct board *b, struct rng *r);

/* System registers: sane for the most part. */
void board_set_system(struct board *b, struct rng *r);

/* PSTATE, PC and the general registers. */
void board_set_registers(struct board *b, struct rng *r);

#endif

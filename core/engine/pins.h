/*
 * Pins: registers of the guest that stay in registers of the host throughout a chain.
 *
 * Stencils have the guest's registers in memory. Most leave some of the host's alone, so
 * a chain may keep what its stencils use most there: it is loaded when the chain is
 * entered and stored when it is left, by whatever way, and between the two instructions
 * that have it in memory take the host's register (core/engine/tailor.h). Which of the
 * host's registers are left alone is known from when the stencils were made.
 */
#ifndef CORE_ENGINE_PINS_H
#define CORE_ENGINE_PINS_H

#include "core/cpu.h"
#include "core/engine/stencil.h"
#include "core/engine/uop.h"

enum {
    PINS_MOST = 7,
    PIN_MOVE_SIZE = 8, /* bytes of code that load or store one */
};

/* What is known of the ops of a chain before it is made. */
struct pin_votes {
    u16 uses[SLOT_COUNT];
    bool changed[SLOT_COUNT];
    bool in_memory[SLOT_COUNT]; /* has to stay there */
    u16 taken;                  /* of the host's registers, 1 << number */
};

struct pin {
    u8 slot; /* in cpu.x */
    u8 host; /* its register */
    bool changed;
};

struct pins {
    unsigned count;
    struct pin pin[PINS_MOST];
    u8 host_of[SLOT_COUNT]; /* 0: none; rax is never one */
};

/* Count op U, which S is the stencil of, WEIGHT times. */
void pins_vote(struct pin_votes *v, const struct stencil *s, const struct uop *u, unsigned weight);

/* The outcome. */
struct pins pins_choose(const struct pin_votes *v);

/* Whether op U, which S is the stencil of, has a pinned register for an operand. */
bool pins_concern(const struct pins *pins, const struct stencil *s, const struct uop *u);

/* Whether one of them changes, so that it is to be stored. */
bool pins_change(const struct pins *pins);

/* Code that loads PIN's register, or stores it; PIN_MOVE_SIZE bytes. */
void pin_load(const struct pin *pin, u8 *code);
void pin_store(const struct pin *pin, u8 *code);

/* The slot that a hole of HOLE_X_* is about. */
unsigned pin_slot(enum stencil_hole hole, const struct uop *u);

#endif

/*
 * Intel's Software Developer's Manual, volume 2, chapter 2: prefixes, ModRM and SIB.
 */
#include "core/engine/pins.h"

#include <string.h>

/*
 * rbx, r11 to r8, rdi, rsi: those that stencils use least. Handlers have rbp back as it was
 * when they return, and their arguments in r12 to r15 (core/engine/uop.h).
 */
static const u8 hosts[PINS_MOST] = {3, 11, 10, 9, 8, 7, 6};

unsigned pin_slot(enum stencil_hole hole, const struct uop *u)
{
    switch (hole) {
    case HOLE_X_D:
        return u->d;
    case HOLE_X_N:
        return u->n;
    case HOLE_X_M:
        return u->m;
    case HOLE_X_A:
        return u->a;
    case HOLE_X_SP:
        return SLOT_SP;
    case HOLE_X_LR:
        return SLOT_LR;
    default:
        return (unsigned)u->imm;
    }
}

static bool is_register(enum stencil_hole hole)
{
    return hole >= HOLE_X_D && hole <= HOLE_X_LR;
}

void pins_vote(struct pin_votes *v, const struct stencil *s, const struct uop *u, unsigned weight)
{
    v->taken |= s->registers;
    for (unsigned i = 0; i < s->place_count; i++) {
        const struct stencil_place *p = &s->places[i];
        if (!is_register(p->hole))
            continue;
        unsigned slot = pin_slot(p->hole, u);
        v->uses[slot] += (u16)weight;
        v->changed[slot] |= p->form == FORM_WRITES || p->form == FORM_CHANGES;
        v->in_memory[slot] |= p->form == FORM_MEMORY;
    }
}

/* The slot that is worth most to have in a register and has none; SLOT_COUNT: no more. */
static unsigned best(const struct pin_votes *v, const struct pins *pins)
{
    unsigned slot = SLOT_COUNT, most = 0;
    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        unsigned cost = 2 + v->changed[i]; /* of loading and storing */
        if (v->in_memory[i] || i == SLOT_SINK || pins->host_of[i] || v->uses[i] <= cost + most)
            continue;
        slot = i;
        most = v->uses[i] - cost;
    }
    return slot;
}

struct pins pins_choose(const struct pin_votes *v)
{
    struct pins pins = {.count = 0};
    for (unsigned i = 0; i < PINS_MOST; i++) {
        unsigned slot = v->taken >> hosts[i] & 1 ? SLOT_COUNT : best(v, &pins);
        if (slot == SLOT_COUNT)
            continue;
        pins.host_of[slot] = hosts[i];
        pins.pin[pins.count++] = (struct pin){(u8)slot, hosts[i], v->changed[slot]};
    }
    return pins;
}

bool pins_concern(const struct pins *pins, const struct stencil *s, const struct uop *u)
{
    for (unsigned i = 0; pins->count && i < s->place_count; i++)
        if (is_register(s->places[i].hole) && pins->host_of[pin_slot(s->places[i].hole, u)])
            return true;
    return false;
}

bool pins_change(const struct pins *pins)
{
    for (unsigned i = 0; i < pins->count; i++)
        if (pins->pin[i].changed)
            return true;
    return false;
}

/* mov between HOST and the slot's place behind r12: REX with W, R and B, OPCODE, ModRM, SIB. */
static void move(const struct pin *pin, u8 opcode, u8 *code)
{
    u32 displacement = (u32)(offsetof(struct cpu, x) + pin->slot * sizeof(u64));
    const u8 bytes[] = {(u8)(0x49 | (pin->host >> 3) << 2), opcode,
                        (u8)(0x84 | (pin->host & 7) << 3), 0x24};
    memcpy(code, bytes, sizeof(bytes));
    memcpy(code + sizeof(bytes), &displacement, sizeof(displacement));
}

void pin_load(const struct pin *pin, u8 *code)
{
    move(pin, 0x8b, code);
}

void pin_store(const struct pin *pin, u8 *code)
{
    move(pin, 0x89, code);
}

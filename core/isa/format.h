/*
 * What formats share. Register 31 is settled here: an operand is a slot of
 * cpu.x, and which slot 31 means is the format's to say.
 */
#ifndef CORE_ISA_FORMAT_H
#define CORE_ISA_FORMAT_H

#include "core/cpu.h"
#include "core/isa/decode.h"

/* Define the format NAME: see format_fn. */
#define FORMAT(name)                                                                               \
    format_fn fmt_##name;                                                                          \
    int fmt_##name(u32 w, struct site at, struct uop *u)

/* 31 is the stack pointer. */
static inline u8 slot_sp(u32 r)
{
    return (u8)r;
}

/* 31 reads as zero. */
static inline u8 slot_src(u32 r)
{
    return r == 31 ? SLOT_ZERO : (u8)r;
}

/* Writes to 31 vanish. */
static inline u8 slot_dst(u32 r)
{
    return r == 31 ? SLOT_SINK : (u8)r;
}

/* Rd, Rn, Rm, Ra at their usual places in W. */
static inline u32 field_d(u32 w)
{
    return bits(w, 4, 0);
}

static inline u32 field_n(u32 w)
{
    return bits(w, 9, 5);
}

static inline u32 field_m(u32 w)
{
    return bits(w, 20, 16);
}

static inline u32 field_a(u32 w)
{
    return bits(w, 14, 10);
}

/* What a BR or its authenticating forms make of PSTATE.BTYPE. */
s32 format_jump_btype(u32 w, struct site at);

#endif

/*
 * Stencils: what a compiler made of an instruction's body (core/isa/ops.h) as machine
 * code of the host with holes for the op's slots, to be copied and filled in. They are
 * made when mini-a64 is built: core/stencil. A host or a compiler for which there are
 * none has an empty table, and everything is executed op by op.
 */
#ifndef CORE_ENGINE_STENCIL_H
#define CORE_ENGINE_STENCIL_H

#include "core/types.h"

/* What belongs into a place of a stencil; the names of the symbols without "hole_". */
enum stencil_hole {
    HOLE_BEHIND, /* bytes of ops from the chain's first op to the one behind this */
    HOLE_D,      /* slots of the op as they are, */
    HOLE_N,
    HOLE_M,
    HOLE_A,
    HOLE_IMM,
    HOLE_AUX,
    HOLE_X_D, /* or bytes from cpu.x to the register in that slot */
    HOLE_X_N,
    HOLE_X_M,
    HOLE_X_A,
    HOLE_X_IMM,
    HOLE_X_SP, /* or to one of these */
    HOLE_X_LR,
    HOLE_MASK,     /* what bitmask_expand makes of the slots */
    HOLE_TARGET,   /* bytes of ops from the chain's first op to where a branch goes */
    HOLE_NEXT,     /* the code of the following op, */
    HOLE_BRANCH,   /* of that at HOLE_TARGET, */
    HOLE_DISPATCH, /* of the op at u, wherever it is, */
    HOLE_EXIT,     /* op_exit, */
    HOLE_LEAVE,    /* a handler that is about this op, which has to be said first, */
    HOLE_THERE,    /* or something else, data or a function: all of these by their distance */
    HOLE_COUNT,
};

/* What an instruction does with the guest's register that a hole says. */
enum stencil_form {
    FORM_MEMORY, /* something for which it has to be in memory */
    FORM_READS,  /* the others may have it in a register of the host instead: */
    FORM_WRITES, /* all of it, without having read it */
    FORM_CHANGES,
};

struct stencil_place {
    u32 offset : 11; /* into the code */
    u32 hole : 5;    /* enum stencil_hole */
    u32 size : 4;    /* in bytes, 1, 4 or 8 */
    u32 form : 2;    /* enum stencil_form, of HOLE_X_* */
    s32 addend;
    const void *symbol; /* of HOLE_LEAVE and HOLE_THERE */
};

enum insn_kind {
    INSN_RAW,     /* bytes to copy, perhaps of many instructions */
    INSN_JUMP,    /* to another one of the stencil */
    INSN_PLIABLE, /* one whose operands may be others: */
};

/* Parts of it before its operands: Intel's names. */
enum insn_shape {
    INSN_MAP = 3,         /* 0 one byte, 1 0F, 2 0F38, 3 0F3A */
    INSN_PREFIX = 3 << 2, /* as VEX.pp has it: 0 none, 1 66, 2 F3, 3 F2 */
    INSN_WIDE = 1 << 4,
    INSN_VEX = 1 << 5,
    INSN_EXTENDED = 1 << 6, /* reg is a part of the opcode */
    INSN_SHORT = 1 << 7,    /* reg is in the opcode's byte; there is no ModRM */
};

/* And of ModRM and SIB. */
enum insn_memory {
    INSN_MOD = 3,
    INSN_SCALE = 3 << 2,
    INSN_SIB = 1 << 4,
    INSN_BYTE = 1 << 5, /* an operand is a register's low byte */
};

enum {
    INSN_NONE = 0xff, /* no such operand */
    STENCIL_VALUES = 7,
};

/* An instruction of a stencil. Registers have the host's numbers. */
struct stencil_insn {
    u8 size;
    u8 kind;                    /* enum insn_kind */
    u8 stores;                  /* 1 << FLAG_*: all it does is to store that */
    u8 target;                  /* of a jump: which instruction */
    u8 opcode, shape, memory;   /* sets of enum insn_shape, enum insn_memory */
    u8 reg, vvvv, base, index;  /* base is the register that rm names, if it does */
    u8 reg_value, vvvv_value;   /* which of the stencil's values the register holds, + 1; */
    u8 base_value, index_value; /* 0: none of those that may be elsewhere */
    u8 place;                   /* which place names a guest's register as rm, + 1 */
    u8 tail, immediate;         /* bytes behind ModRM and SIB, and how many of them are data */
};

/*
 * What a register of the host holds from one instruction to another and nothing else can
 * ask for: it may as well be in another one.
 */
struct stencil_value {
    u8 from;       /* a place, + 1: it is a copy of the register in there, never changed */
    u8 to;         /* a place, + 1: it ends by being stored there */
    u8 made, last; /* the instruction that makes it, and the last that uses it */
};

enum stencil_flag { FLAG_N, FLAG_Z, FLAG_C, FLAG_V, FLAGS_ALL = 15 };

struct stencil {
    const void *handler; /* the op's, by which a stencil is found */
    const u8 *code;
    const struct stencil_place *places;
    const struct stencil_insn *insns;
    u16 size, place_count;
    u16 registers; /* of the host that it changes, 1 << number; all if it may look at cpu.x */
    u8 insn_count, value_count;
    u8 flags_read, flags_written; /* 1 << FLAG_* */
    u8 ways;                      /* how it may go on: 1 << its holes from HOLE_NEXT on, from 0 */
    u8 commutes;                  /* slots n and m may be exchanged */
    struct stencil_value values[STENCIL_VALUES];
};

extern const struct stencil stencils[];
extern const unsigned stencil_count;

/* Whether there are any, and this CPU has the instructions that they are made of. */
bool stencils_run_here(void);

#endif

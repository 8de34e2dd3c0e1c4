/*
 * The registers as the client numbers them: x0 to x30, sp, pc, cpsr, v0 to v31,
 * fpsr, fpcr, then every system register that the CPU has, then other names.
 */
#ifndef TOOLS_GDBSTUB_REGISTERS_H
#define TOOLS_GDBSTUB_REGISTERS_H

#include "core/sysreg.h"

enum {
    REG_X0 = 0,
    REG_FP = 29,
    REG_SP = 31,
    REG_PC = 32,
    REG_CPSR = 33,
    REG_V0 = 34,
    REG_FPSR = 66,
    REG_FPCR = 67,
    REG_SYSTEM = 68,
};

struct stub_register {
    const char *name, *group;
    int fields;   /* index into register_types, -1: plain */
    unsigned row; /* of sysreg_rows */
};

/* A register's fields, from fields.def. */
struct register_type {
    const char *name; /* of the register */
    const struct register_field {
        const char *name;
        u8 high, low;
    } * fields;
    unsigned count;
};

extern const struct register_type register_types[];
extern const unsigned register_type_count;

#endif

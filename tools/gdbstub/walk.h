/*
 * A translation table walk for people and debuggers: each level with its
 * descriptor, and the address that results even where an access would fault for
 * a permission or the access flag. It changes nothing.
 */
#ifndef TOOLS_GDBSTUB_WALK_H
#define TOOLS_GDBSTUB_WALK_H

#include "core/cpu.h"

struct walk_level {
    unsigned level;
    u64 desc_pa, desc;
};

struct walk {
    struct walk_level levels[5];
    unsigned count;
    bool upper;       /* TTBR1_EL1 */
    unsigned granule; /* log2 */
    bool mapped;
    bool accessed; /* the access flag is set */
    u64 pa;
    struct translation t; /* meaningful with mapped and accessed */
    const char *why;      /* it is not mapped */
};

/* Walk the tables of C's regime R, which may be changed from the CPU's own, for VA. */
void walk_tables(struct cpu *c, const struct regime *r, u64 va, struct walk *w);

/* The physical address of VA in C's regime R, which may be changed from the CPU's own. */
bool walk_address_in(struct cpu *c, const struct regime *r, u64 va, u64 *pa);

/* The physical address of VA in the regime in force. */
bool walk_address(struct cpu *c, u64 va, u64 *pa);

/* LEN bytes of RAM at VA; false when any of them is not mapped, or not RAM. */
bool walk_read(struct cpu *c, u64 va, void *to, size_t len);

/* SIZE bytes from VA are mapped, with rights PERM_*. */
typedef void walk_visit_fn(void *owner, u64 va, u64 size, u8 perms);

/*
 * Everything that TTBR0_EL1 or (UPPER) TTBR1_EL1 maps, in order of address. False
 * when the tables have no end: they may lead back into themselves.
 */
bool walk_all(struct cpu *c, const struct regime *r, bool upper, walk_visit_fn *visit, void *owner);

#endif

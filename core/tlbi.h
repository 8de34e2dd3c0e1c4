/*
 * TLB maintenance (DDI 0487, D8.13): what each form of TLBI has to reach, on the
 * banks of one CPU. More may go than was asked for, never less.
 */
#ifndef CORE_TLBI_H
#define CORE_TLBI_H

#include "core/types.h"

struct cpu;

/* TLBI VAE1 and relatives: the page or block that maps VA, in any address space. */
void tlbi_va(struct cpu *c, u64 va);

/* TLBI RVAE1 and relatives: whatever maps one of the BYTES from FIRST on. */
void tlbi_range(struct cpu *c, u64 first, u64 bytes);

/* TLBI ASIDE1: what is not global and belongs to ASID. */
void tlbi_asid(struct cpu *c, unsigned asid);

#endif

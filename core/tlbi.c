/*
 * TLB maintenance: see tlbi.h. The Inner Shareable forms reach the CPUs of the
 * machine, all of which are in one Inner Shareable domain.
 */
#include "core/tlbi.h"

#include "core/engine/engine.h"
#include "core/sysreg_hooks.h"

enum {
    TLBI_VA_BITS = 44,
    TLBI_ASID_SHIFT = 48,
    VA_TOP = 56,
    TLBI_RANGE_LOOP = 4 << 20, /* bytes; a longer range empties the banks */
};

/*
 * A global entry goes whatever ASID was named, and the last-level forms differ
 * from the others only for caches of table descriptors, which don't exist here:
 * so all banks, whichever form.
 */
void tlbi_va(struct cpu *c, u64 va)
{
    engine_count(c->engine, EVENT_FLUSH_VA);
    tlb_flush_va(c->bank_el1, va);
    for (unsigned i = 0; i < EL0_BANKS; i++)
        if (c->bank_el0[i].asid_valid)
            tlb_flush_va(&c->bank_el0[i], va);
}

/* The EL1 bank's non-global entries are the current ASID's, and nobody else's. */
void tlbi_asid(struct cpu *c, unsigned asid)
{
    engine_count(c->engine, EVENT_FLUSH_ASID);
    for (unsigned i = 0; i < EL0_BANKS; i++) {
        struct tlb_bank *b = &c->bank_el0[i];
        if (!b->asid_valid || b->asid != asid)
            continue;
        tlb_flush(b);
        if (i == c->el0_bank)
            tlb_flush_nonglobal(c->bank_el1);
    }
}

/* Xt<43:0> is VA<55:12>. */
static u64 operand_va(u64 xt)
{
    return (u64)sext((xt & ones(TLBI_VA_BITS)) << TLB_PAGE_SHIFT, VA_TOP);
}

/* While ASIDs have 8 bits, the upper 8 of the operand's are RES0. */
static unsigned operand_asid(const struct cpu *c, u64 xt)
{
    enum { TCR_AS = 36 };
    unsigned asid = (unsigned)(xt >> TLBI_ASID_SHIFT);
    bool wide = bit(c->sys[TCR_EL1], TCR_AS) && c->model->asid_bits == 16;
    return wide ? asid : asid & 0xff;
}

void tlbi_range(struct cpu *c, u64 first, u64 bytes)
{
    if (bytes > TLBI_RANGE_LOOP)
        cpu_tlb_flush_all(c);
    for (u64 offset = 0; bytes <= TLBI_RANGE_LOOP && offset < bytes; offset += BIT(TLB_PAGE_SHIFT))
        tlbi_va(c, first + offset);
}

/* The range that the operand of TLBI RVAE1 and relatives names (C5.5). */
struct range {
    u64 first, bytes;
};

static struct range operand_range(u64 xt)
{
    enum { TG_LSB = 46, BASE_BITS = 37, STEP = 5 };
    unsigned granule =
        10 + 2 * (unsigned)bits(xt, TG_LSB + 1, TG_LSB); /* 4, 16, 64 KiB for 1 to 3 */
    unsigned scale = (unsigned)bits(xt, 45, 44);
    return (struct range){
        .first = (u64)sext(bits(xt, BASE_BITS - 1, 0), BASE_BITS) << granule,
        .bytes = (bits(xt, 43, 39) + 1) << (STEP * scale + 1) << granule,
    };
}

enum flow op_tlbi_rva(struct cpu *c, u64 xt)
{
    struct range r = operand_range(xt);
    tlbi_range(c, r.first, r.bytes);
    return NEXT;
}

enum flow op_tlbi_rvais(struct cpu *c, u64 xt)
{
    for (unsigned i = 0; i < c->engine->cpu_count; i++)
        op_tlbi_rva(c->engine->cpus[i], xt);
    return NEXT;
}

enum flow op_tlbi_vmalle1(struct cpu *c, u64 xt)
{
    cpu_tlb_flush_all(c);
    return NEXT;
}

enum flow op_tlbi_va(struct cpu *c, u64 xt)
{
    tlbi_va(c, operand_va(xt));
    return NEXT;
}

enum flow op_tlbi_aside1(struct cpu *c, u64 xt)
{
    tlbi_asid(c, operand_asid(c, xt));
    return NEXT;
}

enum flow op_tlbi_vmalle1is(struct cpu *c, u64 xt)
{
    for (unsigned i = 0; i < c->engine->cpu_count; i++)
        cpu_tlb_flush_all(c->engine->cpus[i]);
    return NEXT;
}

enum flow op_tlbi_vais(struct cpu *c, u64 xt)
{
    for (unsigned i = 0; i < c->engine->cpu_count; i++)
        tlbi_va(c->engine->cpus[i], operand_va(xt));
    return NEXT;
}

enum flow op_tlbi_aside1is(struct cpu *c, u64 xt)
{
    for (unsigned i = 0; i < c->engine->cpu_count; i++)
        tlbi_asid(c->engine->cpus[i], operand_asid(c, xt));
    return NEXT;
}

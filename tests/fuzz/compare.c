/*
 * Comparing and describing what is left behind (compare.h). Whatever is dropped before
 * the comparison is dropped here, with the reason.
 */
#include "tests/fuzz/compare.h"

#include <inttypes.h>
#include <string.h>

#include "core/isa/disasm.h"

static const char *const kind_names[] = {
    [RECORD_DONE] = "done",
    [RECORD_UNDEFINED] = "undefined",
    [RECORD_TRANSLATION] = "translation fault",
    [RECORD_PERMISSION] = "permission fault",
    [RECORD_ALIGNMENT] = "alignment fault",
    [RECORD_BREAKPOINT] = "breakpoint",
    [RECORD_OTHER] = "another exception",
    [RECORD_TIMEOUT] = "endless",
};

static bool is_abort(u32 kind)
{
    return kind >= RECORD_TRANSLATION && kind <= RECORD_ALIGNMENT;
}

/* The word of P at which S ended. */
static u32 last_word(const struct program *p, const struct record_state *s)
{
    u64 i = (s->pc - program_start(p)) / 4;
    return p->word[i < p->words ? i : p->words - 1];
}

/*
 * When an instruction that makes several accesses aborts, the registers that it loads
 * are UNKNOWN; the two sides make different numbers of accesses at a time.
 */
static void drop_partial_loads(struct record_state *ours, struct record_state *reference)
{
    memcpy(reference->v, ours->v, sizeof(ours->v));
}

/*
 * A store-exclusive that fails for want of a monitor may or may not detect what else is
 * wrong (DDI 0487, C6.2: IMPLEMENTATION DEFINED); QEMU does not, and we do.
 */
static bool failed_exclusive(const struct program *p, const struct record_state *ours,
                             const struct record_state *reference)
{
    enum { STORE_EXCLUSIVE = 0x08000000, MASK = 0x3fc00000 };
    return (last_word(p, ours) & MASK) == STORE_EXCLUSIVE && is_abort(ours->kind) &&
           reference->pc != ours->pc;
}

/*
 * QEMU 7.2 lets LDAPR load from any address; without FEAT_LSE2 it has to be aligned (B2.5.2).
 */
static bool unaligned_ldapr(const struct program *p, const struct record_state *ours)
{
    enum { LDAPR = 0x38bfc000, MASK = 0x3ffffc00 };
    return (last_word(p, ours) & MASK) == LDAPR && ours->kind == RECORD_ALIGNMENT;
}

/*
 * QEMU reports the address without the tag that TBI ignores, and none where the host's
 * processor has none: of what is no canonical address of the host.
 */
static void compare_addresses(struct record_state *ours, struct record_state *reference)
{
    enum { HOST_BITS = 47, WIDEST = 64 };
    ours->far = (u64)sext(ours->far, 56);
    reference->far = (u64)sext(reference->far, 56);
    if (!is_abort(reference->kind) || (!reference->far && ours->far >= BIT(HOST_BITS) - WIDEST))
        reference->far = ours->far;
}

/*
 * QEMU 7.2 takes an abort of DC ZVA for an instruction before it in the program (PC is
 * less by a multiple of 4, unless it is the first one of its page), and reports the start
 * of the block. The exception belongs to the instruction itself (DDI 0487, D1.3.4), and FAR
 * holds the address in its register (D19.2.41).
 */
static void correct_zero_abort(const struct record_state *ours, struct record_state *reference,
                               const struct program *p)
{
    enum { DC_ZVA = (int)0xd50b7420, MASK = (int)0xffffffe0, BLOCK = 64 };
    if (!is_abort(ours->kind) || (last_word(p, ours) & (u32)MASK) != (u32)DC_ZVA ||
        !is_abort(reference->kind) || reference->pc > ours->pc ||
        reference->pc < program_start(p) - 4)
        return;
    reference->pc = ours->pc;
    if (!((reference->far ^ (ours->far & ~(u64)(BLOCK - 1))) & ones(56)))
        reference->far = ours->far;
}

/*
 * QEMU 7.2 leaves the sign of FCVTZS (scalar, fixed point) to half precision in the 16 bits
 * above the result, which a write of H makes zero (DDI 0487, C1.2.1).
 */
static void correct_half_fixed(struct record_state *reference, const struct program *p)
{
    enum { FCVTZS_H = 0x5f10fc00, MASK = (int)0xfff0fc00 };
    u32 w = last_word(p, reference);
    if (p->words == 1 && (w & (u32)MASK) == FCVTZS_H && reference->kind == RECORD_DONE)
        reference->v[bits(w, 4, 0)][0] &= ones(16);
}

bool compare_prepare(const struct program *p, struct record_state *ours,
                     struct record_state *reference)
{
    enum { FPCR_MASK = 0x07c80000, FPSR_MASK = 0x0800009f }; /* the rest is RES0 */
    correct_zero_abort(ours, reference, p);
    correct_half_fixed(reference, p);
    if (reference->kind != RECORD_TIMEOUT && reference->pc - program_start(p) >= 4 * (u64)p->words)
        reference->kind = RECORD_DONE; /* it happened at a branch's target */
    if (failed_exclusive(p, ours, reference) || unaligned_ldapr(p, ours))
        return false;
    if (is_abort(ours->kind) && ours->kind == reference->kind)
        drop_partial_loads(ours, reference);
    compare_addresses(ours, reference);
    reference->fpcr &= FPCR_MASK;
    reference->fpsr &= FPSR_MASK;
    return true;
}

int compare_find_row(const char *name)
{
    for (int i = 0; i < A64_COUNT; i++)
        if (!strcmp(a64_rows[i].name, name))
            return i;
    return -1;
}

const char *compare_row_name(const struct decoder *d, const struct program *p)
{
    int row = decode_row(d, p->word[p->words - 1]);
    return row < 0 ? "-" : a64_rows[row].name;
}

/* The registers that a word's usual fields name. */
static void print_inputs(FILE *out, const struct program *p, const struct record_state *in)
{
    u32 named = 0;
    for (unsigned i = 0; i < p->words; i++)
        for (unsigned lsb = 0; lsb <= 16; lsb += lsb == 10 ? 6 : 5)
            named |= 1u << bits(p->word[i], lsb + 4, lsb);
    for (unsigned i = 0; i < 31; i++)
        if (named >> i & 1)
            fprintf(out, "    in  x%-2u %016" PRIx64 "   v%-2u %016" PRIx64 ":%016" PRIx64 "\n", i,
                    in->x[i], i, in->v[i][1], in->v[i][0]);
    if (named >> 31)
        fprintf(out, "    in  sp  %016" PRIx64 "   v31 %016" PRIx64 ":%016" PRIx64 "\n", in->sp,
                in->v[31][1], in->v[31][0]);
    fprintf(out, "    in  nzcv %x fpcr %08x fpsr %08x\n", in->nzcv >> 28, in->fpcr, in->fpsr);
}

static void differ(FILE *out, const char *what, unsigned i, u64 a, u64 b)
{
    char name[16];
    snprintf(name, sizeof(name), what, i);
    if (a != b)
        fprintf(out, "    %-6s %016" PRIx64 "   %016" PRIx64 "\n", name, a, b);
}

static void print_outputs(FILE *out, const struct record_state *a, const struct record_state *b)
{
    for (unsigned i = 0; i < 31; i++)
        differ(out, "x%u", i, a->x[i], b->x[i]);
    differ(out, "sp", 0, a->sp, b->sp);
    differ(out, "pc", 0, a->pc, b->pc);
    differ(out, "far", 0, a->far, b->far);
    differ(out, "nzcv", 0, a->nzcv, b->nzcv);
    differ(out, "fpcr", 0, a->fpcr, b->fpcr);
    differ(out, "fpsr", 0, a->fpsr, b->fpsr);
    for (unsigned i = 0; i < 32; i++) {
        differ(out, "v%u.hi", i, a->v[i][1], b->v[i][1]);
        differ(out, "v%u.lo", i, a->v[i][0], b->v[i][0]);
    }
}

void compare_print(FILE *out, const struct decoder *d, const struct program *p,
                   const struct record_state *in, const struct record_state *ours,
                   const struct record_state *reference, const char *our_name,
                   const char *reference_name)
{
    for (unsigned i = 0; i < p->words; i++) {
        int row = decode_row(d, p->word[i]);
        char text[DISASM_SIZE];
        disasm(d, p->word[i], program_start(p) + 4 * i, text, sizeof(text));
        fprintf(out, "  %08x  %-12s  %s\n", p->word[i], row < 0 ? "-" : a64_rows[row].name, text);
    }
    fprintf(out, "    at  %016" PRIx64 "\n", program_start(p));
    print_inputs(out, p, in);
    fprintf(out, "    %-6s %-18s %s\n", "", our_name, reference_name);
    if (ours->kind != reference->kind)
        fprintf(out, "    %-6s %-18s %s\n", "", kind_names[ours->kind],
                kind_names[reference->kind]);
    else
        fprintf(out, "    both: %s\n", kind_names[ours->kind]);
    print_outputs(out, ours, reference);
}

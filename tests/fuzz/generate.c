/*
 * Programs (generate.h): words from patterns, and what keeps them harmless to the
 * reference.
 */
#include "tests/fuzz/generate.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "tests/fuzz/exclude.h"

static bool matches(const char *name, const char *globs)
{
    char glob[128];
    while (*globs) {
        size_t n = strcspn(globs, ",");
        if (n < sizeof(glob)) {
            memcpy(glob, globs, n);
            glob[n] = 0;
            if (!fnmatch(glob, name, 0))
                return true;
        }
        globs += n + (globs[n] == ',');
    }
    return false;
}

unsigned generate_select(struct generator *g, const char *globs)
{
    g->row_count = 0;
    for (unsigned i = 0; i < A64_COUNT; i++)
        if (!(a64_rows[i].needs & ~g->decoder->features) && matches(a64_rows[i].name, globs))
            g->rows[g->row_count++] = (u16)i;
    return g->row_count;
}

/* A pattern's fields: which bits a letter has, lowest first. */
struct field {
    u8 bit[32];
    unsigned bits;
};

/* Fill FIELDS by letter; should-be bits come back as a mask and what they should be. */
static void parse(const char *pattern, struct field fields[GENERATE_FIELDS], u32 *should,
                  u32 *should_be)
{
    int position = 31;
    memset(fields, 0, GENERATE_FIELDS * sizeof(*fields));
    *should = *should_be = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        if (*p == '(') {
            *should |= 1u << position;
            *should_be |= p[1] == '1' ? 1u << position : 0;
            p += 2;
        } else if (isalpha((unsigned char)*p)) {
            struct field *f = &fields[tolower((unsigned char)*p) - 'a'];
            memmove(f->bit + 1, f->bit, f->bits++);
            f->bit[0] = (u8)position;
        }
        position--;
    }
}

unsigned generate_fields(unsigned row, u32 masks[GENERATE_FIELDS])
{
    struct field fields[GENERATE_FIELDS];
    u32 should, should_be;
    unsigned count = 0;
    parse(a64_rows[row].pattern, fields, &should, &should_be);
    for (unsigned i = 0; i < GENERATE_FIELDS; i++) {
        if (!fields[i].bits)
            continue;
        u32 mask = 0;
        for (unsigned k = 0; k < fields[i].bits; k++)
            mask |= 1u << fields[i].bit[k];
        masks[count++] = mask;
    }
    return count;
}

static u32 place(const struct field *f, u32 value)
{
    u32 w = 0;
    for (unsigned i = 0; i < f->bits; i++)
        w |= (value >> i & 1) << f->bit[i];
    return w;
}

enum { REGISTER_BITS = 5 };

/* Random, with a weakness for limits and for the register LAST. */
static u32 field_value(struct rng *r, const struct field *f, u32 last)
{
    u32 all = (u32)ones(f->bits);
    switch (rng_below(r, 16)) {
    case 0:
        return 0;
    case 1:
        return all;
    case 2:
        return 1u << rng_below(r, f->bits);
    case 3:
        return all ^ 1u << rng_below(r, f->bits);
    case 4:
        return all >> 1;
    case 5:
    case 6:
        if (f->bits == REGISTER_BITS)
            return last;
        /* fall through */
    default:
        return (u32)rng_next(r) & all;
    }
}

/*
 * W with the name of a system register or instruction that exists, if it is an MRS, MSR
 * or SYS: there are few of them among the names that can be written.
 */
static u32 with_system_name(struct rng *r, const struct decoder *d, unsigned row, u32 w)
{
    enum { NAME_SHIFT = 5, NAME = 0xffff << NAME_SHIFT };
    if (row != A64_mrs && row != A64_msr_reg && row != A64_sys)
        return w;
    for (unsigned attempt = 0; attempt < 16; attempt++) {
        u32 name = (u32)sysreg_rows[rng_below(r, sysreg_row_count)].encoding << NAME_SHIFT;
        if (!((name ^ d->value[row]) & d->mask[row] & NAME))
            return (w & ~(u32)NAME) | name;
    }
    return w;
}

u32 generate_word(struct rng *r, const struct decoder *d, unsigned row)
{
    struct field fields[GENERATE_FIELDS];
    u32 should, should_be, w = 0;
    parse(a64_rows[row].pattern, fields, &should, &should_be);
    for (unsigned attempt = 0; attempt < 16; attempt++) {
        u32 last = 31;
        w = d->value[row] | (rng_chance(r, 56) ? should_be : (u32)rng_next(r) & should);
        for (unsigned i = 0; i < GENERATE_FIELDS; i++) {
            if (!fields[i].bits)
                continue;
            u32 value = field_value(r, &fields[i], last);
            if (fields[i].bits == REGISTER_BITS)
                last = value;
            w |= place(&fields[i], value);
        }
        if (decode_row(d, w) == (int)row)
            break;
    }
    return rng_chance(r, 32) ? with_system_name(r, d, row, w) : w;
}

static u32 any_bit_of(struct rng *r, u32 mask)
{
    for (unsigned n = rng_below(r, (unsigned)__builtin_popcount(mask)); n; n--)
        mask &= mask - 1;
    return mask & -mask;
}

u32 generate_neighbour(struct rng *r, const struct decoder *d)
{
    unsigned row = rng_below(r, A64_COUNT);
    u32 w = generate_word(r, d, row) ^ any_bit_of(r, d->mask[row]);
    return rng_chance(r, 16) ? w ^ any_bit_of(r, d->mask[row]) : w;
}

/* The immediate of a direct branch or of a load (literal): where, and in units of 4 bytes. */
struct relative {
    unsigned lsb, bits; /* bits is 0 if the word has none */
    bool branch;
};

static struct relative relative_of(u32 w)
{
    if ((w & 0x7c000000) == 0x14000000) /* B, BL */
        return (struct relative){0, 26, true};
    if ((w & 0xff000010) == 0x54000000 || (w & 0x7e000000) == 0x34000000) /* B.cond, CBZ */
        return (struct relative){5, 19, true};
    if ((w & 0x7e000000) == 0x36000000) /* TBZ */
        return (struct relative){5, 14, true};
    if ((w & 0x3b000000) == 0x18000000) /* LDR (literal) */
        return (struct relative){5, 19, false};
    return (struct relative){0, 0, false};
}

bool generate_is_relative(u32 w)
{
    enum { ADR = 0x10000000, ADR_MASK = 0x1f000000 };
    return relative_of(w).bits || (w & ADR_MASK) == ADR;
}

static u64 relative_target(u32 w, struct relative f, u64 pc)
{
    return pc + ((u64)sext(bits(w, f.lsb + f.bits - 1, f.lsb), f.bits) << 2);
}

static u32 aim(u32 w, struct relative f, u64 pc, u64 target)
{
    u32 field = (u32)ones(f.bits) << f.lsb;
    return (w & ~field) | ((u32)((s64)(target - pc) >> 2) << f.lsb & field);
}

static bool reaches(struct relative f, u64 pc, u64 target)
{
    s64 words = (s64)(target - pc) / 4, limit = (s64)1 << (f.bits - 1);
    return words >= -limit && words < limit;
}

/*
 * A branch may leave the code area, go on in its own program, or go to words that are
 * UDF: the page of the stub, the landing page and what is left of its own slot. Were it
 * to go to another slot, or back, the two sides would not stop at the same place.
 */
static bool harmless_target(const struct program *p, u64 pc, u64 target)
{
    u64 slot_end = program_start(p) - 4 + p->span * (u64)RECORD_SLOT_BYTES;
    if (target - RECORD_CODE >= RECORD_CODE_BYTES)
        return true;
    if (target > pc && target < slot_end)
        return true;
    return target >= RECORD_LANDING || (target - RECORD_CODE >= 4 * RECORD_SLOT_WORDS &&
                                        target - RECORD_CODE < RECORD_SLOT_OFFSET);
}

/* Make word I of P one that may be run, if it is not. */
static void tame(struct rng *r, struct program *p, unsigned i)
{
    u64 pc = program_start(p) + 4 * i;
    struct relative f = relative_of(p->word[i]);
    if (!f.bits)
        return;
    u64 target = relative_target(p->word[i], f, pc);
    u64 offset = 4 * (u64)rng_below(r, RECORD_PAGE / 4);
    if (f.branch) {
        if (harmless_target(p, pc, target))
            return;
        target = RECORD_LANDING + offset;
        if (rng_chance(r, 32) || !reaches(f, pc, target))
            target = RECORD_CODE + 4 * RECORD_SLOT_WORDS +
                     offset % (RECORD_SLOT_OFFSET - 4 * RECORD_SLOT_WORDS);
        if (rng_chance(r, 16) || !reaches(f, pc, target))
            target = program_end(p) + 4;
    } else if (rng_chance(r, 48)) {
        target = RECORD_LANDING - offset;
    }
    p->word[i] = aim(p->word[i], f, pc, target);
}

/* LDXR, STXP and their kin; CASP is next to them. */
static bool is_exclusive(u32 w)
{
    enum { EXCLUSIVE = 0x08000000, MASK = 0x3f800000, CASP = 0x00200000 };
    enum { CASP_MASK = (int)0x80200000 };
    return (w & MASK) == EXCLUSIVE && (w & (u32)CASP_MASK) != CASP;
}

/* LDXR, LDXP and their kin for a store-exclusive: L set, Rs all ones, other data registers. */
static bool exclusive_load_for(struct rng *r, u32 store, u32 *load)
{
    enum { L = 1 << 22 };
    if (!is_exclusive(store) || (store & L))
        return false;
    u32 n = store >> 5 & 31, t = rng_below(r, 31), t2 = rng_below(r, 31);
    if (t == n || t2 == n || t == t2)
        return false;
    *load = (store & ~0x001f7c1fu) | L | 0x001f0000 | t;
    *load |= bit(store, 21) ? t2 << 10 : 0x7c00;
    return true;
}

/*
 * What a store-exclusive behind a load-exclusive of another size, or of a pair behind a
 * single register, does is CONSTRAINED UNPREDICTABLE (DDI 0487, B2.12.5). With branches
 * any of a program's loads may be the last one, so all of its exclusives are of one kind,
 * whichever the first is of; programs with any other kind are made as often.
 */
bool generate_agrees(const struct program *p, u32 w)
{
    enum { SIZE_AND_PAIR = (int)0xc0200000 };
    for (unsigned i = 0; is_exclusive(w) && i < p->words; i++)
        if (is_exclusive(p->word[i]) && ((p->word[i] ^ w) & (u32)SIZE_AND_PAIR))
            return false;
    return true;
}

/*
 * QEMU 7.2 leaves the sign of FCVTZS (scalar, fixed point) to half precision in the 16 bits
 * above the result, which a write of H makes zero (DDI 0487, C1.2.1). FMOV of H to itself,
 * which it gets behind it, does so on both sides, before another word reads the register.
 */
static bool clearing_move_for(u32 w, u32 *move)
{
    enum { FCVTZS_H = 0x5f10fc00, MASK = (int)0xfff0fc00, FMOV_H = 0x1ee04000 };
    *move = FMOV_H | (w & 31) << 5 | (w & 31);
    return (w & (u32)MASK) == FCVTZS_H;
}

/*
 * Most words that a row's format calls unallocated: a program ends at them, and --words has
 * more of them than anything else.
 */
static bool would_end(struct rng *r, const struct decoder *d, u32 w)
{
    struct uop u;
    return rng_chance(r, 60) && decode(d, w, (struct site){.alone = true}, &u) < 0;
}

static void put(struct program *p, u32 w)
{
    p->word[p->words++] = w;
}

bool generate_single(struct rng *r, const struct decoder *d, u32 word, unsigned slot,
                     struct program *p)
{
    p->slot = slot;
    p->span = 1;
    p->words = 1;
    p->word[0] = word;
    if (exclude_find(word, d->features))
        return false;
    tame(r, p, 0);
    return true;
}

void generate_program(struct rng *r, const struct generator *g, unsigned slot, struct program *p)
{
    unsigned want = 1 + rng_below(r, g->length);
    p->slot = slot;
    p->span = generate_span(g->length);
    p->words = 0;
    for (unsigned attempt = 0; p->words < want && attempt < 64; attempt++) {
        u32 companion, w = generate_word(r, g->decoder, g->rows[rng_below(r, g->row_count)]);
        if (exclude_find(w, g->decoder->features) || !generate_agrees(p, w))
            continue;
        if (p->words && generate_signed_register(w) >= 0)
            continue; /* words before it could have made the pointer */
        if (g->length > 1 && would_end(r, g->decoder, w))
            continue;
        if (rng_chance(r, 48) && exclusive_load_for(r, w, &companion))
            put(p, companion);
        put(p, w);
        if (g->length > 1 && clearing_move_for(w, &companion))
            put(p, companion);
    }
    if (!p->words)
        put(p, 0xd503201f); /* NOP: nothing but exclusions was selected */
    for (unsigned i = 0; i < p->words; i++)
        tame(r, p, i);
}

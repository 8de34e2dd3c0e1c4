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
static void parse(const char *pattern, struct field fields[26], u32 *should, u32 *should_be)
{
    int position = 31;
    memset(fields, 0, 26 * sizeof(*fields));
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
    struct field fields[26];
    u32 should, should_be, w = 0;
    parse(a64_rows[row].pattern, fields, &should, &should_be);
    for (unsigned attempt = 0; attempt < 16; attempt++) {
        u32 last = 31;
        w = d->value[row] | (rng_chance(r, 56) ? should_be : (u32)rng_next(r) & should);
        for (unsigned i = 0; i < 26; i++) {
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
    u64 slot_end = program_start(p) - 4 + RECORD_SLOT_BYTES;
    if (target - RECORD_CODE >= RECORD_CODE_BYTES)
        return true;
    if (target > pc && target < slot_end)
        return true;
    return target >= RECORD_LANDING || (target - RECORD_CODE >= 4 * RECORD_SLOT_WORDS &&
                                        target - RECORD_CODE < RECORD_SLOT_OFFSET);
}

/* What the stub holds is not the same on both sides. */
static bool harmless_literal(u64 target)
{
    return target - (RECORD_CODE - 16) >= 4 * RECORD_SLOT_WORDS + 16;
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
    } else if (rng_chance(r, 48) || !harmless_literal(target)) {
        target = RECORD_LANDING - offset;
    }
    p->word[i] = aim(p->word[i], f, pc, target);
}

/* LDXR, LDXP and their kin for a store-exclusive: L set, Rs all ones, other data registers. */
static bool exclusive_load_for(struct rng *r, u32 store, u32 *load)
{
    enum { EXCLUSIVE = 0x08000000, EXCLUSIVE_MASK = 0x3fc00000, L = 1 << 22 };
    if ((store & EXCLUSIVE_MASK) != EXCLUSIVE)
        return false;
    u32 n = store >> 5 & 31, t = rng_below(r, 31), t2 = rng_below(r, 31);
    if (t == n || t2 == n || t == t2)
        return false;
    *load = (store & ~0x001f7c1fu) | L | 0x001f0000 | t;
    *load |= bit(store, 21) ? t2 << 10 : 0x7c00;
    return true;
}

/*
 * QEMU 7.2 ends with an assertion at some words that are unallocated among the
 * two-register instructions on half precision (DDI 0487, C4.1.96).
 */
static bool ends_reference(const struct decoder *d, u32 w)
{
    enum { TWO_REGISTER_FP16 = 0x0e780800, MASK = (int)0x8f7e0c00 };
    return (w & (u32)MASK) == TWO_REGISTER_FP16 && decode_row(d, w) < 0;
}

bool generate_single(struct rng *r, const struct decoder *d, u32 word, unsigned slot,
                     struct program *p)
{
    p->slot = slot;
    p->words = 1;
    p->word[0] = word;
    if (exclude_find(word, d->features) || ends_reference(d, word))
        return false;
    tame(r, p, 0);
    return true;
}

void generate_program(struct rng *r, const struct generator *g, unsigned slot, struct program *p)
{
    unsigned want = 1 + rng_below(r, g->length);
    p->slot = slot;
    p->words = 0;
    for (unsigned attempt = 0; p->words < want && attempt < 64; attempt++) {
        u32 load, w = generate_word(r, g->decoder, g->rows[rng_below(r, g->row_count)]);
        if (exclude_find(w, g->decoder->features))
            continue;
        if (p->words && generate_signed_register(w) >= 0)
            continue; /* words before it could have made the pointer */
        if (p->words + 1 < RECORD_MAX_WORDS && rng_chance(r, 48) && exclusive_load_for(r, w, &load))
            p->word[p->words++] = load;
        p->word[p->words++] = w;
    }
    if (!p->words)
        p->word[p->words++] = 0xd503201f; /* NOP: nothing but exclusions was selected */
    for (unsigned i = 0; i < p->words; i++)
        tame(r, p, i);
}

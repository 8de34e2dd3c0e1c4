/*
 * Register states (generate.h): values at the limits of what lanes of every size can
 * hold, floating-point numbers of every kind, and addresses that lead a program's loads
 * and stores into the data area, onto its page boundaries and off its ends.
 */
#include <string.h>

#include "tests/fuzz/generate.h"

static const u8 lane_bits[] = {8, 16, 32, 64};

/* An integer of BITS bits. */
static u64 integer(struct rng *r, unsigned bits)
{
    u64 all = ones(bits), top = BIT(bits - 1);
    switch (rng_below(r, 12)) {
    case 0:
        return 0;
    case 1:
        return all;
    case 2:
        return top;
    case 3:
        return top - 1;
    case 4:
        return BIT(rng_below(r, bits));
    case 5:
        return all ^ BIT(rng_below(r, bits));
    case 6:
        return BIT(rng_below(r, bits)) - 1;
    case 7:
        return rng_below(r, 16);
    case 8:
        return all - rng_below(r, 16);
    case 9:
        return (rng_next(r) & all) >> rng_below(r, bits);
    default:
        return rng_next(r) & all;
    }
}

/* A floating-point number of BITS bits (16, 32, 64). */
static u64 number(struct rng *r, unsigned bits)
{
    unsigned fraction = bits == 16 ? 10 : bits == 32 ? 23 : 52;
    u64 exponents = ones(bits - 1 - fraction), bias = exponents >> 1;
    u64 sign = rng_chance(r, 32) ? BIT(bits - 1) : 0;
    u64 low = integer(r, fraction), quiet = BIT(fraction - 1), exponent;
    switch (rng_below(r, 16)) {
    case 0:
        return sign;
    case 1:
        return sign | low; /* denormal */
    case 2:
        return sign | (rng_chance(r, 32) ? 1 : ones(fraction));
    case 3:
        return sign | exponents << fraction; /* infinity */
    case 4:
        return sign | exponents << fraction | quiet | low;
    case 5:
        return sign | exponents << fraction | (low & ~quiet) | 1; /* a signalling NaN */
    case 6:
        return sign | (exponents - 1) << fraction | ones(fraction); /* the largest */
    case 7:
        return sign | UINT64_C(1) << fraction | (rng_chance(r, 32) ? low : 0);
    case 8:
        return sign | bias << fraction; /* 1.0 */
    case 9:
        return sign | (bias + rng_below(r, 3) - 1) << fraction | low;
    case 10: /* halfway between integers, near them, and near what integers can hold */
    case 11:
        exponent = bias + rng_below(r, bits == 16 ? 15 : 66);
        return sign | exponent << fraction | (~(u64)0 << rng_below(r, fraction) & ones(fraction));
    case 12: /* near the limits of the smaller format */
        exponent = bias + (bits == 64 ? 128 : 16) - rng_below(r, bits == 64 ? 300 : 40);
        return sign | (exponent & exponents) << fraction | low;
    default:
        return rng_next(r) & ones(bits);
    }
}

static void vector(struct rng *r, uint64_t v[2])
{
    unsigned bits = lane_bits[rng_below(r, 4)];
    bool floats = bits > 8 && rng_chance(r, 44);
    if (rng_chance(r, 6)) {
        v[0] = rng_next(r);
        v[1] = rng_next(r);
        return;
    }
    v[0] = v[1] = 0;
    for (unsigned at = 0; at < 128; at += bits)
        v[at / 64] |= (floats ? number(r, bits) : integer(r, bits)) << at % 64;
}

/* An address in the data area, or just outside of it. */
static u64 address(struct rng *r)
{
    u64 page = rng_below(r, RECORD_DATA_PAGES + 1) * (u64)RECORD_PAGE, a;
    switch (rng_below(r, 8)) {
    case 0:
    case 1:
        a = page + rng_below(r, 80) - 72; /* about to cross */
        break;
    case 2:
        a = page + 16 * (rng_below(r, 6) - 4);
        break;
    case 3:
    case 4:
        a = rng_below(r, RECORD_DATA_BYTES);
        break;
    case 5:
        a = rng_below(r, RECORD_DATA_BYTES) & ~7u;
        break;
    default:
        a = rng_below(r, RECORD_DATA_BYTES) & ~15u;
        break;
    }
    a += RECORD_DATA;
    return rng_chance(r, 2) ? a | rng_next(r) << 56 : a; /* TBI: the top byte does not count */
}

static u64 general(struct rng *r)
{
    switch (rng_below(r, 8)) {
    case 0:
        return address(r);
    case 1:
        return integer(r, 32) | (rng_chance(r, 16) ? integer(r, 32) << 32 : 0);
    case 2:
        return (u64)sext(integer(r, 32), 32);
    case 3:
        return integer(r, 16);
    default:
        return integer(r, 64);
    }
}

static uint64_t *base_register(struct record_state *s, unsigned n)
{
    return n == 31 ? &s->sp : &s->x[n];
}

/* log2 of the bytes that a load or store (register) moves. */
static unsigned access_shift(u32 w)
{
    return bit(w, 26) && bit(w, 23) ? 4 : (unsigned)bits(w, 31, 30);
}

/*
 * A store that moves its bytes in several accesses and aborts may have made some of
 * them: what is left in memory then is no mismatch, but costs time to find out.
 */
static bool stores_in_pieces(u32 w)
{
    bool load = bit(w, 22);
    switch (bits(w, 29, 27)) {
    case 1: /* SIMD structures, exclusive pairs */
        return !load && (bit(w, 26) || bit(w, 21));
    case 5: /* pairs */
        return !load;
    case 7: /* a Q register */
        return !load && bit(w, 26) && bit(w, 23);
    default:
        return false;
    }
}

/* An address whose 64 bytes either side are all writable. */
static u64 inner_address(struct rng *r)
{
    enum { MARGIN = 64, SPAN = RECORD_WRITABLE_PAGES * RECORD_PAGE - 2 * MARGIN };
    u64 a = address(r) & ones(55);
    return RECORD_DATA + MARGIN + (a - RECORD_DATA) % SPAN;
}

/* The byte offset of a pair's immediate, 0 where it comes later. */
static u64 pair_offset(u32 w)
{
    unsigned shift = bit(w, 26) ? 2 + (unsigned)bits(w, 31, 30) : bit(w, 31) ? 3 : 2;
    return bits(w, 24, 23) == 1 ? 0 : (u64)sext(bits(w, 21, 15), 7) << shift;
}

/* Make the base and the index of a load or store name the data area. */
static void aim_access(struct rng *r, u32 w, struct record_state *s)
{
    enum { LOADS_AND_STORES = 0x08000000, GROUP = 0x0a000000 };
    enum { REGISTER = 0x38000000, REGISTER_GROUP = 0x3a000000, UNSIGNED_OFFSET = 1 << 24 };
    if ((w & GROUP) != LOADS_AND_STORES || rng_chance(r, 4))
        return;
    u64 a = stores_in_pieces(w) && rng_chance(r, 63) ? inner_address(r) : address(r);
    if (bits(w, 29, 27) == 5)
        a -= pair_offset(w);
    if ((w & REGISTER_GROUP) == REGISTER && (w & UNSIGNED_OFFSET)) {
        if (rng_chance(r, 48))
            a -= bits(w, 21, 10) << access_shift(w);
    } else if ((w & (REGISTER_GROUP | 0x00200c00)) == (REGISTER | 0x00200800)) {
        unsigned m = bits(w, 20, 16);
        s64 index = (s64)rng_below(r, 1024) - 512;
        if (m < 31)
            s->x[m] = bit(w, 13) ? (u64)index : (u64)(u32)index | rng_next(r) << 32;
        if (!bit(w, 13) && !bit(w, 15) && index < 0) /* UXTW */
            a -= (u64)(u32)index << (bit(w, 12) ? access_shift(w) : 0);
    }
    *base_register(s, (unsigned)bits(w, 9, 5)) = a;
}

/* SYS with an address: DC ZVA. And what branches to a register. */
static void aim_others(struct rng *r, u32 w, struct record_state *s)
{
    enum { SYS = (int)0xd5080000, SYS_MASK = (int)0xfff80000 };
    enum { BRANCH_REGISTER = (int)0xd6000000, BRANCH_REGISTER_MASK = (int)0xfe000000 };
    unsigned t = (unsigned)bits(w, 4, 0), n = (unsigned)bits(w, 9, 5);
    if ((w & (u32)SYS_MASK) == (u32)SYS && t < 31 && rng_chance(r, 60))
        s->x[t] = address(r);
    if ((w & (u32)BRANCH_REGISTER_MASK) == (u32)BRANCH_REGISTER && n < 31 && rng_chance(r, 40))
        s->x[n] = RECORD_LANDING + rng_below(r, RECORD_PAGE / 4) * 4 +
                  (rng_chance(r, 8) ? rng_below(r, 4) : 0);
}

int generate_signed_register(u32 w)
{
    enum { PAC = (int)0xdac10000, PAC_MASK = (int)0xffffd000, LR = 30, IP1 = 17 };
    if ((w & (u32)PAC_MASK) == (u32)PAC)
        return (int)bits(w, 4, 0);
    switch (w) {
    case 0xd503211f: /* PACIA1716, PACIB1716 */
    case 0xd503215f:
        return IP1;
    case 0xd503231f: /* PACIAZ, PACIASP, PACIBZ, PACIBSP */
    case 0xd503233f:
    case 0xd503235f:
    case 0xd503237f:
        return LR;
    default:
        return -1;
    }
}

static void aim_pointer(u32 w, struct record_state *s)
{
    int n = generate_signed_register(w);
    if (n >= 0 && n < 31 && bit(s->x[n], 55))
        s->x[n] |= BIT(63);
}

static void fill_pool(struct rng *r, struct state_pool *pool, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        pool->x[i] = general(r);
        vector(r, pool->v[i]);
    }
}

void generate_pool(struct rng *r, u64 features, struct state_pool *pool)
{
    enum { FPCR_BITS = 0x07c00000, FPCR_FZ16 = 1 << 19 };
    pool->fpcr = FPCR_BITS | (features & A64_FP16 ? FPCR_FZ16 : 0);
    fill_pool(r, pool, 0, POOL_SIZE);
}

void generate_refresh_pool(struct rng *r, struct state_pool *pool)
{
    fill_pool(r, pool, POOL_LASTING, POOL_SIZE);
}

/* Most registers are bystanders: anything will do for them, as long as it is cheap. */
static void fill_from_pool(struct rng *r, const struct state_pool *pool, struct record_state *s)
{
    for (unsigned i = 0; i < 32; i += 2) {
        u64 pick = rng_next(r);
        memcpy(s->v[i], pool->v[pick % POOL_LASTING], 16);
        memcpy(s->v[i + 1], pool->v[(pick >> 16) % POOL_LASTING], 16);
        s->x[i] = pool->x[(pick >> 32) % POOL_LASTING];
        if (i < 30)
            s->x[i + 1] = pool->x[(pick >> 48) % POOL_LASTING];
    }
}

/* Other ones for the registers that the fields of W usually name, of this batch among them. */
static void fill_operands(struct rng *r, const struct state_pool *pool, u32 w,
                          struct record_state *s)
{
    static const u8 lsb[] = {0, 5, 10, 16};
    for (unsigned i = 0; i < ARRAY_LEN(lsb); i++) {
        unsigned n = (unsigned)bits(w, lsb[i] + 4, lsb[i]);
        u64 pick = rng_next(r);
        *base_register(s, n) = pool->x[pick % POOL_SIZE];
        if (bit(w, 26)) /* SIMD and floating point */
            memcpy(s->v[n], pool->v[pick / POOL_SIZE % POOL_SIZE], sizeof(s->v[n]));
    }
}

void generate_state(struct rng *r, const struct state_pool *pool, const struct program *p,
                    struct record_state *s)
{
    enum { FPSR_BITS = 0x0800009f };
    fill_from_pool(r, pool, s);
    for (unsigned i = 0; i < p->words; i++)
        fill_operands(r, pool, p->word[i], s);
    s->sp = rng_chance(r, 32) ? address(r) & ~UINT64_C(15) : general(r);
    s->nzcv = (u32)rng_below(r, 16) << 28;
    s->fpcr = rng_chance(r, 24) ? 0 : (u32)rng_next(r) & pool->fpcr;
    s->fpsr = rng_chance(r, 32) ? 0 : (u32)rng_next(r) & FPSR_BITS;
    s->far = s->kind = 0;
    for (unsigned i = 0; i < p->words; i++) {
        aim_access(r, p->word[i], s);
        aim_others(r, p->word[i], s);
    }
    for (unsigned i = 0; i < p->words; i++)
        aim_pointer(p->word[i], s); /* whatever the others made of the register */
    s->pc = program_start(p) - 4;
}

void generate_data(struct rng *r, u8 *data)
{
    for (unsigned i = 0; i < RECORD_DATA_BYTES; i += 16) {
        uint64_t v[2];
        vector(r, v);
        memcpy(data + i, v, 16);
    }
}

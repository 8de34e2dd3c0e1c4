/*
 * Pointer authentication (DDI 0487, D8.10, C6.2; AddPAC, Auth and Strip in J1.1): where
 * codes go, what becomes of wrong ones, which keys are obeyed. The cipher is checked with
 * the vector of the QARMA paper (R. Avanzi, IACR ToSC 2017(1)) for QARMA-64, r = 5, with
 * the S-box that the architecture uses; what all instructions make of random values, with
 * the codes of a reference, is for tests/fuzz.
 */
#include "core/isa/qarma5.h"
#include "tests/unit/guest_rig.h"

#define ENIA     BIT(31)
#define ENIB     BIT(30)
#define ENDA     BIT(27)
#define ENDB     BIT(13)
#define ALL_KEYS (ENIA | ENIB | ENDA | ENDB)
#define TBI0     BIT(37)
#define TBI1     BIT(38)
#define TBID0    BIT(51)
#define TBID1    BIT(52)
#define T0SZ(n)  ((u64)(n))
#define T1SZ(n)  ((u64)(n) << 16)
#define QARMA5   "max,pauth-impdef=off"

/* The paper's plaintext, tweak, key (w0, k0) and ciphertext. */
#define PLAINTEXT  UINT64_C(0xfb623599da6e8127)
#define TWEAK      UINT64_C(0x477d469dec0b8762)
#define KEY_HIGH   UINT64_C(0x84be85ce9804e94b)
#define KEY_LOW    UINT64_C(0xec2802d4e0a488e9)
#define CIPHERTEXT UINT64_C(0xc003b93999b33765)

/* Of each: x0, with x1 as the modifier. */
enum {
    PACIA = (int)0xdac10020,
    AUTIA = (int)0xdac11020,
    ONE_KEY = 1 << 10, /* from a key's instruction to the next one's: IA, IB, DA, DB */
    XPACI = (int)0xdac143e0,
    XPACD = (int)0xdac147e0,
    PACGA_X2 = (int)0x9ac13002, /* pacga x2, x0, x1 */
};

static void set_up(struct guest *g, u64 sctlr, u64 tcr)
{
    harness_msr(g->h, TCR_EL1, tcr);
    guest_sctlr(g, sctlr, ALL_KEYS & ~sctlr);
    for (unsigned i = 0; i < 10; i += 2) {
        harness_msr(g->h, APIAKeyLo_EL1 + i, KEY_LOW + i);
        harness_msr(g->h, APIAKeyLo_EL1 + i + 1, KEY_HIGH + i);
    }
    g->c->x[1] = TWEAK;
}

/* Execute WORD, and the branch to itself behind it; returns X0. */
static u64 execute(struct guest *g, u32 word)
{
    const u32 words[] = {word, WORD_BRANCH_TO_SELF};
    harness_code(g->h, words, 2);
    guest_run_limited(g, 2);
    cr_assert_eq(g->c->pc, HARNESS_CODE + 4);
    return g->c->x[0];
}

static u64 of(struct guest *g, u32 word, u64 x0)
{
    g->c->x[0] = x0;
    return execute(g, word);
}

Test(pauth, qarma5_is_the_papers)
{
    cr_expect_eq(qarma5(PLAINTEXT, TWEAK, KEY_HIGH, KEY_LOW), CIPHERTEXT);
}

GUEST_TEST(pauth, pacga_is_its_upper_half, QARMA5)
{
    set_up(g, 0, T0SZ(16) | T1SZ(16)); /* no control turns it off */
    harness_msr(g->h, APGAKeyLo_EL1, KEY_LOW);
    harness_msr(g->h, APGAKeyHi_EL1, KEY_HIGH);
    of(g, PACGA_X2, PLAINTEXT);
    cr_expect_eq(g->c->x[2], CIPHERTEXT & UINT64_C(0xffffffff00000000));
}

/* TCR_EL1, and the bits that a code may take in the lower and upper half, of data and code. */
static const struct {
    u64 tcr, lower_data, upper_data, lower_code, upper_code;
} layouts[] = {
    {T0SZ(16) | T1SZ(16), 0xff7f000000000000, 0xff7f000000000000, 0xff7f000000000000,
     0xff7f000000000000},
    {T0SZ(25) | T1SZ(25), 0xff7fff8000000000, 0xff7fff8000000000, 0xff7fff8000000000,
     0xff7fff8000000000},
    {T0SZ(39) | T1SZ(16), 0xff7ffffffe000000, 0xff7f000000000000, 0xff7ffffffe000000,
     0xff7f000000000000},
    {T0SZ(16) | T1SZ(16) | TBI0, 0x007f000000000000, 0xff7f000000000000, 0x007f000000000000,
     0xff7f000000000000},
    {T0SZ(16) | T1SZ(16) | TBI0 | TBID0, 0x007f000000000000, 0xff7f000000000000, 0xff7f000000000000,
     0xff7f000000000000},
    {T0SZ(16) | T1SZ(16) | TBI0 | TBI1 | TBID1, 0x007f000000000000, 0x007f000000000000,
     0x007f000000000000, 0xff7f000000000000},
    {T0SZ(16) | T1SZ(25) | TBI1, 0xff7f000000000000, 0x007fff8000000000, 0xff7f000000000000,
     0x007fff8000000000},
    {T0SZ(48) | T1SZ(12), 0xff7fffffffff0000, 0xff7f000000000000, 0xff7fffffffff0000,
     0xff7f000000000000}, /* as if it were 16 */
};

static void layouts_of(struct guest *g)
{
    for (unsigned i = 0; i < ARRAY_LEN(layouts); i++) {
        set_up(g, ALL_KEYS, layouts[i].tcr);
        for (unsigned key = 0; key < 4; key++) {
            for (unsigned upper = 0; upper < 2; upper++) {
                bool data = key >= 2;
                u64 field = data    ? upper ? layouts[i].upper_data : layouts[i].lower_data
                            : upper ? layouts[i].upper_code
                                    : layouts[i].lower_code;
                u64 all = field | BIT(55);
                u64 pointer = (UINT64_C(0x123456789abcdef0) & ~all) | (upper ? all : 0);
                u64 sign = of(g, PACIA + key * ONE_KEY, pointer), mismatch = sign ^ pointer;
                cr_expect_eq(mismatch & ~field, 0, "layout %u, key %u", i, key);
                if (field >> 63) /* else one in 128 codes is that of a plain address */
                    cr_expect_neq(mismatch, 0, "layout %u, key %u", i, key);
                cr_expect_eq(of(g, AUTIA + key * ONE_KEY, sign), pointer);
                cr_expect_eq(of(g, data ? XPACD : XPACI, sign), pointer);
                /* A bit of the code is wrong; or the modifier; or the other key is used. */
                unsigned low = field >> 63 ? 61 : 53;
                u64 error = key & 1 ? 2 : 1;
                u64 wrong = (pointer & ~(UINT64_C(3) << low)) | error << low;
                cr_expect_eq(of(g, AUTIA + key * ONE_KEY, sign ^ BIT(53)), wrong);
                g->c->x[1]++;
                cr_expect_eq(of(g, AUTIA + key * ONE_KEY, sign), wrong);
                g->c->x[1]--;
                cr_expect_eq(of(g, AUTIA + (key ^ 1) * ONE_KEY, sign),
                             (pointer & ~(UINT64_C(3) << low)) | (error ^ 3) << low);
                /* The code of what was no address does not authenticate. */
                u64 bad = of(g, PACIA + key * ONE_KEY, pointer ^ BIT(53));
                cr_expect_eq(of(g, AUTIA + key * ONE_KEY, bad), wrong);
            }
        }
    }
}

GUEST_TEST(pauth, layouts_of_qarma5, QARMA5)
{
    layouts_of(g);
}

GUEST_TEST(pauth, layouts_of_impdef, "max")
{
    layouts_of(g);
}

/* With mixed TBI bit 55 tells the half, also where TBI is off for it (AddPAC). */
GUEST_TEST(pauth, which_half, "max")
{
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16) | TBI0);
    u64 sign = of(g, PACIA, UINT64_C(0x7fffffffffffffff));
    cr_expect(sign & BIT(55));
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
    sign = of(g, PACIA, UINT64_C(0x7fffffffffffffff));
    cr_expect(!(sign & BIT(55)), "bit 63 then");
    sign = of(g, PACIA, UINT64_C(0x8000000000000000));
    cr_expect(sign & BIT(55));
}

GUEST_TEST(pauth, keys_that_are_off, "max")
{
    static const u64 enable[] = {ENIA, ENIB, ENDA, ENDB};
    for (unsigned key = 0; key < 4; key++) {
        for (unsigned used = 0; used < 4; used++) {
            set_up(g, enable[key], T0SZ(16) | T1SZ(16));
            u64 pointer = UINT64_C(0x1234567000), sign = of(g, PACIA + used * ONE_KEY, pointer);
            cr_expect_eq(sign != pointer, key == used);
            sign = of(g, AUTIA + used * ONE_KEY, pointer | BIT(50));
            cr_expect_eq(sign != (pointer | BIT(50)), key == used);
        }
    }
}

/* X17 with X16, X30 with SP or zero; without the feature nothing. */
static void hints(struct guest *g, bool present)
{
    static const struct {
        u32 sign, authenticate;
        u8 pointer, modifier; /* registers; 31 SP, 32 zero */
    } forms[] = {
        {0xd503211f, 0xd503219f, 17, 16}, {0xd503215f, 0xd50321df, 17, 16},
        {0xd503231f, 0xd503239f, 30, 32}, {0xd503235f, 0xd50323df, 30, 32},
        {0xd503233f, 0xd50323bf, 30, 31}, {0xd503237f, 0xd50323ff, 30, 31},
    };
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        const u64 pointer = UINT64_C(0x1234567000);
        if (present)
            set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
        for (unsigned n = 0; n < 32; n++)
            g->c->x[n] = pointer + 16 * n;
        execute(g, forms[i].sign);
        u64 sign = g->c->x[forms[i].pointer], start = pointer + 16 * forms[i].pointer;
        cr_expect_eq(sign != start, present);
        if (present && forms[i].modifier != 32) {
            g->c->x[forms[i].modifier] ^= 16;
            execute(g, forms[i].authenticate);
            cr_expect_neq(g->c->x[forms[i].pointer], start);
            g->c->x[forms[i].modifier] ^= 16;
            g->c->x[forms[i].pointer] = sign;
        }
        execute(g, forms[i].authenticate);
        cr_expect_eq(g->c->x[forms[i].pointer], start);
        for (unsigned n = 0; n < 32; n++)
            cr_expect_eq(g->c->x[n], pointer + 16 * n);
    }
    g->c->x[30] = UINT64_C(0x12340000abcd1230);
    execute(g, 0xd50320ff); /* xpaclri */
    cr_expect_eq(g->c->x[30], present ? 0xabcd1230 : UINT64_C(0x12340000abcd1230));
}

GUEST_TEST(pauth, hints_with, "max")
{
    hints(g, true);
}

GUEST_TEST(pauth, hints_without, "max,pauth=off")
{
    hints(g, false);
}

GUEST_TEST(pauth, hints_of_older_cpus, "cortex-a57")
{
    hints(g, false);
}

GUEST_TEST(pauth, others_are_undefined_without, "max,pauth=off")
{
    static const u32 words[] = {PACIA, AUTIA, XPACI, PACGA_X2, 0xd65f0bff, 0xd71f0822, 0xf8200400};
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        harness_code(g->h, &words[i], 1);
        guest_run(g);
        cr_expect_eq(g->c->sys[ESR_EL1], ESR(0, 0));
    }
    cr_expect_lt(sysreg_peek(g->c, ID_AA64ISAR1_EL1) >> 4 & 0xff, 1);
}

/* Branches and returns by signed pointers, and by wrong ones. */
GUEST_TEST(pauth, branches, "max")
{
    static const struct {
        u32 word, sign;
        u8 pointer;
        bool links;
    } forms[] = {
        {0xd71f0a22, 0xdac10051, 17, false}, /* braa x17, x2; pacia x17, x2 */
        {0xd61f0a3f, 0xdac123f1, 17, false}, /* braaz x17; paciza x17 */
        {0xd61f0e3f, 0xdac127f1, 17, false}, /* brabz x17; pacizb x17 */
        {0xd73f0a22, 0xdac10051, 17, true},  /* blraa x17, x2; pacia x17, x2 */
        {0xd73f0e22, 0xdac10451, 17, true},  /* blrab x17, x2; pacib x17, x2 */
        {0xd63f0a3f, 0xdac123f1, 17, true},  /* blraaz x17 */
        {0xd65f0bff, 0xd503233f, 30, false}, /* retaa; paciasp */
        {0xd65f0fff, 0xd503237f, 30, false}, /* retab; pacibsp */
    };
    const u64 target = HARNESS_CODE + 0x400;
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
    g->c->x[2] = 0x9999;
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        for (unsigned wrong = 0; wrong < 2; wrong++) {
            u64 before = g->c->x[30];
            g->c->x[forms[i].pointer] = target;
            execute(g, forms[i].sign);
            g->c->x[forms[i].pointer] ^= wrong ? BIT(60) : 0;
            harness_code(g->h, &forms[i].word, 1);
            guest_run_limited(g, wrong ? 2 : 1);
            bool b_key = i == 2 || i == 4 || i == 7;
            if (wrong) { /* no address: the MMU is off */
                u64 faulty = target | (b_key ? BIT(62) : BIT(61));
                cr_expect_eq(g->c->sys[ESR_EL1], ESR(0x21, 0));
                cr_expect_eq(g->c->sys[FAR_EL1], faulty);
                cr_expect_eq(g->c->sys[ELR_EL1], faulty);
            } else {
                cr_expect_eq(g->c->pc, target, "form %u: %#llx", i, (unsigned long long)g->c->pc);
            }
            if (forms[i].links)
                cr_expect_eq(g->c->x[30], HARNESS_CODE + 4);
            else if (forms[i].pointer != 30)
                cr_expect_eq(g->c->x[30], before);
            cpu_set_pstate(g->c, SPSR_EL1H | SPSR_DAIF);
        }
    }
}

GUEST_TEST(pauth, exception_returns, "max")
{
    const u64 target = HARNESS_CODE + 0x400;
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        const u32 eretab = 0xd69f0fff;
        g->c->x[30] = target;
        execute(g, 0xd503237f); /* pacibsp */
        harness_msr(g->h, ELR_EL1, g->c->x[30] ^ (wrong ? BIT(56) : 0));
        harness_msr(g->h, SPSR_EL1, SPSR_EL1H | SPSR_DAIF | SPSR_V);
        harness_code(g->h, &eretab, 1);
        guest_run_limited(g, 1);
        cr_expect_eq(g->c->pc, wrong ? target | BIT(62) : target);
        cr_expect_eq(cpu_pstate(g->c), SPSR_EL1H | SPSR_DAIF | SPSR_V);
    }
}

/* The offset is added to the pointer that was authenticated, which is what comes back. */
GUEST_TEST(pauth, loads, "max")
{
    const u64 value = UINT64_C(0x0123456789abcdef), at = HARNESS_DATA + 8;
    static const struct {
        u32 word;
        s16 offset;
        bool writes_back;
    } forms[] = {
        {0xf8200403, 0, false},    /* ldraa x3, [x0] */
        {0xf8201403, 8, false},    /* ldraa x3, [x0, #8] */
        {0xf87ff403, -8, false},   /* ldraa x3, [x0, #-8] */
        {0xf8600c03, -4096, true}, /* ldraa x3, [x0, #-4096]! */
        {0xf83ffc03, 4088, true},  /* ldraa x3, [x0, #4088]! */
    };
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
    harness_write(g->h, at, &value, sizeof(value));
    for (unsigned i = 0; i < ARRAY_LEN(forms); i++) {
        u64 base = at - (u64)(s64)forms[i].offset;
        g->c->x[1] = g->c->x[3] = 0;
        u64 sign = of(g, PACIA + 2 * ONE_KEY, base); /* pacda x0, x1 */
        u64 after = execute(g, forms[i].word);
        cr_expect_eq(g->c->x[3], value);
        cr_expect_eq(after, forms[i].writes_back ? at : sign);
        harness_code(g->h, &forms[i].word, 1);
        g->c->x[0] = sign ^ BIT(60);
        guest_run(g);
        EXPECT_TAKEN(g, .vector = FROM_EL1H, .esr = ESR(0x25, 0), .far = at | BIT(61),
                     .spsr = SPSR_EL1H | SPSR_DAIF);
        cr_expect_eq(g->c->x[0], sign ^ BIT(60), "an abort leaves the base alone");
    }
}

/* LDRAB takes the other key. */
GUEST_TEST(pauth, loads_by_the_b_key, "max")
{
    const u64 value = 77;
    set_up(g, ALL_KEYS, T0SZ(16) | T1SZ(16));
    harness_write(g->h, HARNESS_DATA, &value, sizeof(value));
    g->c->x[1] = 0;
    of(g, PACIA + 3 * ONE_KEY, HARNESS_DATA);
    execute(g, 0xf8a00403); /* ldrab x3, [x0] */
    cr_expect_eq(g->c->x[3], value);
}

/*
 * Two registers, miscellaneous, integer (DDI 0487, C4.1.96 and C7.2); widening and
 * narrowing ones are in op_simd_long.c. Expressions as in core/isa/simd_vector.h.
 */
#include "core/isa/simd_vector.h"

VECTOR_D(cmeq_zero, u, a == 0)
VECTOR_D(cmgt_zero, s, a > 0)
VECTOR_D(cmge_zero, s, a >= 0)
VECTOR_D(cmle_zero, s, a <= 0)
VECTOR_D(cmlt_zero, s, a < 0)
VECTOR_D(abs, s, MAGNITUDE(a))
VECTOR_D(neg, u, -a)

VECTOR_COLD(sqabs, s, LEAST_TO_GREATEST(MAGNITUDE(a)))
VECTOR_COLD(sqneg, u, LEAST_TO_GREATEST(-a))

/* Signed Vd + unsigned Vn: a sum below d has passed the greatest. */
VECTOR_COLD(suqadd, u, ({
                U sum = a + d, over = (U)((S)sum < (S)d);
                SATURATED(over);
                PICK(over, GREATEST, sum);
            }))

/* Unsigned Vd + signed Vn. */
VECTOR_COLD(usqadd, u, ({
                U sum = a + d, down = NEGATIVE(a);
                U over = (U)(sum < d) & ~down, under = (U)(sum > d) & down;
                SATURATED(over | under);
                (sum | over) & ~under;
            }))

/* Bytes; variants: Q. */

VECTOR(not, 2, u, ~a)

/* Sums of 2, 4, then 8 bits. */
VECTOR(cnt, 2, u, ({
           U sum = a - ((a >> 1) & 0x55);
           sum = (sum & 0x33) + ((sum >> 2) & 0x33);
           (sum + (sum >> 4)) & 0x0f;
       }))

/* Exchange neighbours of 1, 2, then 4 bits. */
VECTOR(rbit, 2, u, ({
           U r = ((a >> 1) & 0x55) | (a & 0x55) << 1;
           r = ((r >> 2) & 0x33) | (r & 0x33) << 2;
           r >> 4 | r << 4;
       }))

/* Lanes of ESIZE bits in reverse order within each CONTAINER: neighbours of every size exchanged.
 */
static ALWAYS_INLINE vec vec_reversed(vec v, unsigned esize, unsigned container)
{
    if (esize == 8)
        v = (vec)((vu16)v << 8 | (vu16)v >> 8);
    if (esize <= 16 && container >= 32)
        v = (vec)((vu32)v << 16 | (vu32)v >> 16);
    if (esize <= 32 && container == 64)
        v = v << 32 | v >> 32;
    return v;
}

#define REVERSE(op, count, container)                                                              \
    OP_FP(op, count)                                                                               \
    {                                                                                              \
        const struct arrangement t = arrangement(V);                                               \
        simd_write(c, u->d, vec_reversed(vec_of(&c->v[u->n]), t.esize, container), t.width);       \
        return NEXT;                                                                               \
    }

REVERSE(rev16_v, 2, 16)
REVERSE(rev32_v, 4, 32)
REVERSE(rev64_v, 6, 64)

/* Sums of neighbours, in lanes of twice their size. */
#define PAIR_SUM (((T)((U)a << (BITS / 2)) >> (BITS / 2)) + (a >> (BITS / 2)))

#define PAIRS_LONG(name, sign, expression)                                                         \
    HOT(name##_v, 6, RUN_SAME, arrangement(V + 2), VM, sign, expression)

PAIRS_LONG(saddlp, s, PAIR_SUM)
PAIRS_LONG(uaddlp, u, PAIR_SUM)
PAIRS_LONG(sadalp, s, (U)d + (U)PAIR_SUM)
PAIRS_LONG(uadalp, u, d + PAIR_SUM)

/* What no host vector helps with. */
typedef u64 lane_fn(u64 v, unsigned esize);

static OUT_OF_LINE void each_lane(struct cpu *c, const struct uop *u, struct arrangement t,
                                  lane_fn *fn)
{
    union vreg r = {.d = {0, 0}};
    for (unsigned i = 0; i < arrangement_lanes(t); i++)
        lane_set(&r, t.esize, i, fn(lane_u(&c->v[u->n], t.esize, i), t.esize));
    simd_write_lanes(c, u->d, &r, t.width);
}

static u64 leading_signs(u64 v, unsigned esize)
{
    return (u64)__builtin_clrsbll(sext(v, esize)) - (64 - esize);
}

static u64 leading_zeros(u64 v, unsigned esize)
{
    return v ? (u64)__builtin_clzll(v) - (64 - esize) : esize;
}

static u64 recip_estimate(u64 v, unsigned esize)
{
    return fp_unsigned_recip_estimate((u32)v);
}

static u64 rsqrt_estimate(u64 v, unsigned esize)
{
    return fp_unsigned_rsqrt_estimate((u32)v);
}

enum { ARRANGEMENT_2S = 4 };

HOT(cls_v, 1, each_lane, c, u, arrangement(u->a), leading_signs)
HOT(clz_v, 1, each_lane, c, u, arrangement(u->a), leading_zeros)
HOT(urecpe_v, 2, each_lane, c, u, arrangement(ARRANGEMENT_2S + V), recip_estimate)
HOT(ursqrte_v, 2, each_lane, c, u, arrangement(ARRANGEMENT_2S + V), rsqrt_estimate)

/*
 * Extract, table lookup and permute (DDI 0487, C4.1.96 and C7.2).
 */
#include "core/isa/simd_permute.h"

#define PERMUTE(name, order, part)                                                                 \
    OP_FP(name##_v, 8)                                                                             \
    {                                                                                              \
        const struct arrangement t = arrangement(V);                                               \
        vec r = order(vec_of(&c->v[u->n]), vec_of(&c->v[u->m]), t, part);                          \
        simd_write(c, u->d, r, t.width);                                                           \
        return NEXT;                                                                               \
    }

PERMUTE(uzp1, vec_unzip, 0)
PERMUTE(uzp2, vec_unzip, 1)
PERMUTE(zip1, vec_zip, 0)
PERMUTE(zip2, vec_zip, 1)
PERMUTE(trn1, vec_transpose, 0)
PERMUTE(trn2, vec_transpose, 1)

/* HIGH:LOW from byte IMM of it on; it is below the size, so both shifts are. */
OP_FP(ext_v, 2)
{
    const union vreg *n = &c->v[u->n], *m = &c->v[u->m];
    unsigned shift = 8 * (unsigned)u->imm;
    if (V == 0) {
        simd_write_scalar(c, u->d, n->d[0] >> shift | m->d[0] << 8 << (56 - shift));
    } else {
        u128 low = n->d[0] | (u128)n->d[1] << 64, high = m->d[0] | (u128)m->d[1] << 64;
        u128 r = low >> shift | high << 8 << (120 - shift);
        simd_write(c, u->d, (vec){(u64)r, (u64)(r >> 64)}, 128);
    }
    return NEXT;
}

/*
 * The bytes of the table (a of them, in registers from n on, modulo 32) that Vm's
 * bytes select; what is outside of the table selects OTHERWISE's byte.
 */
static ALWAYS_INLINE void look_up(struct cpu *c, const struct uop *u, unsigned bytes,
                                  union vreg otherwise)
{
    enum { REGISTER_BYTES = sizeof(c->v) };
    const u8 *registers = (const u8 *)c->v;
    const union vreg index = c->v[u->m];
    union vreg r = {.d = {0, 0}};
    for (unsigned i = 0; i < bytes; i++) {
        unsigned at = 16u * u->n + index.b[i];
        r.b[i] = index.b[i] < u->a ? registers[at % REGISTER_BYTES] : otherwise.b[i];
    }
    simd_write_lanes(c, u->d, &r, 128);
}

OP_FP(tbl_v, 2)
{
    look_up(c, u, 8u << V, (union vreg){.d = {0, 0}});
    return NEXT;
}

OP_FP(tbx_v, 2)
{
    look_up(c, u, 8u << V, c->v[u->d]);
    return NEXT;
}

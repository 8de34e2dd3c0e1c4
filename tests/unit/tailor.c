/*
 * Stencils tailored to their chains: what was taken apart when mini-a64 was built is put
 * together again as it was; registers of the guest in the host's, results and flags.
 */
#include "core/engine/tailor.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/engine/dispatch.h"
#include "core/stencil/x86.h"

HANDLER(op_add_shift_4);
HANDLER(op_sub_shift_4);
HANDLER(op_subs_shift_4);

static const struct stencil *stencil_of(const void *handler)
{
    for (unsigned i = 0; i < stencil_count; i++)
        if (stencils[i].handler == handler)
            return &stencils[i];
    cr_assert_fail("no stencil");
    return NULL;
}

static bool same_operands(const struct stencil_insn *a, const struct stencil_insn *b)
{
    return a->opcode == b->opcode && a->shape == b->shape && a->memory == b->memory &&
           a->reg == b->reg && a->vvvv == b->vvvv && a->base == b->base && a->index == b->index &&
           a->tail == b->tail && a->immediate == b->immediate;
}

Test(tailor, puts_together_what_was_taken_apart)
{
    const struct pins none = {.count = 0};
    const struct uop op = {.d = 1, .n = 2, .m = 3, .a = 4};
    unsigned pliable = 0;
    for (unsigned i = 0; i < stencil_count; i++) {
        const struct stencil *s = &stencils[i];
        struct tailoring t = tailor(s, &op, &none, 0);
        const u8 *at = s->code;
        for (unsigned k = 0; k < s->insn_count; at += s->insns[k++].size) {
            u8 code[INSN_LONGEST];
            struct x86_insn again;
            if (s->insns[k].kind != INSN_PLIABLE)
                continue;
            unsigned size = tailor_insn(&t, &s->insns[k], at, code);
            cr_assert_leq(size, INSN_LONGEST);
            cr_assert(x86_decode(code, size, &again));
            cr_assert(same_operands(&again.form, &s->insns[k]), "stencil %u, instruction %u", i, k);
            cr_assert(!memcmp(code + size - again.form.tail,
                              at + s->insns[k].size - again.form.tail, again.form.tail));
            pliable++;
        }
    }
    cr_expect_gt(pliable, 10000);
}

enum { RBX = 3, R9 = 9, MOST = 8, ADD = 0x03, SUB = 0x2b, MOV = 0x8b, SET = 0x90 };

/*
 * The instructions of HANDLER's stencil for OP, without its last one, the jump to the next op;
 * their number is returned.
 */
static unsigned insns_of(const void *handler, const struct uop *op, const struct pins *pins,
                         u8 unwanted, struct x86_insn *insns)
{
    const struct stencil *s = stencil_of(handler);
    struct tailoring t = tailor(s, op, pins, unwanted);
    const u8 *at = s->code;
    unsigned count = 0;
    for (unsigned k = 0; k + 1 < s->insn_count; at += s->insns[k++].size) {
        u8 code[INSN_LONGEST];
        cr_assert_eq(s->insns[k].kind, INSN_PLIABLE);
        unsigned size = tailor_insn(&t, &s->insns[k], at, code);
        cr_assert(!size || (count < MOST && x86_decode(code, size, &insns[count++])));
    }
    return count;
}

static struct pins pinned(u8 slot, u8 host, u8 slot2, u8 host2)
{
    struct pins p = {.count = 2, .pin = {{slot, host, true}, {slot2, host2, true}}};
    p.host_of[slot] = host;
    p.host_of[slot2] = host2;
    return p;
}

static void expect_registers(const struct x86_insn *i, u8 opcode, u8 to, u8 from)
{
    cr_expect_eq(i->form.opcode, opcode);
    cr_expect(i->form.shape & INSN_WIDE);
    cr_expect_not(i->is_memory);
    cr_expect_eq(i->form.reg, to);
    cr_expect_eq(i->form.base, from);
}

/* add and sub (shifted register), 64 bits, not shifted */
Test(tailor, results_are_made_where_they_belong)
{
    const struct pins pins = pinned(1, RBX, 2, R9);
    const struct uop in_place = {.d = 1, .n = 1, .m = 2}, doubled = {.d = 1, .n = 2, .m = 2},
                     reversed = {.d = 1, .n = 2, .m = 1};
    struct x86_insn i[MOST];
    cr_assert_eq(insns_of((const void *)op_add_shift_4, &in_place, &pins, 0, i), 1);
    expect_registers(&i[0], ADD, RBX, R9);
    cr_assert_eq(insns_of((const void *)op_add_shift_4, &reversed, &pins, 0, i), 1);
    expect_registers(&i[0], ADD, RBX, R9);
    cr_assert_eq(insns_of((const void *)op_add_shift_4, &doubled, &pins, 0, i), 2);
    expect_registers(&i[0], MOV, RBX, R9);
    expect_registers(&i[1], ADD, RBX, R9);
    /* What is subtracted is still to be read when the rest is there. */
    cr_assert_eq(insns_of((const void *)op_sub_shift_4, &reversed, &pins, 0, i), 3);
    expect_registers(&i[0], MOV, 0, R9);
    expect_registers(&i[1], SUB, 0, RBX);
    cr_expect_eq(i[2].form.reg, 0);
    cr_expect_eq(i[2].form.base, RBX);
}

/* cmp (shifted register), 64 bits, not shifted */
Test(tailor, flags_that_nobody_wants_are_not_stored)
{
    const struct pins pins = pinned(1, RBX, 2, R9);
    const struct uop compare = {.d = SLOT_SINK, .n = 1, .m = 2};
    struct x86_insn i[MOST];
    cr_expect_eq(insns_of((const void *)op_subs_shift_4, &compare, &pins, 0, i), 6);
    cr_assert_eq(insns_of((const void *)op_subs_shift_4, &compare, &pins,
                          1 << FLAG_N | 1 << FLAG_Z | 1 << FLAG_V, i),
                 3);
    expect_registers(&i[0], MOV, 0, RBX);
    expect_registers(&i[1], SUB, 0, R9);
    cr_expect_eq(i[2].form.opcode & 0xf0, SET);
    cr_expect_eq(insns_of((const void *)op_subs_shift_4, &compare, &pins, FLAGS_ALL, i), 2);
}

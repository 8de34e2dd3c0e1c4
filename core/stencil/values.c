/*
 * What a stencil's registers hold that a chain may have in others: values that are stored
 * to a guest's register in the end, and copies of one that never change. It is told only
 * of straight code, where every use of the register is an operand that can be rewritten.
 */
#include "core/stencil/anatomy.h"

static bool is_rm(const struct x86_insn *i, u8 reg)
{
    return !i->is_memory && i->form.base == reg;
}

static bool is_reg(const struct x86_insn *i, u8 reg)
{
    return !(i->form.shape & INSN_EXTENDED) && i->form.reg == reg;
}

static bool reads(const struct x86_insn *i, u8 reg)
{
    return (is_reg(i, reg) && (i->reg_use & X86_READS)) ||
           (is_rm(i, reg) && (i->rm_use & X86_READS)) || i->form.vvvv == reg ||
           (i->is_memory && i->form.base == reg) || i->form.index == reg;
}

static bool writes(const struct x86_insn *i, u8 reg)
{
    return (is_reg(i, reg) && (i->reg_use & X86_WRITES)) ||
           (is_rm(i, reg) && (i->rm_use & X86_WRITES));
}

/* Whether nothing of what REG held is left. */
static bool makes(const struct x86_insn *i, u8 reg)
{
    return (is_reg(i, reg) && i->reg_use == X86_WRITES) ||
           (is_rm(i, reg) && i->rm_use == X86_WRITES);
}

/* Whether instruction AT uses REG in a way that can't be rewritten. */
static bool is_stuck(const struct anatomy *a, unsigned at, u8 reg)
{
    return a->insns[at].form.kind != INSN_PLIABLE && a->touched[at] >> reg & 1;
}

static bool touches(const struct anatomy *a, unsigned at, u8 reg)
{
    const struct x86_insn *i = &a->insns[at];
    return i->form.kind == INSN_PLIABLE ? reads(i, reg) || writes(i, reg)
                                        : a->touched[at] >> reg & 1;
}

/* Whether what REG holds behind instruction AT may be asked for. */
static bool lives_on(const struct anatomy *a, unsigned at, u8 reg)
{
    for (unsigned i = at + 1; i < a->insn_count; i++) {
        if (!touches(a, i, reg))
            continue;
        const struct x86_insn *insn = &a->insns[i];
        return a->jumps || insn->form.kind != INSN_PLIABLE || !makes(insn, reg) || reads(insn, reg);
    }
    return false;
}

/* The instruction that makes what REG holds at STORE, or -1. */
static int maker(const struct anatomy *a, unsigned store, u8 reg)
{
    for (unsigned i = store; !a->meets[i] && i-- > 0;) {
        if (a->parts[i] || is_stuck(a, i, reg))
            return -1;
        if (a->insns[i].form.kind == INSN_PLIABLE && makes(&a->insns[i], reg))
            return (int)i;
    }
    return -1;
}

/* Have the operands of *I that are REG be VALUE: those that it reads and, if CHANGED, writes. */
static void name(struct x86_insn *i, u8 reg, u8 value, bool read, bool written)
{
    unsigned wanted = (read ? X86_READS : 0u) | (written ? X86_WRITES : 0u);
    if (is_reg(i, reg) && (i->reg_use & wanted))
        i->form.reg_value = value;
    if (i->form.base == reg && (i->is_memory ? read : (i->rm_use & wanted) != 0))
        i->form.base_value = value;
    if (i->form.vvvv == reg && read)
        i->form.vvvv_value = value;
    if (i->form.index == reg && read)
        i->form.index_value = value;
}

static u8 add(struct anatomy *a, struct stencil_value v)
{
    a->values[a->value_count] = v;
    return (u8)++a->value_count;
}

/* What instruction STORE puts into a guest's register. */
static void find_stored(struct anatomy *a, unsigned store)
{
    u8 reg = a->insns[store].form.reg;
    int made = maker(a, store, reg);
    if (made < 0 || lives_on(a, store, reg))
        return;
    u8 value = add(a, (struct stencil_value){
                          .to = a->insns[store].form.place, .made = (u8)made, .last = (u8)store});
    name(&a->insns[made], reg, value, false, true);
    for (unsigned i = (unsigned)made + 1; i <= store; i++)
        name(&a->insns[i], reg, value, true, true);
}

/* The last instruction that uses what LOAD has put into REG; -1: it changes, or is stuck. */
static int last_use(const struct anatomy *a, unsigned load, u8 reg)
{
    unsigned last = load;
    for (unsigned i = load + 1; i < a->insn_count; i++) {
        const struct x86_insn *insn = &a->insns[i];
        if (is_stuck(a, i, reg) || (a->meets[i] && lives_on(a, i - 1, reg)))
            return -1;
        if (insn->form.kind != INSN_PLIABLE)
            continue;
        if (reads(insn, reg))
            last = i;
        if (!writes(insn, reg))
            continue;
        return a->jumps || !makes(insn, reg) ? -1 : (int)last;
    }
    return (int)last;
}

static void find_copied(struct anatomy *a, unsigned load)
{
    u8 reg = a->insns[load].form.reg;
    int last = a->insns[load].form.reg_value ? -1 : last_use(a, load, reg);
    if (last < 0)
        return;
    u8 value = add(a, (struct stencil_value){
                          .from = a->insns[load].form.place, .made = (u8)load, .last = (u8)last});
    name(&a->insns[load], reg, value, false, true);
    for (unsigned i = load + 1; i <= (unsigned)last; i++)
        name(&a->insns[i], reg, value, true, false);
}

static bool jumps_back(const struct anatomy *a)
{
    for (unsigned i = 0; i < a->insn_count; i++)
        if (a->insns[i].form.kind == INSN_JUMP && a->insns[i].form.target <= i)
            return true;
    return false;
}

void anatomy_find_values(struct anatomy *a)
{
    if (jumps_back(a))
        return;
    for (unsigned i = 0; i < a->insn_count && a->value_count < STENCIL_VALUES; i++)
        if (a->insns[i].form.place && x86_is_store(&a->insns[i]))
            find_stored(a, i);
    for (unsigned i = 0; i < a->insn_count && a->value_count < STENCIL_VALUES; i++)
        if (a->insns[i].form.place && x86_is_load(&a->insns[i]) &&
            (a->insns[i].form.shape & INSN_WIDE))
            find_copied(a, i);
}

static bool is_operand(enum stencil_hole hole)
{
    return hole == HOLE_X_N || hole == HOLE_X_M || hole == HOLE_N || hole == HOLE_M;
}

bool anatomy_commutes(const struct anatomy *a, const struct anatomy_place *places, unsigned count)
{
    const struct x86_insn *first = &a->insns[0], *second = &a->insns[1];
    unsigned operands = 0;
    for (unsigned i = 0; i < count; i++)
        operands += is_operand(places[i].hole);
    return a->insn_count > 2 && operands == 2 && x86_is_load(first) && first->form.place &&
           x86_is_commutative(second) && second->form.place &&
           is_operand(places[first->form.place - 1].hole) &&
           is_operand(places[second->form.place - 1].hole) && is_reg(second, first->form.reg);
}

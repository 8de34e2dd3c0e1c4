/*
 * The generic timer's registers (DDI 0487, D19.12); what they do is in timer.c.
 */
#include "core/sysreg_hooks.h"

static enum timer_kind kind_of(enum sysreg r)
{
    return r >= CNTV_TVAL_EL0 && r <= CNTV_CVAL_EL0 ? TIMER_VIRTUAL : TIMER_PHYSICAL;
}

u64 read_count(struct cpu *c, enum sysreg r)
{
    return timer_count(&c->timer);
}

u64 read_cnt_tval(struct cpu *c, enum sysreg r)
{
    return timer_tval(&c->timer, kind_of(r));
}

void write_cnt_tval(struct cpu *c, enum sysreg r, u64 value)
{
    timer_set_tval(&c->timer, kind_of(r), value);
}

u64 read_cnt_ctl(struct cpu *c, enum sysreg r)
{
    return timer_ctl(&c->timer, kind_of(r));
}

void write_cnt_ctl(struct cpu *c, enum sysreg r, u64 value)
{
    timer_set_ctl(&c->timer, kind_of(r), value);
}

u64 read_cnt_cval(struct cpu *c, enum sysreg r)
{
    return c->timer.channel[kind_of(r)].cval;
}

void write_cnt_cval(struct cpu *c, enum sysreg r, u64 value)
{
    timer_set_cval(&c->timer, kind_of(r), value);
}

/* Whoever waits for the event stream has to know that it is another. */
void write_cntkctl(struct cpu *c, enum sysreg r, u64 value)
{
    c->sys[CNTKCTL_EL1] = value;
    cpu_kick(c);
}

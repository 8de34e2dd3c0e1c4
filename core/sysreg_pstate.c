/*
 * PSTATE, the stack pointers and the floating-point environment as registers
 * (DDI 0487, C5.2). The state itself is in struct cpu, where the engine has it.
 */
#include "core/exception.h"
#include "core/sysreg_hooks.h"

enum {
    DAIF_SHIFT = 6,
    CURRENTEL_SHIFT = 2,
    PAN_BIT = 22,
    UAO_BIT = 23,
    DIT_BIT = 24,
    SSBS_BIT = 12,
    NZCV_SHIFT = 28
};

u64 read_sp_el0(struct cpu *c, enum sysreg r)
{
    return cpu_sp(c, 0);
}

void write_sp_el0(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_sp(c, 0, value);
}

u64 read_sp_el1(struct cpu *c, enum sysreg r)
{
    return cpu_sp(c, 1);
}

void write_sp_el1(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_sp(c, 1, value);
}

u64 read_spsel(struct cpu *c, enum sysreg r)
{
    return c->sp_sel;
}

void write_spsel(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_el(c, c->el, (unsigned)value);
}

u64 read_currentel(struct cpu *c, enum sysreg r)
{
    return (u64)c->el << CURRENTEL_SHIFT;
}

u64 read_pan(struct cpu *c, enum sysreg r)
{
    return (u64)c->pan << PAN_BIT;
}

void write_pan(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_pan(c, bit(value, PAN_BIT));
    cpu_kick(c);
}

u64 read_uao(struct cpu *c, enum sysreg r)
{
    return (u64)c->uao << UAO_BIT;
}

void write_uao(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_uao(c, bit(value, UAO_BIT));
    cpu_kick(c);
}

u64 read_dit(struct cpu *c, enum sysreg r)
{
    return (u64)c->dit << DIT_BIT;
}

void write_dit(struct cpu *c, enum sysreg r, u64 value)
{
    c->dit = bit(value, DIT_BIT);
}

u64 read_ssbs(struct cpu *c, enum sysreg r)
{
    return (u64)c->ssbs << SSBS_BIT;
}

void write_ssbs(struct cpu *c, enum sysreg r, u64 value)
{
    c->ssbs = bit(value, SSBS_BIT);
}

u64 read_nzcv(struct cpu *c, enum sysreg r)
{
    return (u64)cpu_nzcv(c) << NZCV_SHIFT;
}

void write_nzcv(struct cpu *c, enum sysreg r, u64 value)
{
    cpu_set_nzcv(c, (u32)(value >> NZCV_SHIFT));
}

u64 read_daif(struct cpu *c, enum sysreg r)
{
    return (u64)c->daif << DAIF_SHIFT;
}

/* Clearing a mask lets a pending interrupt in, or (D) debug exceptions. */
void write_daif(struct cpu *c, enum sysreg r, u64 value)
{
    unsigned daif = (unsigned)(value >> DAIF_SHIFT);
    bool unmasked = c->daif & ~daif;
    c->daif = (u8)daif;
    if (unmasked)
        cpu_kick(c);
}

u64 read_fpcr(struct cpu *c, enum sysreg r)
{
    return c->fp.fpcr;
}

void write_fpcr(struct cpu *c, enum sysreg r, u64 value)
{
    u32 absent = c->model->features & A64_FP16 ? 0 : FPCR_FZ16;
    c->fp.fpcr = (u32)value & ~absent;
}

u64 read_fpsr(struct cpu *c, enum sysreg r)
{
    return c->fp.fpsr;
}

void write_fpsr(struct cpu *c, enum sysreg r, u64 value)
{
    c->fp.fpsr = (u32)value;
}

/* Interrupts as they are asked for, masked or not. There is no SError source. */
u64 read_isr(struct cpu *c, enum sysreg r)
{
    enum { ISR_F = 1 << 6, ISR_I = 1 << 7 };
    return (c->irq ? ISR_I : 0) | (c->fiq ? ISR_F : 0);
}

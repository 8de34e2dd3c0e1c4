/*
 * The board of chaos.c (chaos_board.h): what is random about it is still valid often
 * enough for most words to be executed, and wrong often enough for every check to fail
 * now and then. Tables follow DDI 0487, D8.3, vectors D1.3.1.
 */
#include "tests/fuzz/chaos_board.h"

#include <string.h>

#include "core/pmu.h"

enum { NS_PER_INSTRUCTION = 8, PAGE = 4096 };

static u64 board_time(void *owner)
{
    struct board *b = owner;
    return virt_icount(&b->virt) * NS_PER_INSTRUCTION + b->warped;
}

static void on_psci(void *owner, enum psci_request request)
{
    ((struct board *)owner)->reset_wanted = true;
}

bool board_create(struct board *b, const struct cpu_model *model)
{
    memset(b, 0, sizeof(*b));
    struct virt_config config = {
        .model = model,
        .cpus = 1,
        .ram_size = CHAOS_RAM,
        .time = board_time,
        .time_owner = b,
        .log = &b->quiet,
    };
    if (!virt_create(&b->virt, &config))
        return false;
    b->psci =
        (struct psci){.cpu = b->virt.cpu, .cpus = b->virt.cpus, .system = on_psci, .owner = b};
    psci_attach(&b->psci);
    return true;
}

void board_destroy(struct board *b)
{
    virt_destroy(&b->virt);
}

void board_step(struct board *b, u64 until)
{
    struct cpu *c = b->virt.cpu[0];
    if (!c->powered)
        return;
    b->virt.running = 0;
    while (c->icount < until && cpu_step(c) == STOP_BUDGET)
        ;
    irq_set(&c->pmu_irq, pmu_interrupt(c));
}

static void write_words(struct board *b, u64 pa, const u32 *words, unsigned count)
{
    u8 *host = bus_host(&b->virt.bus, pa, 4 * (u64)count);
    if (memcmp(host, words, 4 * count)) /* writing drops decoded code */
        bus_dma_write(&b->virt.bus, pa, words, 4 * (u64)count);
}

void board_write_vectors(struct board *b)
{
    enum { VECTORS = 16, VECTOR_BYTES = 0x80, IRQ = 1, FIQ = 2 };
    /* ELR_EL1 = CHAOS_CODE | (ELR_EL1 + 4) & 0xfffc, through x0 */
    static const u32 go_on[] = {
        0xd518d080, /* msr  tpidr_el1, x0 */
        0xd53bd060, /* mrs  x0, tpidrro_el0 */
        0x91000400, /* add  x0, x0, #1 */
        0xd51bd060, /* msr  tpidrro_el0, x0 */
        0xd5384020, /* mrs  x0, elr_el1 */
        0x91001000, /* add  x0, x0, #4 */
        0x927e3400, /* and  x0, x0, #0xfffc */
        0xb2620000, /* orr  x0, x0, #0x40000000 */
        0xd5184020, /* msr  elr_el1, x0 */
        0xd538d080, /* mrs  x0, tpidr_el1 */
        0xd69f03e0, /* eret */
    };
    static const u32 mask_interrupts[] = {
        0xd518d080, /* msr  tpidr_el1, x0 */
        0xd5384000, /* mrs  x0, spsr_el1 */
        0xb27a0400, /* orr  x0, x0, #0xc0 */
        0xd5184000, /* msr  spsr_el1, x0 */
        0xd538d080, /* mrs  x0, tpidr_el1 */
        0xd69f03e0, /* eret */
    };
    _Static_assert(CHAOS_CODE_PAGES * PAGE == 0x10000, "known to the AND");
    for (unsigned i = 0; i < VECTORS; i++) {
        bool interrupt = i % 4 == IRQ || i % 4 == FIQ;
        write_words(b, CHAOS_VECTORS + i * VECTOR_BYTES, interrupt ? mask_interrupts : go_on,
                    interrupt ? ARRAY_LEN(mask_interrupts) : ARRAY_LEN(go_on));
    }
}

enum {
    DESC_VALID = 1,
    DESC_TABLE = 3, /* and a page at level 3 */
    DESC_ATTR = 7 << 2,
    DESC_AP_EL0 = 1 << 6,
    DESC_AP_RO = 1 << 7,
    DESC_SH = 3 << 8,
    DESC_AF = 1 << 10,
    DESC_NG = 1 << 11,
};

#define DESC_CONTIGUOUS BIT(52)
#define DESC_PXN        BIT(53)
#define DESC_UXN        BIT(54)

/* Attributes of a page or block: anything. */
static u64 any_attributes(struct rng *r)
{
    u64 a = rng_next(r) & (DESC_ATTR | DESC_AP_EL0 | DESC_AP_RO | DESC_SH | DESC_NG);
    a |= rng_chance(r, 60) ? DESC_AF : 0;
    a |= rng_chance(r, 12) ? DESC_PXN : 0;
    a |= rng_chance(r, 12) ? DESC_UXN : 0;
    a |= rng_chance(r, 4) ? DESC_CONTIGUOUS : 0;
    return a;
}

static void write_table(struct board *b, u64 pa, const u64 *entries)
{
    bus_dma_write(&b->virt.bus, pa, entries, PAGE);
}

/*
 * 39 bits of addresses by three levels: the first GiB holds the devices, the second one
 * RAM, whose first 2 MiB are pages; the others lead astray. One L1 serves both halves.
 */
void board_write_tables(struct board *b, struct rng *r)
{
    enum { L1 = 0, L2_DEVICES = PAGE, L2_RAM = 2 * PAGE, L3_CODE = 3 * PAGE, ENTRIES = 512 };
    const u64 kernel = DESC_VALID | DESC_AF | DESC_SH | 1 << 2; /* by MAIR's byte 1 */
    u64 t[ENTRIES];
    for (unsigned i = 0; i < ENTRIES; i++)
        t[i] = rng_chance(r, 8) ? rng_next(r) : 0;
    t[0] = (CHAOS_TABLES + L2_DEVICES) | DESC_TABLE;
    t[1] = (CHAOS_TABLES + L2_RAM) | DESC_TABLE;
    t[2] = CHAOS_TABLES | DESC_TABLE; /* this table, as one of level 2 */
    t[3] = VIRT_RAM_BASE | DESC_VALID | any_attributes(r);
    write_table(b, CHAOS_TABLES + L1, t);
    for (unsigned i = 0; i < ENTRIES; i++)
        t[i] = i * UINT64_C(0x200000) | DESC_VALID | any_attributes(r);
    write_table(b, CHAOS_TABLES + L2_DEVICES, t);
    for (unsigned i = 0; i < ENTRIES; i++)
        t[i] = (VIRT_RAM_BASE + i * UINT64_C(0x200000)) | DESC_VALID | any_attributes(r);
    t[0] = (CHAOS_TABLES + L3_CODE) | DESC_TABLE;
    t[1] = CHAOS_VECTORS | kernel;
    write_table(b, CHAOS_TABLES + L2_RAM, t);
    for (unsigned i = 0; i < ENTRIES; i++) {
        u64 page = VIRT_RAM_BASE + i * (u64)PAGE;
        bool code = i < CHAOS_CODE_PAGES && rng_chance(r, 54);
        t[i] = code ? page | DESC_TABLE | kernel | DESC_AP_EL0 | DESC_AP_RO
                    : (rng_chance(r, 62) ? page : rng_next(r) & 0x0000fffffffff000) | DESC_TABLE |
                          any_attributes(r);
    }
    write_table(b, CHAOS_TABLES + L3_CODE, t);
    cpu_tlb_flush_all(b->virt.cpu[0]);
}

/* An address where something is: RAM, tables and code among it, or a device. */
static u64 interesting_address(struct rng *r)
{
    static const u64 places[] = {
        CHAOS_CODE,
        CHAOS_VECTORS,
        CHAOS_TABLES,
        VIRT_RAM_BASE + 0x400000,
        CHAOS_RAM + VIRT_RAM_BASE,
        0x08000000,
        0x08010000,
        0x09000000,
        0x09010000,
        0x09030000,
        0xc0000000, /* an alias of RAM */
    };
    u64 a = places[rng_below(r, ARRAY_LEN(places))] + rng_below(r, 2 * PAGE);
    if (rng_chance(r, 48))
        a &= ~UINT64_C(7);
    if (rng_chance(r, 8))
        a |= UINT64_MAX << 39; /* by TTBR1 */
    return a - (rng_chance(r, 8) ? PAGE : 0);
}

void board_poke_devices(struct board *b, struct rng *r)
{
    enum { GICD = 0x08000000, GICC = 0x08010000, UART = 0x09000000, RTC = 0x09010000 };
    enum { CTLR = 0, ISENABLER = 0x100, PMR = 4, LINES = 288 };
    static const u64 windows[] = {GICD, GICC, UART, RTC, 0x09030000};
    struct bus *bus = &b->virt.bus;
    bus_write(bus, GICD + CTLR, 4, 3);
    for (unsigned i = 0; i < LINES / 32; i++)
        bus_write(bus, GICD + ISENABLER + 4 * i, 4, UINT32_MAX);
    bus_write(bus, GICC + CTLR, 4, rng_chance(r, 56) ? 3 : rng_next(r) & UINT32_MAX);
    bus_write(bus, GICC + PMR, 4, 0xff);
    for (unsigned i = 0; i < 4; i++) {
        u64 value, at = windows[rng_below(r, ARRAY_LEN(windows))] + 4 * rng_below(r, 1024);
        if (rng_chance(r, 32))
            bus_write(bus, at, 4, (u32)rng_next(r));
        else
            bus_read(bus, at, 4, &value);
    }
    struct timer *t = &b->virt.cpu[0]->timer;
    timer_set_tval(t, TIMER_VIRTUAL, rng_below(r, 20000));
    timer_set_ctl(t, TIMER_VIRTUAL, TIMER_ENABLE);
    timer_set_tval(t, TIMER_PHYSICAL, rng_below(r, 20000));
    timer_set_ctl(t, TIMER_PHYSICAL, rng_below(r, 4));
}

/* The debug registers of this round: now and then single steps, break- and watchpoints. */
static void set_debug(struct cpu *c, struct rng *r)
{
    enum { SS = 0, KDE = 13, MDE = 15, ENABLE = 1, PAC_ANY = 3 << 1, BAS = 0xf << 5, LSC = 3 << 3 };
    u64 mdscr = 0;
    if (rng_chance(r, 4)) {
        mdscr = BIT(MDE) | (rng_chance(r, 32) ? BIT(KDE) : 0) | (rng_chance(r, 16) ? BIT(SS) : 0);
        int value = sysreg_by_name("DBGBVR0_EL1"), control = sysreg_by_name("DBGBCR0_EL1");
        if (value >= 0 && control >= 0) {
            sysreg_poke(c, (unsigned)value, interesting_address(r));
            sysreg_poke(c, (unsigned)control, ENABLE | PAC_ANY | BAS);
        }
        value = sysreg_by_name("DBGWVR0_EL1"), control = sysreg_by_name("DBGWCR0_EL1");
        if (value >= 0 && control >= 0) {
            sysreg_poke(c, (unsigned)value, interesting_address(r));
            sysreg_poke(c, (unsigned)control, ENABLE | PAC_ANY | LSC | (rng_next(r) & 0x1f001fe0));
        }
    }
    sysreg_poke(c, OSLAR_EL1, 0);
    sysreg_poke(c, MDSCR_EL1, mdscr);
}

void board_set_system(struct board *b, struct rng *r)
{
    enum { M = 0, C = 2, I = 12, RES1 = 11, ALIGNMENT = 0x1a, UNTRAPPED = 0x0405c200 };
    enum { WXN = 19, E0E = 24, EE = 25 };
    struct cpu *c = b->virt.cpu[0];
    u64 tcr = UINT64_C(25) | 25 << 16 | UINT64_C(2) << 30; /* 39 bits twice, 4 KiB */
    u64 sctlr = BIT(C) | BIT(I) | BIT(RES1) | (rng_next(r) & UNTRAPPED);
    sctlr |= rng_chance(r, 61) ? BIT(M) : 0;
    sctlr |= rng_chance(r, 12) ? rng_next(r) & ALIGNMENT : 0;
    sctlr |= rng_chance(r, 2) ? BIT(WXN) : 0;
    sctlr |= rng_chance(r, 2) ? BIT(EE) : 0;
    sctlr |= rng_chance(r, 2) ? BIT(E0E) : 0;
    tcr |= rng_next(r) & (BIT(37) | BIT(38) | BIT(36) | BIT(22)); /* TBI, AS, A1 */
    if (rng_chance(r, 1))
        tcr = rng_next(r);
    sysreg_poke(c, MAIR_EL1, UINT64_C(0x00ff4404bbff00) | rng_next(r) << 56 | 0xff00);
    sysreg_poke(c, TCR_EL1, tcr);
    sysreg_poke(c, TTBR0_EL1, CHAOS_TABLES | (u64)rng_below(r, 4) << 48);
    sysreg_poke(c, TTBR1_EL1, CHAOS_TABLES | (u64)rng_below(r, 4) << 48);
    sysreg_poke(c, VBAR_EL1, CHAOS_VECTORS);
    sysreg_poke(c, CPACR_EL1, rng_chance(r, 60) ? 3 << 20 : rng_next(r));
    sysreg_poke(c, CNTKCTL_EL1, rng_next(r));
    sysreg_poke(c, PMUSERENR_EL0, rng_next(r));
    sysreg_poke(c, SCTLR_EL1, sctlr);
    set_debug(c, r);
    cpu_regime_changed(c);
}

static u64 any_value(struct rng *r)
{
    switch (rng_below(r, 8)) {
    case 0:
        return rng_next(r);
    case 1:
        return rng_below(r, 64);
    case 2:
        return (u64)sext(rng_next(r), 1 + rng_below(r, 63));
    case 3: /* PSCI, for HVC */
        return UINT64_C(0x84000000) | rng_below(r, 24) | (rng_chance(r, 32) ? 0x40000000 : 0);
    default:
        return interesting_address(r);
    }
}

void board_set_registers(struct board *b, struct rng *r)
{
    enum {
        EL1T = 4,
        EL1H = 5,
        MASKS = 0xf << 6,
        FLAGS = (int)0xf0000000,
        NO_ACCESS = 1 << 22,
        SS = 1 << 21,
        FPCR_BITS = 0x07c00000,
    };
    struct cpu *c = b->virt.cpu[0];
    u64 mode = rng_chance(r, 32) ? 0 : rng_chance(r, 16) ? EL1T : EL1H;
    c->raised = c->halted = false;
    c->powered = true;
    cpu_set_pstate(c, mode | (rng_next(r) & (u64)(u32)(MASKS | FLAGS | SS)) |
                          (rng_chance(r, 8) ? NO_ACCESS : 0));
    for (unsigned i = 0; i < 31; i++)
        c->x[i] = any_value(r);
    cpu_set_sp(c, 0, any_value(r) & ~UINT64_C(15));
    cpu_set_sp(c, 1, any_value(r) & ~UINT64_C(15));
    for (unsigned i = 0; i < 4; i++) {
        unsigned n = rng_below(r, 32);
        c->v[n].d[0] = any_value(r);
        c->v[n].d[1] = rng_next(r);
    }
    u32 fpcr = FPCR_BITS | (c->model->features & A64_FP16 ? FPCR_FZ16 : 0);
    c->fp.fpcr = rng_chance(r, 32) ? 0 : (u32)rng_next(r) & fpcr;
    c->pc = CHAOS_CODE + 4 * (u64)rng_below(r, CHAOS_CODE_PAGES * PAGE / 4);
    if (mode && rng_chance(r, 4))
        c->pc |= UINT64_MAX << 39;
}

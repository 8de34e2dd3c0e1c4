/*
 * The board: addresses and interrupt numbers of QEMU's virt machine (the table in
 * hw/arm/virt.c and its device tree), seen from the bus and by programs.
 */
#include "devices/virt.h"

#include "firmware/psci.h"
#include "tests/unit/guest_rig.h"

/* As `info mtree` of qemu-system-aarch64 -machine virt has them. */
#define GICD UINT64_C(0x08000000)
#define GICC UINT64_C(0x08010000)
#define UART UINT64_C(0x09000000)
#define RTC  UINT64_C(0x09010000)
#define GPIO UINT64_C(0x09030000)
#define RAM  UINT64_C(0x40000000)

#define RAM_SIZE UINT64_C(0x1000000)
#define CODE     (RAM + 0x10000)
#define VECTORS  (RAM + 0x8000)

/* GIC registers (IHI 0048B). */
enum {
    D_CTLR = 0x000,
    D_ISENABLER = 0x100,
    D_ITARGETSR = 0x800,
    C_CTLR = 0x00,
    C_PMR = 0x04,
    C_IAR = 0x0c,
    C_EOIR = 0x10,
    SPURIOUS = 1023,
};

static u64 now_of(void *owner)
{
    return *(u64 *)owner;
}

struct board {
    struct virt virt;
    u64 now;
};

static struct board *board_create(unsigned cpus)
{
    struct board *b = calloc(1, sizeof(*b));
    struct virt_config config = {
        .model = model_find("cortex-a57"),
        .cpus = cpus,
        .ram_size = RAM_SIZE,
        .time = now_of,
        .time_owner = &b->now,
        .epoch = 1000 * NS_PER_SEC,
    };
    cr_assert(virt_create(&b->virt, &config));
    return b;
}

static void board_destroy(struct board *b)
{
    virt_destroy(&b->virt);
    free(b);
}

static u32 get(struct board *b, u64 pa)
{
    u64 value = 0;
    cr_assert_eq(bus_read(&b->virt.bus, pa, 4, &value), BUS_OK, "%#llx", (unsigned long long)pa);
    return (u32)value;
}

static void put(struct board *b, u64 pa, u32 value)
{
    cr_assert_eq(bus_write(&b->virt.bus, pa, 4, value), BUS_OK, "%#llx", (unsigned long long)pa);
}

/* Time passes. */
static void advance(struct board *b, u64 ns)
{
    b->now += ns;
    clock_run(&b->virt.clock);
}

static void start(struct board *b, unsigned cpu, const char *name)
{
    struct program p = program_find(name);
    u64 at = CODE + cpu * 0x1000;
    bus_dma_write(&b->virt.bus, at, p.code, p.size);
    b->virt.cpu[cpu]->pc = at;
    sysreg_poke(b->virt.cpu[cpu], VBAR_EL1, VECTORS);
    for (u64 offset = 0; offset < 0x800; offset += 0x80) {
        u32 word = WORD_BRANCH_TO_SELF;
        bus_dma_write(&b->virt.bus, VECTORS + offset, &word, 4);
    }
}

/* Run until it is not a moved deadline that ends the run. */
static enum stop run(struct board *b, u64 budget)
{
    enum stop stop;
    while ((stop = virt_run(&b->virt, budget)) == STOP_KICK)
        ;
    return stop;
}

/* ------------------------------------------------------------- memory map -- */

/* What PrimeCells, and the GIC, say of themselves at the end of their windows. */
Test(virt, devices_are_where_qemu_has_them)
{
    static const struct {
        u64 base;
        u32 part;
    } cells[] = {{UART, 0x11}, {RTC, 0x31}, {GPIO, 0x61}};
    struct board *b = board_create(1);
    for (unsigned i = 0; i < ARRAY_LEN(cells); i++) {
        cr_expect_eq(get(b, cells[i].base + 0xfe0), cells[i].part);
        cr_expect_eq(get(b, cells[i].base + 0xfe4) & 0xf, 0);
        cr_expect_eq(get(b, cells[i].base + 0xff0), 0x0d);
        cr_expect_eq(get(b, cells[i].base + 0xffc), 0xb1);
    }
    cr_expect_eq(get(b, 0x09020000), 0x554d4551, "fw_cfg: QEMU");
    cr_expect_eq(get(b, GICD + 0xfe8) >> 4 & 0xf, 2, "ICPIDR2: GICv2");
    cr_expect_eq(get(b, GICC + 0xfc) >> 16 & 0xf, 2, "GICC_IIDR: GICv2");
    cr_expect_eq(get(b, GICD + 4) & 0x1f, 8, "GICD_TYPER: 288 interrupts");
    board_destroy(b);
}

Test(virt, ram_begins_and_ends)
{
    struct board *b = board_create(1);
    put(b, RAM, 0x12345678);
    put(b, RAM + RAM_SIZE - 4, 0x9abcdef0);
    cr_expect_eq(get(b, RAM), 0x12345678);
    cr_expect_eq(get(b, RAM + RAM_SIZE - 4), 0x9abcdef0);
    u64 value;
    cr_expect_eq(bus_read(&b->virt.bus, RAM + RAM_SIZE, 4, &value), BUS_UNMAPPED);
    cr_expect_eq(bus_read(&b->virt.bus, RAM - 4, 4, &value), BUS_UNMAPPED);
    cr_expect_eq(bus_read(&b->virt.bus, 0x09050000, 4, &value), BUS_UNMAPPED);
    cr_expect_eq(get(b, 0), 0, "flash");
    cr_expect_eq(get(b, 0x04000000), 0, "more of it");
    board_destroy(b);
}

/* ------------------------------------------------------------- interrupts -- */

static void enable(struct board *b, unsigned intid)
{
    put(b, GICD + D_CTLR, 1);
    put(b, GICC + C_CTLR, 1);
    put(b, GICC + C_PMR, 0xff);
    put(b, GICD + D_ISENABLER + 4 * (intid / 32), 1u << intid % 32);
    if (intid >= 32)
        put(b, GICD + D_ITARGETSR + (intid & ~3u), 1u << 8 * (intid % 4));
}

/* The CPU has INTID to take, and nothing else. */
static void expect_interrupt(struct board *b, unsigned intid)
{
    cr_expect(b->virt.cpu[0]->irq, "interrupt %u does not reach the CPU", intid);
    cr_expect_eq(get(b, GICC + C_IAR), intid);
    put(b, GICC + C_EOIR, intid);
}

Test(virt, uart_is_spi_1)
{
    struct board *b = board_create(1);
    enable(b, 33);
    put(b, UART + 0x30, 0x301); /* UARTCR: enable, transmit, receive */
    put(b, UART + 0x38, 0x20);  /* UARTIMSC: transmit */
    put(b, UART + 0x00, 'x');
    advance(b, NS_PER_SEC);
    expect_interrupt(b, 33);
    put(b, UART + 0x38, 0);
    cr_expect(!b->virt.cpu[0]->irq);
    board_destroy(b);
}

Test(virt, rtc_is_spi_2)
{
    struct board *b = board_create(1);
    enable(b, 34);
    cr_expect_eq(get(b, RTC), 1000, "RTCDR: the epoch of the configuration");
    put(b, RTC + 0x04, 1005); /* RTCMR */
    put(b, RTC + 0x10, 1);    /* RTCIMSC */
    advance(b, 4 * NS_PER_SEC);
    cr_expect(!b->virt.cpu[0]->irq);
    advance(b, NS_PER_SEC);
    expect_interrupt(b, 34);
    board_destroy(b);
}

/* The key is on pin 3 of the GPIO, which is SPI 7: high for a moment. */
Test(virt, power_key_is_gpio_pin_3)
{
    struct board *b = board_create(1);
    enable(b, 39);
    put(b, GPIO + 0x40c, 0x08); /* GPIOIEV */
    put(b, GPIO + 0x410, 0x08); /* GPIOIE */
    virt_power_key(&b->virt);
    expect_interrupt(b, 39);
    cr_expect_eq(get(b, GPIO + 0x3fc), 0x08);
    advance(b, NS_PER_SEC);
    cr_expect_eq(get(b, GPIO + 0x3fc), 0x00);
    board_destroy(b);
}

Test(virt, timers_are_ppis_27_and_30)
{
    struct board *b = board_create(1);
    struct cpu *c = b->virt.cpu[0];
    enable(b, 27);
    enable(b, 30);
    /* 62.5 MHz: a thousand ticks are 16 us. */
    sysreg_poke(c, CNTV_TVAL_EL0, 1000);
    sysreg_poke(c, CNTV_CTL_EL0, 1);
    advance(b, 15999);
    cr_expect(!c->irq);
    advance(b, 1);
    expect_interrupt(b, 27);
    sysreg_poke(c, CNTV_CTL_EL0, 0);
    cr_expect(!c->irq);
    sysreg_poke(c, CNTP_TVAL_EL0, 1000);
    sysreg_poke(c, CNTP_CTL_EL0, 1);
    advance(b, 16000);
    expect_interrupt(b, 30);
    board_destroy(b);
}

Test(virt, pmu_is_ppi_23)
{
    struct board *b = board_create(1);
    struct cpu *c = b->virt.cpu[0];
    enable(b, 23);
    start(b, 0, "spin");
    sysreg_poke(c, PMINTENSET_EL1, BIT(31));
    sysreg_poke(c, PMCNTENSET_EL0, BIT(31));
    sysreg_poke(c, PMCCNTR_EL0, UINT64_MAX - 5000);
    sysreg_poke(c, PMCR_EL0, 1);
    run(b, 1000);
    cr_expect(!c->irq);
    run(b, 16384); /* does not go past the overflow, but to the end of the loop */
    cr_expect_leq(c->icount, 5002);
    expect_interrupt(b, 23);
    board_destroy(b);
}

/* A store to a device that interrupts the CPU that made it: nothing runs in between. */
Test(virt, an_interrupt_by_a_store_is_taken_at_once)
{
    struct board *b = board_create(1);
    struct cpu *c = b->virt.cpu[0];
    start(b, 0, "sgi_to_self");
    virt_run(&b->virt, 1000);
    cr_expect_eq(c->pc, VECTORS + 0x280);
    cr_expect_eq(c->sys[ELR_EL1], CODE + 12 * 4);
    cr_expect_eq(c->x[4], 0);
    expect_interrupt(b, 5);
    board_destroy(b);
}

/* -------------------------------------------------------------- execution -- */

Test(virt, waiting_and_waking)
{
    struct board *b = board_create(1);
    struct cpu *c = b->virt.cpu[0];
    start(b, 0, "wait");
    cr_expect_eq(run(b, 1000), STOP_WFI);
    cr_expect_eq(run(b, 1000), STOP_WFI);
    cr_expect_eq(c->x[5], 0);
    enable(b, 27);
    sysreg_poke(c, CNTV_TVAL_EL0, 100);
    sysreg_poke(c, CNTV_CTL_EL0, 1);
    cr_expect_eq(run(b, 1000), STOP_WFI);
    cr_expect_eq(c->x[5], 0);
    advance(b, 1600);
    cr_expect_eq(run(b, 10), STOP_BUDGET, "masked by PSTATE, it wakes all the same");
    cr_expect(c->x[5] > 0);
    board_destroy(b);
}

Test(virt, a_kick_ends_the_run)
{
    struct board *b = board_create(1);
    start(b, 0, "spin");
    run(b, 1000);
    u64 before = virt_icount(&b->virt);
    cr_expect_eq(virt_run(&b->virt, 1000), STOP_BUDGET);
    cr_expect_eq(virt_icount(&b->virt), before + 1000);
    virt_kick(&b->virt);
    cr_expect_eq(virt_run(&b->virt, 1000), STOP_KICK);
    board_destroy(b);
}

/* Reset: devices and CPUs as at power-on, RAM as it was, and the code in it as it is. */
Test(virt, reset)
{
    struct board *b = board_create(1);
    struct cpu *c = b->virt.cpu[0];
    start(b, 0, "spin");
    virt_run(&b->virt, 1000);
    enable(b, 33);
    put(b, UART + 0x30, 0x301);
    put(b, RAM + 0x1000, 0x55);
    c->x[7] = 7;
    sysreg_poke(c, TTBR0_EL1, 0x1000);
    sysreg_poke(c, CNTV_CTL_EL0, 1);
    virt_reset(&b->virt);
    cr_expect_eq(get(b, RAM + 0x1000), 0x55);
    cr_expect_eq(get(b, GICD + D_CTLR), 0);
    cr_expect_eq(get(b, GICD + D_ISENABLER + 4), 0);
    cr_expect_eq(get(b, UART + 0x30), 0x300, "UARTCR after reset");
    cr_expect_eq(c->x[7], 0);
    cr_expect_eq(c->sys[TTBR0_EL1], 0);
    cr_expect_eq(sysreg_peek(c, CNTV_CTL_EL0), 0);
    cr_expect_eq(cpu_pstate(c), UINT64_C(0x3c5));
    cr_expect(!c->irq && !c->fiq);
    /* Other code where there was code before. */
    start(b, 0, "wait");
    cr_expect_eq(run(b, 1000), STOP_WFI);
    board_destroy(b);
}

/* ----------------------------------------------------------- several CPUs -- */

Test(virt, other_cpus_wait_for_psci)
{
    struct board *b = board_create(2);
    struct psci psci = {.cpu = b->virt.cpu, .cpus = 2};
    struct cpu *first = b->virt.cpu[0], *second = b->virt.cpu[1];
    psci_attach(&psci);
    start(b, 0, "spin");
    start(b, 1, "spin");
    virt_run(&b->virt, 1000);
    cr_expect(first->x[5] > 0);
    cr_expect_eq(second->x[5], 0);
    cr_expect_eq(second->icount, 0);

    start(b, 0, "call_firmware");
    first->x[0] = 0xc4000003; /* CPU_ON */
    first->x[1] = 1;
    first->x[2] = CODE + 0x1000;
    first->x[3] = 0x77;
    virt_run(&b->virt, 1000);
    virt_run(&b->virt, 1000);
    cr_expect_eq(first->x[0], 0);
    cr_expect_eq(second->x[0], 0x77);
    cr_expect(second->x[5] > 0);
    cr_expect_eq(virt_icount(&b->virt), first->icount + second->icount);
    board_destroy(b);
}

Test(virt, interrupts_and_events_between_cpus)
{
    struct board *b = board_create(2);
    struct cpu *first = b->virt.cpu[0], *second = b->virt.cpu[1];
    put(b, GICD + D_CTLR, 1);
    b->virt.running = 1; /* its own interface */
    put(b, GICC + C_CTLR, 1);
    put(b, GICC + C_PMR, 0xff);
    b->virt.running = 0;
    put(b, GICD + 0xf00, 1u << 24 | 3); /* GICD_SGIR: SGI 3 to all but itself */
    cr_expect(!first->irq);
    cr_expect(second->irq);

    first->event = second->event = false;
    start(b, 0, "say_event");
    virt_run(&b->virt, 10);
    cr_expect(first->event && second->event);
    board_destroy(b);
}

/* A struct machine owns everything: two of them don't know of each other. */
Test(virt, two_machines_in_one_process)
{
    struct board *b[2] = {board_create(1), board_create(1)};
    for (u64 i = 0; i < 2; i++) {
        start(b[i], 0, "count_in_memory");
        b[i]->virt.cpu[0]->x[6] = RAM + 0x20000;
        b[i]->virt.cpu[0]->x[7] = i + 1;
    }
    for (unsigned turn = 0; turn < 100; turn++)
        virt_run(&b[turn % 2]->virt, 400);
    for (u32 i = 0; i < 2; i++) {
        u64 turns = b[i]->virt.cpu[0]->icount / 4;
        cr_expect(turns >= 50 * 100);
        cr_expect_eq(get(b[i], RAM + 0x20000), turns * (i + 1));
    }
    board_destroy(b[0]);
    board_destroy(b[1]);
}

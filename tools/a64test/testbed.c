/*
 * The test bed (testbed.h). Linux's choices for processes are made here: SCTLR_EL1's traps are
 * off, TBI0 is on, SP's alignment is not checked (user-mode QEMU does not).
 */
#include "tools/a64test/testbed.h"

#include <stdlib.h>
#include <string.h>

#include "tools/a64test/keys.h"

#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x02000000)
#define LEVEL3(i) (TESTBED_TABLES + (3 + (u64)(i)) * RECORD_PAGE)

enum { DESC_TABLE = 3, DESC_PAGE = 3, DESC_AF = 1 << 10, DESC_NG = 1 << 11, DESC_SH = 3 << 8 };
enum { DESC_AP_EL0 = 1 << 6, DESC_AP_RO = 1 << 7 };
#define DESC_PXN BIT(53)
#define DESC_UXN BIT(54)

enum {
    USER_RW = DESC_PAGE | DESC_AF | DESC_NG | DESC_SH | DESC_AP_EL0,
    USER_RO = USER_RW | DESC_AP_RO,
    KERNEL_RW = DESC_PAGE | DESC_AF | DESC_SH,
    KERNEL_TEXT = KERNEL_RW | DESC_AP_RO,
    WORD_B_SELF = 0x14000000,
};

static u64 no_time(void *owner)
{
    return 0;
}

static void write64(struct testbed *b, u64 pa, u64 value)
{
    bus_dma_write(&b->bus, pa, &value, sizeof(value));
}

/* Map SIZE bytes at VA to PA through the level 3 table at TABLE. */
static void map(struct testbed *b, u64 table, u64 va, u64 pa, u64 size, u64 attributes)
{
    for (u64 at = 0; at < size; at += RECORD_PAGE)
        write64(b, table + bits(va + at, 20, 12) * 8, (pa + at) | attributes);
}

/* The same to where VA has its place. */
static void map_offset(struct testbed *b, u64 table, u64 va, u64 size, u64 attributes)
{
    map(b, table, va, va + TESTBED_OFFSET, size, attributes);
}

void testbed_map(struct testbed *b, u64 va, u64 pa, u64 size, bool writable)
{
    map(b, LEVEL3(2), va, pa, size, DESC_UXN | (writable ? KERNEL_RW | DESC_PXN : KERNEL_TEXT));
}

static void build_tables(struct testbed *b)
{
    u64 level1 = TESTBED_TABLES + RECORD_PAGE, level2 = level1 + RECORD_PAGE;
    u64 writable = RECORD_WRITABLE_PAGES * (u64)RECORD_PAGE;
    write64(b, TESTBED_TABLES, level1 | DESC_TABLE);
    write64(b, level1, level2 | DESC_TABLE);
    write64(b, level2 + bits(RECORD_DATA, 29, 21) * 8, LEVEL3(0) | DESC_TABLE);
    write64(b, level2 + bits(RECORD_CODE, 29, 21) * 8, LEVEL3(1) | DESC_TABLE);
    write64(b, level2 + bits(TESTBED_VECTORS, 29, 21) * 8, LEVEL3(2) | DESC_TABLE);
    map_offset(b, LEVEL3(0), RECORD_DATA, writable, USER_RW | DESC_UXN | DESC_PXN);
    map_offset(b, LEVEL3(0), RECORD_DATA + writable, RECORD_DATA_BYTES - writable,
               USER_RO | DESC_UXN | DESC_PXN);
    map_offset(b, LEVEL3(1), RECORD_CODE, RECORD_CODE_BYTES, USER_RO);
    map_offset(b, LEVEL3(2), TESTBED_VECTORS, RECORD_PAGE, KERNEL_TEXT | DESC_UXN);
}

/* An exception that comes before the budget is used up ends in a loop at its vector. */
static void fill_vectors(struct testbed *b)
{
    const u32 loop = WORD_B_SELF;
    for (unsigned i = 0; i < RECORD_PAGE; i += 4)
        bus_dma_write(&b->bus, TESTBED_VECTORS + TESTBED_OFFSET + i, &loop, sizeof(loop));
}

static void set_registers(struct cpu *c)
{
    enum { M = 0, C = 2, I = 12, DZE = 14, UCT = 15, NTWI = 16, NTWE = 18, UCI = 26, RES1 = 11 };
    enum { T0SZ_48 = 16, EPD1 = 23, TBI0 = 37, FPEN_ALL = 3 << 20, NORMAL = 0xff };
    sysreg_poke(c, MAIR_EL1, NORMAL);
    sysreg_poke(c, TCR_EL1, T0SZ_48 | BIT(EPD1) | BIT(TBI0));
    sysreg_poke(c, TTBR0_EL1, TESTBED_TABLES);
    sysreg_poke(c, VBAR_EL1, TESTBED_VECTORS);
    sysreg_poke(c, CPACR_EL1, FPEN_ALL);
    sysreg_poke(c, SCTLR_EL1,
                BIT(M) | BIT(C) | BIT(I) | BIT(DZE) | BIT(UCT) | BIT(NTWI) | BIT(NTWE) | BIT(UCI) |
                    BIT(RES1));
    cpu_regime_changed(c);
}

struct testbed *testbed_create(const struct cpu_model *model)
{
    struct testbed *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->clock.source = no_time;
    if (!bus_add_ram(&b->bus, "ram", RAM_BASE, RAM_SIZE) ||
        !engine_init(&b->engine, &b->bus, model->features) ||
        !(b->cpu = cpu_create(model, 0, &b->bus, &b->clock, &b->engine))) {
        testbed_destroy(b);
        return NULL;
    }
    build_tables(b);
    fill_vectors(b);
    set_registers(b->cpu);
    keys_set(b->cpu);
    memcpy(b->baseline, b->cpu->sys, sizeof(b->baseline));
    return b;
}

void testbed_destroy(struct testbed *b)
{
    if (b->cpu)
        cpu_destroy(b->cpu);
    engine_destroy(&b->engine);
    bus_destroy(&b->bus);
    free(b);
}

/* They are not among the registers in c->sys. */
static void stop_timers(struct cpu *c)
{
    static const u16 timers[] = {CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0};
    for (unsigned i = 0; i < ARRAY_LEN(timers); i++)
        if (sysreg_peek(c, timers[i]))
            sysreg_poke(c, timers[i], 0);
}

void testbed_restore(struct testbed *b)
{
    struct cpu *c = b->cpu;
    cpu_set_pan(c, false);
    cpu_set_uao(c, false);
    stop_timers(c);
    if (memcmp(c->sys, b->baseline, sizeof(b->baseline))) {
        memcpy(c->sys, b->baseline, sizeof(b->baseline));
        cpu_regime_changed(c);
        cpu_tlb_flush_all(c);
    }
    cpu_set_pstate(c, 0); /* EL0, SP_EL0, nothing masked */
    c->monitor.set = false;
    c->raised = false;
    c->halted = false;
    c->event = false;
}

void testbed_set_code(struct testbed *b, u64 va, const void *code, u64 len)
{
    bus_dma_write(&b->bus, va + TESTBED_OFFSET, code, len);
}

void testbed_set_data(struct testbed *b, const u8 *data)
{
    bus_dma_write(&b->bus, RECORD_DATA + TESTBED_OFFSET, data, RECORD_DATA_BYTES);
}

const u8 *testbed_data(const struct testbed *b)
{
    return bus_host(&b->bus, RECORD_DATA + TESTBED_OFFSET, RECORD_DATA_BYTES);
}

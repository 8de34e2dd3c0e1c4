/*
 * PSCI 1.1 (DEN 0022D.b) and the SMC calling convention 1.1 (DEN 0028), called as
 * an HVC calls them: on one CPU, and on two.
 */
#include <criterion/criterion.h>

#include "core/engine/engine.h"
#include "core/model.h"
#include "firmware/psci.h"

/* DEN 0022, chapter 5: function identifiers and error codes. */
#define PSCI_VERSION           0x84000000u
#define CPU_SUSPEND            0x84000001u
#define CPU_OFF                0x84000002u
#define CPU_ON                 0x84000003u
#define CPU_ON_64              0xc4000003u
#define AFFINITY_INFO          0x84000004u
#define AFFINITY_INFO_64       0xc4000004u
#define MIGRATE                0x84000005u
#define MIGRATE_INFO_TYPE      0x84000006u
#define MIGRATE_INFO_UP_CPU_64 0xc4000007u
#define SYSTEM_OFF             0x84000008u
#define SYSTEM_RESET           0x84000009u
#define PSCI_FEATURES          0x8400000au
#define SYSTEM_SUSPEND_64      0xc400000eu
#define SYSTEM_RESET2          0x84000012u
#define SYSTEM_RESET2_64       0xc4000012u
#define SMCCC_VERSION          0x80000000u
#define SMCCC_ARCH_FEATURES    0x80000001u
#define SMCCC_ARCH_WORKAROUND  0x80008000u
#define STANDARD_SERVICE_UID   0x8400ff01u

#define SUCCESS            0
#define NOT_SUPPORTED      -1
#define INVALID_PARAMETERS -2
#define ALREADY_ON         -4

#define RAM UINT64_C(0x40000000)

struct rig {
    struct bus bus;
    struct clock clock;
    struct engine engine;
    struct cpu *cpu[2];
    struct psci psci;
    unsigned requests;
    enum psci_request last;
};

static u64 no_time(void *owner)
{
    return 0;
}

static void note_request(void *owner, enum psci_request request)
{
    struct rig *r = owner;
    r->requests++;
    r->last = request;
}

static struct rig *rig_create(unsigned cpus)
{
    struct rig *r = calloc(1, sizeof(*r));
    const struct cpu_model *model = model_find("cortex-a57");
    r->clock.source = no_time;
    bus_add_ram(&r->bus, "ram", RAM, 0x10000);
    engine_init(&r->engine, &r->bus, model->features);
    for (unsigned i = 0; i < cpus; i++)
        r->cpu[i] = cpu_create(model, i, &r->bus, &r->clock, &r->engine);
    r->psci = (struct psci){.cpu = r->cpu, .cpus = cpus, .system = note_request, .owner = r};
    psci_attach(&r->psci);
    return r;
}

static void rig_destroy(struct rig *r)
{
    for (unsigned i = 0; i < r->psci.cpus; i++)
        cpu_destroy(r->cpu[i]);
    engine_destroy(&r->engine);
    bus_destroy(&r->bus);
    free(r);
}

/* An HVC with these in x0 to x3; what W0 says as a signed number. */
static int call(struct rig *r, unsigned cpu, u64 x0, u64 x1, u64 x2, u64 x3)
{
    struct cpu *c = r->cpu[cpu];
    for (unsigned i = 4; i < 31; i++)
        c->x[i] = 0x1000 + i;
    c->x[0] = x0;
    c->x[1] = x1;
    c->x[2] = x2;
    c->x[3] = x3;
    cr_expect(c->smccc(c->smccc_owner, c));
    /* SMCCC 1.1: x4 to x17 are preserved, the rest always is. */
    for (unsigned i = 4; i < 31; i++)
        cr_expect_eq(c->x[i], 0x1000 + i);
    return (int)(u32)c->x[0];
}

Test(psci, versions)
{
    struct rig *r = rig_create(1);
    cr_expect_eq(call(r, 0, PSCI_VERSION, 0, 0, 0), 0x10001);
    cr_expect_eq(call(r, 0, SMCCC_VERSION, 0, 0, 0), 0x10001);
    rig_destroy(r);
}

Test(psci, features)
{
    static const u32 there[] = {
        PSCI_VERSION,  CPU_SUSPEND,      CPU_OFF,           CPU_ON,           CPU_ON_64,
        AFFINITY_INFO, SYSTEM_OFF,       SYSTEM_RESET,      PSCI_FEATURES,    SMCCC_VERSION,
        SYSTEM_RESET2, SYSTEM_RESET2_64, MIGRATE_INFO_TYPE, AFFINITY_INFO_64,
    };
    static const u32 absent[] = {
        MIGRATE,
        MIGRATE_INFO_UP_CPU_64,
        SYSTEM_SUSPEND_64,
        0xc4000000u,
        0xc4000008u,
        0x84000042u,
        0,
        0xffffffffu,
    };
    struct rig *r = rig_create(1);
    for (size_t i = 0; i < ARRAY_LEN(there); i++)
        cr_expect_eq(call(r, 0, PSCI_FEATURES, there[i], 0, 0), SUCCESS, "%#x", there[i]);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        cr_expect_eq(call(r, 0, PSCI_FEATURES, absent[i], 0, 0), NOT_SUPPORTED, "%#x", absent[i]);
        cr_expect_eq(call(r, 0, absent[i], 0, 0, 0), NOT_SUPPORTED, "%#x", absent[i]);
    }
    cr_expect_eq(call(r, 0, SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0), SUCCESS);
    cr_expect_eq(call(r, 0, SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND, 0, 0), NOT_SUPPORTED);
    cr_expect_eq(call(r, 0, STANDARD_SERVICE_UID, 0, 0, 0), NOT_SUPPORTED);
    rig_destroy(r);
}

/* An unknown function is -1 in all of X0, as the kernel's `long` has it (DEN 0028, 5.2). */
Test(psci, unknown_is_minus_one)
{
    struct rig *r = rig_create(1);
    call(r, 0, 0xc4000042u, 0, 0, 0);
    cr_expect_eq(r->cpu[0]->x[0], UINT64_MAX);
    rig_destroy(r);
}

Test(psci, system_off_and_reset)
{
    struct rig *r = rig_create(1);
    call(r, 0, SYSTEM_OFF, 0, 0, 0);
    cr_expect_eq(r->requests, 1);
    cr_expect_eq(r->last, PSCI_SYSTEM_OFF);
    cr_expect(r->cpu[0]->halted, "it does not return");
    call(r, 0, SYSTEM_RESET, 0, 0, 0);
    cr_expect_eq(r->requests, 2);
    cr_expect_eq(r->last, PSCI_SYSTEM_RESET);
    call(r, 0, SYSTEM_RESET2, 0, 0, 0);
    cr_expect_eq(r->requests, 3);
    /* No other architectural reset type is defined; there is no vendor's (5.14). */
    cr_expect_eq(call(r, 0, SYSTEM_RESET2, 1, 0, 0), INVALID_PARAMETERS);
    cr_expect_eq(call(r, 0, SYSTEM_RESET2_64, 0x80000000u, 0, 0), INVALID_PARAMETERS);
    cr_expect_eq(r->requests, 3);
    rig_destroy(r);
}

Test(psci, one_cpu)
{
    struct rig *r = rig_create(1);
    cr_expect_eq(call(r, 0, CPU_ON_64, 0, RAM, 0), ALREADY_ON);
    cr_expect_eq(call(r, 0, CPU_ON_64, 1, RAM, 0), INVALID_PARAMETERS);
    cr_expect_eq(call(r, 0, CPU_ON_64, 0x100, RAM, 0), INVALID_PARAMETERS);
    cr_expect_eq(call(r, 0, CPU_ON_64, UINT64_C(1) << 32, RAM, 0), INVALID_PARAMETERS);
    cr_expect_eq(call(r, 0, AFFINITY_INFO_64, 0, 0, 0), 0, "it is on");
    cr_expect_eq(call(r, 0, AFFINITY_INFO_64, 1, 0, 0), INVALID_PARAMETERS);
    cr_expect_eq(call(r, 0, MIGRATE_INFO_TYPE, 0, 0, 0), 2, "there is no Trusted OS");
    rig_destroy(r);
}

/* The target starts at EL1 with the MMU off, masked, at the address, with the context id. */
Test(psci, cpu_on)
{
    struct rig *r = rig_create(2);
    struct cpu *second = r->cpu[1];
    second->x[5] = 99;
    second->sys[SCTLR_EL1] |= 1;
    cr_expect(!second->powered);
    cr_expect_eq(call(r, 0, AFFINITY_INFO_64, 1, 0, 0), 1, "it is off");
    cr_expect_eq(call(r, 0, CPU_ON_64, 1, RAM + 0x4000, UINT64_C(0x123456789abc)), SUCCESS);
    cr_expect(second->powered && !second->halted);
    cr_expect_eq(second->pc, RAM + 0x4000);
    cr_expect_eq(second->x[0], UINT64_C(0x123456789abc));
    cr_expect_eq(cpu_pstate(second), UINT64_C(0x3c5));
    cr_expect_eq(second->sys[SCTLR_EL1] & 1, 0);
    cr_expect_eq(call(r, 0, AFFINITY_INFO_64, 1, 0, 0), 0);
    cr_expect_eq(call(r, 0, CPU_ON_64, 1, RAM, 0), ALREADY_ON);
    cr_expect_eq(call(r, 1, CPU_ON_64, 0, RAM, 0), ALREADY_ON);
    rig_destroy(r);
}

/* The 32-bit convention takes W registers. */
Test(psci, cpu_on_32)
{
    struct rig *r = rig_create(2);
    cr_expect_eq(call(r, 0, CPU_ON, UINT64_C(0xdead00000001), UINT64_C(0xdead40004000),
                      UINT64_C(0xdead00000007)),
                 SUCCESS);
    cr_expect_eq(r->cpu[1]->pc, RAM + 0x4000);
    cr_expect_eq(r->cpu[1]->x[0], 7);
    rig_destroy(r);
}

Test(psci, cpu_off)
{
    struct rig *r = rig_create(2);
    call(r, 0, CPU_ON_64, 1, RAM, 0);
    call(r, 1, CPU_OFF, 0, 0, 0);
    cr_expect(!r->cpu[1]->powered);
    cr_expect(r->cpu[0]->powered);
    cr_expect_eq(call(r, 0, AFFINITY_INFO_64, 1, 0, 0), 1);
    cr_expect_eq(call(r, 0, CPU_ON_64, 1, RAM, 0), SUCCESS);
    rig_destroy(r);
}

/* Standby: it waits like WFI, and then the call has succeeded (5.4). */
Test(psci, cpu_suspend)
{
    struct rig *r = rig_create(1);
    cr_expect_eq(call(r, 0, CPU_SUSPEND, 0, 0, 0), SUCCESS);
    cr_expect(r->cpu[0]->halted);
    cr_expect_eq(cpu_run(r->cpu[0], 10), STOP_WFI);
    rig_destroy(r);
}

/*
 * EFI's boot services as a program of UEFI's sees them: the guest calls them through
 * the tables' pointers, with AAPCS64's registers, on a CPU. Offsets, GUIDs and status
 * codes are the UEFI specification's (2.10: 2.3.6, 4.3, 4.4, 7, 9.1, 12.9, D).
 */
#include "firmware/efi_boot.h"

#include "firmware/psci.h"
#include "tests/unit/harness.h"
#include "tests/unit/load_rig.h"

#define ERROR(n) (UINT64_C(1) << 63 | (n))
#define ANYWHERE UINT64_MAX

enum { INVALID_PARAMETER = 2, UNSUPPORTED = 3, BUFFER_TOO_SMALL = 5, OUT_OF_RESOURCES = 9 };
enum { NOT_FOUND = 14 };

/* Offsets of pointers in EFI_BOOT_SERVICES. */
enum {
    ALLOCATE_PAGES = 40,
    FREE_PAGES = 48,
    GET_MEMORY_MAP = 56,
    ALLOCATE_POOL = 64,
    FREE_POOL = 72,
    CREATE_EVENT = 80,
    HANDLE_PROTOCOL = 152,
    LOCATE_HANDLE = 176,
    LOCATE_DEVICE_PATH = 184,
    INSTALL_TABLE = 192,
    EXIT = 216,
    EXIT_BOOT_SERVICES = 232,
    LOCATE_PROTOCOL = 320,
    COPY_MEM = 352,
    SET_MEM = 360,
    CREATE_EVENT_EX = 368,
};

static const u8 loaded_image_guid[16] = {0xa1, 0x31, 0x1b, 0x5b, 0x62, 0x95, 0xd2, 0x11,
                                         0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b};
static const u8 graphics_guid[16] = {0xde, 0xa9, 0x42, 0x90, 0xdc, 0x23, 0x38, 0x4a,
                                     0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a};
static const u8 tree_guid[16] = {0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
                                 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0};
static const struct efi_screen screen = {0x0c000000, 0x300000, 1024, 768, 4096};

#define KERNEL (HARNESS_RAM + 0x200000)
#define INITRD (HARNESS_RAM + 0x280000)
#define TREE   (HARNESS_RAM + 0x300000)

struct rig {
    struct harness *h;
    struct efi_boot efi;
    struct psci psci;
    struct cpu *cpus[1];
    u64 image, system, boot, stack;
};

static void no_request(void *owner, enum psci_request request)
{
    cr_assert_fail("a program switched the machine off");
}

static struct rig *rig_create(void)
{
    struct rig *r = calloc(1, sizeof(*r));
    const struct efi_boot_config config = {
        .at = efi_place(HARNESS_RAM, HARNESS_SIZE),
        .ram_base = HARNESS_RAM,
        .ram_size = HARNESS_SIZE,
        .kernel = KERNEL,
        .kernel_size = 0x70000,
        .kernel_entry = KERNEL + 0x40,
        .stub_entry = KERNEL + 0x100,
        .initrd = INITRD,
        .initrd_size = 5000,
        .dtb = TREE,
        .dtb_size = 0x1234,
    };
    r->h = harness_create("cortex-a57");
    r->cpus[0] = r->h->cpu;
    r->psci = (struct psci){r->cpus, 1, no_request, r, efi_boot_call, &r->efi};
    psci_attach(&r->psci);
    cr_assert(efi_boot_prepare(&r->efi, &r->h->bus, &config, &screen));
    efi_boot_enter(&r->efi, r->h->cpu);
    r->image = r->h->cpu->x[0];
    r->system = r->h->cpu->x[1];
    r->stack = r->h->cpu->x[SLOT_SP];
    r->boot = harness_read64(r->h, r->system + 96);
    return r;
}

static void rig_destroy(struct rig *r)
{
    harness_destroy(r->h);
    free(r);
}

/* Branch to FUNCTION and come back; how many instructions that takes is its affair. */
static u64 call_at(struct rig *r, u64 function, const u64 arguments[5])
{
    struct cpu *c = r->h->cpu;
    memcpy(c->x, arguments, 5 * sizeof(u64));
    c->x[30] = HARNESS_CODE;
    c->pc = function;
    for (unsigned i = 0; i < 100 && c->pc != HARNESS_CODE; i++)
        cpu_step(c);
    cr_assert_eq(c->pc, HARNESS_CODE);
    return c->x[0];
}

#define CALL(r, service, ...)                                                                      \
    call_at(r, harness_read64((r)->h, (r)->boot + (service)), (const u64[5]){__VA_ARGS__})

/* Something for the services to point to. */
static u64 put_data(struct rig *r, unsigned at, const void *from, u64 len)
{
    harness_write(r->h, HARNESS_DATA + at, from, len);
    return HARNESS_DATA + at;
}

static u64 put_number(struct rig *r, unsigned at, u64 value)
{
    return put_data(r, at, &value, sizeof(value));
}

static u64 number(struct rig *r, u64 at)
{
    return harness_read64(r->h, at);
}

Test(efi_boot, a_program_is_started_as_uefi_says)
{
    struct rig *r = rig_create();
    struct cpu *c = r->h->cpu;
    cr_assert_eq(c->pc, KERNEL + 0x100);
    cr_assert_eq(c->el, 1);
    cr_assert_eq(r->stack % 16, 0);
    cr_assert_eq(sysreg_peek(c, SCTLR_EL1) & 0x1005, 0x1005); /* I, C, M */
    /* Flat, readable and writable, an unaligned access included, which Device memory forbids. */
    const u32 code[] = {0xf8001022, 0xf8401023}; /* stur x2, [x1, #1]; ldur x3, [x1, #1] */
    harness_code(r->h, code, 2);
    c->x[1] = r->stack - 128 * 1024; /* the stack that there has to be */
    c->x[2] = 0x1122334455667788;
    cpu_step(c);
    cpu_step(c);
    cr_assert_eq(c->pc, HARNESS_CODE + 8);
    cr_assert_eq(c->x[3], 0x1122334455667788);
    cr_assert_eq(number(r, c->x[1] + 1), 0x1122334455667788);
    rig_destroy(r);
}

Test(efi_boot, tables_lead_to_the_screen_and_the_tree)
{
    struct rig *r = rig_create();
    cr_assert_eq(number(r, r->system), UINT64_C(0x5453595320494249));
    cr_assert_eq(number(r, r->boot), UINT64_C(0x56524553544f4f42));
    u64 guid = put_data(r, 0, loaded_image_guid, 16), out = HARNESS_DATA + 64;
    cr_assert_eq(CALL(r, HANDLE_PROTOCOL, r->image, guid, out), 0);
    u64 image = number(r, out);
    cr_assert_eq(number(r, image + 16), r->system);
    cr_assert_eq(number(r, image + 64), KERNEL);
    cr_assert_eq(number(r, image + 72), 0x70000);

    guid = put_data(r, 0, graphics_guid, 16);
    cr_assert_eq(CALL(r, HANDLE_PROTOCOL, r->image, guid, out), ERROR(UNSUPPORTED));
    u64 size = put_number(r, 32, 0), handle = HARNESS_DATA + 96;
    cr_assert_eq(CALL(r, LOCATE_HANDLE, 2, guid, 0, size, 0), ERROR(BUFFER_TOO_SMALL));
    cr_assert_eq(number(r, size), 8);
    cr_assert_eq(CALL(r, LOCATE_HANDLE, 2, guid, 0, size, handle), 0);
    cr_assert_eq(CALL(r, HANDLE_PROTOCOL, number(r, handle), guid, out), 0);
    u64 graphics = number(r, out);
    cr_assert_eq(CALL(r, LOCATE_PROTOCOL, guid, 0, out), 0);
    cr_assert_eq(number(r, out), graphics);
    u64 mode = number(r, graphics + 24), info = number(r, mode + 8);
    cr_assert_eq(number(r, mode + 24), screen.base);
    cr_assert_eq(number(r, mode + 32), screen.size);
    cr_assert_eq(number(r, info) >> 32, 1024);
    cr_assert_eq(number(r, info + 8), UINT64_C(1) << 32 | 768); /* and blue comes first */
    cr_assert_eq((u32)number(r, info + 32), 1024);

    u64 count = number(r, r->system + 104), tables = number(r, r->system + 112), tree = 0;
    for (u64 i = 0; i < count; i++)
        if (!memcmp(bus_host(&r->h->bus, tables + 24 * i, 24), tree_guid, 16))
            tree = number(r, tables + 24 * i + 16);
    cr_assert_eq(tree, TREE);
    guid = put_data(r, 0, "no protocol here", 16);
    cr_assert_eq(CALL(r, LOCATE_PROTOCOL, guid, 0, out), ERROR(NOT_FOUND));
    cr_assert_eq(CALL(r, LOCATE_DEVICE_PATH, guid, out, out), ERROR(NOT_FOUND));
    rig_destroy(r);
}

/* Read the map; all of RAM is in it, once. Returns its key; TYPE_AT is what PA is used for. */
static u64 read_map(struct rig *r, u64 pa, u32 *type_at)
{
    u64 size = put_number(r, 0, 0), map = HARNESS_DATA + 256, at = HARNESS_RAM;
    cr_assert_eq(
        CALL(r, GET_MEMORY_MAP, size, 0, HARNESS_DATA + 8, HARNESS_DATA + 16, HARNESS_DATA + 24),
        ERROR(BUFFER_TOO_SMALL));
    u64 step = number(r, HARNESS_DATA + 16);
    cr_assert(step >= 40 && number(r, size) % step == 0);
    cr_assert_eq((u32)number(r, HARNESS_DATA + 24), 1);
    cr_assert_eq(
        CALL(r, GET_MEMORY_MAP, size, map, HARNESS_DATA + 8, HARNESS_DATA + 16, HARNESS_DATA + 24),
        0);
    for (u64 d = map; d < map + number(r, size); d += step) {
        u64 start = number(r, d + 8), end = start + (number(r, d + 24) << 12);
        cr_assert(start == at && end > start);
        cr_assert(number(r, d + 32) & 8, "not write-back");
        if (pa >= start && pa < end)
            *type_at = (u32)number(r, d);
        at = end;
    }
    cr_assert_eq(at, HARNESS_RAM + HARNESS_SIZE);
    return number(r, HARNESS_DATA + 8);
}

static u32 type_of(struct rig *r, u64 pa)
{
    u32 type = 0;
    read_map(r, pa, &type);
    return type;
}

Test(efi_boot, memory_is_taken_and_given_back)
{
    struct rig *r = rig_create();
    u64 at = put_number(r, 0x800, 0);
    cr_assert_eq(type_of(r, KERNEL), 1);
    cr_assert_eq(type_of(r, KERNEL + 0x6ffff), 1);
    cr_assert_eq(type_of(r, INITRD + 4999), 2);
    cr_assert_eq(type_of(r, TREE + 0x1233), 2);
    cr_assert_eq(type_of(r, r->stack - 1), 4);
    cr_assert_eq(type_of(r, r->system), 6);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 2, 3, at), 0);
    u64 any = number(r, at);
    cr_assert_eq(type_of(r, any + 0x2fff), 2);
    cr_assert_eq(type_of(r, any - 1), 7);
    put_number(r, 0x800, KERNEL - 1); /* the last byte that may be used */
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 1, 4, 2, at), 0);
    cr_assert_eq(number(r, at), KERNEL - 0x2000);
    cr_assert_eq(type_of(r, KERNEL - 1), 4);
    put_number(r, 0x800, KERNEL);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 2, 2, 1, at), ERROR(NOT_FOUND), "in use");
    put_number(r, 0x800, KERNEL - 0x3000);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 2, 2, 1, at), 0);
    put_number(r, 0x800, 0);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 2, 100000, at), ERROR(OUT_OF_RESOURCES));
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 7, 1, at), ERROR(INVALID_PARAMETER));
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 3, 2, 1, at), ERROR(INVALID_PARAMETER));
    cr_assert_eq(CALL(r, FREE_PAGES, any + 0x1000, 1), 0); /* from the middle */
    cr_assert_eq(type_of(r, any + 0x1000), 7);
    cr_assert_eq(type_of(r, any), 2);
    cr_assert_eq(CALL(r, FREE_PAGES, any + 0x1000, 1), ERROR(NOT_FOUND));
    cr_assert_eq(CALL(r, FREE_PAGES, any + 1, 1), ERROR(INVALID_PARAMETER));
    cr_assert_eq(CALL(r, FREE_PAGES, r->efi.config.at, 1), ERROR(NOT_FOUND), "the firmware's");
    cr_assert_eq(CALL(r, ALLOCATE_POOL, 2, 5000, at), 0);
    u64 pool = number(r, at);
    cr_assert_eq(pool % 8, 0);
    cr_assert_eq(type_of(r, pool + 4999), 2);
    cr_assert_eq(CALL(r, FREE_POOL, pool + 8), ERROR(INVALID_PARAMETER));
    cr_assert_eq(CALL(r, FREE_POOL, pool), 0);
    cr_assert_eq(type_of(r, pool), 7);
    cr_assert_eq(CALL(r, ALLOCATE_POOL, 2, ANYWHERE, at), ERROR(OUT_OF_RESOURCES));
    rig_destroy(r);
}

Test(efi_boot, there_is_an_end_of_pieces)
{
    struct rig *r = rig_create();
    u64 status = 0, at = put_number(r, 0x8000, 0);
    unsigned n = 0;
    for (; n < 1000 && !status; n++) {
        put_number(r, 0x8000, HARNESS_RAM + 0x40000 + n * 0x2000); /* every other page */
        status = CALL(r, ALLOCATE_PAGES, 2, 2, 1, at);
    }
    cr_assert_eq(status, ERROR(OUT_OF_RESOURCES));
    cr_assert_gt(n, 16);
    cr_assert_eq(CALL(r, FREE_PAGES, HARNESS_RAM + 0x40000, 1), 0);
    cr_assert_eq(type_of(r, HARNESS_RAM + 0x40000), 7);
    rig_destroy(r);
}

Test(efi_boot, memory_is_copied_and_set)
{
    struct rig *r = rig_create();
    u64 at = put_data(r, 0x100, "abcdefgh", 8);
    CALL(r, COPY_MEM, at + 2, at, 6); /* onto itself */
    cr_assert(!memcmp(bus_host(&r->h->bus, at, 8), "ababcdef", 8));
    CALL(r, SET_MEM, at + 1, 3, 0x178);
    cr_assert(!memcmp(bus_host(&r->h->bus, at, 8), "axxxcdef", 8));
    CALL(r, COPY_MEM, at, 0x1000, 8); /* from where nothing is */
    CALL(r, SET_MEM, HARNESS_RAM + HARNESS_SIZE - 4, 8, 0);
    cr_assert(!memcmp(bus_host(&r->h->bus, at, 8), "axxxcdef", 8));
    rig_destroy(r);
}

Test(efi_boot, configuration_tables_come_and_go)
{
    struct rig *r = rig_create();
    u64 count = number(r, r->system + 104), tables = number(r, r->system + 112);
    u64 one = put_data(r, 0, "table number one", 16), two = put_data(r, 16, "table number two", 16);
    cr_assert_eq(CALL(r, INSTALL_TABLE, one, 0), ERROR(NOT_FOUND));
    cr_assert_eq(CALL(r, INSTALL_TABLE, one, 0x1111), 0);
    cr_assert_eq(CALL(r, INSTALL_TABLE, two, 0x2222), 0);
    cr_assert_eq(CALL(r, INSTALL_TABLE, one, 0x3333), 0);
    cr_assert_eq(number(r, r->system + 104), count + 2);
    cr_assert_eq(number(r, tables + 24 * count + 16), 0x3333);
    cr_assert_eq(CALL(r, INSTALL_TABLE, one, 0), 0);
    cr_assert_eq(number(r, r->system + 104), count + 1);
    cr_assert_eq(number(r, tables + 24 * count + 16), 0x2222);
    u8 header[120];
    memcpy(header, bus_host(&r->h->bus, r->system, 120), 120);
    u32 crc = (u32)number(r, r->system + 16);
    memset(header + 16, 0, 4);
    cr_assert_eq(crc, crc32(0, header, 120));
    u64 status = 0;
    for (u64 i = 0; i < 100 && !status; i++)
        status = CALL(r, INSTALL_TABLE, put_data(r, 0, (const u64[]){i, i}, 16), 1);
    cr_assert_eq(status, ERROR(OUT_OF_RESOURCES));
    rig_destroy(r);
}

Test(efi_boot, services_end_with_the_right_key)
{
    struct rig *r = rig_create();
    u32 type;
    u64 key = read_map(r, HARNESS_RAM, &type), at = put_number(r, 0x800, 0);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 2, 1, at), 0);
    cr_assert_eq(CALL(r, EXIT_BOOT_SERVICES, r->image, key), ERROR(INVALID_PARAMETER));
    key = read_map(r, HARNESS_RAM, &type);
    cr_assert_eq(CALL(r, EXIT_BOOT_SERVICES, r->image, key), 0);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 2, 1, at), ERROR(UNSUPPORTED));
    rig_destroy(r);
}

Test(efi_boot, variables_are_not_found)
{
    struct rig *r = rig_create();
    u64 runtime = number(r, r->system + 88);
    const u64 none[5] = {0};
    cr_assert_eq(call_at(r, number(r, runtime + 24 + 8 * 6), none), ERROR(NOT_FOUND));
    cr_assert_eq(call_at(r, number(r, runtime + 24), none), ERROR(UNSUPPORTED)); /* GetTime */
    cr_assert_eq(CALL(r, CREATE_EVENT, 0), ERROR(UNSUPPORTED));
    rig_destroy(r);
}

/* What is returned to, and Exit: the kernel starts as booting.rst has it. */
static void expect_kernel(struct rig *r, u64 from)
{
    struct cpu *c = r->h->cpu;
    c->pc = from;
    for (unsigned i = 0; i < 100 && c->pc != KERNEL + 0x40; i++)
        cpu_step(c);
    cr_assert_eq(c->pc, KERNEL + 0x40);
    cr_assert_eq(c->x[0], TREE);
    cr_assert_eq(c->x[1] | c->x[2] | c->x[3], 0);
    cr_assert_eq(sysreg_peek(c, SCTLR_EL1) & 0x1005, 0);
}

Test(efi_boot, a_stub_that_gives_up_is_done_without)
{
    struct rig *r = rig_create();
    expect_kernel(r, r->h->cpu->x[30]);
    cr_assert_eq(CALL(r, ALLOCATE_PAGES, 0, 2, 1, HARNESS_DATA), ERROR(UNSUPPORTED));
    rig_destroy(r);
    r = rig_create();
    expect_kernel(r, number(r, r->boot + EXIT));
    rig_destroy(r);
}

Test(efi_boot, any_arguments_do_no_harm)
{
    struct rig *r = rig_create();
    u64 state = 1, at = r->efi.config.at;
    const u64 some[] = {0,
                        1,
                        2,
                        4096,
                        ANYWHERE,
                        ANYWHERE - 7,
                        HARNESS_DATA,
                        HARNESS_DATA + 0x1000,
                        HARNESS_RAM + HARNESS_SIZE - 8,
                        HARNESS_RAM + HARNESS_SIZE,
                        KERNEL,
                        at,
                        UINT64_C(1) << 63,
                        0x0c000000,
                        (u64)-4096};
    for (unsigned i = 0; i < 20000; i++) {
        struct cpu *c = r->h->cpu;
        c->x[0] = 0xc6000000 | rig_random(&state) % 50;
        for (unsigned n = 1; n < 9; n++)
            c->x[n] = rig_random(&state) % 4 ? some[rig_random(&state) % ARRAY_LEN(some)]
                                             : rig_random(&state) >> rig_random(&state) % 64;
        if (c->x[0] == 0xc6000000 + 41 || c->x[0] == 0xc6000000 + 42)
            continue; /* these may well write over the rest */
        c->smccc(c->smccc_owner, c);
        r->efi.active = true;
    }
    rig_destroy(r);
}

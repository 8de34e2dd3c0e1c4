/*
 * What a program finds that UEFI starts (efi_boot.h), after the specification 2.10:
 * 2.3.6 (how, on AArch64), 4.4 (boot services), 9.1 (loaded image), 12.4 (text
 * output), 12.9 (graphics output).
 */
#include "firmware/efi_internal.h"

#include "mmu/bus.h"

static const u64 BOOT_SIGNATURE = UINT64_C(0x56524553544f4f42); /* "BOOTSERV" */
static const u64 PAGE = BIT(EFI_PAGE_SHIFT);

static const u64 FPEN_EL1 = 1 << 20; /* CPACR_EL1: SIMD at EL1 */

/* The region below AT: a page of translation tables, and a stack of 128 KiB at least (2.3.6). */
enum { FLAT_MAP = 0, FLAT_MAP_ENTRIES = 512, GIB_SHIFT = 30 };

static const u8 DEVICE_TREE[EFI_GUID_SIZE] = {0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
                                              0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0};

/* The code that asks for a service, and that takes the stub back. */
static bool write_code(const struct efi_boot *b)
{
    static const u32 leaving[] = {
        0xd503245f,                      /* bti c */
        0x52800000 | EFI_CALL_EXIT << 5, /* movz w0, #EFI_CALL_EXIT */
        0x72b8c000,                      /* movk w0, #0xc600, lsl #16 */
        0xd4000002,                      /* hvc #0 */
        0xd518100a,                      /* msr SCTLR_EL1, x10 */
        0xd5033fdf,                      /* isb */
        0xd61f0120,                      /* br x9 */
    };
    bool ok = efi_write_code(b->bus, b->config.at) &&
              bus_dma_write(b->bus, b->config.at + EFI_CODE_LEAVE, leaving, sizeof(leaving));
    for (u32 i = 0; i < EFI_CALLS; i++) {
        const u32 asking[] = {
            0xd503245f,          /* bti c */
            0xaa0003e8,          /* mov x8, x0 */
            0x52800000 | i << 5, /* movz w0, #i */
            0x72b8c000,          /* movk w0, #0xc600, lsl #16 */
            0xd4000002,          /* hvc #0 */
            0xd65f03c0,          /* ret */
        };
        u64 at = b->config.at + EFI_CODE_CALLS + (u64)i * EFI_CODE_STRIDE;
        ok = ok && bus_dma_write(b->bus, at, asking, sizeof(asking));
    }
    return ok;
}

static u64 code_of(const struct efi_boot *b, unsigned service)
{
    return b->config.at + (service == EFI_CALL_EXIT
                               ? EFI_CODE_LEAVE
                               : EFI_CODE_CALLS + (u64)service * EFI_CODE_STRIDE);
}

/* 9.1.1. There are no load options: the command line is in the device tree. */
static void put_loaded_image(const struct efi_boot *b, u8 *p)
{
    efi_put(p, 4, 0x1000);
    efi_put(p + 16, 8, efi_data_at(b) + EFI_SYSTEM_TABLE);
    efi_put(p + 64, 8, b->config.kernel);
    efi_put(p + 72, 8, b->config.kernel_size);
    efi_put(p + 80, 4, EFI_LOADER_CODE);
    efi_put(p + 84, 4, EFI_LOADER_DATA);
}

/* 12.9.2: one mode, which is set. */
static void put_graphics(const struct efi_boot *b, u8 *data, const struct efi_screen *screen)
{
    enum { BLUE_GREEN_RED_RESERVED = 1, INFO_SIZE = 36, PIXEL_SIZE = 4, FUNCTIONS = 3 };
    u8 *protocol = data + EFI_GRAPHICS, *mode = data + EFI_GRAPHICS_MODE,
       *info = data + EFI_GRAPHICS_INFO;
    for (unsigned i = 0; i < FUNCTIONS; i++)
        efi_put(protocol + 8 * i, 8, b->config.at + EFI_CODE_UNSUPPORTED);
    efi_put(protocol + 8 * FUNCTIONS, 8, efi_data_at(b) + EFI_GRAPHICS_MODE);
    efi_put(mode, 4, 1);
    efi_put(mode + 8, 8, efi_data_at(b) + EFI_GRAPHICS_INFO);
    efi_put(mode + 16, 8, INFO_SIZE);
    efi_put(mode + 24, 8, screen->base);
    efi_put(mode + 32, 8, screen->size);
    efi_put(info + 4, 4, screen->width);
    efi_put(info + 8, 4, screen->height);
    efi_put(info + 12, 4, BLUE_GREEN_RED_RESERVED);
    efi_put(info + 32, 4, screen->stride / PIXEL_SIZE);
}

/* 12.4.1: only OutputString does something. */
static void put_console(const struct efi_boot *b, u8 *data)
{
    enum { FUNCTIONS = 9, OUTPUT = 1 };
    u8 *protocol = data + EFI_TEXT_OUTPUT, *system = data + EFI_SYSTEM_TABLE;
    for (unsigned i = 0; i < FUNCTIONS; i++)
        efi_put(protocol + 8 * i, 8,
                i == OUTPUT ? code_of(b, EFI_CALL_OUTPUT_STRING)
                            : b->config.at + EFI_CODE_UNSUPPORTED);
    efi_put(system + EFI_SYSTEM_CONSOLE_OUT, 8, efi_data_at(b) + EFI_TEXT_OUTPUT);
    efi_put(system + EFI_SYSTEM_ERROR_OUT, 8, efi_data_at(b) + EFI_TEXT_OUTPUT);
}

static bool write_data(struct efi_boot *b, const struct efi_screen *screen)
{
    u8 data[EFI_DATA_USED] = {0}, *system = data + EFI_SYSTEM_TABLE;
    u8 *services = data + EFI_BOOT_SERVICES;
    b->tables = efi_put_runtime(data, b->config.at, b->config.at, screen);
    efi_put_configuration(data + EFI_CONFIGURATION + (u64)b->tables++ * EFI_TABLE_SIZE, DEVICE_TREE,
                          b->config.dtb);
    for (unsigned i = 0; i < EFI_CALL_TABLE; i++)
        efi_put(services + EFI_HEADER_SIZE + 8 * i, 8, code_of(b, i));
    efi_put_header(services, BOOT_SIGNATURE, EFI_HEADER_SIZE + 8 * EFI_CALL_TABLE);
    put_loaded_image(b, data + EFI_LOADED_IMAGE);
    put_graphics(b, data, screen);
    put_console(b, data);
    efi_put(system + EFI_SYSTEM_BOOT_SERVICES, 8, efi_data_at(b) + EFI_BOOT_SERVICES);
    efi_put(system + EFI_SYSTEM_TABLE_COUNT, 8, b->tables);
    efi_put_header(system, EFI_SYSTEM_SIGNATURE, EFI_SYSTEM_SIZE);
    return bus_dma_write(b->bus, efi_data_at(b), data, sizeof(data));
}

/* All addresses as they are, in blocks of 1 GiB: RAM as Normal memory, the rest as Device. */
static bool write_flat_map(const struct efi_boot *b)
{
    enum { BLOCK = 1, NORMAL = 1 << 2, INNER_SHAREABLE = 3 << 8, ACCESSED = 1 << 10 };
    const u64 execute_never = BIT(53) | BIT(54);
    u64 map[FLAT_MAP_ENTRIES], end = b->config.ram_base + b->config.ram_size;
    for (u64 i = 0; i < FLAT_MAP_ENTRIES; i++) {
        u64 pa = i << GIB_SHIFT;
        bool ram = pa < end && pa + BIT(GIB_SHIFT) > b->config.ram_base;
        map[i] = pa | BLOCK | ACCESSED | (ram ? NORMAL | INNER_SHAREABLE : execute_never);
    }
    return bus_dma_write(b->bus, b->config.at - EFI_BOOT_SIZE + FLAT_MAP, map, sizeof(map));
}

static bool use_pages(struct efi_boot *b, u64 start, u64 size, u32 type)
{
    u64 first = start & ~(PAGE - 1);
    return !size || efi_use(b, first, align_up(start + size, PAGE), type);
}

bool efi_boot_prepare(struct efi_boot *b, struct bus *bus, const struct efi_boot_config *config,
                      const struct efi_screen *screen)
{
    const struct efi_boot_config *w = config;
    *b = (struct efi_boot){.config = *config, .bus = bus, .spans = 1};
    b->span[0] = (struct efi_span){w->ram_base, w->ram_base + w->ram_size, EFI_CONVENTIONAL};
    b->ready = use_pages(b, w->at - EFI_BOOT_SIZE, EFI_BOOT_SIZE, EFI_BOOT_DATA) &&
               use_pages(b, w->at + EFI_CODE, EFI_REGION, EFI_RUNTIME_CODE) &&
               use_pages(b, w->at + EFI_DATA, EFI_REGION, EFI_RUNTIME_DATA) &&
               use_pages(b, w->kernel, w->kernel_size, EFI_LOADER_CODE) &&
               use_pages(b, w->initrd, w->initrd_size, EFI_LOADER_DATA) &&
               use_pages(b, w->dtb, w->dtb_size, EFI_LOADER_DATA) && write_code(b) &&
               write_data(b, screen) && write_flat_map(b);
    b->active = b->ready;
    return b->ready;
}

void efi_boot_enter(struct efi_boot *b, struct cpu *c)
{
    enum { DEVICE_NGNRNE = 0x00, WRITE_BACK = 0xff, T0SZ_39_BITS = 25, IPS = 32 };
    const u64 cacheable = 1 << 8 | 1 << 10, inner_shareable = 3 << 12, no_ttbr1 = 1 << 23;
    if (!b->ready)
        return;
    sysreg_poke(c, MAIR_EL1, WRITE_BACK << 8 | DEVICE_NGNRNE);
    sysreg_poke(c, TTBR0_EL1, b->config.at - EFI_BOOT_SIZE + FLAT_MAP);
    sysreg_poke(c, TCR_EL1,
                T0SZ_39_BITS | cacheable | inner_shareable | no_ttbr1 |
                    bits(sysreg_peek(c, ID_AA64MMFR0_EL1), 2, 0) << IPS);
    sysreg_poke(c, CPACR_EL1, FPEN_EL1);
    sysreg_poke(c, SCTLR_EL1, sysreg_peek(c, SCTLR_EL1) | EFI_MMU_AND_CACHES);
    c->x[0] = efi_data_at(b) + EFI_LOADED_IMAGE;
    c->x[1] = efi_data_at(b) + EFI_SYSTEM_TABLE;
    c->x[SLOT_LR] = code_of(b, EFI_CALL_EXIT);
    c->x[SLOT_SP] = b->config.at;
    c->pc = b->config.stub_entry;
}

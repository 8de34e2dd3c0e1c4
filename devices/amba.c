/*
 * PrimeCell identification and device-tree nodes (amba.h). The bytes are laid
 * out as in every PrimeCell manual's "Peripheral Identification Registers".
 */
#include "devices/amba.h"

#include <libfdt.h>
#include <stdio.h>

#include "devices/dt.h"

enum {
    DESIGNER_ARM = 0x41,
    GIC_SPI_CELL = 0, /* first cell of the GIC binding's interrupt specifier */
    IRQ_LEVEL_HIGH = 4,
};

bool amba_id_read(u64 offset, unsigned part, unsigned revision, u32 *value)
{
    const u8 id[8] = {
        (u8)part,
        (u8)(DESIGNER_ARM << 4 | part >> 8),
        (u8)(revision << 4 | DESIGNER_ARM >> 4),
        0x00, /* configuration */
        0x0d, /* 0xb105f00d: "a PrimeCell" */
        0xf0,
        0x05,
        0xb1,
    };
    if (offset < AMBA_PERIPH_ID0 || offset >= AMBA_WINDOW || offset % 4)
        return false;
    *value = id[(offset - AMBA_PERIPH_ID0) / 4];
    return true;
}

int amba_fdt(const struct amba_node *node, void *fdt, const struct dt_place *at)
{
    enum { MAX_CLOCKS = 2 };
    char name[48];
    fdt32_t clocks[MAX_CLOCKS];
    const fdt32_t interrupts[] = {
        cpu_to_fdt32(GIC_SPI_CELL),
        cpu_to_fdt32(at->spi),
        cpu_to_fdt32(IRQ_LEVEL_HIGH),
    };
    const fdt64_t reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size)};
    for (unsigned i = 0; i < MAX_CLOCKS; i++)
        clocks[i] = cpu_to_fdt32(at->clock);
    snprintf(name, sizeof(name), "%s@%llx", node->name, (unsigned long long)at->base);

    TRY(fdt_begin_node(fdt, name));
    TRY(fdt_property(fdt, "clock-names", node->clocks, (int)node->clocks_size));
    TRY(fdt_property(fdt, "clocks", clocks, (int)(node->clock_count * sizeof(clocks[0]))));
    TRY(fdt_property(fdt, "interrupts", interrupts, sizeof(interrupts)));
    TRY(fdt_property(fdt, "reg", reg, sizeof(reg)));
    TRY(fdt_property(fdt, "compatible", node->compatible, (int)node->compatible_size));
    if (at->phandle)
        TRY(fdt_property_u32(fdt, "phandle", at->phandle));
    if (node->more)
        TRY(node->more(fdt));
    return fdt_end_node(fdt);
}

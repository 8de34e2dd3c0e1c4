/*
 * Writing the board's device tree with libfdt's sequential calls, and fitting
 * one that was handed in; see fdt.h. Nodes and properties are those of QEMU
 * 7.2's virt machine, which kernels and their configurations know. Every writer
 * returns 0 or libfdt's negative error; FDT_ERR_NOSPACE makes the whole tree be
 * written again into a larger blob.
 */
#include "firmware/fdt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Do STEP unless an earlier one failed; R is the result so far. */
#define STEP(r, step) ((r) = (r) ? (r) : (step))

/* The "arm,gic" binding's interrupt cells. */
enum { GIC_PPI = 1, GIC_LEVEL_HIGH = 4, GIC_CPU_MASK_SHIFT = 8 };

/* The "arm,psci" binding: function numbers (DEN 0022), SMC64's where there are both. */
static const u32 PSCI_CPU_SUSPEND = 0xc4000001, PSCI_CPU_OFF = 0x84000002, PSCI_CPU_ON = 0xc4000003,
                 PSCI_MIGRATE = 0xc4000005;

/* MPIDR_EL1.Aff3 and Aff2..Aff0, which are a CPU's `reg`. */
static const u64 MPIDR_AFF3 = UINT64_C(0xff00000000), MPIDR_AFF210 = 0xffffff;

enum { CLOCK_HZ = 24000000, KASLR_SEED_SIZE = 8, RNG_SEED_SIZE = 32, NODE_NAME_SIZE = 64 };

static int put_strings(void *fdt, const char *name, const char *strings, size_t size)
{
    return fdt_property(fdt, name, strings, (int)size);
}

/* A list of strings is one literal with zeros between them. */
#define put_list(fdt, name, literal) put_strings(fdt, name, literal, sizeof(literal))

static int put_cells(void *fdt, const char *name, const u32 *cells, unsigned count)
{
    fdt32_t *to;
    int r = fdt_property_placeholder(fdt, name, (int)(count * sizeof *to), (void **)&to);

    for (unsigned i = 0; r == 0 && i < count; i++)
        to[i] = cpu_to_fdt32(cells[i]);
    return r;
}

/*
 * SIZE bytes, a multiple of 8, for the property NAME: from the host, or with
 * -seed from that number and the name, by Steele's SplitMix64.
 */
static int fill_random(const struct fdt_board *b, const char *name, void *to, int size)
{
    u64 state = b->seed;
    if (!b->seeded)
        return getrandom(to, (size_t)size, 0) == size ? 0 : -FDT_ERR_INTERNAL;
    for (; *name; name++)
        state = state * 31 + (u8)*name;
    for (int i = 0; i < size; i += 8) {
        u64 z = state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        memcpy((u8 *)to + i, &z, 8);
    }
    return 0;
}

static int put_random(void *fdt, const struct fdt_board *b, const char *name, int size)
{
    void *to;
    int r = fdt_property_placeholder(fdt, name, size, &to);
    return STEP(r, fill_random(b, name, to, size));
}

static int write_chosen(void *fdt, const struct fdt_board *b)
{
    int r = fdt_begin_node(fdt, "chosen");

    if (b->bootargs && *b->bootargs)
        STEP(r, fdt_property_string(fdt, "bootargs", b->bootargs));
    if (b->initrd_end != b->initrd_start) {
        STEP(r, fdt_property_u64(fdt, "linux,initrd-start", b->initrd_start));
        STEP(r, fdt_property_u64(fdt, "linux,initrd-end", b->initrd_end));
    }
    if (b->stdout_path)
        STEP(r, fdt_property_string(fdt, "stdout-path", b->stdout_path));
    if (b->kaslr_seed)
        STEP(r, put_random(fdt, b, "kaslr-seed", KASLR_SEED_SIZE));
    if (b->rng_seed)
        STEP(r, put_random(fdt, b, "rng-seed", RNG_SEED_SIZE));
    return STEP(r, fdt_end_node(fdt));
}

static int write_memory(void *fdt, const struct fdt_board *b)
{
    const u32 reg[] = {(u32)(b->ram_base >> 32), (u32)b->ram_base, (u32)(b->ram_size >> 32),
                       (u32)b->ram_size};
    char name[NODE_NAME_SIZE];
    int r;

    snprintf(name, sizeof name, "memory@%llx", (unsigned long long)b->ram_base);
    r = fdt_begin_node(fdt, name);
    STEP(r, fdt_property_string(fdt, "device_type", "memory"));
    STEP(r, put_cells(fdt, "reg", reg, ARRAY_LEN(reg)));
    return STEP(r, fdt_end_node(fdt));
}

static int write_cpu(void *fdt, const struct fdt_board *b, unsigned i, bool wide)
{
    const u32 reg[] = {(u32)((b->mpidr[i] & MPIDR_AFF3) >> 32), (u32)(b->mpidr[i] & MPIDR_AFF210)};
    u64 affinity = b->mpidr[i] & (MPIDR_AFF3 | MPIDR_AFF210);
    char name[NODE_NAME_SIZE];
    int r;

    snprintf(name, sizeof name, "cpu@%llx", (unsigned long long)affinity);
    r = fdt_begin_node(fdt, name);
    STEP(r, fdt_property_string(fdt, "device_type", "cpu"));
    STEP(r, fdt_property_string(fdt, "compatible", b->cpu_compatible));
    STEP(r, wide ? put_cells(fdt, "reg", reg, 2) : put_cells(fdt, "reg", reg + 1, 1));
    if (b->cpu_count > 1)
        STEP(r, fdt_property_string(fdt, "enable-method", "psci"));
    STEP(r, fdt_property_u32(fdt, "phandle", b->cpu_phandle + i));
    return STEP(r, fdt_end_node(fdt));
}

/* The cpu-map binding: one socket of one cluster. */
static int write_cpu_map(void *fdt, const struct fdt_board *b)
{
    char name[NODE_NAME_SIZE];
    int r = fdt_begin_node(fdt, "cpu-map");

    STEP(r, fdt_begin_node(fdt, "socket0"));
    STEP(r, fdt_begin_node(fdt, "cluster0"));
    for (unsigned i = 0; i < b->cpu_count; i++) {
        snprintf(name, sizeof name, "core%u", i);
        STEP(r, fdt_begin_node(fdt, name));
        STEP(r, fdt_property_u32(fdt, "cpu", b->cpu_phandle + i));
        STEP(r, fdt_end_node(fdt));
    }
    STEP(r, fdt_end_node(fdt));
    STEP(r, fdt_end_node(fdt));
    return STEP(r, fdt_end_node(fdt));
}

static int write_cpus(void *fdt, const struct fdt_board *b)
{
    bool wide = false; /* `reg` needs a second cell when a CPU has an Aff3 */
    int r = fdt_begin_node(fdt, "cpus");

    for (unsigned i = 0; i < b->cpu_count; i++)
        wide |= (b->mpidr[i] & MPIDR_AFF3) != 0;
    STEP(r, fdt_property_u32(fdt, "#address-cells", wide ? 2 : 1));
    STEP(r, fdt_property_u32(fdt, "#size-cells", 0));
    for (unsigned i = 0; i < b->cpu_count; i++)
        STEP(r, write_cpu(fdt, b, i, wide));
    STEP(r, write_cpu_map(fdt, b));
    return STEP(r, fdt_end_node(fdt));
}

static int write_psci(void *fdt)
{
    int r = fdt_begin_node(fdt, "psci");

    STEP(r, put_list(fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci"));
    STEP(r, fdt_property_string(fdt, "method", "hvc"));
    STEP(r, fdt_property_u32(fdt, "cpu_suspend", PSCI_CPU_SUSPEND));
    STEP(r, fdt_property_u32(fdt, "cpu_off", PSCI_CPU_OFF));
    STEP(r, fdt_property_u32(fdt, "cpu_on", PSCI_CPU_ON));
    STEP(r, fdt_property_u32(fdt, "migrate", PSCI_MIGRATE));
    return STEP(r, fdt_end_node(fdt));
}

static int write_timer(void *fdt, const struct fdt_board *b)
{
    u32 flags = b->ppi_cpu_mask << GIC_CPU_MASK_SHIFT | GIC_LEVEL_HIGH;
    const u32 interrupts[] = {
        GIC_PPI, b->timer_ppi.secure,  flags, GIC_PPI, b->timer_ppi.physical,   flags,
        GIC_PPI, b->timer_ppi.virtual, flags, GIC_PPI, b->timer_ppi.hypervisor, flags,
    };
    int r = fdt_begin_node(fdt, "timer");

    STEP(r, put_list(fdt, "compatible", "arm,armv8-timer\0arm,armv7-timer"));
    STEP(r, fdt_property(fdt, "always-on", NULL, 0));
    STEP(r, put_cells(fdt, "interrupts", interrupts, ARRAY_LEN(interrupts)));
    return STEP(r, fdt_end_node(fdt));
}

static int write_pmu(void *fdt, const struct fdt_board *b)
{
    const u32 interrupts[] = {GIC_PPI, b->pmu_ppi,
                              b->ppi_cpu_mask << GIC_CPU_MASK_SHIFT | GIC_LEVEL_HIGH};
    int r = fdt_begin_node(fdt, "pmu");

    STEP(r, fdt_property_string(fdt, "compatible", "arm,armv8-pmuv3"));
    STEP(r, put_cells(fdt, "interrupts", interrupts, ARRAY_LEN(interrupts)));
    return STEP(r, fdt_end_node(fdt));
}

static int write_clock(void *fdt, const struct fdt_board *b)
{
    int r = fdt_begin_node(fdt, "apb-pclk");

    STEP(r, fdt_property_string(fdt, "compatible", "fixed-clock"));
    STEP(r, fdt_property_u32(fdt, "#clock-cells", 0));
    STEP(r, fdt_property_u32(fdt, "clock-frequency", CLOCK_HZ));
    STEP(r, fdt_property_string(fdt, "clock-output-names", "clk24mhz"));
    STEP(r, fdt_property_u32(fdt, "phandle", b->clock_phandle));
    return STEP(r, fdt_end_node(fdt));
}

static int write_tree(void *fdt, int size, const struct fdt_board *b)
{
    int r = fdt_create(fdt, size);

    STEP(r, fdt_finish_reservemap(fdt));
    STEP(r, fdt_begin_node(fdt, ""));
    STEP(r, fdt_property_string(fdt, "compatible", "linux,dummy-virt"));
    STEP(r, fdt_property_string(fdt, "model", "linux,dummy-virt"));
    STEP(r, fdt_property_u32(fdt, "#address-cells", 2));
    STEP(r, fdt_property_u32(fdt, "#size-cells", 2));
    STEP(r, fdt_property_u32(fdt, "interrupt-parent", b->gic_phandle));
    STEP(r, write_chosen(fdt, b));
    STEP(r, write_memory(fdt, b));
    STEP(r, write_cpus(fdt, b));
    STEP(r, write_psci(fdt));
    STEP(r, write_timer(fdt, b));
    if (b->pmu)
        STEP(r, write_pmu(fdt, b));
    STEP(r, write_clock(fdt, b));
    for (unsigned i = 0; i < b->device_count; i++) {
        const struct fdt_device *d = &b->devices[i];

        if (d->ops->fdt)
            STEP(r, d->ops->fdt(d->dev, fdt, &d->at));
    }
    STEP(r, fdt_end_node(fdt));
    return STEP(r, fdt_finish(fdt));
}

void *fdt_build(const struct fdt_board *board, struct load_error *e)
{
    int r = -FDT_ERR_NOSPACE;

    for (int size = 8192; r == -FDT_ERR_NOSPACE && size <= FDT_MAX_SIZE; size *= 2) {
        void *fdt = malloc((size_t)size);

        r = fdt ? write_tree(fdt, size, board) : -FDT_ERR_INTERNAL;
        if (r == 0)
            return fdt;
        free(fdt);
    }
    load_fail(e, "device tree", "can't be written (%s)", fdt_strerror(r));
    return NULL;
}

/* VALUE as COUNT big-endian cells at TO, if it fits. */
static int store_cells(fdt32_t *to, int count, u64 value)
{
    for (int i = count; i > 0; i--, value >>= 32)
        to[i - 1] = cpu_to_fdt32((u32)value);
    return value ? -FDT_ERR_BADVALUE : 0;
}

static int set_number(void *fdt, int node, const char *name, int cells, u64 value)
{
    fdt32_t to[FDT_MAX_NCELLS];
    int r = store_cells(to, cells, value);

    return STEP(r, fdt_setprop(fdt, node, name, to, cells * (int)sizeof *to));
}

static int set_random(void *fdt, int node, const struct fdt_board *b, const char *name, int size)
{
    void *to;
    int r = fdt_setprop_placeholder(fdt, node, name, size, &to);
    return STEP(r, fill_random(b, name, to, size));
}

static bool is_memory(const void *fdt, int node)
{
    int len;
    const char *name = fdt_get_name(fdt, node, &len);

    return name && strncmp(name, "memory", 6) == 0 && (name[6] == '\0' || name[6] == '@');
}

/* Whatever RAM the tree's board had: it has ours now. */
static int replace_memory(void *fdt, const struct fdt_board *b)
{
    int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
    fdt32_t reg[2 * FDT_MAX_NCELLS];
    char name[NODE_NAME_SIZE];
    int node = fdt_first_subnode(fdt, 0), r = 0;

    if (address_cells < 1 || size_cells < 1)
        return -FDT_ERR_BADNCELLS;
    while (r == 0 && node >= 0) {
        if (!is_memory(fdt, node)) {
            node = fdt_next_subnode(fdt, node);
            continue;
        }
        r = fdt_del_node(fdt, node);
        node = fdt_first_subnode(fdt, 0); /* offsets have moved */
    }
    STEP(r, store_cells(reg, address_cells, b->ram_base));
    STEP(r, store_cells(reg + address_cells, size_cells, b->ram_size));
    if (r)
        return r;
    snprintf(name, sizeof name, "memory@%llx", (unsigned long long)b->ram_base);
    node = fdt_add_subnode(fdt, 0, name);
    if (node < 0)
        return node;
    r = fdt_setprop_string(fdt, node, "device_type", "memory");
    return STEP(
        r, fdt_setprop(fdt, node, "reg", reg, (address_cells + size_cells) * (int)sizeof *reg));
}

/* Take a property out that may not be there. */
static int drop(void *fdt, int node, const char *name)
{
    int r = fdt_delprop(fdt, node, name);

    return r == -FDT_ERR_NOTFOUND ? 0 : r;
}

static int fit_chosen(void *fdt, const struct fdt_board *b)
{
    int cells = fdt_address_cells(fdt, 0);
    int node = fdt_subnode_offset(fdt, 0, "chosen"), r;

    if (node == -FDT_ERR_NOTFOUND)
        node = fdt_add_subnode(fdt, 0, "chosen");
    if (node < 0)
        return node;
    /* An initrd that the file names is not in our RAM. */
    r = drop(fdt, node, "linux,initrd-start");
    STEP(r, drop(fdt, node, "linux,initrd-end"));
    if (b->initrd_end != b->initrd_start) {
        STEP(r, set_number(fdt, node, "linux,initrd-start", cells, b->initrd_start));
        STEP(r, set_number(fdt, node, "linux,initrd-end", cells, b->initrd_end));
    }
    if (b->bootargs && *b->bootargs)
        STEP(r, fdt_setprop_string(fdt, node, "bootargs", b->bootargs));
    if (b->kaslr_seed)
        STEP(r, set_random(fdt, node, b, "kaslr-seed", KASLR_SEED_SIZE));
    if (b->rng_seed)
        STEP(r, set_random(fdt, node, b, "rng-seed", RNG_SEED_SIZE));
    return r;
}

/* BLOB, which has been checked, made to fit BOARD in TREE, a larger buffer. */
static int fit_tree(const void *blob, void *tree, size_t size, const struct fdt_board *b)
{
    int r = fdt_open_into(blob, tree, (int)size);

    STEP(r, replace_memory(tree, b));
    STEP(r, fit_chosen(tree, b));
    return STEP(r, fdt_pack(tree));
}

void *fdt_load(const struct file *file, const struct fdt_board *board, struct load_error *e)
{
    /* What is added: a few properties, their names, and the command line. */
    size_t added = 4096 + (board->bootargs ? strlen(board->bootargs) : 0);
    size_t size = (size_t)file->size;
    void *blob, *tree;
    int r;

    if (file->size > FDT_MAX_SIZE) {
        load_fail(e, file->path, "is no device tree: larger than %d bytes", FDT_MAX_SIZE);
        return NULL;
    }
    blob = malloc(size);
    tree = malloc(size + added);
    r = blob && tree ? 0 : -FDT_ERR_INTERNAL;
    if (r == 0 && !file_read(file, 0, blob, size, e)) {
        free(blob);
        free(tree);
        return NULL;
    }
    if (r == 0 && (size < sizeof(fdt32_t) || fdt_magic(blob) != FDT_MAGIC))
        r = -FDT_ERR_BADMAGIC;
    STEP(r, fdt_check_full(blob, size));
    STEP(r, fit_tree(blob, tree, size + added, board));
    free(blob);
    if (r == 0)
        return tree;
    free(tree);
    if (r == -FDT_ERR_BADMAGIC)
        load_fail(e, file->path, "is not a device tree; `dtc -O dtb` makes one from a .dts");
    else if (r == -FDT_ERR_TRUNCATED)
        load_fail(e, file->path, "is a truncated device tree");
    else if (r == -FDT_ERR_BADNCELLS)
        load_fail(e, file->path, "is a device tree with bad #address-cells or #size-cells");
    else if (r == -FDT_ERR_BADVALUE)
        load_fail(e, file->path,
                  "is a device tree whose #address-cells or #size-cells are too "
                  "few for this much RAM; 2 of each would work");
    else
        load_fail(e, file->path, "is a malformed device tree (%s)", fdt_strerror(r));
    return NULL;
}

static int move_number(void *tree, int chosen, const char *name, u64 value)
{
    fdt32_t to[FDT_MAX_NCELLS];
    int len, r;

    if (!fdt_getprop(tree, chosen, name, &len))
        return len;
    if (len < 0 || (size_t)len > sizeof to)
        return -FDT_ERR_BADVALUE;
    r = store_cells(to, len / (int)sizeof *to, value);
    return STEP(r, fdt_setprop_inplace(tree, chosen, name, to, len));
}

int fdt_move_initrd(void *tree, u64 start, u64 end)
{
    int chosen = fdt_path_offset(tree, "/chosen");
    int r = chosen < 0 ? chosen : 0;

    STEP(r, move_number(tree, chosen, "linux,initrd-start", start));
    return STEP(r, move_number(tree, chosen, "linux,initrd-end", end));
}

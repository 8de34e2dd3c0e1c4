/*
 * The generated device tree, read back with libfdt and compared with what QEMU
 * 7.2 writes for `-machine virt,gic-version=2 -cpu cortex-a57`, as dtc shows it;
 * dtc finds no fault in it; trees from files are fitted or refused.
 */
#include "firmware/fdt.h"

#include "load_rig.h"

/* Three small devices, one of which is in no tree. */
static int intc_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const u64 reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size), cpu_to_fdt64(at->base2),
                       cpu_to_fdt64(at->size2)};
    int r = fdt_begin_node(fdt, "intc@8000000");

    r = r ? r : fdt_property_string(fdt, "compatible", "arm,cortex-a15-gic");
    r = r ? r : fdt_property(fdt, "reg", reg, sizeof reg);
    r = r ? r : fdt_property(fdt, "interrupt-controller", NULL, 0);
    r = r ? r : fdt_property_u32(fdt, "#interrupt-cells", 3);
    r = r ? r : fdt_property_u32(fdt, "#address-cells", 0);
    r = r ? r : fdt_property_u32(fdt, "phandle", at->phandle);
    return r ? r : fdt_end_node(fdt);
}

static int uart_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const u64 reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size)};
    const u32 irq[] = {0, cpu_to_fdt32(at->spi), cpu_to_fdt32(4)};
    const u32 clocks[] = {cpu_to_fdt32(at->clock), cpu_to_fdt32(at->clock)};
    char name[32];
    int r;

    snprintf(name, sizeof name, "pl011@%llx", (unsigned long long)at->base);
    r = fdt_begin_node(fdt, name);
    r = r ? r : fdt_property(fdt, "compatible", "arm,pl011\0arm,primecell", 24);
    r = r ? r : fdt_property(fdt, "reg", reg, sizeof reg);
    r = r ? r : fdt_property(fdt, "interrupts", irq, sizeof irq);
    r = r ? r : fdt_property(fdt, "clocks", clocks, sizeof clocks);
    r = r ? r : fdt_property(fdt, "clock-names", "uartclk\0apb_pclk", 17);
    return r ? r : fdt_end_node(fdt);
}

static const struct mmio_ops intc = {.name = "intc", .fdt = intc_fdt};
static const struct mmio_ops uart = {.name = "uart", .fdt = uart_fdt};
static const struct mmio_ops hidden = {.name = "hidden"};

static const struct fdt_device devices[] = {
    {&intc,
     NULL,
     {.base = 0x8000000, .size = 0x10000, .base2 = 0x8010000, .size2 = 0x10000, .phandle = 0x8002}},
    {&hidden, NULL, {.base = 0x8020000, .size = 0x1000}},
    {&uart, NULL, {.base = 0x9000000, .size = 0x1000, .spi = 1, .clock = 0x8000}},
};

static const u64 two_cpus[] = {0x80000000, 0x80000001};

static struct fdt_board virt(void)
{
    return (struct fdt_board){
        .ram_base = 0x40000000,
        .ram_size = 0x8000000,
        .mpidr = two_cpus,
        .cpu_count = 1,
        .cpu_compatible = "arm,cortex-a57",
        .gic_phandle = 0x8002,
        .clock_phandle = 0x8000,
        .cpu_phandle = 0x8010,
        .timer_ppi = {.secure = 13, .physical = 14, .virtual = 11, .hypervisor = 10},
        .pmu = true,
        .pmu_ppi = 7,
        .ppi_cpu_mask = 1,
        .devices = devices,
        .device_count = ARRAY_LEN(devices),
        .stdout_path = "/pl011@9000000",
    };
}

static void *build(const struct fdt_board *board)
{
    struct load_error e;
    void *tree = fdt_build(board, &e);

    cr_assert(tree != NULL, "%s", e.line);
    cr_assert_eq(fdt_check_full(tree, fdt_totalsize(tree)), 0);
    return tree;
}

static const void *prop(const void *tree, const char *path, const char *name, int *len)
{
    int node = fdt_path_offset(tree, path);

    cr_assert(node >= 0, "no node %s", path);
    return fdt_getprop(tree, node, name, len);
}

static void expect_bytes(const void *tree, const char *path, const char *name, const void *bytes,
                         int size)
{
    int len;
    const void *have = prop(tree, path, name, &len);

    cr_assert(have && len == size && memcmp(have, bytes, (size_t)size) == 0, "%s %s", path, name);
}

#define expect_text(tree, path, name, text) expect_bytes(tree, path, name, text, sizeof(text))

#define expect_cells(tree, path, name, ...)                                                        \
    expect_cells_of(tree, path, name, (const u32[]){__VA_ARGS__},                                  \
                    sizeof((const u32[]){__VA_ARGS__}) / 4)

static void expect_cells_of(const void *tree, const char *path, const char *name, const u32 *cells,
                            unsigned count)
{
    u32 swapped[16];

    for (unsigned i = 0; i < count; i++)
        swapped[i] = cpu_to_fdt32(cells[i]);
    expect_bytes(tree, path, name, swapped, (int)(count * 4));
}

static void expect_none(const void *tree, const char *path, const char *name)
{
    int len;

    cr_assert(prop(tree, path, name, &len) == NULL, "%s %s", path, name);
}

Test(fdt, has_what_qemu_writes)
{
    struct fdt_board board = virt();
    void *tree = build(&board);

    expect_text(tree, "/", "compatible", "linux,dummy-virt");
    expect_text(tree, "/", "model", "linux,dummy-virt");
    expect_cells(tree, "/", "#address-cells", 2);
    expect_cells(tree, "/", "#size-cells", 2);
    expect_cells(tree, "/", "interrupt-parent", 0x8002);
    expect_text(tree, "/memory@40000000", "device_type", "memory");
    expect_cells(tree, "/memory@40000000", "reg", 0, 0x40000000, 0, 0x8000000);
    expect_text(tree, "/psci", "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
    expect_text(tree, "/psci", "method", "hvc");
    expect_cells(tree, "/psci", "cpu_suspend", 0xc4000001);
    expect_cells(tree, "/psci", "cpu_off", 0x84000002);
    expect_cells(tree, "/psci", "cpu_on", 0xc4000003);
    expect_cells(tree, "/psci", "migrate", 0xc4000005);
    expect_text(tree, "/timer", "compatible", "arm,armv8-timer\0arm,armv7-timer");
    expect_bytes(tree, "/timer", "always-on", "", 0);
    expect_cells(tree, "/timer", "interrupts", 1, 0xd, 0x104, 1, 0xe, 0x104, 1, 0xb, 0x104, 1, 0xa,
                 0x104);
    expect_text(tree, "/pmu", "compatible", "arm,armv8-pmuv3");
    expect_cells(tree, "/pmu", "interrupts", 1, 7, 0x104);
    expect_text(tree, "/apb-pclk", "compatible", "fixed-clock");
    expect_cells(tree, "/apb-pclk", "#clock-cells", 0);
    expect_cells(tree, "/apb-pclk", "clock-frequency", 0x16e3600);
    expect_text(tree, "/apb-pclk", "clock-output-names", "clk24mhz");
    expect_cells(tree, "/apb-pclk", "phandle", 0x8000);
    expect_text(tree, "/chosen", "stdout-path", "/pl011@9000000");
    free(tree);
}

Test(fdt, one_cpu_needs_no_enable_method)
{
    struct fdt_board board = virt();
    void *tree = build(&board);

    expect_cells(tree, "/cpus", "#address-cells", 1);
    expect_cells(tree, "/cpus", "#size-cells", 0);
    expect_text(tree, "/cpus/cpu@0", "device_type", "cpu");
    expect_text(tree, "/cpus/cpu@0", "compatible", "arm,cortex-a57");
    expect_cells(tree, "/cpus/cpu@0", "reg", 0);
    expect_none(tree, "/cpus/cpu@0", "enable-method");
    expect_cells(tree, "/cpus/cpu-map/socket0/cluster0/core0", "cpu", 0x8010);
    free(tree);
}

Test(fdt, several_cpus_are_enabled_by_psci)
{
    static const u64 far[] = {0, UINT64_C(0x0180010203)};
    struct fdt_board board = virt();
    void *tree;

    board.cpu_count = 2;
    tree = build(&board);
    expect_text(tree, "/cpus/cpu@0", "enable-method", "psci");
    expect_text(tree, "/cpus/cpu@1", "enable-method", "psci");
    expect_cells(tree, "/cpus/cpu@1", "reg", 1);
    expect_cells(tree, "/cpus/cpu@1", "phandle", 0x8011);
    expect_cells(tree, "/cpus/cpu-map/socket0/cluster0/core1", "cpu", 0x8011);
    free(tree);

    board.mpidr = far; /* Aff3 takes a second cell */
    tree = build(&board);
    expect_cells(tree, "/cpus", "#address-cells", 2);
    expect_cells(tree, "/cpus/cpu@0", "reg", 0, 0);
    free(tree);
}

Test(fdt, affinity_3_is_the_high_cell)
{
    static const u64 far[] = {UINT64_C(0x0500010203)};
    struct fdt_board board = virt();
    void *tree;

    board.mpidr = far;
    tree = build(&board);
    expect_cells(tree, "/cpus/cpu@500010203", "reg", 5, 0x010203);
    free(tree);
}

Test(fdt, devices_write_their_own_nodes_in_order)
{
    struct fdt_board board = virt();
    void *tree = build(&board);
    int first = fdt_path_offset(tree, "/intc@8000000");
    int second = fdt_path_offset(tree, "/pl011@9000000");

    cr_assert(first > 0 && second > first);
    expect_cells(tree, "/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x8010000, 0, 0x10000);
    expect_cells(tree, "/pl011@9000000", "interrupts", 0, 1, 4);
    free(tree);
}

Test(fdt, chosen_holds_what_was_asked_for)
{
    struct fdt_board board = virt();
    void *tree = build(&board), *again;
    int len;

    expect_none(tree, "/chosen", "bootargs");
    expect_none(tree, "/chosen", "linux,initrd-start");
    expect_none(tree, "/chosen", "kaslr-seed");
    expect_none(tree, "/chosen", "rng-seed");
    free(tree);

    board.bootargs = "console=ttyAMA0 quiet";
    board.initrd_start = 0x44000000;
    board.initrd_end = 0x441c2ce8;
    board.kaslr_seed = board.rng_seed = true;
    tree = build(&board);
    expect_text(tree, "/chosen", "bootargs", "console=ttyAMA0 quiet");
    expect_cells(tree, "/chosen", "linux,initrd-start", 0, 0x44000000);
    expect_cells(tree, "/chosen", "linux,initrd-end", 0, 0x441c2ce8);
    again = build(&board);
    cr_assert(memcmp(prop(tree, "/chosen", "kaslr-seed", &len),
                     prop(again, "/chosen", "kaslr-seed", &len), 8) != 0);
    cr_assert_eq(len, 8);
    cr_assert(memcmp(prop(tree, "/chosen", "rng-seed", &len),
                     prop(again, "/chosen", "rng-seed", &len), 32) != 0);
    cr_assert_eq(len, 32);
    cr_assert_eq(fdt_move_initrd(tree, UINT64_C(0x140000000), UINT64_C(0x141000000)), 0);
    expect_cells(tree, "/chosen", "linux,initrd-start", 1, 0x40000000);
    expect_cells(tree, "/chosen", "linux,initrd-end", 1, 0x41000000);
    free(again);
    free(tree);
}

Test(fdt, grows_with_the_command_line)
{
    static char line[100001];
    struct fdt_board board = virt();
    void *tree;

    memset(line, 'x', sizeof line - 1);
    board.bootargs = line;
    board.ram_size = UINT64_C(0x200000000);
    tree = build(&board);
    expect_bytes(tree, "/chosen", "bootargs", line, sizeof line);
    expect_cells(tree, "/memory@40000000", "reg", 0, 0x40000000, 2, 0);
    free(tree);
}

/* dtc's checks go beyond libfdt's: unit names, cell counts, phandles. */
Test(fdt, dtc_finds_no_fault)
{
    struct fdt_board board = virt();
    char command[200], said[500] = "";
    FILE *dtc;
    void *tree;

    if (system("command -v dtc >/dev/null") != 0)
        cr_skip_test("dtc is not installed");
    board.cpu_count = 2;
    board.bootargs = "quiet";
    board.initrd_end = 1;
    board.kaslr_seed = board.rng_seed = true;
    tree = build(&board);
    struct rig_file f = rig_file(tree, fdt_totalsize(tree));
    /* Another process: /proc/self is not ours there. */
    snprintf(command, sizeof command, "dtc -I dtb -O dts -o /dev/null /proc/%d/fd/%d 2>&1",
             getpid(), f.fd);
    dtc = popen(command, "r");
    cr_assert(dtc != NULL);
    said[fread(said, 1, sizeof said - 1, dtc)] = '\0';
    cr_assert_eq(pclose(dtc), 0, "%s", said);
    cr_assert_str_empty(said, "%s", said);
    free(tree);
}

/* A small tree as a board's vendor would write it. */
static void *foreign_tree(u32 address_cells, u32 size_cells, bool chosen)
{
    static char blob[4096];

    memset(blob, 0, sizeof blob);
    cr_assert_eq(fdt_create(blob, sizeof blob), 0);
    fdt_add_reservemap_entry(blob, 0x40000000, 0x1000);
    fdt_finish_reservemap(blob);
    fdt_begin_node(blob, "");
    fdt_property_u32(blob, "#address-cells", address_cells);
    fdt_property_u32(blob, "#size-cells", size_cells);
    fdt_property_string(blob, "compatible", "vendor,board");
    fdt_begin_node(blob, "memory");
    fdt_property_string(blob, "device_type", "memory");
    fdt_end_node(blob);
    fdt_begin_node(blob, "memory@80000000");
    fdt_end_node(blob);
    fdt_begin_node(blob, "memory-controller@1000");
    fdt_end_node(blob);
    if (chosen) {
        fdt_begin_node(blob, "chosen");
        fdt_property_string(blob, "bootargs", "old");
        fdt_property_string(blob, "stdout-path", "/serial");
        fdt_property_u32(blob, "linux,initrd-start", 1);
        fdt_property_u32(blob, "linux,initrd-end", 2);
        fdt_end_node(blob);
    }
    fdt_end_node(blob);
    cr_assert_eq(fdt_finish(blob), 0);
    return blob;
}

static void *load(const void *blob, size_t size, const struct fdt_board *board,
                  struct load_error *e, struct rig_file *from)
{
    struct file f;
    void *tree;

    *from = rig_file(blob, size);
    cr_assert(file_open(&f, from->path, e), "%s", e->line);
    tree = fdt_load(&f, board, e);
    file_close(&f);
    close(from->fd);
    return tree;
}

Test(fdt, a_file_gets_our_memory_and_chosen)
{
    struct fdt_board board = virt();
    void *blob = foreign_tree(2, 1, true), *tree;
    struct rig_file from;
    struct load_error e;

    tree = load(blob, fdt_totalsize(blob), &board, &e, &from);
    cr_assert(tree != NULL, "%s", e.line);
    cr_assert_eq(fdt_check_full(tree, fdt_totalsize(tree)), 0);
    cr_assert(fdt_subnode_offset_namelen(tree, 0, "memory@80000000", 15) < 0);
    cr_assert(fdt_path_offset(tree, "/memory-controller@1000") > 0);
    expect_cells(tree, "/memory@40000000", "reg", 0, 0x40000000, 0x8000000);
    expect_text(tree, "/memory@40000000", "device_type", "memory");
    expect_text(tree, "/", "compatible", "vendor,board");
    expect_text(tree, "/chosen", "stdout-path", "/serial");
    expect_text(tree, "/chosen", "bootargs", "old"); /* none of ours to replace it */
    expect_none(tree, "/chosen", "linux,initrd-start");
    cr_assert_eq(fdt_num_mem_rsv(tree), 1);
    free(tree);

    board.bootargs = "new";
    board.initrd_start = 0x44000000;
    board.initrd_end = 0x45000000;
    tree = load(blob, fdt_totalsize(blob), &board, &e, &from);
    cr_assert(tree != NULL, "%s", e.line);
    expect_text(tree, "/chosen", "bootargs", "new");
    expect_cells(tree, "/chosen", "linux,initrd-start", 0, 0x44000000);
    cr_assert_eq(fdt_move_initrd(tree, 0x46000000, 0x47000000), 0);
    expect_cells(tree, "/chosen", "linux,initrd-end", 0, 0x47000000);
    free(tree);
}

Test(fdt, a_file_may_lack_chosen)
{
    struct fdt_board board = virt();
    void *blob = foreign_tree(1, 1, false), *tree;
    struct rig_file from;
    struct load_error e;

    board.bootargs = "new";
    board.kaslr_seed = board.rng_seed = true;
    tree = load(blob, fdt_totalsize(blob), &board, &e, &from);
    cr_assert(tree != NULL, "%s", e.line);
    expect_text(tree, "/chosen", "bootargs", "new");
    expect_cells(tree, "/memory@40000000", "reg", 0x40000000, 0x8000000);
    int len;
    cr_assert(prop(tree, "/chosen", "rng-seed", &len) != NULL && len == 32);
    free(tree);
}

static void expect_refusal(const void *blob, size_t size, const struct fdt_board *board,
                           const char *what)
{
    struct rig_file from;
    struct load_error e;

    cr_assert_null(load(blob, size, board, &e, &from), "should say '%s'", what);
    rig_expect_line(&e, from.path, what);
}

Test(fdt, refuses_what_is_no_tree)
{
    struct fdt_board board = virt();
    char *blob = foreign_tree(1, 1, true);
    size_t size = fdt_totalsize(blob);

    for (size_t n = 4; n < size; n += 13)
        expect_refusal(blob, n, &board, "truncated");
    board.ram_size = UINT64_C(0x100000000); /* 4 GiB in one cell */
    expect_refusal(blob, size, &board, "too few for this much RAM");
    board = virt();
    blob = foreign_tree(0, 1, true);
    expect_refusal(blob, size, &board, "#address-cells");
    blob = foreign_tree(2, 5, true);
    expect_refusal(blob, size, &board, "#size-cells");
    expect_refusal("?", 1, &board, "not a device tree");
    expect_refusal("/dts-v1/;\n/ { };\n", 17, &board, "not a device tree");
    blob = foreign_tree(2, 2, true);
    fdt_set_off_dt_struct(blob, fdt_off_dt_struct(blob) + 4);
    expect_refusal(blob, size, &board, "malformed");
    blob = calloc(1, FDT_MAX_SIZE + 1);
    expect_refusal(blob, FDT_MAX_SIZE + 1, &board, "larger than");
    free(blob);
}

Test(fdt, survives_mutated_files)
{
    struct fdt_board board = virt();
    u64 seed = 2024;
    static u8 hurt[8192];
    void *made;

    board.bootargs = "quiet";
    board.initrd_end = 4096;
    made = build(&board);
    for (int i = 0; i < 5000; i++) {
        const u8 *blob = i % 2 ? made : foreign_tree(2, 2, true);
        size_t size = rig_mutate(&seed, hurt, blob, fdt_totalsize(blob), i % 4 < 2 ? 60 : 8192);
        struct rig_file from;
        struct load_error e;
        void *tree = load(hurt, size, &board, &e, &from);

        if (tree) {
            cr_assert_eq(fdt_check_full(tree, fdt_totalsize(tree)), 0);
            cr_assert_eq(fdt_move_initrd(tree, 1, 2), 0);
            free(tree);
        } else {
            rig_expect_line(&e, from.path, "");
        }
    }
    free(made);
}

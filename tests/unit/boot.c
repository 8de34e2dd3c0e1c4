/*
 * Where the parts of a boot go, and the parts arriving there, once and again.
 * The expected addresses are those that QEMU 7.2's `info roms` shows for the
 * same sizes; the kernels' sizes are those of Linux 5.4 (defconfig) and Debian's
 * 6.1.
 */
#include "firmware/boot.h"

#include "load_rig.h"

enum { DTB_SIZE = 0x2000 };

static const struct image linux_5_4 = {.kind = IMAGE_ARM64,
                                       .linux_header = true,
                                       .text_offset = 0x80000,
                                       .data_size = 0x15a4a00,
                                       .size = 0x1618000};
static const struct image linux_6_1 = {.kind = IMAGE_ARM64,
                                       .linux_header = true,
                                       .text_offset = 0,
                                       .data_size = 0x19f97c0,
                                       .size = 0x1aa0000};
static const struct image flat = {.kind = IMAGE_FLAT, .text_offset = 0x80000, .size = 100};

static void expect_places(const struct image *image, u64 ram_mib, u64 initrd_size, u64 kernel,
                          u64 initrd, u64 dtb)
{
    struct boot_request w = {RAM_BASE, ram_mib * MIB, image, initrd_size, DTB_SIZE, 0};
    struct boot_places p;

    cr_assert_eq(boot_place(&w, &p), BOOT_FITS);
    cr_assert_eq(p.kernel, kernel);
    cr_assert_eq(p.entry, kernel);
    if (initrd_size)
        cr_assert_eq(p.initrd, initrd);
    cr_assert_eq(p.dtb, dtb, "%llx", (unsigned long long)p.dtb);
}

Test(boot, places_are_qemus)
{
    expect_places(&linux_6_1, 128, 0x1c2ce8, 0x40200000, 0x44000000, 0x44200000);
    expect_places(&linux_5_4, 128, 0x1c2ce8, 0x40080000, 0x44000000, 0x44200000);
    expect_places(&linux_5_4, 1024, 0, 0x40080000, 0, 0x48000000);
    expect_places(&linux_5_4, 32, 0x1c2ce8, 0x40080000, 0x41698000, 0x41a00000);
    expect_places(&flat, 64, 100, 0x40080000, 0x42000000, 0x42200000);
    expect_places(&flat, 1000, 100, 0x40080000, 0x48000000, 0x48200000);
}

static enum boot_fit fit(const struct image *image, u64 ram_size, u64 initrd_size, u64 dtb_size)
{
    struct boot_request w = {RAM_BASE, ram_size, image, initrd_size, dtb_size, 0};
    struct boot_places p;

    return boot_place(&w, &p);
}

Test(boot, what_does_not_fit)
{
    struct image hostile = linux_5_4;

    cr_assert_eq(fit(&linux_5_4, 16 * MIB, 0, DTB_SIZE), BOOT_NO_ROOM_KERNEL);
    cr_assert_eq(fit(&linux_5_4, 0x80000 + linux_5_4.size - 1, 0, 0), BOOT_NO_ROOM_KERNEL);
    cr_assert_eq(fit(&linux_6_1, 48 * MIB, 0x19f97c0, DTB_SIZE), BOOT_NO_ROOM_INITRD);
    cr_assert_eq(fit(&linux_5_4, 128 * MIB, 64 * MIB + 1, DTB_SIZE), BOOT_NO_ROOM_INITRD);
    cr_assert_eq(fit(&linux_5_4, 128 * MIB, 64 * MIB, DTB_SIZE), BOOT_NO_ROOM_DTB);
    cr_assert_eq(fit(&linux_5_4, 128 * MIB, 62 * MIB, DTB_SIZE), BOOT_FITS);
    cr_assert_eq(fit(&linux_5_4, 128 * MIB, 62 * MIB, 2 * MIB + 1), BOOT_NO_ROOM_DTB);
    cr_assert_eq(fit(&flat, 4096, 0, DTB_SIZE), BOOT_NO_ROOM_KERNEL);
    cr_assert_eq(fit(&flat, MIB, 0, DTB_SIZE), BOOT_NO_ROOM_DTB);
    cr_assert_eq(fit(&flat, 4 * MIB, 0, DTB_SIZE), BOOT_FITS);
    /* Numbers made to wrap round. */
    cr_assert_eq(fit(&flat, 64 * MIB, UINT64_MAX, DTB_SIZE), BOOT_NO_ROOM_INITRD);
    cr_assert_eq(fit(&flat, 64 * MIB, UINT64_MAX - RAM_BASE - 32 * MIB, 1), BOOT_NO_ROOM_INITRD);
    hostile.size = UINT64_MAX - RAM_BASE;
    cr_assert_eq(fit(&hostile, 64 * MIB, 0, DTB_SIZE), BOOT_NO_ROOM_KERNEL);
    hostile.size = 4096;
    hostile.text_offset = UINT64_MAX - RAM_BASE + 1;
    cr_assert_eq(fit(&hostile, 64 * MIB, 0, DTB_SIZE), BOOT_NO_ROOM_KERNEL);
    hostile.text_offset = UINT64_MAX;
    cr_assert_eq(fit(&hostile, 64 * MIB, 0, DTB_SIZE), BOOT_NO_ROOM_KERNEL);
}

/* No two parts share a byte and all are inside RAM, whatever the sizes. */
Test(boot, places_never_overlap)
{
    u64 seed = 5;

    for (int i = 0; i < 200000; i++) {
        struct image image = linux_5_4;
        u64 ram = (1 + rig_random(&seed) % 512) * MIB;
        u64 initrd = rig_random(&seed) % 3 ? rig_random(&seed) % (ram + 8192) : 0;
        u64 dtb = 1 + rig_random(&seed) % (2 * MIB);
        struct boot_request w = {RAM_BASE, ram, &image, initrd, dtb, 0};
        struct boot_places p;

        image.text_offset = rig_random(&seed) % (4 * MIB);
        image.size = 1 + rig_random(&seed) % ram;
        if (rig_random(&seed) % 2) {
            image.kind = IMAGE_ELF;
            image.linux_header = false;
            image.elf.low = RAM_BASE + rig_random(&seed) % ram;
            image.elf.size = image.size;
            image.elf.entry = image.elf.low;
        }
        if (boot_place(&w, &p) != BOOT_FITS)
            continue;
        u64 start[3] = {p.kernel, p.initrd, p.dtb}, size[3] = {image.size, initrd, dtb};
        for (int a = 0; a < 3; a++) {
            cr_assert(size[a] == 0 ||
                      (start[a] >= RAM_BASE && start[a] + size[a] <= RAM_BASE + ram));
            for (int b = 0; b < a; b++)
                cr_assert(size[a] == 0 || size[b] == 0 || start[a] + size[a] <= start[b] ||
                          start[b] + size[b] <= start[a]);
        }
        cr_assert(p.dtb % (2 * MIB) == 0);
    }
}

static struct image elf_at(u64 low, u64 size)
{
    return (struct image){
        .kind = IMAGE_ELF, .size = size, .elf = {.low = low, .size = size, .entry = low + 4}};
}

Test(boot, elf_goes_where_it_is_linked)
{
    struct image bare = elf_at(RAM_BASE + MIB, MIB), low = elf_at(RAM_BASE, MIB);
    struct boot_request w = {RAM_BASE, 64 * MIB, &bare, 4096, DTB_SIZE, 0};
    struct boot_places p;

    cr_assert_eq(boot_place(&w, &p), BOOT_FITS);
    cr_assert_eq(p.kernel, RAM_BASE + MIB);
    cr_assert_eq(p.entry, RAM_BASE + MIB + 4);
    cr_assert_eq(p.initrd, RAM_BASE + 32 * MIB);
    cr_assert_eq(p.dtb, RAM_BASE); /* QEMU: "the DTB is at the start of RAM" */
    w.image = &low;
    cr_assert_eq(boot_place(&w, &p), BOOT_FITS);
    cr_assert_eq(p.dtb, RAM_BASE + 34 * MIB); /* no room there: with the initrd */
}

Test(boot, elf_linked_elsewhere)
{
    struct image pi = elf_at(0x80000, 4096), part = elf_at(RAM_BASE + 63 * MIB, 2 * MIB);
    struct image far = elf_at(UINT64_C(0xffff800010080000), MIB);
    struct boot_request w = {RAM_BASE, 64 * MIB, &pi, 0, DTB_SIZE, 0};
    struct boot_places p;

    cr_assert_eq(boot_place(&w, &p), BOOT_ELF_ELSEWHERE);
    w.image = &part;
    cr_assert_eq(boot_place(&w, &p), BOOT_ELF_ELSEWHERE);
    /* A kernel's virtual link address keeps its place in 2 MiB. */
    w.image = &far;
    cr_assert_eq(boot_place(&w, &p), BOOT_FITS);
    cr_assert_eq(p.kernel, RAM_BASE + 0x80000);
    cr_assert_eq(p.entry, RAM_BASE + 0x80004);
    far.elf.low = UINT64_C(0xffff800008000000);
    far.elf.entry = far.elf.low + 4;
    cr_assert_eq(boot_place(&w, &p), BOOT_FITS);
    cr_assert_eq(p.kernel, RAM_BASE + 0x200000); /* as its Image would be */
    far.size = far.elf.size = 63 * MIB;
    cr_assert_eq(boot_place(&w, &p), BOOT_NO_ROOM_KERNEL);
}

static const u64 one_cpu[] = {0x80000000};

static struct fdt_board board(u64 ram_size)
{
    return (struct fdt_board){.ram_base = RAM_BASE,
                              .ram_size = ram_size,
                              .mpidr = one_cpu,
                              .cpu_count = 1,
                              .cpu_compatible = "arm,cortex-a57",
                              .gic_phandle = 1,
                              .clock_phandle = 2,
                              .cpu_phandle = 3};
}

static void expect_number(const void *tree, const char *name, u64 value)
{
    int len, chosen = fdt_path_offset(tree, "/chosen");
    const fdt64_t *have = fdt_getprop(tree, chosen, name, &len);

    cr_assert(have != NULL && len == 8);
    cr_assert_eq(fdt64_ld(have), value);
}

/* Load; everything is where ENTRY and the tree in RAM say it is. */
static void expect_boot(struct boot *b, struct bus *bus, const u8 *kernel, size_t kernel_size,
                        const u8 *initrd, size_t initrd_size)
{
    struct fdt_board with = board(bus->ram[0].size);
    struct boot_entry entry;
    struct load_error e;
    int len;

    cr_assert(boot_load(b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_eq(entry.pc, RAM_BASE + 0x80000);
    cr_assert_eq(entry.kernel, entry.pc);
    cr_assert_eq(entry.page_size, 4096);
    cr_assert(entry.linux_header);
    cr_assert(memcmp(bus_host(bus, entry.pc, kernel_size), kernel, kernel_size) == 0);
    cr_assert(memcmp(bus_host(bus, RAM_BASE + 8 * MIB, initrd_size), initrd, initrd_size) == 0);
    cr_assert_eq(entry.dtb, RAM_BASE + 10 * MIB);
    const void *tree = bus_host(bus, entry.dtb, entry.dtb_size);
    cr_assert(tree != NULL);
    cr_assert_eq(fdt_check_full(tree, entry.dtb_size), 0);
    expect_number(tree, "linux,initrd-start", RAM_BASE + 8 * MIB);
    expect_number(tree, "linux,initrd-end", RAM_BASE + 8 * MIB + initrd_size);
    cr_assert_str_eq(fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", &len),
                     "quiet");
}

Test(boot, loads_again_for_a_reset)
{
    u8 *kernel = rig_image(200000, 0x80000, 300000, 2), initrd[5000];
    struct boot_options options = {.append = "quiet"};
    struct bus *bus = rig_bus(16 * MIB);
    struct load_error e;
    struct boot b;

    memset(initrd, 0x5a, sizeof initrd);
    struct rig_file k = rig_file(kernel, 200000), i = rig_file(initrd, sizeof initrd);
    options.kernel = k.path;
    options.initrd = i.path;
    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    close(k.fd); /* the names may be gone by the time of the reset */
    close(i.fd);
    expect_boot(&b, bus, kernel, 200000, initrd, sizeof initrd);
    memset(bus->ram[0].host, 0xff, bus->ram[0].size);
    expect_boot(&b, bus, kernel, 200000, initrd, sizeof initrd);
    boot_close(&b);
    boot_close(&b);
    bus_destroy(bus);
    free(kernel);
}

Test(boot, takes_a_tree_from_a_file)
{
    u8 *kernel = rig_image(200000, 0x80000, 300000, 2), initrd[5000] = {1, 2, 3};
    struct boot_options options = {.append = "quiet"};
    struct fdt_board other = board(MIB);
    struct bus *bus = rig_bus(16 * MIB);
    struct load_error e;
    struct boot b;
    void *tree = fdt_build(&other, &e);

    struct rig_file k = rig_file(kernel, 200000), i = rig_file(initrd, sizeof initrd);
    struct rig_file d = rig_file(tree, fdt_totalsize(tree)), bad = rig_file("#include", 8);
    options.kernel = k.path;
    options.initrd = i.path;
    options.dtb = d.path;
    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    expect_boot(&b, bus, kernel, 200000, initrd, sizeof initrd);
    boot_close(&b);

    struct boot_entry entry;
    options.dtb = bad.path;
    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    cr_assert_not(boot_load(&b, bus, &other, &entry, &e));
    rig_expect_line(&e, bad.path, "not a device tree");
    boot_close(&b);
    bus_destroy(bus);
    free(tree);
    free(kernel);
}

/* A file that is written over between two boots is read as it is then. */
Test(boot, a_file_cut_meanwhile_is_an_error)
{
    u8 *kernel = rig_image(200000, 0x80000, 300000, 2);
    struct rig_file k = rig_file(kernel, 200000);
    struct boot_options options = {.kernel = k.path};
    struct bus *bus = rig_bus(16 * MIB);
    struct fdt_board with = board(16 * MIB);
    struct boot_entry entry;
    struct load_error e;
    struct boot b;

    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    cr_assert(boot_load(&b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_eq(ftruncate(k.fd, 0), 0);
    cr_assert_not(boot_load(&b, bus, &with, &entry, &e));
    rig_expect_line(&e, k.path, "is empty");
    boot_close(&b);
    bus_destroy(bus);
    free(kernel);
}

static void expect_load_error(const struct boot_options *options, u64 ram_size, const char *path,
                              const char *what)
{
    struct bus *bus = rig_bus(ram_size);
    struct fdt_board with = board(ram_size);
    struct boot_entry entry;
    struct load_error e;
    struct boot b;

    cr_assert(boot_open(&b, options, &e), "%s", e.line);
    cr_assert_not(boot_load(&b, bus, &with, &entry, &e));
    rig_expect_line(&e, path, what);
    boot_close(&b);
    bus_destroy(bus);
}

Test(boot, says_what_does_not_fit_and_what_would)
{
    u8 *kernel = rig_image(4096, 0x80000, 30 * MIB, 2), *large = calloc(1, 9 * MIB);
    struct rig_elf pi = rig_elf(0x80000, 0x80000);
    struct rig_file k = rig_file(kernel, 4096), i = rig_file(large, 9 * MIB);
    struct rig_file p = rig_file(&pi, sizeof pi);
    struct boot_options options = {.kernel = k.path};

    expect_load_error(&options, 16 * MIB, k.path,
                      "takes 30720 KiB and does not fit in 16 MiB of RAM; -m 64M would work");
    options.initrd = i.path;
    expect_load_error(&options, 32 * MIB, i.path,
                      "takes 9216 KiB and does not fit in 32 MiB of RAM; -m 64M would work");
    options.initrd = NULL;
    expect_load_error(&options, 31 * MIB, k.path,
                      "leaves no room for the device tree in 31 MiB of RAM; -m 64M would work");
    options.kernel = p.path;
    expect_load_error(&options, 64 * MIB, p.path,
                      "is linked to 0x80000, which is not in RAM (0x40000000 to 0x43ffffff)");
    free(large);
    free(kernel);
}

Test(boot, names_the_file_that_cannot_be_opened)
{
    struct rig_file k = rig_file("kernel", 6);
    struct boot_options options = {.kernel = "/nonexistent/Image"};
    struct load_error e;
    struct boot b;

    cr_assert_not(boot_open(&b, &options, &e));
    rig_expect_line(&e, "/nonexistent/Image", "No such file");
    options.kernel = k.path;
    options.initrd = "/nonexistent/initrd";
    cr_assert_not(boot_open(&b, &options, &e));
    rig_expect_line(&e, "/nonexistent/initrd", "No such file");
    options.initrd = NULL;
    options.dtb = "/";
    cr_assert_not(boot_open(&b, &options, &e));
    rig_expect_line(&e, "/", "is a directory");
}

/* Code that the engine decoded from RAM is reported before it is loaded over. */
struct reports {
    u64 pa[8];
    unsigned count;
    const u8 *host;
};

static void report(void *owner, u64 pa, u64 len)
{
    struct reports *r = owner;

    cr_assert(len > 0 && len <= 4096 && r->count < ARRAY_LEN(r->pa));
    cr_assert_eq(r->host[pa - RAM_BASE], 0xee, "told too late");
    r->pa[r->count++] = pa;
}

Test(boot, drops_decoded_code)
{
    static u8 code[3 * 4096];
    struct rig_file k = rig_file(memset(code, 1, sizeof code), sizeof code - 100);
    struct boot_options options = {.kernel = k.path};
    struct bus *bus = rig_bus(16 * MIB);
    struct fdt_board with = board(16 * MIB);
    struct reports reports = {.host = bus->ram[0].host};
    struct boot_entry entry;
    struct load_error e;
    struct boot b;

    memset(bus->ram[0].host, 0xee, 16 * MIB);
    bus->code_written = report;
    bus->code_owner = &reports;
    ram_page_at(&bus->ram[0], RAM_BASE + 0x7f000)->ops = (struct uop *)code;
    ram_page_at(&bus->ram[0], RAM_BASE + 0x80000)->ops = (struct uop *)code;
    ram_page_at(&bus->ram[0], RAM_BASE + 0x82000)->ops = (struct uop *)code;
    ram_page_at(&bus->ram[0], RAM_BASE + 0x83000)->ops = (struct uop *)code;
    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    cr_assert(boot_load(&b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_eq(reports.count, 2);
    cr_assert_eq(reports.pa[0], RAM_BASE + 0x80000);
    cr_assert_eq(reports.pa[1], RAM_BASE + 0x82000);
    boot_close(&b);
    bus_destroy(bus);
}

/* linux,uefi-system-table in the tree of the entry, 0 for none. */
static u64 system_table(struct bus *bus, const struct boot_entry *entry)
{
    const void *tree = bus_host(bus, entry->dtb, entry->dtb_size);
    const fdt64_t *p =
        fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "linux,uefi-system-table", NULL);

    return p ? fdt64_ld(p) : 0;
}

/* By the name of the table that Linux's efi.h gives it, e03fc20a-85dc-406e-b90e-4ab502371d95. */
Test(boot, starts_the_stub_of_kernels_that_read_no_table)
{
    static const u8 guid[] = {0x0a, 0xc2, 0x3f, 0xe0, 0xdc, 0x85, 0x6e, 0x40,
                              0xb9, 0x0e, 0x4a, 0xb5, 0x02, 0x37, 0x1d, 0x95};
    static const struct efi_screen screen = {0x0c000000, 0x300000, 1024, 768, 4096};
    u8 *kernel = rig_image(200000, 0x80000, 300000, 2);
    struct bus *bus = rig_bus(16 * MIB);
    struct fdt_board with = board(16 * MIB);
    struct boot_entry entry;
    struct load_error e;
    struct boot b;

    memcpy(kernel, "MZ", 2);
    kernel[60] = 64; /* where the PE header is; its entry point is 40 bytes into it */
    memcpy(kernel + 64, "PE\0\0", 4);
    memset(kernel + 68, 0, 100);
    memcpy(kernel + 64 + 40, "\x00\x20\x01", 3);
    struct rig_file k = rig_file(kernel, 200000);
    struct boot_options options = {.kernel = k.path, .screen = &screen};
    cr_assert(boot_open(&b, &options, &e), "%s", e.line);
    cr_assert(boot_knows_efi(&b));
    cr_assert(boot_load(&b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_eq(system_table(bus, &entry), 0);
    cr_assert(b.efi.ready);
    cr_assert_eq(b.efi.config.stub_entry, RAM_BASE + 0x80000 + 0x12000);
    cr_assert_eq(b.efi.config.kernel_entry, entry.pc);
    cr_assert_eq(b.efi.config.dtb, entry.dtb);

    memcpy(kernel + 150004, guid, sizeof(guid));
    rig_rewrite(&k, kernel, 200000);
    cr_assert(boot_load(&b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_neq(system_table(bus, &entry), 0);
    cr_assert_not(b.efi.ready);

    memset(kernel + 150004, 0, sizeof(guid));
    rig_rewrite(&k, kernel, 200000);
    b.options.screen = NULL;
    cr_assert(boot_load(&b, bus, &with, &entry, &e), "%s", e.line);
    cr_assert_eq(system_table(bus, &entry), 0);
    cr_assert_not(b.efi.ready);
    boot_close(&b);
    bus_destroy(bus);
    free(kernel);
}

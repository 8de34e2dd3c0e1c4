/*
 * Loading ELF executables that are built here from the gABI's structures: where
 * segments and entry land, and one clear refusal for each kind of wrong file.
 */
#include "firmware/elf.h"

#include "load_rig.h"

static bool identify(struct elf *elf, struct file *f, const struct rig_file *from,
                     struct load_error *e)
{
    cr_assert(file_open(f, from->path, e), "%s", e->line);
    return elf_identify(elf, f, e);
}

/* Identifying the first SIZE bytes of BYTES fails and says WHAT. */
static void expect_refusal(const void *bytes, size_t size, const char *what)
{
    struct rig_file from = rig_file(bytes, size);
    struct load_error e;
    struct elf elf;
    struct file f;

    cr_assert_not(identify(&elf, &f, &from, &e), "should say '%s'", what);
    rig_expect_line(&e, from.path, what);
    file_close(&f);
    close(from.fd);
}

Test(elf, segments_land_where_they_are_linked)
{
    struct rig_elf made = rig_elf(RAM_BASE + 0x200000, RAM_BASE + 0x200000);
    struct rig_file from = rig_file(&made, sizeof made);
    struct bus *bus = rig_bus(8 * MIB);
    struct load_error e;
    struct elf elf;
    struct file f;

    /* The guest has used the RAM before: BSS must still come out zero. */
    memset(bus->ram[0].host, 0xa5, 8 * MIB);
    cr_assert(identify(&elf, &f, &from, &e), "%s", e.line);
    cr_assert_eq(elf.count, 2);
    cr_assert_eq(elf.low, RAM_BASE + 0x200000);
    cr_assert_eq(elf.size, 0x10000 + 8192);
    cr_assert_eq(elf.entry, RAM_BASE + 0x200010);
    cr_assert(elf_load(&elf, &f, bus, elf.low, &e), "%s", e.line);

    const u8 *at = bus->ram[0].host + 0x200000;
    cr_assert(memcmp(at, made.text, 4096) == 0);
    cr_assert(memcmp(at + 0x10000, made.data, 4096) == 0);
    for (int i = 0; i < 4096; i++)
        cr_assert_eq(at[0x11000 + i], 0);
    cr_assert_eq(at[-1], 0xa5);
    cr_assert_eq(at[4096], 0xa5);
    cr_assert_eq(at[0x12000], 0xa5);
    file_close(&f);
    bus_destroy(bus);
}

Test(elf, segments_keep_their_distance_when_moved)
{
    struct rig_elf made = rig_elf(UINT64_C(0xffff800010080000), UINT64_C(0xffff800010080000));
    struct rig_file from = rig_file(&made, sizeof made);
    struct bus *bus = rig_bus(8 * MIB);
    struct load_error e;
    struct elf elf;
    struct file f;

    cr_assert(identify(&elf, &f, &from, &e), "%s", e.line);
    cr_assert(elf_load(&elf, &f, bus, RAM_BASE + 0x80000, &e), "%s", e.line);
    cr_assert(memcmp(bus->ram[0].host + 0x80000, made.text, 4096) == 0);
    cr_assert(memcmp(bus->ram[0].host + 0x90000, made.data, 4096) == 0);
    file_close(&f);
    bus_destroy(bus);
}

/* Pages of this process that the host holds in memory; proc(5), statm. */
static long resident_pages(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    long size, resident;

    cr_assert(statm != NULL && fscanf(statm, "%ld %ld", &size, &resident) == 2);
    fclose(statm);
    return resident;
}

/* A program may have a heap as large as RAM in its BSS. */
Test(elf, untouched_bss_takes_no_host_memory)
{
    struct rig_elf made = rig_elf(RAM_BASE, RAM_BASE);
    struct bus *bus = rig_bus(256 * MIB);
    struct load_error e;
    struct elf elf;
    struct file f;
    long before;

    made.p[1].p_memsz = 256 * MIB - 0x10000; /* to the end of RAM */
    struct rig_file from = rig_file(&made, sizeof made);
    cr_assert(identify(&elf, &f, &from, &e), "%s", e.line);
    bus->ram[0].host[40 * MIB] = 1;
    bus->ram[0].host[256 * MIB - 1] = 1;
    before = resident_pages();
    cr_assert(elf_load(&elf, &f, bus, elf.low, &e), "%s", e.line);
    cr_assert(resident_pages() - before < (long)(16 * MIB) / 4096);
    cr_assert_eq(bus->ram[0].host[40 * MIB], 0);
    cr_assert_eq(bus->ram[0].host[256 * MIB - 1], 0);
    file_close(&f);
    bus_destroy(bus);
}

Test(elf, entry_goes_with_the_segment_it_is_in)
{
    struct rig_elf made = rig_elf(UINT64_C(0xffff000000000000), RAM_BASE);
    struct load_error e;
    struct elf elf;
    struct file f;

    made.h.e_entry = UINT64_C(0xffff000000010ff0); /* in the data segment */
    struct rig_file virtual = rig_file(&made, sizeof made);
    cr_assert(identify(&elf, &f, &virtual, &e), "%s", e.line);
    cr_assert_eq(elf.entry, RAM_BASE + 0x10ff0);
    file_close(&f);

    made.h.e_entry = RAM_BASE + 8; /* physical already */
    struct rig_file physical = rig_file(&made, sizeof made);
    cr_assert(identify(&elf, &f, &physical, &e), "%s", e.line);
    cr_assert_eq(elf.entry, RAM_BASE + 8);
    file_close(&f);
}

Test(elf, refuses_to_write_outside_ram)
{
    struct rig_elf made = rig_elf(RAM_BASE, RAM_BASE);
    struct rig_file from = rig_file(&made, sizeof made);
    struct bus *bus = rig_bus(0x11000); /* half of the last segment */
    struct load_error e;
    struct elf elf;
    struct file f;

    cr_assert(identify(&elf, &f, &from, &e), "%s", e.line);
    cr_assert_not(elf_load(&elf, &f, bus, RAM_BASE, &e));
    rig_expect_line(&e, from.path, "does not fit");
    file_close(&f);
    bus_destroy(bus);
}

Test(elf, names_the_machine_of_a_foreign_file)
{
    static const struct {
        u8 class, data;
        u16 machine;
        const char *what;
    } foreign[] = {
        {ELFCLASS64, ELFDATA2LSB, EM_X86_64, "for x86-64"},
        {ELFCLASS32, ELFDATA2LSB, EM_386, "for 32-bit x86"},
        {ELFCLASS32, ELFDATA2LSB, EM_ARM, "for 32-bit ARM"},
        {ELFCLASS32, ELFDATA2MSB, EM_ARM, "for 32-bit ARM"},
        {ELFCLASS64, ELFDATA2LSB, EM_RISCV, "for RISC-V"},
        {ELFCLASS64, ELFDATA2MSB, EM_S390, "for s390"},
        {ELFCLASS64, ELFDATA2LSB, 0x1234, "e_machine 4660"},
        {ELFCLASS32, ELFDATA2LSB, EM_AARCH64, "32-bit (ILP32)"},
        {ELFCLASS64, ELFDATA2MSB, EM_AARCH64, "big-endian"},
    };

    for (unsigned i = 0; i < ARRAY_LEN(foreign); i++) {
        struct rig_elf made = rig_elf(RAM_BASE, RAM_BASE);

        made.h.e_ident[EI_CLASS] = foreign[i].class;
        made.h.e_ident[EI_DATA] = foreign[i].data;
        made.h.e_machine = foreign[i].data == ELFDATA2MSB ? __builtin_bswap16(foreign[i].machine)
                                                          : foreign[i].machine;
        expect_refusal(&made, sizeof made, foreign[i].what);
    }
}

Test(elf, refuses_what_is_no_executable)
{
    struct rig_elf made = rig_elf(RAM_BASE, RAM_BASE);

    made.h.e_type = ET_REL;
    expect_refusal(&made, sizeof made, "object file");
    made.h.e_type = ET_CORE;
    expect_refusal(&made, sizeof made, "core dump");
    made.h.e_type = ET_NONE;
    expect_refusal(&made, sizeof made, "unknown ELF type");
    made.h.e_type = ET_EXEC;
    made.h.e_phnum = 1; /* the note */
    expect_refusal(&made, sizeof made, "nothing to load");
    made.h.e_phnum = 0;
    expect_refusal(&made, sizeof made, "nothing to load");
}

Test(elf, refuses_a_truncated_file)
{
    struct rig_elf made = rig_elf(RAM_BASE, RAM_BASE);

    for (size_t size = 4; size < sizeof made; size += size < 300 ? 1 : 97)
        expect_refusal(&made, size, "truncated");
    expect_refusal(&made, sizeof made - 1, "truncated");
}

Test(elf, refuses_malformed_headers)
{
    struct rig_elf good = rig_elf(RAM_BASE, RAM_BASE), bad;

    bad = good;
    bad.p[1].p_filesz = bad.p[1].p_memsz + 1;
    expect_refusal(&bad, sizeof bad, "malformed");
    bad = good;
    bad.p[1].p_paddr = UINT64_MAX - 100;
    expect_refusal(&bad, sizeof bad, "malformed");
    bad = good;
    bad.h.e_entry = 12;
    expect_refusal(&bad, sizeof bad, "entry point 0xc");
    bad = good;
    bad.h.e_phentsize = 32;
    expect_refusal(&bad, sizeof bad, "malformed");
    bad = good;
    bad.h.e_phnum = 0xffff;
    expect_refusal(&bad, sizeof bad, "program headers");
    bad = good;
    bad.h.e_phoff = UINT64_MAX - 8;
    expect_refusal(&bad, sizeof bad, "truncated");
    bad = good;
    bad.p[2].p_offset = UINT64_MAX;
    expect_refusal(&bad, sizeof bad, "truncated");
}

Test(elf, survives_mutated_files)
{
    struct rig_elf good = rig_elf(RAM_BASE + 0x1000, RAM_BASE + 0x1000);
    struct rig_file from = rig_file(&good, sizeof good);
    struct bus *bus = rig_bus(MIB);
    static u8 hurt[sizeof good];
    u64 seed = 7;

    for (int i = 0; i < 5000; i++) {
        size_t size = rig_mutate(&seed, hurt, (u8 *)&good, sizeof good, 64 + 3 * 56);
        struct load_error e;
        struct elf elf;
        struct file f;

        rig_rewrite(&from, hurt, size);
        /* What is accepted is sound, and loading it stays inside RAM. */
        if (identify(&elf, &f, &from, &e)) {
            cr_assert(elf.count > 0 && elf.size - 1 <= UINT64_MAX - elf.low);
            if (!elf_load(&elf, &f, bus, elf.low, &e))
                rig_expect_line(&e, from.path, "does not fit");
        } else {
            rig_expect_line(&e, from.path, "");
        }
        file_close(&f);
    }
    bus_destroy(bus);
}

/*
 * Reading AArch64 ELF executables; see elf.h. Every number in the headers is
 * taken for hostile until it has been compared with the file's size.
 */
#include "firmware/elf.h"

#include <elf.h>
#include <string.h>

/* Far above what linkers write; keeps a hostile e_phnum cheap. */
enum { ELF_MAX_HEADERS = 128 };

bool elf_recognise(const u8 *head, u64 len)
{
    return len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0;
}

/* What people hand in by mistake, by e_machine. */
static const char *machine_name(unsigned machine)
{
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {
        {EM_386, "32-bit x86"}, {EM_X86_64, "x86-64"},        {EM_ARM, "32-bit ARM"},
        {EM_MIPS, "MIPS"},      {EM_PPC, "32-bit PowerPC"},   {EM_PPC64, "64-bit PowerPC"},
        {EM_S390, "s390"},      {EM_SPARCV9, "64-bit SPARC"}, {EM_RISCV, "RISC-V"},
        {258, "LoongArch"},
    };

    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].machine == machine)
            return names[i].name;
    return NULL;
}

static bool check_machine(const Elf64_Ehdr *h, const struct file *file, struct load_error *e)
{
    bool big_endian = h->e_ident[EI_DATA] == ELFDATA2MSB;
    unsigned machine = big_endian ? __builtin_bswap16(h->e_machine) : h->e_machine;
    const char *name = machine_name(machine);

    if (name)
        return load_fail(e, file->path, "is an ELF file for %s; an AArch64 one would work", name);
    if (machine != EM_AARCH64)
        return load_fail(e, file->path,
                         "is an ELF file for another machine (e_machine %u); an AArch64 one "
                         "would work",
                         machine);
    if (h->e_ident[EI_CLASS] != ELFCLASS64)
        return load_fail(e, file->path, "is a 32-bit (ILP32) ELF file; a 64-bit one would work");
    if (h->e_ident[EI_DATA] != ELFDATA2LSB)
        return load_fail(e, file->path, "is a big-endian ELF file; a little-endian one would work");
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return load_fail(e, file->path, "is %s, not a linked ELF executable",
                         h->e_type == ET_REL    ? "an object file"
                         : h->e_type == ET_CORE ? "a core dump"
                                                : "of an unknown ELF type");
    return true;
}

/* Take one PT_LOAD header down. */
static bool add_segment(struct elf *elf, const Elf64_Phdr *p, const struct file *file,
                        struct load_error *e)
{
    if (p->p_filesz > p->p_memsz || p->p_paddr + (p->p_memsz - 1) < p->p_paddr)
        return load_fail(e, file->path, "is a malformed ELF file: segment at 0x%llx",
                         (unsigned long long)p->p_paddr);
    if (p->p_offset > file->size || p->p_filesz > file->size - p->p_offset)
        return load_fail(e, file->path, "is truncated: its segment at 0x%llx is not all there",
                         (unsigned long long)p->p_paddr);
    if (elf->count == ELF_MAX_SEGMENTS)
        return load_fail(e, file->path, "has more than %d segments to load", ELF_MAX_SEGMENTS);
    elf->segments[elf->count++] = (struct elf_segment){
        .offset = p->p_offset,
        .file_size = p->p_filesz,
        .address = p->p_paddr,
        .size = p->p_memsz,
    };
    return true;
}

/*
 * A kernel is entered with the MMU off, so that its entry point, which linkers
 * state as a virtual address, must be found in a segment and moved with it. One
 * that is physical already is left alone.
 */
static bool find_entry(struct elf *elf, const Elf64_Phdr *headers, unsigned count, u64 entry)
{
    for (unsigned i = 0; i < count; i++)
        if (headers[i].p_type == PT_LOAD && entry - headers[i].p_vaddr < headers[i].p_memsz) {
            elf->entry = entry - headers[i].p_vaddr + headers[i].p_paddr;
            return true;
        }
    elf->entry = entry;
    return entry - elf->low < elf->size;
}

static bool read_segments(struct elf *elf, const Elf64_Ehdr *h, const struct file *file,
                          struct load_error *e)
{
    Elf64_Phdr headers[ELF_MAX_HEADERS];
    u64 table = (u64)h->e_phnum * sizeof headers[0];
    u64 last = 0;

    if (h->e_phnum > ELF_MAX_HEADERS)
        return load_fail(e, file->path, "has more than %d program headers", ELF_MAX_HEADERS);
    if (h->e_phnum > 0 && h->e_phentsize != sizeof headers[0])
        return load_fail(e, file->path, "is a malformed ELF file: program headers of %u bytes",
                         h->e_phentsize);
    if (h->e_phoff > file->size || table > file->size - h->e_phoff)
        return load_fail(e, file->path, "is truncated: its program headers are not all there");
    if (!file_read(file, h->e_phoff, headers, table, e))
        return false;
    elf->count = 0;
    elf->low = UINT64_MAX;
    for (unsigned i = 0; i < h->e_phnum; i++) {
        const Elf64_Phdr *p = &headers[i];

        if (p->p_type != PT_LOAD || p->p_memsz == 0)
            continue;
        if (!add_segment(elf, p, file, e))
            return false;
        elf->low = p->p_paddr < elf->low ? p->p_paddr : elf->low;
        last = p->p_paddr + (p->p_memsz - 1) > last ? p->p_paddr + (p->p_memsz - 1) : last;
    }
    if (elf->count == 0)
        return load_fail(e, file->path, "is an ELF file with nothing to load");
    elf->size = last - elf->low + 1;
    if (!find_entry(elf, headers, h->e_phnum, h->e_entry))
        return load_fail(e, file->path,
                         "is a malformed ELF file: entry point 0x%llx is in no segment",
                         (unsigned long long)h->e_entry);
    return true;
}

bool elf_identify(struct elf *elf, const struct file *file, struct load_error *e)
{
    Elf64_Ehdr h = {0};
    u64 have = file->size < sizeof h ? file->size : sizeof h;

    if (have < offsetof(Elf64_Ehdr, e_version))
        return load_fail(e, file->path, "is truncated: %llu bytes of an ELF header",
                         (unsigned long long)have);
    if (!file_read(file, 0, &h, have, e) || !check_machine(&h, file, e))
        return false;
    if (have < sizeof h)
        return load_fail(e, file->path, "is truncated: %llu bytes of an ELF header",
                         (unsigned long long)have);
    return read_segments(elf, &h, file, e);
}

bool elf_load(const struct elf *elf, const struct file *file, struct bus *bus, u64 at,
              struct load_error *e)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        u64 pa = at + (s->address - elf->low);

        if (!file_read_ram(file, s->offset, bus, pa, s->file_size, e))
            return false;
        if (!ram_clear(bus, pa + s->file_size, s->size - s->file_size))
            return load_fail(e, file->path, "does not fit in RAM");
    }
    return true;
}

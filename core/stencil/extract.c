/*
 * Reads stencils (bodies.c) out of object files and writes them as a C table:
 *
 *     extract OBJDUMP OBJECT... > TABLE
 *
 * Each function stencil_NAME has a section of its own with its relocations. One that
 * needs anything but holes, handlers, constants and functions that are linked elsewhere
 * (a static function, a table) becomes no stencil. ELF-64 for x86-64: the System V ABI
 * and its AMD64 supplement, section 4.4.
 */
#include <elf.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cpu.h"
#include "core/engine/stencil.h"
#include "core/stencil/anatomy.h"

#define SECTION_PREFIX ".text."
#define PREFIX         SECTION_PREFIX "stencil_"

/* An object file in memory. */
struct object {
    const char *name;
    unsigned number;
    const char *bytes;
    const Elf64_Shdr *sections;
    const char *section_names;
    const Elf64_Sym *symbols;
    const char *symbol_names;
    unsigned section_count;
    struct listing listing;
};

/* A relocation in the table's terms. */
struct place {
    unsigned offset, size;
    enum stencil_hole hole;
    long addend;
    const char *symbol; /* of HOLE_LEAVE and HOLE_THERE */
    unsigned data;      /* of HOLE_THERE: the section that it is in, 0 for a symbol */
};

static const char *const hole_names[HOLE_COUNT] = {
    [HOLE_BEHIND] = "hole_behind",
    [HOLE_D] = "hole_d",
    [HOLE_N] = "hole_n",
    [HOLE_M] = "hole_m",
    [HOLE_A] = "hole_a",
    [HOLE_IMM] = "hole_imm",
    [HOLE_AUX] = "hole_aux",
    [HOLE_X_D] = "hole_x_d",
    [HOLE_X_N] = "hole_x_n",
    [HOLE_X_M] = "hole_x_m",
    [HOLE_X_A] = "hole_x_a",
    [HOLE_X_IMM] = "hole_x_imm",
    [HOLE_X_SP] = "hole_x_sp",
    [HOLE_X_LR] = "hole_x_lr",
    [HOLE_MASK] = "hole_mask",
    [HOLE_TARGET] = "hole_target",
    [HOLE_NEXT] = "stencil_next",
    [HOLE_BRANCH] = "stencil_branch",
    [HOLE_DISPATCH] = "stencil_dispatch",
    [HOLE_EXIT] = "stencil_exit",
};

static void fail(const char *name, const char *what)
{
    fprintf(stderr, "extract: %s: %s\n", name, what);
    exit(1);
}

static char *read_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        fail(name, "can't be read");
    long size = ftell(f);
    rewind(f);
    char *bytes = malloc((size_t)size);
    if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size)
        fail(name, "can't be read");
    fclose(f);
    if ((size_t)size < sizeof(Elf64_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        fail(name, "no object file");
    return bytes;
}

static struct object object_open(const char *name)
{
    struct object o = {.name = name, .bytes = read_file(name)};
    const Elf64_Ehdr *header = (const void *)o.bytes;
    if (header->e_machine != EM_X86_64 || header->e_type != ET_REL)
        fail(name, "no object file for x86-64");
    o.sections = (const void *)(o.bytes + header->e_shoff);
    o.section_count = header->e_shnum;
    o.section_names = o.bytes + o.sections[header->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < o.section_count; i++) {
        if (o.sections[i].sh_type != SHT_SYMTAB)
            continue;
        o.symbols = (const void *)(o.bytes + o.sections[i].sh_offset);
        o.symbol_names = o.bytes + o.sections[o.sections[i].sh_link].sh_offset;
    }
    if (!o.symbols)
        fail(name, "no symbols");
    return o;
}

static const char *section_name(const struct object *o, unsigned index)
{
    return o->section_names + o->sections[index].sh_name;
}

static const unsigned char *contents(const struct object *o, unsigned index)
{
    return (const unsigned char *)o->bytes + o->sections[index].sh_offset;
}

/* Bytes that a relocation of TYPE fills in; 0: a stencil can't have it. */
static unsigned size_of(unsigned type)
{
    switch (type) {
    case R_X86_64_8:
        return 1;
    case R_X86_64_32:
    case R_X86_64_32S:
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
        return 4;
    case R_X86_64_64:
        return 8;
    default:
        return 0;
    }
}

static bool is_data(const struct object *o, unsigned index)
{
    return index < o->section_count && o->sections[index].sh_type == SHT_PROGBITS &&
           strncmp(section_name(o, index), ".rodata", 7) == 0;
}

/* The relocation R as a place; false if a stencil can't have it. */
static bool place_of(const struct object *o, const Elf64_Rela *r, struct place *p)
{
    const Elf64_Sym *symbol = &o->symbols[ELF64_R_SYM(r->r_info)];
    unsigned type = ELF64_R_TYPE(r->r_info);
    bool distance = type == R_X86_64_PLT32 || type == R_X86_64_PC32;
    *p = (struct place){.offset = (unsigned)r->r_offset,
                        .size = size_of(type),
                        .addend = r->r_addend,
                        .hole = HOLE_THERE,
                        .symbol = o->symbol_names + symbol->st_name};
    if (ELF64_ST_BIND(symbol->st_info) == STB_LOCAL) {
        p->data = symbol->st_shndx;
        p->addend += (long)symbol->st_value;
        return distance && is_data(o, p->data);
    }
    for (unsigned hole = 0; hole < HOLE_COUNT; hole++) {
        if (!hole_names[hole] || strcmp(hole_names[hole], p->symbol) != 0)
            continue;
        p->hole = hole;
        return p->size && distance == (hole >= HOLE_NEXT);
    }
    if (strncmp(p->symbol, "op_", 3) == 0)
        p->hole = HOLE_LEAVE;
    return distance;
}

/* The places of section INDEX; their number, or -1 if it becomes no stencil. */
static int places_of(const struct object *o, unsigned index, struct place *places, int most)
{
    int count = 0;
    for (unsigned i = 0; i < o->section_count; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        if (s->sh_type != SHT_RELA || s->sh_info != index)
            continue;
        const Elf64_Rela *r = (const void *)(o->bytes + s->sh_offset);
        for (size_t k = 0; k < s->sh_size / sizeof(*r); k++)
            if (count == most || !place_of(o, &r[k], &places[count++]))
                return -1;
    }
    return count;
}

/* By another name, as the table knows neither types nor which of them the compiler knows. */
static void write_symbol(const char *name)
{
    printf("extern const char at_%s[] __asm__(\"%s\");\n", name, name);
}

/* What a place points to, in C. */
static const char *pointer_to(const struct object *o, const struct place *p)
{
    static char text[256];
    if (p->hole != HOLE_LEAVE && p->hole != HOLE_THERE)
        return "NULL";
    if (p->data)
        snprintf(text, sizeof(text), "data_%u_%u", o->number, p->data);
    else
        snprintf(text, sizeof(text), "at_%s", p->symbol);
    return text;
}

static void write_places(const struct object *o, const char *name, const struct place *places,
                         const struct anatomy_place *known, int count)
{
    for (int i = 0; i < count; i++)
        if ((places[i].hole == HOLE_LEAVE || places[i].hole == HOLE_THERE) && !places[i].data)
            write_symbol(places[i].symbol);
    printf("static const struct stencil_place places_%s[] = {\n", name);
    for (int i = 0; i < count; i++) {
        const struct place *p = &places[i];
        printf("    {%u, %d, %u, %d, %ld, %s},\n", p->offset, (int)p->hole, p->size,
               (int)known[i].form, p->addend, pointer_to(o, p));
    }
    printf("};\n");
}

static void write_bytes(const unsigned char *bytes, size_t size)
{
    printf("{");
    for (size_t i = 0; i < size; i++)
        printf("%s%#x,", i % 16 ? " " : "\n    ", bytes[i]);
    printf("\n};\n");
}

static void write_insns(const char *name, const struct anatomy *a)
{
    printf("static const struct stencil_insn insns_%s[] = {\n", name);
    for (unsigned i = 0; i < a->insn_count; i++) {
        const struct stencil_insn *n = &a->insns[i].form;
        printf("    {%u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u, %u},\n",
               n->size, n->kind, n->stores, n->target, n->opcode, n->shape, n->memory, n->reg,
               n->vvvv, n->base, n->index, n->reg_value, n->vvvv_value, n->base_value,
               n->index_value, n->place, n->tail, n->immediate);
    }
    printf("    {0},\n};\n");
}

/* Take apart what is in section INDEX. */
static void find_anatomy(const struct object *o, unsigned index, const struct place *places,
                         struct anatomy_place *known, int count, struct anatomy *a)
{
    size_t lines;
    const struct listing_line *l =
        listing_find(&o->listing, section_name(o, index) + strlen(SECTION_PREFIX), &lines);
    for (int i = 0; i < count; i++)
        known[i] = (struct anatomy_place){.offset = places[i].offset,
                                          .hole = places[i].hole,
                                          .is_x = places[i].addend == offsetof(struct cpu, x)};
    anatomy_find(a, contents(o, index), (unsigned)o->sections[index].sh_size, l, lines, known,
                 (unsigned)count);
}

/* The constants that code refers to. */
static void write_data(const struct object *o)
{
    for (unsigned i = 0; i < o->section_count; i++) {
        if (!is_data(o, i) || !o->sections[i].sh_size)
            continue;
        printf("__attribute__((aligned(64), unused)) static const u8 data_%u_%u[] = ", o->number,
               i);
        write_bytes(contents(o, i), o->sections[i].sh_size);
    }
}

enum { MOST_PLACES = 64, MOST_CODE = 1024, MOST_STENCILS = 8192 };

struct row {
    const char *name;
    size_t size;
    int places;
    unsigned ways;
    struct anatomy anatomy;
};

/* Write the code in section INDEX, and how to make others of it. */
static struct row write_stencil(const struct object *o, unsigned index, const struct place *places,
                                int count)
{
    struct anatomy_place known[MOST_PLACES];
    struct row row = {.name = section_name(o, index) + strlen(PREFIX),
                      .size = o->sections[index].sh_size,
                      .places = count};
    for (int i = 0; i < count; i++)
        if (places[i].hole >= HOLE_NEXT)
            row.ways |= 1u << (places[i].hole - HOLE_NEXT);
    find_anatomy(o, index, places, known, count, &row.anatomy);
    write_places(o, row.name, places, known, count);
    write_insns(row.name, &row.anatomy);
    printf("static const u8 code_%s[] = ", row.name);
    write_bytes(contents(o, index), row.size);
    printf("extern const char at_op_%s[] __asm__(\"op_%s\");\n", row.name, row.name);
    return row;
}

/* Write the stencils of one object; their rows go to ROWS, their number is returned. */
static unsigned write_object(const struct object *o, struct row *rows, unsigned most)
{
    unsigned count = 0;
    write_data(o);
    for (unsigned i = 0; i < o->section_count; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        struct place places[MOST_PLACES];
        if (strncmp(section_name(o, i), PREFIX, strlen(PREFIX)) != 0 || s->sh_size > MOST_CODE)
            continue;
        int place_count = places_of(o, i, places, MOST_PLACES);
        if (place_count < 0)
            continue;
        if (count == most)
            fail(o->name, "too many stencils");
        rows[count++] = write_stencil(o, i, places, place_count);
    }
    return count;
}

static void write_row(const struct row *r)
{
    const struct anatomy *a = &r->anatomy;
    printf(
        "    {at_op_%s, code_%s, places_%s, insns_%s, %zu, %d, %#x, %u, %u, %#x, %#x, %#x, %d, {",
        r->name, r->name, r->name, r->name, r->size, r->places, a->registers, a->insn_count,
        a->value_count, a->flags_read, a->flags_written, r->ways, a->commutes);
    for (unsigned i = 0; i < a->value_count; i++)
        printf("{%u, %u, %u, %u}, ", a->values[i].from, a->values[i].to, a->values[i].made,
               a->values[i].last);
    printf("}},\n");
}

int main(int argc, char **argv)
{
    struct row *rows = calloc(MOST_STENCILS, sizeof(*rows));
    unsigned count = 0;
    if (!rows)
        fail("rows", "no memory");
    printf("/* Made by core/stencil/extract.c. */\n#include \"core/engine/stencil.h\"\n\n");
    printf("#include <stddef.h>\n\n");
    for (int i = 2; i < argc; i++) {
        struct object o = object_open(argv[i]);
        o.listing = listing_read(argv[1], argv[i]);
        o.number = (unsigned)i;
        count += write_object(&o, rows + count, MOST_STENCILS - count);
    }
    printf("const struct stencil stencils[] = {\n");
    for (unsigned i = 0; i < count; i++)
        write_row(&rows[i]);
    printf("    {0},\n};\nconst unsigned stencil_count = %u;\n", count);
    printf("bool stencils_run_here(void) { return __builtin_cpu_supports(\"x86-64-v3\"); }\n");
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}

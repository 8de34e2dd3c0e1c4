/*
 * target.xml (GDB manual, appendix G): the features that gdb knows by name, and
 * one that is made from the table of system registers.
 */
#include <string.h>

#include "core/model.h"
#include "tools/gdbstub/internal.h"
#include "tools/gdbstub/registers.h"

#define TYPE(register, fields) static const struct register_field fields_##register[] = {fields};
#define FIELD(name, high, low) {#name, high, low},
#include "tools/gdbstub/fields.def"
#undef TYPE

const struct register_type register_types[] = {
#define TYPE(register, fields) {#register, fields_##register, ARRAY_LEN(fields_##register)},
#include "tools/gdbstub/fields.def"
#undef TYPE
#undef FIELD
};
const unsigned register_type_count = ARRAY_LEN(register_types);

static void add_fields(struct text *t, const char *id, unsigned size,
                       const struct register_type *type)
{
    text_printf(t, "<flags id=\"%s\" size=\"%u\">", id, size);
    for (unsigned i = 0; i < type->count; i++)
        text_printf(t, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", type->fields[i].name,
                    type->fields[i].low, type->fields[i].high);
    text_puts(t, "</flags>");
}

static const struct register_type *type_of(const char *name)
{
    for (unsigned i = 0; i < register_type_count; i++)
        if (strcmp(register_types[i].name, name) == 0)
            return &register_types[i];
    return NULL;
}

static void describe_core(struct text *t)
{
    text_puts(t, "<feature name=\"org.gnu.gdb.aarch64.core\">");
    add_fields(t, "cpsr_flags", 4, type_of("SPSR_EL1")); /* it is PSTATE in SPSR's form */
    for (unsigned i = 0; i < 31; i++)
        text_printf(t, "<reg name=\"x%u\" bitsize=\"64\"%s/>", i, i ? "" : " regnum=\"0\"");
    text_puts(t, "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>"
                 "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>"
                 "<reg name=\"cpsr\" bitsize=\"32\" type=\"cpsr_flags\"/></feature>");
}

/* What a vector register may be looked at as: lanes of a width, in one of several kinds. */
static void describe_vectors(struct text *t)
{
    static const struct {
        const char *id, *type;
        unsigned count;
    } lanes[] = {
        {"v2d", "ieee_double", 2}, {"v2u", "uint64", 2}, {"v2i", "int64", 2},
        {"v4f", "ieee_single", 4}, {"v4u", "uint32", 4}, {"v4i", "int32", 4},
        {"v8f", "ieee_half", 8},   {"v8u", "uint16", 8}, {"v8i", "int16", 8},
        {"v16u", "uint8", 16},     {"v16i", "int8", 16}, {"v1u", "uint128", 1},
        {"v1i", "int128", 1},
    };
    static const char *const views[][4] = {
        {"vnd", "v2d", "v2u", "v2i"},  {"vns", "v4f", "v4u", "v4i"}, {"vnh", "v8f", "v8u", "v8i"},
        {"vnb", NULL, "v16u", "v16i"}, {"vnq", NULL, "v1u", "v1i"},
    };
    static const char *const view_names[] = {"d", "s", "h", "b", "q"};
    for (unsigned i = 0; i < ARRAY_LEN(lanes); i++)
        text_printf(t, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>", lanes[i].id, lanes[i].type,
                    lanes[i].count);
    for (unsigned i = 0; i < ARRAY_LEN(views); i++) {
        text_printf(t, "<union id=\"%s\">", views[i][0]);
        if (views[i][1])
            text_printf(t, "<field name=\"f\" type=\"%s\"/>", views[i][1]);
        text_printf(t, "<field name=\"u\" type=\"%s\"/><field name=\"s\" type=\"%s\"/></union>",
                    views[i][2], views[i][3]);
    }
    text_puts(t, "<union id=\"aarch64v\">");
    for (unsigned i = 0; i < ARRAY_LEN(views); i++)
        text_printf(t, "<field name=\"%s\" type=\"%s\"/>", view_names[i], views[i][0]);
    text_puts(t, "</union>");
}

static void describe_fpu(struct text *t)
{
    text_puts(t, "<feature name=\"org.gnu.gdb.aarch64.fpu\">");
    describe_vectors(t);
    add_fields(t, "fpsr_flags", 4, type_of("FPSR"));
    add_fields(t, "fpcr_flags", 4, type_of("FPCR"));
    for (unsigned i = 0; i < 32; i++)
        text_printf(t, "<reg name=\"v%u\" bitsize=\"128\" type=\"aarch64v\"%s/>", i,
                    i ? "" : " regnum=\"34\"");
    text_puts(t, "<reg name=\"fpsr\" bitsize=\"32\" type=\"fpsr_flags\"/>"
                 "<reg name=\"fpcr\" bitsize=\"32\" type=\"fpcr_flags\"/></feature>");
}

/* save-restore: a function that the user calls from gdb must not be followed by MSRs. */
static void describe_system(struct gdbstub *g, struct text *t)
{
    text_puts(t, "<feature name=\"org.mini-a64.gdb.sysregs\">");
    for (unsigned i = 0; i < register_type_count; i++) {
        char id[64];
        snprintf(id, sizeof(id), "%s_t", register_types[i].name);
        add_fields(t, id, 8, &register_types[i]);
    }
    for (unsigned i = 0; i < g->register_count; i++) {
        const struct stub_register *r = &g->registers[i];
        text_printf(t,
                    "<reg name=\"%s\" bitsize=\"64\" regnum=\"%u\" group=\"%s\" "
                    "save-restore=\"no\"",
                    r->name, REG_SYSTEM + i, r->group);
        if (r->fields >= 0)
            text_printf(t, " type=\"%s_t\"", register_types[r->fields].name);
        text_puts(t, "/>");
    }
    text_puts(t, "</feature>");
}

void target_describe(struct gdbstub *g)
{
    struct text *t = &g->target_xml;
    text_puts(t, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                 "<target version=\"1.0\"><architecture>aarch64</architecture>");
    describe_core(t);
    describe_fpu(t);
    describe_system(g, t);
    text_puts(t, "</target>");
}

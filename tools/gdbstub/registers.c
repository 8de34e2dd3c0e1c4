/*
 * Registers to and from the client (registers.h; packets g, G, p, P).
 */
#include "tools/gdbstub/registers.h"

#include <stdlib.h>
#include <string.h>

#include "core/model.h"
#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"

/* Names that QEMU 7.2 has for registers that Arm calls otherwise. */
static const struct {
    const char *name;
    enum sysreg row;
} aliases[] = {
    {"SCTLR", SCTLR_EL1},       {"CNTKCTL", CNTKCTL_EL1},   {"CPACR", CPACR_EL1},
    {"VBAR", VBAR_EL1},         {"CLIDR", CLIDR_EL1},       {"AMAIR0", AMAIR_EL1},
    {"CSSELR", CSSELR_EL1},     {"AIDR", AIDR_EL1},         {"ID_PFR0", ID_PFR0_EL1},
    {"ID_PFR2", ID_PFR2_EL1},   {"ID_DFR0", ID_DFR0_EL1},   {"ID_DFR1", ID_DFR1_EL1},
    {"ID_AFR0", ID_AFR0_EL1},   {"ID_MMFR0", ID_MMFR0_EL1}, {"ID_MMFR1", ID_MMFR1_EL1},
    {"ID_MMFR2", ID_MMFR2_EL1}, {"ID_MMFR3", ID_MMFR3_EL1}, {"ID_MMFR4", ID_MMFR4_EL1},
    {"ID_MMFR5", ID_MMFR5_EL1}, {"ID_ISAR0", ID_ISAR0_EL1}, {"ID_ISAR1", ID_ISAR1_EL1},
    {"ID_ISAR2", ID_ISAR2_EL1}, {"ID_ISAR3", ID_ISAR3_EL1}, {"ID_ISAR4", ID_ISAR4_EL1},
    {"ID_ISAR5", ID_ISAR5_EL1}, {"ID_ISAR6", ID_ISAR6_EL1},
};

/* The group that `info registers GROUP` shows a row in, by how its name begins. */
static const char *group_of(const char *name)
{
    static const struct {
        const char *prefix, *group;
    } groups[] = {
        {"ID_", "identification"},
        {"S3_", "identification"},
        {"MIDR", "identification"},
        {"MPIDR", "identification"},
        {"REVIDR", "identification"},
        {"CLIDR", "identification"},
        {"AIDR", "identification"},
        {"CCSIDR", "identification"},
        {"CTR_", "identification"},
        {"DCZID", "identification"},
        {"MVFR", "identification"},
        {"SCTLR", "translation"},
        {"TCR", "translation"},
        {"TTBR", "translation"},
        {"MAIR", "translation"},
        {"AMAIR", "translation"},
        {"PAR_", "translation"},
        {"CONTEXTIDR", "translation"},
        {"ESR", "exception"},
        {"ELR", "exception"},
        {"SPSR", "exception"},
        {"FAR", "exception"},
        {"VBAR", "exception"},
        {"AFSR", "exception"},
        {"ISR", "exception"},
        {"CNT", "timer"},
        {"PM", "pmu"},
        {"DBG", "debug"},
        {"MD", "debug"},
        {"OS", "debug"},
        {"CurrentEL", "pstate"},
        {"DAIF", "pstate"},
        {"NZCV", "pstate"},
        {"SPSel", "pstate"},
        {"PAN", "pstate"},
        {"UAO", "pstate"},
        {"SP_EL", "pstate"},
        {"FPCR", "pstate"},
        {"FPSR", "pstate"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(groups); i++)
        if (strncmp(name, groups[i].prefix, strlen(groups[i].prefix)) == 0)
            return groups[i].group;
    return "control";
}

static int fields_of(const char *name)
{
    for (unsigned i = 0; i < register_type_count; i++)
        if (strcmp(register_types[i].name, name) == 0)
            return (int)i;
    return -1;
}

static void add(struct gdbstub *g, const char *name, unsigned row)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    if (r->needs & ~g->virt->cpu[0]->model->features)
        return;
    int fields = strcmp(name, r->name) ? -1 : fields_of(name); /* an alias is a plain number */
    g->registers[g->register_count++] =
        (struct stub_register){name, group_of(r->name), fields, row};
}

bool registers_create(struct gdbstub *g)
{
    g->registers = calloc(SYS_ROWS + ARRAY_LEN(aliases), sizeof(*g->registers));
    if (!g->registers)
        return false;
    for (unsigned row = 0; row < SYS_ROWS; row++)
        add(g, sysreg_rows[row].name, row);
    for (unsigned i = 0; i < ARRAY_LEN(aliases); i++)
        add(g, aliases[i].name, aliases[i].row);
    target_describe(g);
    return true;
}

void registers_destroy(struct gdbstub *g)
{
    free(g->registers);
    text_free(&g->target_xml);
}

/* Bytes of a register, 0: no such. */
static unsigned size_of(const struct gdbstub *g, u64 number)
{
    if (number == REG_CPSR || number == REG_FPSR || number == REG_FPCR)
        return 4;
    if (number >= REG_V0 && number < REG_FPSR)
        return 16;
    return number < REG_SYSTEM + g->register_count ? 8 : 0;
}

/* A register that can only be written has no value: the row says EL1_W, and not EL1_R. */
static bool readable(const struct sysreg_row *r)
{
    return !(r->access & EL1_W) || (r->access & EL1_R);
}

bool register_read_u64(struct gdbstub *g, struct cpu *c, unsigned number, u64 *value)
{
    if (number <= REG_SP)
        *value = c->x[number];
    else if (number == REG_PC)
        *value = c->pc;
    else if (number == REG_CPSR)
        *value = cpu_pstate(c);
    else if (number == REG_FPSR)
        *value = sysreg_peek(c, FPSR);
    else if (number == REG_FPCR)
        *value = sysreg_peek(c, FPCR);
    else if (number >= REG_SYSTEM && number < REG_SYSTEM + g->register_count &&
             readable(&sysreg_rows[g->registers[number - REG_SYSTEM].row]))
        *value = sysreg_peek(c, g->registers[number - REG_SYSTEM].row);
    else
        return false;
    return true;
}

static void add_value(struct gdbstub *g, struct text *t, struct cpu *c, unsigned number)
{
    unsigned size = size_of(g, number);
    u64 value;
    if (size == 16)
        text_hex(t, &c->v[number - REG_V0], 16);
    else if (register_read_u64(g, c, number, &value))
        text_hex_value(t, value, size);
    else
        text_puts(t, "xxxxxxxxxxxxxxxx");
}

static void write_pc(struct gdbstub *g, struct cpu *c, u64 value)
{
    if (c->pc != value)
        catch_pc_changed(g);
    c->pc = value;
}

/* PSTATE must stay one that this CPU can be in. */
static bool write_pstate(struct cpu *c, u64 value)
{
    unsigned el = (unsigned)bits(value, 3, 2);
    if (bit(value, 4) || bit(value, 1) || el > 1 || (el == 0 && bit(value, 0)))
        return false;
    cpu_set_pstate(c, value);
    cpu_regime_changed(c);
    cpu_kick(c);
    return true;
}

static bool write_system(struct cpu *c, unsigned row, u64 value)
{
    const struct sysreg_row *r = &sysreg_rows[row];
    if (!r->writable && r->access & EL1_W)
        return true; /* hardware takes the MSR and ignores it */
    if (!sysreg_poke(c, row, value))
        return false;
    cpu_kick(c);
    return true;
}

static bool write(struct gdbstub *g, struct cpu *c, unsigned number, const void *from)
{
    u64 value = 0;
    unsigned size = size_of(g, number);
    memcpy(&value, from, size < 8 ? size : 8);
    if (number <= REG_SP)
        c->x[number] = value;
    else if (number == REG_PC)
        write_pc(g, c, value);
    else if (number == REG_CPSR)
        return write_pstate(c, value);
    else if (size == 16)
        memcpy(&c->v[number - REG_V0], from, 16);
    else if (number == REG_FPSR || number == REG_FPCR)
        return sysreg_poke(c, number == REG_FPSR ? FPSR : FPCR, value);
    else
        return write_system(c, g->registers[number - REG_SYSTEM].row, value);
    return true;
}

/* What a client wants to know at every stop, so that it need not ask. */
void registers_expedite(struct gdbstub *g, struct text *t, struct cpu *c)
{
    static const unsigned wanted[] = {REG_FP, SLOT_LR, REG_SP, REG_PC, REG_CPSR};
    for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
        text_printf(t, "%02x:", wanted[i]);
        add_value(g, t, c, wanted[i]);
        text_puts(t, ";");
    }
}

/* The general registers; the client asks for the others one by one. */
void packet_g(struct gdbstub *g, const char *args)
{
    for (unsigned i = 0; i < REG_V0; i++)
        add_value(g, &g->reply, stub_cpu(g), i);
}

void packet_G(struct gdbstub *g, const char *args)
{
    u8 value[16];
    for (unsigned i = 0; *args; i++) {
        unsigned size = size_of(g, i);
        if (!size || i >= REG_V0 || hex_bytes(&args, value, size) != size ||
            !write(g, stub_cpu(g), i, value)) {
            stub_error(g, STUB_EINVAL);
            return;
        }
    }
    stub_ok(g);
}

void packet_p(struct gdbstub *g, const char *args)
{
    u64 number;
    if (!hex_number(&args, &number) || *args || !size_of(g, number))
        stub_error(g, STUB_EINVAL);
    else
        add_value(g, &g->reply, stub_cpu(g), (unsigned)number);
}

void packet_P(struct gdbstub *g, const char *args)
{
    u64 number;
    u8 value[16];
    unsigned size = hex_number(&args, &number) && skip_word(&args, "=") ? size_of(g, number) : 0;
    if (!size || hex_bytes(&args, value, size) != size || *args)
        stub_error(g, STUB_EINVAL);
    else if (write(g, stub_cpu(g), (unsigned)number, value))
        stub_ok(g);
    else
        stub_error(g, STUB_EPERM);
}

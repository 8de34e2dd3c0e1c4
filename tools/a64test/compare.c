/*
 * How a result differs from what a case expects (run.h), in the words of the file.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/a64test/run.h"

struct differences {
    FILE *out;
    unsigned count;
};

static void number(struct differences *d, const char *name, u64 got, u64 want)
{
    if (got == want)
        return;
    fprintf(d->out, " %s=%#" PRIx64 " (expected %#" PRIx64 ")", name, got, want);
    d->count++;
}

static void numbered(struct differences *d, char letter, unsigned n, u64 got, u64 want)
{
    char name[8];
    snprintf(name, sizeof(name), "%c%u", letter, n);
    number(d, name, got, want);
}

/* The address as a case would write it. */
static void place(struct differences *d, const char *name, u64 got, u64 want)
{
    if (got == want)
        return;
    fprintf(d->out, " %s=pc%+" PRId64 " (expected pc%+" PRId64 ")", name, (s64)(got - CASE_PC),
            (s64)(want - CASE_PC));
    d->count++;
}

static void binary(struct differences *d, const char *name, unsigned got, unsigned want)
{
    if (got == want)
        return;
    fprintf(d->out, " %s=", name);
    for (unsigned i = 4; i--;)
        fputc('0' + (got >> i & 1), d->out);
    fprintf(d->out, " (expected ");
    for (unsigned i = 4; i--;)
        fputc('0' + (want >> i & 1), d->out);
    fputc(')', d->out);
    d->count++;
}

static void vector(struct differences *d, unsigned n, const u64 got[2], const u64 want[2])
{
    if (got[0] == want[0] && got[1] == want[1])
        return;
    fprintf(d->out, " q%u=0x%016" PRIx64 "%016" PRIx64 " (expected 0x%016" PRIx64 "%016" PRIx64 ")",
            n, got[1], got[0], want[1], want[0]);
    d->count++;
}

static void bytes(struct differences *d, const u8 *got, const u8 *want, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        fprintf(d->out, "%02x", got[i]);
    fprintf(d->out, " (expected ");
    for (unsigned i = 0; i < length; i++)
        fprintf(d->out, "%02x", want[i]);
    fputc(')', d->out);
    d->count++;
}

/* Runs of different bytes, at most 16 of them a piece. */
static void memory(struct differences *d, const u8 *got, const u8 *want)
{
    for (unsigned i = 0, length; i < RECORD_DATA_BYTES; i += length) {
        length = 1;
        if (got[i] == want[i])
            continue;
        while (length < 16 && i + length < RECORD_DATA_BYTES && got[i + length] != want[i + length])
            length++;
        fprintf(d->out, " mem[data+%#x]=", i);
        bytes(d, got + i, want + i, length);
    }
}

static void states(struct differences *d, const struct case_state *got,
                   const struct case_state *want)
{
    place(d, "pc", got->pc, want->pc);
    for (unsigned i = 0; i < 31; i++)
        numbered(d, 'x', i, got->x[i], want->x[i]);
    number(d, "sp_el0", got->sp[0], want->sp[0]);
    number(d, "sp_el1", got->sp[1], want->sp[1]);
    binary(d, "nzcv", got->nzcv, want->nzcv);
    number(d, "el", got->el, want->el);
    number(d, "spsel", got->sp_sel, want->sp_sel);
    binary(d, "daif", got->daif, want->daif);
    number(d, "fpcr", got->fpcr, want->fpcr);
    number(d, "fpsr", got->fpsr, want->fpsr);
    for (unsigned i = 0; i < 32; i++)
        vector(d, i, got->v[i], want->v[i]);
    if (memcmp(got->data, want->data, sizeof(got->data)))
        memory(d, got->data, want->data);
}

static const char *name_of(const struct raised *r)
{
    for (unsigned i = 0; case_exception_at(i); i++) {
        const struct exception_name *e = case_exception_at(i);
        if (bits(r->esr, 31, 26) == e->ec_el0 || bits(r->esr, 31, 26) == e->ec_el1)
            return e->name;
    }
    return "another";
}

static void exceptions(struct differences *d, const struct test_case *c, const struct result *r)
{
    const struct expected_exception *want = &c->exception;
    const struct raised *got = &r->raised;
    if (!want->name || !got->any) {
        if (got->any)
            fprintf(d->out, " exc=%s esr=%#" PRIx64 " far=%#" PRIx64 " (expected none)",
                    name_of(got), got->esr, got->far);
        else if (want->name)
            fprintf(d->out, " no exception (expected exc=%s)", want->name->name);
        d->count += got->any || want->name;
        return;
    }
    unsigned ec = r->state.el ? want->name->ec_el1 : want->name->ec_el0;
    if (bits(got->esr, 31, 26) != ec) {
        fprintf(d->out, " exc=%s (expected %s)", name_of(got), want->name->name);
        d->count++;
    }
    /* DDI 0487, D1.3.1: from EL0, from EL1 with SP_EL1, with SP_EL0. */
    number(d, "vector", got->vector, !r->state.el ? 0x400 : r->state.sp_sel ? 0x200 : 0);
    if (want->has_esr)
        number(d, "esr", got->esr, want->esr);
    if (want->has_far)
        number(d, "far", got->far, want->far);
    if (want->has_spsr)
        number(d, "spsr", got->spsr, want->spsr);
}

/*
 * Those that hold what changes by itself, what is compared elsewhere, or what the exception
 * that ends a case leaves: UDF stands behind its words.
 */
static bool compared_elsewhere(unsigned row)
{
    switch (row) {
    case SP_EL0:
    case SP_EL1:
    case SYS_PMU_SYNCED:
    case ESR_EL1:
    case FAR_EL1:
    case ELR_EL1:
    case SPSR_EL1:
        return true;
    default:
        return row >= SYS_MISSED;
    }
}

/* Each that `out` names has that value; the others have theirs, as far as they are stored. */
static void system_registers(struct differences *d, struct testbed *b, const struct test_case *c,
                             const struct result *r)
{
    bool named[SYS_COUNT] = {false};
    for (unsigned i = 0; i < c->out.count; i++) {
        const struct setting *s = &c->out.item[i];
        if (s->kind != SET_SYSREG)
            continue;
        named[s->index] = true;
        number(d, sysreg_rows[s->index].name, sysreg_peek(b->cpu, s->index), s->value[0]);
    }
    for (unsigned i = 0; i < SYS_ROWS; i++)
        if (!named[i] && !compared_elsewhere(i) && b->cpu->sys[i] != r->sys[i])
            number(d, sysreg_rows[i].name, b->cpu->sys[i], r->sys[i]);
}

unsigned run_compare(struct testbed *b, const struct test_case *c, const struct case_state *start,
                     const struct result *r, FILE *out)
{
    struct differences d = {out, 0};
    struct case_state want;
    if (r->endless) {
        fprintf(out, " is still running after %d instructions", CASE_STEP_LIMIT);
        return 1;
    }
    case_expected(c, start, &want);
    exceptions(&d, c, r);
    states(&d, &r->state, &want);
    system_registers(&d, b, c, r);
    return d.count;
}

/*
 * States and settings (case.h).
 */
#include "tools/a64test/case.h"

#include <string.h>

#include "core/exception.h"

static const struct exception_name exceptions[] = {
    {"undef", EC_UNKNOWN, EC_UNKNOWN},
    {"fp-trap", EC_FP_ACCESS, EC_FP_ACCESS},
    {"illegal-state", EC_ILLEGAL_STATE, EC_ILLEGAL_STATE},
    {"svc", EC_SVC, EC_SVC},
    {"sysreg", EC_SYSREG, EC_SYSREG},
    {"wfx", EC_WFX, EC_WFX},
    {"instruction-abort", EC_INSN_ABORT, EC_INSN_ABORT + 1},
    {"pc-alignment", EC_PC_ALIGNMENT, EC_PC_ALIGNMENT},
    {"data-abort", EC_DATA_ABORT, EC_DATA_ABORT + 1},
    {"sp-alignment", EC_SP_ALIGNMENT, EC_SP_ALIGNMENT},
    {"breakpoint", EC_BREAKPOINT, EC_BREAKPOINT + 1},
    {"step", EC_SOFTWARE_STEP, EC_SOFTWARE_STEP + 1},
    {"watchpoint", EC_WATCHPOINT, EC_WATCHPOINT + 1},
    {"brk", EC_BRK, EC_BRK},
};

const struct exception_name *case_exception(const char *name, size_t length)
{
    for (unsigned i = 0; i < ARRAY_LEN(exceptions); i++)
        if (strlen(exceptions[i].name) == length && !memcmp(exceptions[i].name, name, length))
            return &exceptions[i];
    return NULL;
}

const struct exception_name *case_exception_at(unsigned i)
{
    return i < ARRAY_LEN(exceptions) ? &exceptions[i] : NULL;
}

void case_default_state(struct case_state *s)
{
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < 31; i++)
        s->x[i] = UINT64_C(0xc0de0000c0de0000) | i << 8 | i;
    for (unsigned i = 0; i < 32; i++) {
        s->v[i][0] = UINT64_C(0xfeed0000feed0000) | i << 8 | i;
        s->v[i][1] = UINT64_C(0xbead0000bead0000) | i << 8 | i;
    }
    s->sp[0] = CASE_DATA + 2 * RECORD_PAGE;
    s->sp[1] = CASE_DATA + 3 * RECORD_PAGE;
    s->pc = CASE_PC;
    for (unsigned i = 0; i < RECORD_DATA_BYTES; i++)
        s->data[i] = (u8)(167 * i + 13);
}

static void set_lane(const struct setting *t, struct case_state *s)
{
    unsigned at = t->lane * t->lane_bits;
    u64 *half = &s->v[t->index][at / 64];
    u64 mask = ones(t->lane_bits) << at % 64;
    *half = (*half & ~mask) | (t->value[0] << at % 64 & mask);
}

static void apply_one(const struct setting *t, struct case_state *s)
{
    switch (t->kind) {
    case SET_X:
        s->x[t->index] = t->value[0];
        break;
    case SET_SP:
        s->sp[t->index == SP_IN_USE ? s->el && s->sp_sel : t->index] = t->value[0];
        break;
    case SET_PC:
        s->pc = t->value[0];
        break;
    case SET_NZCV:
        s->nzcv = (u8)t->value[0];
        break;
    case SET_FPCR:
        s->fpcr = (u32)t->value[0];
        break;
    case SET_FPSR:
        s->fpsr = (u32)t->value[0];
        break;
    case SET_V:
        memcpy(s->v[t->index], t->value, sizeof(t->value));
        break;
    case SET_LANE:
        set_lane(t, s);
        break;
    case SET_MEM:
        memcpy(s->data + t->offset, t->bytes, t->length);
        break;
    case SET_EL:
        s->el = (u8)t->value[0];
        s->sp_sel = s->el;
        break;
    case SET_SPSEL:
        s->sp_sel = (u8)t->value[0];
        break;
    case SET_DAIF:
        s->daif = (u8)t->value[0];
        break;
    case SET_SYSREG:
        break;
    }
}

/* What selects the stack pointer goes first. */
void case_apply(const struct settings *settings, struct case_state *s)
{
    for (unsigned i = 0; i < settings->count; i++)
        if (settings->item[i].kind == SET_EL)
            apply_one(&settings->item[i], s);
    for (unsigned i = 0; i < settings->count; i++)
        if (settings->item[i].kind == SET_SPSEL)
            apply_one(&settings->item[i], s);
    for (unsigned i = 0; i < settings->count; i++)
        if (settings->item[i].kind != SET_EL && settings->item[i].kind != SET_SPSEL)
            apply_one(&settings->item[i], s);
}

void case_start(const struct test_case *c, struct case_state *s)
{
    case_default_state(s);
    case_apply(&c->in, s);
}

void case_expected(const struct test_case *c, const struct case_state *start, struct case_state *s)
{
    *s = *start;
    s->pc = CASE_PC + 4 * (u64)c->words;
    case_apply(&c->out, s);
}

/*
 * System calls and exceptions that are caught: see catch.h.
 */
#include "tools/gdbstub/catch.h"

#include <stdlib.h>
#include <string.h>

#include "core/exception.h"
#include "tools/gdbstub/internal.h"
#include "tools/trace/calls.h"

enum { MAX_NUMBERS = 1024 };

struct catcher {
    bool syscalls;            /* catch some */
    u64 numbers[MAX_NUMBERS]; /* which ones; */
    unsigned number_count;    /* 0: all */
    u64 exceptions;           /* BIT of a kind's place in kinds[] */
    struct calls calls;       /* that were reported and have not returned */
    u64 reported;             /* the number of the call that the CPU stopped for */
};

/* Interrupts have no EC. */
enum { EC_IRQ = 0xfe, EC_FIQ = 0xff };

/* What an exception is called at the prompt: those that are taken to EL1. */
static const struct kind {
    const char *name;
    u8 ec;
} kinds[] = {
    {"svc", EC_SVC},
    {"undef", EC_UNKNOWN},
    {"data-abort", EC_DATA_ABORT},
    {"insn-abort", EC_INSN_ABORT},
    {"irq", EC_IRQ},
    {"fiq", EC_FIQ},
    {"brk", EC_BRK},
    {"sysreg", EC_SYSREG},
    {"fp", EC_FP_ACCESS},
    {"wfx", EC_WFX},
    {"bti", EC_BRANCH_TARGET},
    {"illegal-state", EC_ILLEGAL_STATE},
    {"pc-alignment", EC_PC_ALIGNMENT},
    {"sp-alignment", EC_SP_ALIGNMENT},
    {"breakpoint", EC_BREAKPOINT},
    {"step", EC_SOFTWARE_STEP},
    {"watchpoint", EC_WATCHPOINT},
};

static struct catcher *obtain(struct gdbstub *g)
{
    if (!g->catcher)
        g->catcher = calloc(1, sizeof(*g->catcher));
    return g->catcher;
}

void catch_destroy(struct gdbstub *g)
{
    if (g->catcher)
        calls_clear(&g->catcher->calls);
    free(g->catcher);
    g->catcher = NULL;
}

void catch_clear(struct gdbstub *g)
{
    if (!g->catcher)
        return;
    g->catcher->syscalls = false;
    g->catcher->exceptions = 0;
    calls_clear(&g->catcher->calls);
}

void catch_pc_changed(struct gdbstub *g)
{
    struct calls *k = g->catcher ? &g->catcher->calls : NULL;
    for (unsigned i = k ? k->count : 0; i-- > 0;)
        if (!k->list[i].made)
            calls_remove(k, &k->list[i]);
}

bool catch_syscalls(struct gdbstub *g, const char *args)
{
    struct catcher *k = obtain(g);
    u64 on;
    unsigned count = 0;
    if (!k || !hex_number(&args, &on) || on > 1)
        return false;
    for (; *args; count++)
        if (!on || count == MAX_NUMBERS || !skip_word(&args, ";") ||
            !hex_number(&args, &k->numbers[count]))
            return false;
    k->number_count = count;
    k->syscalls = on; /* a client that holds the machine turns it off for the while */
    return true;
}

static bool wanted(const struct catcher *k, u64 number)
{
    for (unsigned i = 0; i < k->number_count; i++)
        if (k->numbers[i] == number)
            return true;
    return !k->number_count;
}

/* The SVC at cpu.pc is going to be reported. */
static void note_call(struct catcher *k, const struct cpu *c)
{
    k->reported = c->x[8];
    if (!calls_never_returns(k->reported))
        calls_add(&k->calls, c, cpu_sp(c, 1), c->pc);
}

static enum probe_verdict at_svc(struct gdbstub *g, struct cpu *c)
{
    struct catcher *k = g->catcher;
    struct call *call = calls_find(&k->calls, c, cpu_sp(c, 1), c->pc);
    bool told = g->passing == c && g->passing_pc == c->pc && g->passing_icount + 1 == c->icount;
    if (call) { /* reported; or interrupted, and the kernel has it made again */
        call->made = true;
        return PROBE_PASS;
    }
    if (told || !wanted(k, c->x[8]))
        return PROBE_PASS;
    note_call(k, c);
    return PROBE_STOP_BEFORE;
}

/* An FIQ goes first (exception_take_interrupt). */
static u8 class_of(const struct cpu *c, bool interrupt)
{
    return !interrupt ? (u8)c->exc.ec : c->fiq && !(c->daif & DAIF_F) ? EC_FIQ : EC_IRQ;
}

static enum probe_verdict at_exception(void *owner, struct cpu *c, bool interrupt)
{
    struct gdbstub *g = owner;
    const struct catcher *k = g->catcher;
    if (k->syscalls && !interrupt && c->exc.ec == EC_SVC && c->el == 0 &&
        at_svc(g, c) == PROBE_STOP_BEFORE)
        return PROBE_STOP_BEFORE;
    u8 ec = class_of(c, interrupt);
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (k->exceptions & BIT(i) && kinds[i].ec == ec)
            return PROBE_STOP_AFTER;
    return PROBE_PASS;
}

static bool at_return(void *owner, struct cpu *c)
{
    struct catcher *k = ((struct gdbstub *)owner)->catcher;
    if (c->el)
        return false;
    struct call *call = calls_ended(&k->calls, c);
    if (!call)
        return false;
    k->reported = call->number;
    calls_remove(&k->calls, call);
    return k->syscalls;
}

void catch_apply(struct gdbstub *g, struct probe *p)
{
    const struct catcher *k = g->catcher;
    p->at_exception = k && (k->syscalls || k->exceptions) ? at_exception : NULL;
    p->at_return = k && (k->syscalls || k->calls.count) ? at_return : NULL;
}

void catch_reason(struct gdbstub *g, const struct cpu *c, struct text *why)
{
    text_printf(why, "syscall_%s:%llx;", c->probed == PROBE_RETURN ? "return" : "entry",
                (unsigned long long)g->catcher->reported);
}

static const char *class_name(u32 ec)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].ec == ec)
            return kinds[i].name;
    return "exception";
}

void catch_describe(const struct cpu *c, struct text *out)
{
    enum { OFFSET_MASK = 0x7ff, KIND_MASK = 0x180, FROM_EL0 = 10 };
    u64 offset = c->pc & OFFSET_MASK, esr = c->sys[ESR_EL1], vector = offset & KIND_MASK;
    bool interrupt = vector != VECTOR_SYNC;
    u32 ec = (u32)bits(esr, 31, 26);
    bool same = ec == EC_INSN_ABORT + 1 || ec == EC_DATA_ABORT + 1 || ec == EC_BREAKPOINT + 1 ||
                ec == EC_SOFTWARE_STEP + 1 || ec == EC_WATCHPOINT + 1;
    text_printf(out, "caught %s from EL%u, pc %#llx, to VBAR_EL1+%#llx",
                class_name(vector == VECTOR_IRQ   ? EC_IRQ
                           : vector == VECTOR_FIQ ? EC_FIQ
                                                  : ec - same),
                bit(offset, FROM_EL0) ? 0 : 1, (unsigned long long)c->sys[ELR_EL1],
                (unsigned long long)offset);
    if (!interrupt)
        text_printf(out, ", ESR_EL1 %#llx", (unsigned long long)esr);
    if (!interrupt && c->exc.has_far)
        text_printf(out, ", FAR_EL1 %#llx", (unsigned long long)c->sys[FAR_EL1]);
    text_puts(out, "\n");
}

/* The place of WORD, LEN characters, in kinds[], or -1. */
static int find_kind(const char *word, size_t len)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, word, len) == 0)
            return (int)i;
    return -1;
}

static void list_kinds(struct text *out, u64 set)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
        if (set & BIT(i))
            text_printf(out, " %s", kinds[i].name);
    text_puts(out, "\n");
}

void catch_exceptions(struct gdbstub *g, const char *words, struct text *out)
{
    struct catcher *k = obtain(g);
    u64 set = 0;
    if (!k)
        return;
    for (size_t len; *words; words += len) {
        words += strspn(words, " |,");
        len = strcspn(words, " |,");
        int kind = find_kind(words, len);
        bool all = len == 3 && memcmp(words, "all", 3) == 0;
        if (len && kind < 0 && !all && !(len == 4 && memcmp(words, "none", 4) == 0)) {
            text_printf(out, "no such exception: '%.*s'; there are all, none", (int)len, words);
            list_kinds(out, UINT64_MAX);
            return;
        }
        set |= all ? ones(ARRAY_LEN(kinds)) : kind >= 0 ? BIT(kind) : 0;
    }
    k->exceptions = set;
    text_puts(out, set ? "stops at the vector of:" : "stops at no exception");
    list_kinds(out, set);
}

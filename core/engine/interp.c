/*
 * The run loop: interrupts and exceptions between stretches of threaded
 * execution, and the stepping loop, which runs the same handlers one at a time
 * on a private page of ops that ends behind each.
 */
#include "core/debug.h"
#include "core/engine/dispatch.h"
#include "core/engine/engine.h"
#include "core/exception.h"
#include "core/isa/disasm.h"
#include "core/log.h"

/* Enter threaded execution at U for at most COUNT instructions (at least one). */
static void enter(struct cpu *c, const struct uop *u, u64 count)
{
    const struct uop *until = u + count;
    engine_count(c->engine, EVENT_ENTER);
    c->icount_limit = c->icount + count;
    c->u = u;
    c->until = until;
    c->btype_left = (u64)OP_DISTANCE(until, u); /* if btype is not zero, it is about U */
    c->in_engine = true;
#if TAIL_DISPATCH
    u->fn(c, u, until, c->tlb);
#else
    while (u)
        u = u->fn(c, u);
#endif
    c->in_engine = false;
}

static enum probe_verdict ask_about_exception(struct cpu *c, bool interrupt)
{
    const struct probe *p = &c->engine->probe;
    return unlikely(p->at_exception) ? p->at_exception(p->owner, c, interrupt) : PROBE_PASS;
}

/* What cpu.exc holds; stopped before, its instruction counts when it is executed again. */
static void take_raised(struct cpu *c)
{
    enum probe_verdict verdict = ask_about_exception(c, false);
    c->raised = false;
    if (verdict == PROBE_STOP_BEFORE) {
        c->probed = PROBE_EXCEPTION;
        c->icount--;
        return;
    }
    exception_take(c);
    if (unlikely(c->engine->probe.observers))
        probe_taken(c, false);
    if (verdict == PROBE_STOP_AFTER)
        c->probed = PROBE_VECTOR;
}

/* Whatever stands between the CPU and its next instruction; true if something did. */
static bool take_pending(struct cpu *c)
{
    if (c->raised) {
        take_raised(c);
        return true;
    }
    if (c->irq || c->fiq)
        c->halted = false; /* WFI ends with a pending interrupt, masked or not */
    if (exception_interrupt_pending(c) && likely(!c->interrupts_held)) {
        enum probe_verdict verdict = ask_about_exception(c, true);
        exception_take_interrupt(c);
        if (unlikely(c->engine->probe.observers))
            probe_taken(c, true);
        if (verdict != PROBE_PASS)
            c->probed = PROBE_VECTOR;
        return true;
    }
    return false;
}

/* Fetch at cpu.pc; an abort or an illegal state is recorded as raised. */
static const struct uop *fetch(struct cpu *c)
{
    const struct uop *u = engine_fetch(c, c->pc);
    if (u && unlikely(c->il)) {
        raise_exception(c, EC_ILLEGAL_STATE, 0);
        u = NULL;
    }
    if (u && unlikely(c->btype) && !engine_check_landing(c, c->ops, c->pc))
        u = NULL;
    if (!u) {
        c->raised = true;
        c->icount++;
    }
    return u;
}

/* -d exec and -d cpu: what is about to be executed, and with which registers. */
static void trace(const struct cpu *c, u32 word)
{
    char text[DISASM_SIZE];
    if (log_enabled(c->log, LOG_EXEC)) {
        disasm(&c->engine->decoder, word, c->pc, text, sizeof(text));
        log_line(c->log, LOG_EXEC, "EL%u %016llx: %08x  %s", c->el, (unsigned long long)c->pc, word,
                 text);
    }
    if (!log_enabled(c->log, LOG_CPU))
        return;
    for (unsigned i = 0; i < 30; i += 3)
        log_line(c->log, LOG_CPU, " X%02u=%016llx X%02u=%016llx X%02u=%016llx", i,
                 (unsigned long long)c->x[i], i + 1, (unsigned long long)c->x[i + 1], i + 2,
                 (unsigned long long)c->x[i + 2]);
    log_line(c->log, LOG_CPU, " X30=%016llx  SP=%016llx PSTATE=%08llx",
             (unsigned long long)c->x[SLOT_LR], (unsigned long long)c->x[SLOT_SP],
             (unsigned long long)cpu_pstate(c));
}

/* One instruction through the private page. */
static void step_instruction(struct cpu *c)
{
    const struct uop *u = fetch(c);
    if (!u)
        return;
    unsigned index = (unsigned)(u - c->ops);
    const struct code_page *p = container_of(c->ops, struct code_page, ops);
    u32 word = code_page_word(p, index);
    decode(&c->engine->decoder, word,
           (struct site){.index = (u16)index, .alone = true, .guarded = p->guarded},
           &c->scratch[index]);
    trace(c, word);
    bool observed = c->engine->probe.steps & BIT(c->el);
    if (unlikely(observed))
        probe_before(c, word);
    c->ops = c->scratch;
    enter(c, &c->scratch[index], 1);
    c->scratch[index].fn = op_step_end;
    if (unlikely(observed))
        probe_after(c);
}

/*
 * After instructions: take what the last one raised, ask whether a marked op is at
 * a break and, if not, execute it. True: somebody outside wants to stop.
 */
static bool settle(struct cpu *c)
{
    const struct probe *p = &c->engine->probe;
    if (c->probed == PROBE_SLOT) {
        if (p->at_break && probe_matches(c, c->pc) && p->at_break(p->owner, c)) {
            c->probed = PROBE_BREAK;
            return true;
        }
        c->probed = PROBE_NONE;
        step_instruction(c);
    }
    if (c->probed == PROBE_READ || c->probed == PROBE_WRITE) {
        c->raised = false; /* nothing was: the instruction is to be executed later */
        c->icount--;
    }
    if (c->raised)
        take_raised(c);
    return c->probed;
}

static enum stop step(struct cpu *c)
{
    engine_settle(c->engine);
    if (take_pending(c))
        return c->probed ? STOP_DEBUG : STOP_BUDGET;
    if (c->halted)
        return STOP_WFI;
    if (debug_before_step(c))
        step_instruction(c);
    debug_after_step(c);
    return settle(c) ? STOP_DEBUG : STOP_BUDGET;
}

enum stop cpu_step(struct cpu *c)
{
    c->probed = PROBE_NONE;
    return step(c);
}

/* The stepping loop has no ops to mark: it asks before each instruction. */
static enum stop step_unless_break(struct cpu *c)
{
    const struct probe *p = &c->engine->probe;
    if (p->break_count && probe_matches(c, c->pc) && p->at_break(p->owner, c)) {
        c->probed = PROBE_BREAK;
        return STOP_DEBUG;
    }
    return step(c);
}

/*
 * After how many instructions to look again at what is executed (engine_warm), when the
 * last time was after LAST: rarely where everything is fast already.
 */
static u64 next_look(u64 last, bool fast)
{
    enum { LEAST = CHAIN_SAMPLE, MOST = 8 * LEAST };
    if (fast)
        return last < MOST ? 2 * last : MOST;
    return last > LEAST ? last / 2 : LEAST;
}

enum stop cpu_run(struct cpu *c, u64 budget)
{
    u64 end = c->icount + budget, look = CHAIN_SAMPLE;
    c->probed = PROBE_NONE;
    while (c->icount < end) {
        engine_settle(c->engine);
        u32 kick = 0;
        if (cpu_kicked(c))
            kick = atomic_exchange_explicit(&c->kick, 0, memory_order_acquire);
        if (unlikely(kick & KICK_MACHINE))
            return STOP_KICK;
        if (take_pending(c)) {
            if (unlikely(c->probed))
                return STOP_DEBUG;
            continue;
        }
        if (c->halted)
            return STOP_WFI;
        if (c->stepping) {
            if (step_unless_break(c) == STOP_DEBUG)
                return STOP_DEBUG;
            continue;
        }
        const struct uop *u = fetch(c);
        if (u) {
            u64 left = end - c->icount;
            look = next_look(look, engine_warm(c, u));
            enter(c, u, left < look ? left : look);
        }
        if (unlikely(c->raised | c->probed) && settle(c))
            return STOP_DEBUG;
    }
    return STOP_BUDGET;
}

/*
 * What a debugger or tracer outside the machine has the engine look out for:
 * instructions at certain addresses, accesses to certain bytes, exceptions taken
 * and returned from. The guest sees nothing of it: no byte of its memory and no
 * register changes.
 *
 * What is not asked for costs nothing. A page of code that a watched-for address
 * is in has a special op in that slot; a page of data that a watched byte is in
 * has no TLB entry for the inline path; the rest is asked where the engine has
 * left its hot path anyway.
 */
#ifndef CORE_ENGINE_PROBE_H
#define CORE_ENGINE_PROBE_H

#include "core/types.h"

struct cpu;
struct engine;
struct tlb_bank;

/* cpu.probed: what made cpu_run or cpu_step return STOP_DEBUG. */
enum probe_event {
    PROBE_NONE,
    PROBE_SLOT,      /* within the engine: an op that has to be asked about */
    PROBE_BREAK,     /* the instruction at cpu.pc is next */
    PROBE_READ,      /* it is about to read watched bytes, the first at cpu.probed_va */
    PROBE_WRITE,     /* or to write them */
    PROBE_EXCEPTION, /* it raises cpu.exc, which is not taken yet */
    PROBE_VECTOR,    /* an exception or interrupt was taken */
    PROBE_RETURN,    /* an exception return was made */
};

/* What at_exception wants. */
enum probe_verdict {
    PROBE_PASS,
    PROBE_STOP_BEFORE, /* not of an interrupt */
    PROBE_STOP_AFTER,
};

enum { PROBE_ON_READ = 1, PROBE_ON_WRITE = 2 };

enum probe_access { PROBE_ACCESS_READ, PROBE_ACCESS_WRITE, PROBE_ACCESS_ATOMIC };

/*
 * Somebody who looks on: it is told and stops nothing. Any function may be NULL.
 * Instructions and accesses are those at the levels of STEPS, which are run by
 * the stepping loop for that.
 */
struct probe_observer {
    struct probe_observer *next;
    void *owner;
    u8 steps; /* BIT(EL) */
    /* An exception, or INTERRUPT, was taken: registers are as at the vector. */
    void (*taken)(void *owner, struct cpu *c, bool interrupt);
    /* An exception return was made by the ERET at FROM. */
    void (*returned)(void *owner, struct cpu *c, u64 from);
    /* The instruction WORD at cpu.pc is next. */
    void (*before)(void *owner, struct cpu *c, u32 word);
    /* It was executed, or with cpu.raised ended in an exception that is not taken yet. */
    void (*after)(void *owner, struct cpu *c);
    /* It reads or writes SIZE bytes, 8 at most, as VALUE; an atomic's is the one before. */
    void (*access)(void *owner, struct cpu *c, enum probe_access kind, u64 va, unsigned size,
                   u64 value);
};

/* Bytes FIRST to LAST, bits 55:0 of their virtual addresses. */
struct probe_watch {
    u64 first, last;
    u8 on; /* PROBE_ON_* */
};

/*
 * Everything belongs to whoever debugs; zeroed is off. Changes of breaks, watches
 * and alias are to be followed by probe_changed, with no handler running.
 */
struct probe {
    const u64 *breaks; /* virtual addresses, ascending */
    unsigned break_count;
    const struct probe_watch *watches;
    unsigned watch_count;
    /*
     * Code at addresses alias_first up to alias_last, when executed with the MMU
     * off or at EL1, is meant by breaks at ALIAS_ADD beyond, too: a kernel that runs
     * at its physical address.
     */
    bool aliased;
    u64 alias_first, alias_last, alias_add;

    void *owner;
    /* At a break, before its instruction; true: stop. */
    bool (*at_break)(void *owner, struct cpu *c);
    /* cpu.exc, or an INTERRUPT, is about to be taken. NULL: nobody asks. */
    enum probe_verdict (*at_exception)(void *owner, struct cpu *c, bool interrupt);
    /* After an exception return; true: stop. NULL: nobody asks. */
    bool (*at_return)(void *owner, struct cpu *c);

    struct probe_observer *observers; /* who belong to themselves */
    u8 steps;                         /* the levels that any of them wants stepped */
};

/* O, which must outlive it, sees what it asks for until it is removed; neither in a handler. */
void probe_add_observer(struct engine *e, struct probe_observer *o);
void probe_remove_observer(struct engine *e, struct probe_observer *o);

/* Breaks or watches of E's probe have changed. */
void probe_changed(struct engine *e);

/* Whether the instruction at PC, executed by C as it is, is at a break. */
bool probe_matches(const struct cpu *c, u64 pc);

/* For the engine. */

struct code_page;

/* Mark the slots of page P, at virtual page VA, that are to be asked about. */
void probe_mark_page(struct engine *e, struct code_page *p, u64 va);

/* Whether somebody looks at data in the 4 KiB page at VA as bank B serves it. */
bool probe_watches_page(const struct cpu *c, const struct tlb_bank *b, u64 va);

/* Tell the observers. */
void probe_taken(struct cpu *c, bool interrupt);
void probe_returned(struct cpu *c, u64 from);
void probe_before(struct cpu *c, u32 word);
void probe_after(struct cpu *c);
void probe_accessed(struct cpu *c, enum probe_access kind, u64 va, unsigned size, u64 value);

/*
 * Whether SIZE bytes at VA are watched for this access, which is permitted; if so
 * the instruction has to end with RAISE, and nothing will be raised.
 */
bool probe_watch(struct cpu *c, u64 va, unsigned size, bool write);

#endif

/*
 * The decoded instruction, and how the engine moves from one to the next.
 *
 * Decoded code is an array of 16-byte ops per physical page, one slot for each
 * word of the page and one sentinel behind them, so an op's place tells its PC
 * and a branch inside the page is a pointer move. A handler ends by jumping to
 * the next op's handler (clang: `musttail` calls with the hot state in host
 * registers) or, with compilers that can't promise that, by returning the next
 * op to a loop.
 *
 * The countdown is a place, too: UNTIL is the op at which the budget would run
 * out if code went straight on. A branch moves it by as much as it moves the
 * op pointer, so counting costs one addition per taken branch, and the count of
 * executed instructions is exact wherever OP and UNTIL are known.
 */
#ifndef CORE_ENGINE_UOP_H
#define CORE_ENGINE_UOP_H

#include "core/types.h"
#include "mmu/tlb.h"

struct cpu;
struct uop;

enum {
    PAGE_WORDS = 1024, /* words of A64 code in a 4 KiB page */
    UOP_SHIFT = 4,     /* log2 of sizeof(struct uop) */
};

/* The address sanitizer's stack frames don't go with preserve_none. */
#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#if defined(__clang__) && __clang_major__ >= 19 && defined(__x86_64__) && !SANITIZED
#define TAIL_DISPATCH 1
#else
#define TAIL_DISPATCH 0
#endif

#if TAIL_DISPATCH

/* c, op and until are fixed host registers throughout; so is tlb. */
#define HANDLER_CC __attribute__((preserve_none))
#define HANDLER_ARGS                                                                               \
    struct cpu *c, const struct uop *u, const struct uop *until, const struct tlb_bank *tlb
typedef HANDLER_CC void handler_fn(HANDLER_ARGS);
#define HANDLER(name)  HANDLER_CC void name(HANDLER_ARGS)
#define UNTIL          until
#define TLB            tlb
#define CONTINUE_AT(h) __attribute__((musttail)) return h(c, u, until, tlb)
#define DISPATCH(next)                                                                             \
    do {                                                                                           \
        u = (next);                                                                                \
        __attribute__((musttail)) return u->fn(c, u, until, tlb);                                  \
    } while (0)
#define LEAVE_ENGINE return

#else

#define HANDLER_ARGS   struct cpu *c, const struct uop *u
typedef const struct uop *handler_fn(HANDLER_ARGS);
#define HANDLER(name)  const struct uop *name(HANDLER_ARGS)
#define UNTIL          c->until
#define TLB            c->tlb
#define CONTINUE_AT(h) return h(c, u)
#define DISPATCH(next) return (next)
#define LEAVE_ENGINE   return NULL

#endif

/*
 * The slots of a decoded instruction. Registers are indices into cpu.x, settled
 * at decode: 31 is SP, SLOT_ZERO reads as zero, SLOT_SINK swallows writes. What
 * the other fields hold is the format's business (core/isa/format_*.c).
 */
struct uop {
    handler_fn *fn;
    u8 d, n;
    union {
        struct {
            u8 m, a;
        };
        u16 aux;
    };
    s32 imm;
};

_Static_assert(sizeof(struct uop) == 1 << UOP_SHIFT, "a uop is 16 bytes");

/* How a body ended; the engine's wrapper knows what to do about each. */
enum flow {
    NEXT,   /* on to the following instruction */
    TAKE,   /* branch taken, to the target that decode put into imm */
    FAR,    /* branch taken, to the virtual address in *to */
    MISS,   /* the inline path does not serve; nothing has changed: run the slow twin */
    RAISE,  /* an exception is recorded in cpu.exc; its PC is this instruction's */
    LEAVE,  /* done, but the run loop must look around before the next instruction */
    SWITCH, /* the body has set cpu.pc, and perhaps PSTATE: the run loop goes on there */
};

/* What a body may use beside the CPU and its op. */
struct env {
    const struct tlb_bank *tlb;
    u64 *to;   /* where to put the target of a FAR branch */
    bool slow; /* in the slow twin: the state is in memory and calls are welcome */
};

#endif

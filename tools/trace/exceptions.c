/*
 * Exceptions as lines (exceptions.h): cause in words, addresses, levels, and what
 * the registers hold for the handler.
 */
#include "tools/trace/exceptions.h"

#include "core/cpu.h"
#include "core/exception.h"
#include "tools/gdbstub/text.h"
#include "tools/trace/syndrome.h"

typedef unsigned long long ull;

static bool has_far(u32 ec)
{
    return ec == EC_PC_ALIGNMENT || (ec >> 1) << 1 == EC_INSN_ABORT ||
           (ec >> 1) << 1 == EC_DATA_ABORT || (ec >> 1) << 1 == EC_WATCHPOINT;
}

static void taken(void *owner, struct cpu *c, bool interrupt)
{
    enum { OFFSET_MASK = 0x7ff, FIQ_BIT = 8 };
    const struct log *log = owner;
    u64 esr = c->sys[ESR_EL1], spsr = c->sys[SPSR_EL1], offset = c->pc & OFFSET_MASK;
    u32 ec = (u32)bits(esr, 31, 26);
    struct text t = {0};
    if (interrupt) {
        text_puts(&t, bit(offset, FIQ_BIT) ? "FIQ" : "IRQ");
    } else {
        text_puts(&t, syndrome_class(ec));
        syndrome_describe(esr, &t);
        text_printf(&t, ", ESR_EL1 %#llx (EC %#x, IL %u, ISS %#llx)", (ull)esr, ec, bit(esr, 25),
                    (ull)bits(esr, 24, 0));
        if (has_far(ec))
            text_printf(&t, ", FAR_EL1 %#llx", (ull)c->sys[FAR_EL1]);
    }
    log_line(log, LOG_EXC, "CPU#%u EL%u->EL%u %s; ELR_EL1 %#llx, SPSR_EL1 %#llx, to %#llx (+%#llx)",
             c->index, (unsigned)bits(spsr, 3, 2), c->el, t.data ? t.data : "",
             (ull)c->sys[ELR_EL1], (ull)spsr, (ull)c->pc, (ull)offset);
    text_free(&t);
}

static void returned(void *owner, struct cpu *c, u64 from)
{
    log_line(owner, LOG_EXC, "CPU#%u EL1->EL%u eret at %#llx; to %#llx, PSTATE %#llx%s", c->index,
             c->el, (ull)from, (ull)c->pc, (ull)cpu_pstate(c), c->il ? ", an illegal return" : "");
}

struct probe_observer exceptions_observer(const struct log *log)
{
    return (struct probe_observer){
        .owner = (void *)(uintptr_t)log, .taken = taken, .returned = returned};
}

/*
 * The out-of-line part of memory accesses: translation, permission and alignment
 * checks, devices, page crossings, byte order, and filling the TLB that the
 * inline part reads (memory.h; DDI 0487 D8, B2.5, and AArch64.MemSingle).
 */
#include "core/memory.h"

#include "core/debug.h"
#include "core/engine/engine.h"
#include "core/exception.h"
#include "core/log.h"

/* Where the bytes of an access within one page are. */
struct place {
    u8 *host; /* in RAM, else NULL */
    u64 pa;
    bool ok;
    bool device; /* of Device type, RAM or not */
};

static bool privileged(const struct cpu *c, enum mem_how how)
{
    return c->el == 1 && !((how & MEM_UNPRIVILEGED) && !c->uao);
}

static struct tlb_bank *bank_for(struct cpu *c, enum mem_how how)
{
    return how & MEM_UNPRIVILEGED ? c->unprivileged : (struct tlb_bank *)c->tlb;
}

static unsigned element_size(unsigned size, enum mem_how how)
{
    return (how & MEM_PAIR) && size > 1 ? size / 2 : size; /* 1: a byte of a crossing access */
}

/* Note a translation in the TLB, for as far as the inline path may use it. */
static void fill(struct cpu *c, struct tlb_bank *b, u64 va, const struct translation *t, u8 *host,
                 struct ram_page *rp, bool priv, bool write)
{
    bool el0_too = mmu_pan_denies(&c->regime, t); /* goes when PAN is set, as what is not global */
    struct tlb_entry entry = {va & TLB_PAGE_MASK, (u64)(uintptr_t)host - va};
    if (attr_is_device(t->attr) || c->strict_alignment || c->swaps_data ||
        debug_watch_page(c, va & TLB_PAGE_MASK) || probe_watches_page(c, b, va))
        return;
    if (!write) {
        b->read[tlb_index(va)] = entry;
    } else if (!rp->ops) {
        b->write[tlb_index(va)] = entry;
        tlb_note_place(&rp->writers, va);
    }
    tlb_note(b, va, t->page_shift, t->ng || (priv && el0_too));
}

static void deny(struct translation *t, u8 status)
{
    t->ok = false;
    t->status = status;
}

/* Translate SIZE bytes at VA that lie in one page; a failure is recorded as a data abort. */
static struct place translate(struct cpu *c, u64 va, unsigned size, bool write, enum mem_how how)
{
    bool priv = privileged(c, how);
    enum access_type type = write ? ACCESS_WRITE : ACCESS_READ;
    u32 flags = write && !(how & MEM_AS_WRITE) ? ISS_WNR : 0;
    engine_count(c->engine, write ? EVENT_WRITE : EVENT_READ);
    struct translation t = mmu_access(c->bus, &c->regime, va, type, priv);
    struct place none = {0};

    bool pan = priv && c->pan && mmu_pan_denies(&c->regime, &t);
    if ((how & MEM_AS_WRITE) && (t.perms & perm_needed(ACCESS_READ, priv)) && !pan)
        flags = ISS_WNR; /* an atomic's abort is a write's if the read was allowed */
    if (t.ok && pan)
        deny(&t, (u8)(FAULT_PERMISSION + t.level));
    if (t.ok && attr_is_device(t.attr) && (va & (element_size(size, how) - 1)))
        deny(&t, FAULT_ALIGNMENT);
    if (t.ok && write && t.clean) {
        enum dirty_result dirty = mmu_set_dirty(c->bus, &c->regime, &t);
        if (dirty == DIRTY_CHANGED) /* by another CPU, or a device */
            return translate(c, va, size, write, how);
        if (dirty == DIRTY_FAULT)
            deny(&t, FAULT_UNSUPPORTED_UPDATE);
    }
    if (!t.ok) {
        if (log_enabled(c->log, LOG_MMU))
            log_line(c->log, LOG_MMU, "data abort: %s of %#llx at pc %#llx, DFSC %#x",
                     write ? "write" : "read", (unsigned long long)va,
                     (unsigned long long)cpu_current_pc(c), t.status);
        raise_data_abort(c, va, t.status, flags);
        return none;
    }
    struct place place = {.pa = t.pa, .ok = true, .device = attr_is_device(t.attr)};
    struct ram *ram = bus_find_ram(c->bus, t.pa);
    if (!ram || (write ? ram->readonly : ram->front_reads))
        return place;
    u8 *host = ram->host + (t.pa - ram->base);
    struct ram_page *rp = ram_page_at(ram, t.pa);
    if (write && rp->ops)
        engine_code_written(c->engine, t.pa, size);
    if (write)
        ram_note_write(ram, rp);
    fill(c, bank_for(c, how), va, &t, host, rp, priv, write);
    place.host = host;
    return place;
}

static bool crosses_page(u64 va, unsigned size)
{
    return ((va ^ (va + size - 1)) & TLB_PAGE_MASK) != 0;
}

/* Alignment faults that come before translation; RAISE or NEXT. */
static enum flow check_alignment(struct cpu *c, u64 va, unsigned size, bool write, enum mem_how how)
{
    unsigned element = element_size(size, how);
    if ((c->strict_alignment || (how & MEM_ALIGNED)) && (va & (element - 1)))
        return raise_data_abort(c, va, FAULT_ALIGNMENT, write ? ISS_WNR : 0);
    return NEXT;
}

/* Somebody outside may want to know of an access that was made. */
static void note(struct cpu *c, enum probe_access kind, u64 va, unsigned size, u64 value)
{
    if (unlikely(c->engine->probe.steps & BIT(c->el)))
        probe_accessed(c, kind, va, size, value);
}

/* The bytes that an atomic is about to change, by eights. */
static void note_atomic(struct cpu *c, u64 va, unsigned size, const u8 *host)
{
    for (unsigned at = 0; at < size; at += 8) {
        unsigned piece = size - at < 8 ? size - at : 8;
        u64 value = 0;
        memcpy(&value, host + at, piece);
        note(c, PROBE_ACCESS_ATOMIC, va + at, piece, value);
    }
}

/* One access within one page; a watchpoint comes after what else may be wrong (D1.3.5). */
static enum flow read_piece(struct cpu *c, u64 va, unsigned size, u64 *value, enum mem_how how)
{
    struct place p = translate(c, va, size, false, how);
    if (!p.ok || debug_check_watchpoint(c, va, size, false, how & MEM_UNPRIVILEGED) ||
        probe_watch(c, va, size, false))
        return RAISE;
    *value = 0;
    if (p.host) {
        memcpy(value, p.host, size);
        note(c, PROBE_ACCESS_READ, va, size, *value);
        return NEXT;
    }
    engine_count(c->engine, EVENT_DEVICE_READ);
    if (bus_read(c->bus, p.pa, size, value) != BUS_OK)
        return raise_data_abort(c, va, FAULT_EXTERNAL, 0);
    note(c, PROBE_ACCESS_READ, va, size, *value);
    return NEXT;
}

static enum flow write_piece(struct cpu *c, u64 va, unsigned size, u64 value, enum mem_how how)
{
    struct place p = translate(c, va, size, true, how);
    if (!p.ok || debug_check_watchpoint(c, va, size, true, how & MEM_UNPRIVILEGED) ||
        probe_watch(c, va, size, true))
        return RAISE;
    if (p.host) {
        memcpy(p.host, &value, size);
        note(c, PROBE_ACCESS_WRITE, va, size, value);
        return NEXT;
    }
    engine_count(c->engine, EVENT_DEVICE_WRITE);
    if (bus_write(c->bus, p.pa, size, value) != BUS_OK)
        return raise_data_abort(c, va, FAULT_EXTERNAL, ISS_WNR);
    note(c, PROBE_ACCESS_WRITE, va, size, value);
    return NEXT;
}

static u64 swapped(u64 value, unsigned size)
{
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

/* SIZE bytes at VA, 8 at most, in memory order: bytes of a crossing access one by one. */
static enum flow read_bytes(struct cpu *c, u64 va, unsigned size, u64 *value, enum mem_how how)
{
    if (!crosses_page(va, size))
        return read_piece(c, va, size, value, how);
    *value = 0;
    for (unsigned i = 0; i < size; i++) {
        u64 byte;
        enum flow f = read_piece(c, va + i, 1, &byte, how);
        if (f != NEXT)
            return f;
        *value |= byte << (8 * i);
    }
    return NEXT;
}

/* A store that crosses into a page it may not write must change neither: translate first. */
static enum flow write_bytes(struct cpu *c, u64 va, unsigned size, u64 value, enum mem_how how)
{
    if (!crosses_page(va, size))
        return write_piece(c, va, size, value, how);
    if (!translate(c, va, 1, true, how).ok ||
        !translate(c, (va + size - 1) & TLB_PAGE_MASK, 1, true, how).ok)
        return RAISE;
    for (unsigned i = 0; i < size; i++) {
        enum flow f = write_piece(c, va + i, 1, value >> (8 * i) & 0xff, how);
        if (f != NEXT)
            return f;
    }
    return NEXT;
}

struct loaded mem_read_slow(struct cpu *c, u64 va, unsigned size, enum mem_how how)
{
    struct loaded r = {0, check_alignment(c, va, size, false, how)};
    if (r.flow == NEXT && (how & MEM_PAIR) && c->big_endian) {
        struct loaded first = mem_read_slow(c, va, size / 2, how & ~MEM_PAIR);
        struct loaded second = mem_read_slow(c, va + size / 2, size / 2, how & ~MEM_PAIR);
        r.flow = first.flow != NEXT ? first.flow : second.flow;
        r.value = first.value | second.value << (4 * size);
        return r;
    }
    if (r.flow == NEXT)
        r.flow = read_bytes(c, va, size, &r.value, how);
    if (c->big_endian)
        r.value = swapped(r.value, size);
    return r;
}

enum flow mem_write_slow(struct cpu *c, u64 va, unsigned size, u64 value, enum mem_how how)
{
    enum flow f = check_alignment(c, va, size, true, how);
    if (f != NEXT)
        return f;
    if ((how & MEM_PAIR) && c->big_endian) {
        f = mem_write_slow(c, va, size / 2, value, how & ~MEM_PAIR);
        return f != NEXT ? f
                         : mem_write_slow(c, va + size / 2, size / 2, value >> (4 * size),
                                          how & ~MEM_PAIR);
    }
    return write_bytes(c, va, size, c->big_endian ? swapped(value, size) : value, how);
}

/*
 * What halves of 16 bytes don't notice: that both have to be writable before either
 * is written, and that an element of 16 bytes in Device memory has to be aligned.
 */
static enum flow check_whole16(struct cpu *c, u64 va, bool write, enum mem_how how)
{
    const u64 at[2] = {va, (va + 15) & TLB_PAGE_MASK};
    unsigned pages = crosses_page(va, 16) ? 2 : 1;
    bool aligned = !(va & 15) || (how & MEM_PAIR);
    for (unsigned i = 0; i < pages && !(aligned && pages == 1); i++) {
        struct place p = translate(c, at[i], 1, write, how);
        if (!p.ok)
            return RAISE;
        if (!aligned && p.device)
            return raise_data_abort(c, at[i], FAULT_ALIGNMENT, write ? ISS_WNR : 0);
    }
    return NEXT;
}

/* The halves of 16 bytes as they lie in memory; a big-endian Q register has them exchanged. */
struct loaded2 mem_read16_slow(struct cpu *c, u64 va, enum mem_how how)
{
    struct loaded2 r = {0, 0, check_alignment(c, va, 16, false, how)};
    if (r.flow == NEXT)
        r.flow = check_whole16(c, va, false, how);
    if (r.flow != NEXT)
        return r;
    enum mem_how half = how & ~(MEM_PAIR | MEM_ALIGNED);
    struct loaded first = mem_read_slow(c, va, 8, half);
    if (first.flow != NEXT) {
        r.flow = first.flow;
        return r;
    }
    struct loaded second = mem_read_slow(c, va + 8, 8, half);
    bool exchanged = c->big_endian && (how & MEM_VECTOR);
    r.flow = second.flow;
    r.lo = exchanged ? second.value : first.value;
    r.hi = exchanged ? first.value : second.value;
    return r;
}

enum flow mem_write16_slow(struct cpu *c, u64 va, u64 lo, u64 hi, enum mem_how how)
{
    enum flow f = check_alignment(c, va, 16, true, how);
    if (f == NEXT)
        f = check_whole16(c, va, true, how);
    if (f != NEXT)
        return f;
    enum mem_how half = how & ~(MEM_PAIR | MEM_ALIGNED);
    bool exchanged = c->big_endian && (how & MEM_VECTOR);
    f = mem_write_slow(c, va, 8, exchanged ? hi : lo, half);
    return f != NEXT ? f : mem_write_slow(c, va + 8, 8, exchanged ? lo : hi, half);
}

struct mapped mem_map_atomic_slow(struct cpu *c, u64 va, unsigned size, enum mem_how how)
{
    struct mapped r = {NULL, check_alignment(c, va, size, true, how | MEM_ALIGNED)};
    if (r.flow != NEXT)
        return r;
    struct place p = translate(c, va, size, true, how);
    if (!p.ok || debug_check_watchpoint(c, va, size, true, how & MEM_UNPRIVILEGED) ||
        probe_watch(c, va, size, false) || probe_watch(c, va, size, true))
        r.flow = RAISE;
    else if (!p.host)
        r.flow = raise_data_abort(c, va, FAULT_UNSUPPORTED_ATOMIC, ISS_WNR);
    else
        note_atomic(c, va, size, p.host);
    r.host = p.host;
    return r;
}

enum flow mem_zero_slow(struct cpu *c, u64 va, unsigned size)
{
    u64 block = va & ~(u64)(size - 1);
    const struct tlb_entry *t = &c->tlb->write[tlb_index(block)];
    if (mem_hit(t, block, size, MEM_PLAIN)) {
        memset(mem_at(t, block), 0, size);
        return NEXT;
    }
    struct place p = translate(c, block, size, true, MEM_PLAIN);
    if (!p.ok) {
        c->exc.far = va; /* as the instruction had it (D17.2.40) */
        return RAISE;
    }
    if (probe_watch(c, block, size, true))
        return RAISE;
    if (p.device) /* an alignment fault of the memory type (C5.3, DC ZVA) */
        return raise_data_abort(c, va, FAULT_ALIGNMENT, ISS_WNR);
    if (debug_check_watchpoint(c, block, size, true, false))
        return RAISE;
    if (!p.host)
        return raise_data_abort(c, va, FAULT_EXTERNAL, ISS_WNR);
    memset(p.host, 0, size);
    for (unsigned at = 0; at < size; at += 8)
        note(c, PROBE_ACCESS_WRITE, block + at, 8, 0);
    return NEXT;
}

static bool debug_copy(struct cpu *c, u64 va, u8 *data, u64 len, unsigned el, enum access_type type)
{
    while (len) {
        u64 here = (1u << TLB_PAGE_SHIFT) - (va & ~TLB_PAGE_MASK);
        if (here > len)
            here = len;
        struct translation t = mmu_access(c->bus, &c->regime, va, type, el);
        if (!t.ok ||
            (type == ACCESS_WRITE && t.clean &&
             mmu_set_dirty(c->bus, &c->regime, &t) != DIRTY_SET) ||
            !(type == ACCESS_WRITE ? bus_dma_write(c->bus, t.pa, data, here)
                                   : bus_dma_read(c->bus, t.pa, data, here)))
            return false;
        va += here;
        data += here;
        len -= here;
    }
    return true;
}

bool mem_debug_read(struct cpu *c, u64 va, void *to, u64 len, unsigned el)
{
    return debug_copy(c, va, to, len, el, ACCESS_READ);
}

bool mem_debug_write(struct cpu *c, u64 va, const void *from, u64 len, unsigned el)
{
    return debug_copy(c, va, (u8 *)from, len, el, ACCESS_WRITE);
}

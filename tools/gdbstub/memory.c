/*
 * Guest memory for the client (packets m, M, x, X): through the translation in
 * force, whatever its permissions say, so that in the kernel a user's pointer
 * can be followed with PAN on; physical when asked. Reading changes nothing: no
 * access flag, no TLB entry, and no device unless asked.
 */
#include <string.h>

#include "core/cpu.h"
#include "mmu/walk.h"
#include "tools/gdbstub/internal.h"
#include "tools/gdbstub/walk.h"
#include "tools/machine.h"

enum { MAX_TRANSFER = PACKET_SIZE / 2 - 16 };

bool memory_kernel_place(const struct gdbstub *g, u64 *first, u64 *last)
{
    const struct machine *m = g->machine;
    if (!m->booted || !m->entry.linux_header)
        return false;
    *first = m->entry.kernel;
    *last = VIRT_RAM_BASE + g->virt->ram_size - 1;
    return true;
}

/* While the MMU is off, a kernel's virtual address means where it was loaded. */
static bool early_kernel(const struct gdbstub *g, u64 va, u64 *pa)
{
    u64 first, last;
    if (!g->kernel_known || va < g->kernel_va || !memory_kernel_place(g, &first, &last) ||
        va - g->kernel_va > last - first)
        return false;
    *pa = first + (va - g->kernel_va);
    return true;
}

/* Where VA is; false: nowhere. */
static bool translate(struct gdbstub *g, struct cpu *c, u64 va, u64 *pa)
{
    if (g->physical) {
        *pa = va;
        return true;
    }
    struct regime r = c->regime;
    if (g->other_space)
        r.ttbr[0] = g->other_tables;
    if (walk_address_in(c, &r, va, pa))
        return true;
    return !c->regime.mmu_on && early_kernel(g, va, pa);
}

/* Bytes from VA to the end of its 4 KiB page, at most LEN. */
static size_t in_page(u64 va, size_t len)
{
    size_t left = (1u << TLB_PAGE_SHIFT) - (va & ~TLB_PAGE_MASK);
    return left < len ? left : len;
}

/* A device is accessed by the widest aligned pieces, as a programmer would. */
static size_t device_copy(struct gdbstub *g, u64 pa, u8 *data, size_t len, bool write)
{
    size_t done = 0;
    while (done < len && g->touch_devices) {
        unsigned size = 8;
        while (size > 1 && ((pa + done) % size || size > len - done))
            size /= 2;
        u64 value = 0;
        if (write)
            memcpy(&value, data + done, size);
        if ((write ? bus_write(&g->virt->bus, pa + done, size, value)
                   : bus_read(&g->virt->bus, pa + done, size, &value)) != BUS_OK)
            break;
        if (!write)
            memcpy(data + done, &value, size);
        done += size;
    }
    return done;
}

/* Copies as much as there is; returns how many bytes. */
static size_t copy(struct gdbstub *g, struct cpu *c, u64 va, u8 *data, size_t len, bool write)
{
    size_t done = 0;
    while (done < len) {
        size_t here = in_page(va + done, len - done);
        u64 pa;
        if (!translate(g, c, va + done, &pa))
            break;
        struct bus *bus = &g->virt->bus;
        bool ok = write ? bus_dma_write(bus, pa, data + done, here)
                        : bus_dma_read(bus, pa, data + done, here);
        if (!ok) {
            size_t n = device_copy(g, pa, data + done, here, write);
            done += n;
            if (n < here)
                break;
            continue;
        }
        done += here;
    }
    return done;
}

bool memory_read(struct gdbstub *g, struct cpu *c, u64 va, void *to, size_t len)
{
    return copy(g, c, va, to, len, false) == len;
}

/* ADDR,LEN, and what must follow. */
static bool parse_range(const char **args, u64 *va, u64 *len, const char *end)
{
    return hex_number(args, va) && skip_word(args, ",") && hex_number(args, len) &&
           (*end ? skip_word(args, end) : !**args);
}

/* What ARGS ask for, as much as there is; false, with an error, when there is nothing. */
static bool read_for(struct gdbstub *g, const char *args, u8 *data, size_t *n)
{
    u64 va, len;
    *n = 0;
    if (!parse_range(&args, &va, &len, "")) {
        stub_error(g, STUB_EINVAL);
        return false;
    }
    *n = copy(g, stub_cpu(g), va, data, len < MAX_TRANSFER ? len : MAX_TRANSFER, false);
    if (*n || !len)
        return true;
    stub_error(g, STUB_EFAULT);
    return false;
}

void packet_m(struct gdbstub *g, const char *args)
{
    u8 data[MAX_TRANSFER];
    size_t n;
    if (read_for(g, args, data, &n))
        text_hex(&g->reply, data, n);
}

void packet_x(struct gdbstub *g, const char *args)
{
    u8 data[MAX_TRANSFER];
    size_t n;
    if (!read_for(g, args, data, &n))
        return;
    text_puts(&g->reply, "b");
    text_add(&g->reply, data, n);
}

static void write_for(struct gdbstub *g, u64 va, u8 *data, size_t len)
{
    if (copy(g, stub_cpu(g), va, data, len, true) == len)
        stub_ok(g);
    else
        stub_error(g, STUB_EFAULT);
}

void packet_M(struct gdbstub *g, const char *args)
{
    u8 data[MAX_TRANSFER];
    u64 va, len;
    if (parse_range(&args, &va, &len, ":") && len <= MAX_TRANSFER &&
        hex_bytes(&args, data, len) == len && !*args)
        write_for(g, va, data, len);
    else
        stub_error(g, STUB_EINVAL);
}

void packet_X(struct gdbstub *g, const char *args)
{
    u64 va, len;
    if (!parse_range(&args, &va, &len, ":") || len != (u64)(g->in.data + g->in.len - args)) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    write_for(g, va, (u8 *)args, len);
}

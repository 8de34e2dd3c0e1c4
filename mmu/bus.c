/*
 * The physical bus (bus.h): RAM in lazily committed host memory, devices in a
 * sorted table.
 *
 * Ranges never overlap and never wrap round the top of the address space. Every
 * length is compared with what is left of a region, never added to an address
 * that a guest supplied.
 */
#include "mmu/bus.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest RAM is read in host byte order");

static bool overlaps(u64 base, u64 size, u64 base2, u64 size2)
{
    return base - base2 < size2 || base2 - base < size;
}

static bool range_is_free(const struct bus *b, u64 base, u64 size)
{
    for (unsigned i = 0; i < b->ram_count; i++)
        if (overlaps(base, size, b->ram[i].base, b->ram[i].size))
            return false;
    for (unsigned i = 0; i < b->mmio_count; i++)
        if (overlaps(base, size, b->mmio[i].base, b->mmio[i].ops->size))
            return false;
    return true;
}

/* Zeroed memory that the host commits page by page as it is touched. */
static void *reserve(u64 size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static u64 page_array_size(u64 ram_size)
{
    return (ram_size >> RAM_PAGE_SHIFT) * sizeof(struct ram_page);
}

struct ram *bus_add_ram(struct bus *b, const char *name, u64 base, u64 size)
{
    if (size == 0 || ((base | size) & ones(RAM_PAGE_SHIFT)) || base + (size - 1) < base ||
        b->ram_count == BUS_MAX_RAM || !range_is_free(b, base, size))
        return NULL;
    u8 *host = reserve(size);
    if (!host)
        return NULL;
    struct ram_page *pages = reserve(page_array_size(size));
    if (!pages) {
        munmap(host, size);
        return NULL;
    }
    struct ram *r = &b->ram[b->ram_count++];
    *r = (struct ram){.name = name, .base = base, .size = size, .host = host, .pages = pages};
    return r;
}

struct ram *bus_add_flash(struct bus *b, u64 base, const struct mmio_ops *ops, void *dev)
{
    struct ram *r = bus_add_ram(b, ops->name, base, ops->size);
    if (r) {
        r->readonly = true;
        r->front = (struct mmio){base, ops, dev};
    }
    return r;
}

void bus_show_array(struct bus *b, struct ram *r, bool array)
{
    if (r->front_reads == !array)
        return;
    r->front_reads = !array;
    if (!array && b->reads_moved)
        b->reads_moved(b->code_owner);
}

void bus_destroy(struct bus *b)
{
    for (unsigned i = 0; i < b->ram_count; i++) {
        munmap(b->ram[i].host, b->ram[i].size);
        munmap(b->ram[i].pages, page_array_size(b->ram[i].size));
    }
    memset(b, 0, sizeof(*b));
}

static bool is_access_size(unsigned n)
{
    return n == 1 || n == 2 || n == 4 || n == 8;
}

void bus_add_mmio(struct bus *b, u64 base, const struct mmio_ops *ops, void *dev)
{
    assert(is_access_size(ops->min_access) && is_access_size(ops->max_access));
    assert(ops->min_access <= ops->max_access);
    assert(base % 8 == 0 && ops->size > 0 && base + (ops->size - 1) >= base);
    assert(b->mmio_count < BUS_MAX_MMIO && range_is_free(b, base, ops->size));
    unsigned i = b->mmio_count++;
    for (; i > 0 && b->mmio[i - 1].base > base; i--)
        b->mmio[i] = b->mmio[i - 1];
    b->mmio[i] = (struct mmio){.base = base, .ops = ops, .dev = dev};
}

void bus_reset(struct bus *b)
{
    for (unsigned i = 0; i < b->mmio_count; i++)
        if (b->mmio[i].ops->reset)
            b->mmio[i].ops->reset(b->mmio[i].dev);
    for (unsigned i = 0; i < b->ram_count; i++)
        if (b->ram[i].front.ops)
            b->ram[i].front.ops->reset(b->ram[i].front.dev);
}

const struct mmio *bus_find_mmio(const struct bus *b, u64 pa)
{
    unsigned low = 0, high = b->mmio_count; /* the window that may hold PA is in [low - 1, high) */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (b->mmio[middle].base <= pa)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct mmio *m = &b->mmio[low - 1];
    return pa - m->base < m->ops->size ? m : NULL;
}

/* Fixed-size copies, so that an aligned access is one host access. */
static u64 load(const u8 *p, unsigned size)
{
    u64 value = 0;
    switch (size) {
    case 1:
        memcpy(&value, p, 1);
        break;
    case 2:
        memcpy(&value, p, 2);
        break;
    case 4:
        memcpy(&value, p, 4);
        break;
    case 8:
        memcpy(&value, p, 8);
        break;
    default:
        assert(!"access size");
    }
    return value;
}

static void store(u8 *p, unsigned size, u64 value)
{
    switch (size) {
    case 1:
        memcpy(p, &value, 1);
        break;
    case 2:
        memcpy(p, &value, 2);
        break;
    case 4:
        memcpy(p, &value, 4);
        break;
    case 8:
        memcpy(p, &value, 8);
        break;
    default:
        assert(!"access size");
    }
}

/* How many of LEN bytes at PA lie in R, which holds PA. */
static u64 length_in(const struct ram *r, u64 pa, u64 len)
{
    u64 left = r->size - (pa - r->base);
    return len < left ? len : left;
}

/* Whether all of LEN bytes at PA are RAM; WRITABLE: and none of it read-only. */
static enum bus_result check_ram(const struct bus *b, u64 pa, u64 len, bool writable)
{
    while (len > 0) {
        const struct ram *r = bus_find_ram(b, pa);
        if (!r)
            return BUS_UNMAPPED;
        if (writable && r->readonly)
            return BUS_BAD_ACCESS;
        u64 n = length_in(r, pa, len);
        pa += n;
        len -= n;
        if (pa == 0 && len > 0)
            return BUS_UNMAPPED; /* the address space ends here */
    }
    return BUS_OK;
}

static void copy_out(const struct bus *b, u64 pa, u8 *to, u64 len)
{
    while (len > 0) {
        const struct ram *r = bus_find_ram(b, pa);
        u64 n = length_in(r, pa, len);
        memcpy(to, r->host + (pa - r->base), n);
        pa += n;
        to += n;
        len -= n;
    }
}

/*
 * Tell the engine of every page within LEN bytes at PA, all in R, that holds decoded
 * code, and whoever looks out for it that they change.
 */
static void report_write(struct bus *b, struct ram *r, u64 pa, u64 len)
{
    if (!b->code_written && !r->dirtied)
        return;
    while (len > 0) {
        u64 n = BIT(RAM_PAGE_SHIFT) - (pa & ones(RAM_PAGE_SHIFT));
        n = n < len ? n : len;
        struct ram_page *page = ram_page_at(r, pa);
        if (page->ops && b->code_written)
            b->code_written(b->code_owner, pa, n);
        ram_note_write(r, page);
        pa += n;
        len -= n;
    }
}

static void copy_in(struct bus *b, u64 pa, const u8 *from, u64 len)
{
    while (len > 0) {
        struct ram *r = bus_find_ram(b, pa);
        u64 n = length_in(r, pa, len);
        report_write(b, r, pa, n);
        memcpy(r->host + (pa - r->base), from, n);
        pa += n;
        from += n;
        len -= n;
    }
}

/* Whether the literal of M takes an access; *PIECE is the size the device sees. */
static bool device_takes(const struct mmio *m, u64 offset, unsigned size, unsigned *piece)
{
    *piece = size < m->ops->max_access ? size : m->ops->max_access;
    return size >= m->ops->min_access && offset % size == 0 && size <= m->ops->size - offset;
}

static enum bus_result read_device(const struct mmio *m, u64 offset, unsigned size, u64 *value)
{
    unsigned piece;
    if (!device_takes(m, offset, size, &piece))
        return BUS_BAD_ACCESS;
    for (unsigned i = 0; i < size; i += piece)
        *value |= (m->ops->read(m->dev, offset + i, piece) & ones(8 * piece)) << (8 * i);
    return BUS_OK;
}

static enum bus_result write_device(const struct mmio *m, u64 offset, unsigned size, u64 value)
{
    unsigned piece;
    if (!device_takes(m, offset, size, &piece))
        return BUS_BAD_ACCESS;
    for (unsigned i = 0; i < size; i += piece)
        m->ops->write(m->dev, offset + i, piece, (value >> (8 * i)) & ones(8 * piece));
    return BUS_OK;
}

enum bus_result bus_read(struct bus *b, u64 pa, unsigned size, u64 *value)
{
    *value = 0;
    const struct ram *r = bus_find_ram(b, pa);
    if (likely(r && !r->front_reads && length_in(r, pa, size) == size)) {
        *value = load(r->host + (pa - r->base), size);
        return BUS_OK;
    }
    const struct mmio *m = r && r->front_reads ? &r->front : bus_find_mmio(b, pa);
    if (m)
        return read_device(m, pa - m->base, size, value);
    /* From one region of RAM into the next, or nothing at all. */
    enum bus_result result = check_ram(b, pa, size, false);
    if (result == BUS_OK)
        copy_out(b, pa, (u8 *)value, size);
    return result;
}

enum bus_result bus_write(struct bus *b, u64 pa, unsigned size, u64 value)
{
    struct ram *r = bus_find_ram(b, pa);
    if (likely(r && !r->readonly && length_in(r, pa, size) == size)) {
        report_write(b, r, pa, size);
        store(r->host + (pa - r->base), size, value);
        return BUS_OK;
    }
    const struct mmio *m = r && r->front.ops ? &r->front : bus_find_mmio(b, pa);
    if (m)
        return write_device(m, pa - m->base, size, value);
    enum bus_result result = check_ram(b, pa, size, true);
    if (result == BUS_OK)
        copy_in(b, pa, (const u8 *)&value, size);
    return result;
}

enum bus_result bus_compare_and_swap(struct bus *b, u64 pa, u64 *expected, u64 desired)
{
    assert(pa % sizeof(u64) == 0);
    struct ram *r = bus_find_ram(b, pa);
    if (!r)
        return bus_find_mmio(b, pa) ? BUS_BAD_ACCESS : BUS_UNMAPPED;
    if (r->readonly)
        return BUS_BAD_ACCESS;
    report_write(b, r, pa, sizeof(u64));
    __atomic_compare_exchange_n((u64 *)(r->host + (pa - r->base)), expected, desired, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return BUS_OK;
}

bool bus_dma_read(struct bus *b, u64 pa, void *to, u64 len)
{
    if (check_ram(b, pa, len, false) != BUS_OK)
        return false;
    copy_out(b, pa, to, len);
    return true;
}

bool bus_dma_write(struct bus *b, u64 pa, const void *from, u64 len)
{
    if (check_ram(b, pa, len, true) != BUS_OK)
        return false;
    copy_in(b, pa, from, len);
    return true;
}

u8 *bus_dma_map(struct bus *b, u64 pa, u64 len, bool writable)
{
    const struct ram *r = bus_find_ram(b, pa);
    if (!r || length_in(r, pa, len) != len || (writable && r->readonly))
        return NULL;
    return r->host + (pa - r->base);
}

void bus_dma_written(struct bus *b, u64 pa, u64 len)
{
    struct ram *r = bus_find_ram(b, pa);
    assert(r && length_in(r, pa, len) == len);
    report_write(b, r, pa, len);
}

/* Where the bytes are does not change: what TLBs and devices know of that stays true. */
bool bus_discard(struct bus *b, u64 pa, u64 len)
{
    struct ram *r = bus_find_ram(b, pa);
    if (((pa | len) & ones(RAM_PAGE_SHIFT)) || !r || r->readonly || length_in(r, pa, len) != len)
        return false;
    report_write(b, r, pa, len);
    if (len)
        madvise(r->host + (pa - r->base), len, MADV_DONTNEED);
    return true;
}

void bus_populate(const struct ram *r)
{
    madvise(r->host, r->size, MADV_POPULATE_WRITE); /* only a wish, which a host may not know */
}

void bus_program(struct bus *b, struct ram *r, u64 offset, const void *from, u64 len)
{
    assert(offset <= r->size && len <= r->size - offset);
    report_write(b, r, r->base + offset, len);
    memcpy(r->host + offset, from, len);
}

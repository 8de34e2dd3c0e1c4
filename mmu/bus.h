/*
 * The physical bus: which ranges of physical addresses are RAM (or ROM) held in
 * host memory, and which are the register windows of devices.
 *
 * A device is a `struct mmio_ops` literal plus its state; the bus enforces the
 * access sizes the literal declares, so that a device sees only sizes it knows
 * and offsets inside its window that are aligned to the size. Addresses and
 * interrupt numbers belong to the board alone.
 */
#ifndef MMU_BUS_H
#define MMU_BUS_H

#include "core/types.h"
#include "mmu/tlb.h"

/*
 * Where the board has put a device, in the device tree's words. Handed to the
 * device when it writes its own node, and to nobody else.
 */
struct dt_place {
    u64 base, size;   /* the register window */
    u32 spi;          /* first shared peripheral interrupt, counted from 0 */
    u32 clock;        /* phandle of the 24 MHz APB clock node */
    u32 phandle;      /* this device's own phandle, 0 for none */
    u32 extra;        /* phandle of something else it needs; the device says what */
    u64 base2, size2; /* a second register window, for those that have two */
};

struct mmio_ops {
    const char *name;          /* as `info mtree` and messages call it: "pl011" */
    u64 size;                  /* of the register window, in bytes */
    u8 min_access, max_access; /* bytes: 1, 2, 4, 8 */
    u64 (*read)(void *dev, u64 offset, unsigned size);
    void (*write)(void *dev, u64 offset, unsigned size, u64 value);
    void (*reset)(void *dev); /* to the state after power-on */
    /*
     * Write this device's own node with libfdt's sequential-write calls into
     * FDT. Returns 0 or libfdt's negative error. NULL for a device that shows
     * up in no tree.
     */
    int (*fdt)(const void *dev, void *fdt, const struct dt_place *at);
};

/* How a physical access ended. */
enum bus_result {
    BUS_OK,
    BUS_UNMAPPED,   /* no RAM and no device answers: an external abort */
    BUS_BAD_ACCESS, /* a device there, but not for this size: also an abort */
};

struct uop;

enum {
    RAM_PAGE_SHIFT = TLB_PAGE_SHIFT,
    RAM_PAGE_DIRTY = 1,   /* written since it was last clean; where RAM has `dirtied` only */
    RAM_PAGE_EVICTED = 2, /* had decoded ops, which were dropped to have room for others */
};

/* What the engine knows of 4 KiB of RAM. The bus only hands it out, zeroed. */
struct ram_page {
    struct uop *ops;           /* the page's decoded ops, or NULL */
    struct tlb_places writers; /* the TLBs' write entries that lead here */
    u8 flags;                  /* RAM_PAGE_* */
};

struct mmio {
    u64 base;
    const struct mmio_ops *ops;
    void *dev;
};

/* A stretch of physical addresses backed by host memory. */
struct ram {
    const char *name;
    u64 base, size; /* multiples of 4096 */
    u8 *host;
    bool readonly;          /* flash and ROM: guest writes are BUS_BAD_ACCESS */
    struct ram_page *pages; /* one per 4 KiB, in order; untouched ones cost nothing */
    /*
     * Not NULL: somebody wants to know which pages change, such as a frame buffer.
     * Called when the first one becomes RAM_PAGE_DIRTY. He clears the flags, having
     * dropped the write entries first (engine_watch_writes).
     */
    void (*dirtied)(void *owner);
    void *dirtied_owner;
    bool dirty;        /* some page is */
    struct mmio front; /* of flash: the device that has the writes; else empty */
    bool front_reads;  /* and the reads as well: bus_show_array */
};

enum { BUS_MAX_RAM = 4, BUS_MAX_MMIO = 64 };

/* Zeroed is empty. It stays where it is: regions are handed out by address. */
struct bus {
    struct ram ram[BUS_MAX_RAM]; /* in the order they were added */
    unsigned ram_count;
    struct mmio mmio[BUS_MAX_MMIO]; /* sorted by base */
    unsigned mmio_count;
    /*
     * Called before bytes of a RAM page that holds decoded code change under
     * the CPUs' feet (a device's DMA, a debugger's or loader's write).
     */
    void (*code_written)(void *owner, u64 pa, u64 len);
    void *code_owner;
    /* Called when reads no longer find a region's memory (bus_show_array). */
    void (*reads_moved)(void *owner);
};

/*
 * Reserve SIZE bytes of zeroed host memory at physical BASE; nothing is touched
 * until the guest touches it. Both are multiples of 4096. Returns the region,
 * which stays where it is, or NULL when the host has not that much address
 * space, the range overlaps another or no region is left.
 */
struct ram *bus_add_ram(struct bus *b, const char *name, u64 base, u64 size);

/*
 * Map a device's window at BASE, a multiple of 8. Overlap with anything is a bug
 * of the board.
 */
void bus_add_mmio(struct bus *b, u64 base, const struct mmio_ops *ops, void *dev);

/*
 * Reserve memory for a flash device at BASE, as bus_add_ram does: read as RAM is,
 * while every write goes to the device, whose window has its OPS' size. The region,
 * or NULL.
 */
struct ram *bus_add_flash(struct bus *b, u64 base, const struct mmio_ops *ops, void *dev);

/* Whether reads of the flash R find its memory or, with ARRAY false, the device. */
void bus_show_array(struct bus *b, struct ram *r, bool array);

/* Put LEN bytes at OFFSET into R, which they fit in, read-only or not: as its device does. */
void bus_program(struct bus *b, struct ram *r, u64 offset, const void *from, u64 len);

/* Free what bus_add_ram and bus_add_flash reserved. */
void bus_destroy(struct bus *b);

/* Reset every device on the bus, in order of address. */
void bus_reset(struct bus *b);

/* The RAM region that holds PA, or NULL. Regions are few: a scan beats a search. */
static ALWAYS_INLINE struct ram *bus_find_ram(const struct bus *b, u64 pa)
{
    for (const struct ram *r = b->ram; r < b->ram + b->ram_count; r++)
        if (pa - r->base < r->size)
            return (struct ram *)r;
    return NULL;
}

/*
 * Host address of LEN bytes of RAM at PA, or NULL if they are not all in one
 * region of RAM.
 */
static ALWAYS_INLINE u8 *bus_host(const struct bus *b, u64 pa, u64 len)
{
    const struct ram *r = bus_find_ram(b, pa);
    return r && len <= r->size - (pa - r->base) ? r->host + (pa - r->base) : NULL;
}

/* What the engine knows of the page of RAM that holds PA; PA lies in R. */
static ALWAYS_INLINE struct ram_page *ram_page_at(const struct ram *r, u64 pa)
{
    return &r->pages[(pa - r->base) >> RAM_PAGE_SHIFT];
}

/* The page P of R is about to change, or may at any time from now on. */
static ALWAYS_INLINE void ram_note_write(struct ram *r, struct ram_page *p)
{
    if (likely(!r->dirtied))
        return;
    p->flags |= RAM_PAGE_DIRTY;
    if (r->dirty)
        return;
    r->dirty = true;
    r->dirtied(r->dirtied_owner);
}

/* The device whose window holds PA, or NULL. */
const struct mmio *bus_find_mmio(const struct bus *b, u64 pa);

/*
 * One access of SIZE bytes (1, 2, 4, 8), little-endian, at PA, to RAM or a
 * device. RAM takes any alignment, and an aligned access is one host access. A
 * device's literal says what it takes: wider than max_access is split into
 * max_access pieces, lowest address first; narrower than min_access, unaligned
 * or running out of the window is BUS_BAD_ACCESS, and the device sees nothing
 * of it. *VALUE is zero-extended, and 0 when the access fails. A write to RAM
 * drops decoded code as DMA does.
 */
enum bus_result bus_read(struct bus *b, u64 pa, unsigned size, u64 *value);
enum bus_result bus_write(struct bus *b, u64 pa, unsigned size, u64 value);

/*
 * Replace the 8 bytes of RAM at PA, a multiple of 8, by DESIRED if they equal
 * *EXPECTED, in one atomic host access, as hardware updates a descriptor. What
 * was found there is left in *EXPECTED. BUS_UNMAPPED or BUS_BAD_ACCESS where
 * that cannot be done: not RAM, read-only.
 */
enum bus_result bus_compare_and_swap(struct bus *b, u64 pa, u64 *expected, u64 desired);

/*
 * Copy between host memory and guest RAM, as a device's DMA, a loader or a
 * debugger does. False, and nothing copied, unless all of it is RAM (several
 * adjoining regions will do), none of it read-only for dma_write. Decoded code
 * that changes is dropped.
 */
bool bus_dma_read(struct bus *b, u64 pa, void *to, u64 len);
bool bus_dma_write(struct bus *b, u64 pa, const void *from, u64 len);

/*
 * For a device that moves data straight into guest RAM, from a thread of its own
 * perhaps: the host memory of LEN bytes at PA, which must lie in one region (and
 * not be read-only if WRITABLE), else NULL. It stays valid as long as the bus.
 * After bytes have changed, and before the guest is told, the machine's thread
 * says so by bus_dma_written, which drops the code decoded from them.
 */
u8 *bus_dma_map(struct bus *b, u64 pa, u64 len, bool writable);
void bus_dma_written(struct bus *b, u64 pa, u64 len);

/*
 * Give LEN bytes of RAM at PA, multiples of 4096 in one region, back to the host:
 * they are zero when they are next looked at (if the host's pages are not larger)
 * and take no memory until then. False, and nothing done, where that is not RAM.
 */
bool bus_discard(struct bus *b, u64 pa, u64 len);

/*
 * All of R will be written: have the host give its memory now, at once, instead of
 * page by page while the guest runs. What is in it stays.
 */
void bus_populate(const struct ram *r);

#endif

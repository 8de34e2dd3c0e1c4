/*
 * The stage 1 walk (walk.h). Follows DDI 0487, D8.2 (translation process), D8.3
 * (descriptor formats), D8.4 (permissions), D8.5 (access flag and dirty state),
 * D8.6 (memory attributes); the pseudocode is AArch64.S1Translate and below.
 *
 * It is on the path of every TLB miss: one loop, compiled once per granule so
 * that all shifts are constants, which reads descriptors straight from host
 * memory. Every descriptor is hostile; the loop takes at most four rounds because
 * each one goes a level down.
 *
 * Where the manual leaves a choice:
 * - TCR_EL1.TnSZ outside 16 to 39 (48, 47 with FEAT_TTST): a level 0 translation fault (QEMU's
 * choice; the other would be the nearest legal value).
 * - TCR_EL1.TGn reserved, or a granule the CPU has not: its smallest granule.
 * - TTBR bits below the table's alignment: taken as zero.
 * - The Contiguous bit: ignored, also where it is misprogrammed.
 * - Descriptors in a device's window: an external abort, as where nothing answers.
 * - SH reserved (0b01): Outer Shareable.
 * - Instruction fetch from Device memory: as from Normal Non-cacheable memory.
 */
#include "mmu/walk.h"

enum {
    LAST_LEVEL = 3,
    ADDRESS_BITS = 48,
    TSZ_MIN = 16,
    TSZ_MAX = 39,
    TSZ_MAX_TTST = 48, /* and one less for granules of 64 KiB */
};

enum { SH_RESERVED = 1, SH_OUTER = 2 };

/* MAIR bytes that the architecture names by itself. */
enum {
    ATTR_DEVICE_NGNRNE = 0x00,
    ATTR_NORMAL_NC = 0x44,
    ATTR_NORMAL_WT_RA = 0xaa, /* write-through, read-allocate, inner and outer */
};

/* TCR_EL1, the fields that come alone; those that come in pairs are picked apart below. */
#define TCR_HA BIT(39)
#define TCR_HD BIT(40)

/* Descriptors (D8.3). */
#define DESC_VALID         BIT(0)
#define DESC_TABLE_OR_PAGE BIT(1) /* clear: block, reserved at the last level */
#define DESC_AP1           BIT(6) /* EL0 has access */
#define DESC_AP2           BIT(7) /* read-only */
#define DESC_AF            BIT(10)
#define DESC_NG            BIT(11)
#define DESC_GP            BIT(50)
#define DESC_DBM           BIT(51)
#define DESC_PXN           BIT(53)
#define DESC_UXN           BIT(54)
#define TABLE_PXN          BIT(59)
#define TABLE_UXN          BIT(60)
#define TABLE_AP0          BIT(61) /* no access from EL0 */
#define TABLE_AP1          BIT(62) /* no write */

static struct translation fault(enum fault_status status, unsigned level)
{
    return (struct translation){.status = (u8)(status + level), .level = (u8)level};
}

/* The smaller of what the CPU has and what TCR_EL1.IPS allows. */
static ALWAYS_INLINE unsigned output_bits(const struct regime *r)
{
    static const u8 ips_bits[8] = {32, 36, 40, 42, 44, 48, 48, 48};
    unsigned ips = ips_bits[bits(r->tcr, 34, 32)];
    return ips < r->pa_bits ? ips : r->pa_bits;
}

/* log2 of the granule of the lower (0) or upper (1) VA range; the two encode it differently. */
static ALWAYS_INLINE unsigned granule_bits(const struct regime *r, unsigned upper)
{
    static const u8 tg0[4] = {GRANULE_4K, GRANULE_64K, GRANULE_16K, 0};
    static const u8 tg1[4] = {0, GRANULE_16K, GRANULE_4K, GRANULE_64K};
    unsigned granule = upper ? tg1[bits(r->tcr, 31, 30)] : tg0[bits(r->tcr, 15, 14)];
    if (unlikely(!(granule & r->granules)))
        granule = r->granules & -r->granules;
    return granule == GRANULE_4K ? 12 : granule == GRANULE_16K ? 14 : 16;
}

unsigned mmu_most_tsz(const struct regime *r, unsigned upper)
{
    return !r->has_ttst ? TSZ_MAX : granule_bits(r, upper) == 16 ? TSZ_MAX_TTST - 1 : TSZ_MAX_TTST;
}

/* Whether the architecture has blocks at LEVEL: 4K has 1G and 2M, 16K 32M, 64K 512M. */
static ALWAYS_INLINE bool level_has_blocks(unsigned level, unsigned granule)
{
    return level == 2 || (level == 1 && granule == 12);
}

/*
 * AArch64.S1DirectBasePermissions. TABLES: the hierarchical bits met on the way,
 * or-ed; HD: hardware keeps the dirty state of pages with DBM.
 */
static ALWAYS_INLINE void set_rights(struct translation *t, const struct regime *r, u64 tables,
                                     bool hd)
{
    const u64 desc = t->desc;
    bool el0 = (desc & DESC_AP1) && !(tables & TABLE_AP0);
    bool dirty_managed = hd && (desc & DESC_DBM);
    bool writable = (!(desc & DESC_AP2) || dirty_managed) && !(tables & TABLE_AP1);
    u8 perms = PERM_EL1_R;
    if (writable)
        perms |= PERM_EL1_W;
    if (el0)
        perms |= writable ? PERM_EL0_R | PERM_EL0_W : PERM_EL0_R;
    /* What EL0 can write EL1 never executes. EL0 may execute what it cannot read. */
    if (!((desc & DESC_PXN) || (tables & TABLE_PXN) || (perms & PERM_EL0_W) ||
          (r->wxn && writable)))
        perms |= PERM_EL1_X;
    if (!((desc & DESC_UXN) || (tables & TABLE_UXN) || (r->wxn && (perms & PERM_EL0_W))))
        perms |= PERM_EL0_X;
    t->perms = perms;
    t->clean = writable && dirty_managed && (desc & DESC_AP2);
}

/* S1DecodeMemAttrs, the effect of SCTLR_EL1.C and .I, and EffectiveShareability. */
static ALWAYS_INLINE void set_memory_type(struct translation *t, const struct regime *r,
                                          enum access_type type)
{
    t->attr = (u8)(r->mair >> (8 * bits(t->desc, 4, 2)));
    t->sh = (u8)bits(t->desc, 9, 8);
    if (type == ACCESS_EXEC ? !r->icache_on || attr_is_device(t->attr)
                            : !r->dcache_on && !attr_is_device(t->attr))
        t->attr = ATTR_NORMAL_NC;
    if (attr_is_device(t->attr) || t->attr == ATTR_NORMAL_NC || t->sh == SH_RESERVED)
        t->sh = SH_OUTER;
}

static ALWAYS_INLINE u64 to_cpu(const struct regime *r, u64 desc)
{
    return r->big_endian ? __builtin_bswap64(desc) : desc;
}

/* Hardware update of a descriptor (D8.5), in its one atomic access. */
static enum dirty_result update_descriptor(struct bus *bus, const struct regime *r, u64 pa, u64 old,
                                           u64 new)
{
    u64 found = to_cpu(r, old);
    if (bus_compare_and_swap(bus, pa, &found, to_cpu(r, new)) != BUS_OK)
        return DIRTY_FAULT;
    return found == to_cpu(r, old) ? DIRTY_SET : DIRTY_CHANGED;
}

/* Bits TOP down to LOW of VA are all equal to bit 55, which is UPPER. */
static ALWAYS_INLINE bool va_in_range(u64 va, unsigned top, unsigned low, unsigned upper)
{
    return (s64)(va << (63 - top)) >> (63 - top + low) == -(s64)upper;
}

/*
 * The loop. GRANULE is log2 of the granule and always a constant; VA has VA_BITS
 * that are translated, starting from TTBR[UPPER].
 */
static ALWAYS_INLINE struct translation walk_tables(struct bus *bus, const struct regime *r, u64 va,
                                                    enum access_type type, unsigned upper,
                                                    unsigned va_bits, unsigned granule)
{
    const unsigned stride = granule - 3; /* index bits of a whole table */
    const u64 address_mask = (BIT(ADDRESS_BITS) - 1) & ~(BIT(granule) - 1);
    const unsigned out_bits = output_bits(r);
    const bool hpd = r->has_hpds && bit(r->tcr, 41 + upper);
    const bool ha = r->has_hafdbs && (r->tcr & TCR_HA);

    unsigned level = LAST_LEVEL + 1 - (va_bits - 4) / stride;
    unsigned shift = granule + (LAST_LEVEL - level) * stride;
    unsigned index_bits = va_bits - shift; /* the first table may be short */
    u64 table = r->ttbr[upper] & (BIT(ADDRESS_BITS) - 1) & ~(BIT(index_bits + 3) - 1);
    if (unlikely(table >> out_bits))
        return fault(FAULT_ADDRESS_SIZE, 0);

    static const struct ram nowhere;
    const struct ram *ram = &nowhere; /* where the last descriptor was: so is the next, mostly */
    u64 tables = 0, desc, desc_pa, address;
    for (;;) {
        desc_pa = table + (((va >> shift) & (BIT(index_bits) - 1)) << 3);
        if (unlikely(desc_pa - ram->base >= ram->size)) {
            ram = bus_find_ram(bus, desc_pa);
            if (!ram)
                return fault(FAULT_EXTERNAL_WALK, level);
        }
        /* Regions are whole pages and descriptors aligned: if its first byte is RAM, all is. */
        const u64 *host = (const u64 *)(ram->host + (desc_pa - ram->base));
        desc = to_cpu(r, __atomic_load_n(host, __ATOMIC_ACQUIRE));
        address = desc & address_mask;
        if (!(desc & DESC_VALID))
            return fault(FAULT_TRANSLATION, level);
        bool block = !(desc & DESC_TABLE_OR_PAGE);
        if (unlikely(block && !level_has_blocks(level, granule)))
            return fault(FAULT_TRANSLATION, level);
        if (unlikely(address >> out_bits))
            return fault(FAULT_ADDRESS_SIZE, level);
        if (block || level == LAST_LEVEL) {
            if (likely(desc & DESC_AF))
                break;
            if (!ha)
                return fault(FAULT_ACCESS_FLAG, level);
            if (update_descriptor(bus, r, desc_pa, desc, desc | DESC_AF) == DIRTY_FAULT)
                return fault(FAULT_UNSUPPORTED_UPDATE, 0);
            continue; /* and look at it again */
        }
        tables |= desc;
        table = address;
        level++;
        shift -= stride;
        index_bits = stride;
    }

    struct translation t = {
        .ok = true,
        .pa = (address & ~(BIT(shift) - 1)) | (va & (BIT(shift) - 1)),
        .level = (u8)level,
        .page_shift = (u8)shift,
        .ng = desc & DESC_NG,
        .guarded = desc & DESC_GP,
        .desc = desc,
        .desc_pa = desc_pa,
    };
    set_rights(&t, r, hpd ? 0 : tables, ha && (r->tcr & TCR_HD));
    set_memory_type(&t, r, type);
    return t;
}

/* AArch64.S1DisabledOutput: addresses and permissions are what they are. TOP as in mmu_walk. */
static struct translation translate_flat(const struct regime *r, u64 va, enum access_type type,
                                         unsigned top)
{
    if (!va_in_range(va, top, r->pa_bits, 0))
        return fault(FAULT_ADDRESS_SIZE, 0);
    u8 attr = type != ACCESS_EXEC ? ATTR_DEVICE_NGNRNE
              : r->icache_on      ? ATTR_NORMAL_WT_RA
                                  : ATTR_NORMAL_NC;
    return (struct translation){
        .ok = true,
        .pa = va & ones(r->pa_bits),
        .page_shift = 12,
        .perms = PERM_EL0_R | PERM_EL0_W | PERM_EL0_X | PERM_EL1_R | PERM_EL1_W | PERM_EL1_X,
        .attr = attr,
        .sh = SH_OUTER,
    };
}

struct translation mmu_walk(struct bus *bus, const struct regime *r, u64 va, enum access_type type)
{
    unsigned upper = bit(va, 55);
    bool tagged = bit(r->tcr, 37 + upper); /* TBI: the top byte is no address, */
    if (type == ACCESS_EXEC)
        tagged &= !bit(r->tcr, 51 + upper); /* but with TBID of an instruction */
    unsigned top = tagged ? 55 : 63;
    if (!r->mmu_on)
        return translate_flat(r, va, type, top);

    unsigned tsz = (unsigned)(upper ? bits(r->tcr, 21, 16) : bits(r->tcr, 5, 0));
    bool disabled = bit(r->tcr, upper ? 23 : 7); /* EPD */
    unsigned va_bits = 64 - tsz;
    if (unlikely(tsz < TSZ_MIN || tsz > mmu_most_tsz(r, upper) || disabled ||
                 !va_in_range(va, top, va_bits, upper)))
        return fault(FAULT_TRANSLATION, 0);
    switch (granule_bits(r, upper)) {
    case 12:
        return walk_tables(bus, r, va, type, upper, va_bits, 12);
    case 14:
        return walk_tables(bus, r, va, type, upper, va_bits, 14);
    default:
        return walk_tables(bus, r, va, type, upper, va_bits, 16);
    }
}

struct translation mmu_access(struct bus *bus, const struct regime *r, u64 va,
                              enum access_type type, bool privileged)
{
    enum { TCR_E0PD0 = 55 }; /* and E0PD1: EL0 learns nothing of this half, not even by time */
    if (unlikely(!privileged && r->mmu_on && bit(r->tcr, TCR_E0PD0 + bit(va, 55))))
        return fault(FAULT_TRANSLATION, 0);
    struct translation t = mmu_walk(bus, r, va, type);
    if (t.ok && !(t.perms & perm_needed(type, privileged))) {
        t.ok = false;
        t.status = (u8)(FAULT_PERMISSION + t.level);
    }
    return t;
}

bool mmu_pan_denies(const struct regime *r, const struct translation *t)
{
    return r->mmu_on && (t->perms & (r->epan ? PERM_EL0_R | PERM_EL0_X : PERM_EL0_R));
}

enum dirty_result mmu_set_dirty(struct bus *bus, const struct regime *r,
                                const struct translation *t)
{
    return update_descriptor(bus, r, t->desc_pa, t->desc, t->desc & ~DESC_AP2);
}

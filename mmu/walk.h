/*
 * Stage 1 translation of the EL1&0 regime (Arm ARM DDI 0487, chapter D8), as a
 * function from values to a value: it reads descriptors from the bus and knows
 * neither CPU nor TLB. The caller turns a fault into an exception.
 */
#ifndef MMU_WALK_H
#define MMU_WALK_H

#include "core/types.h"
#include "mmu/bus.h"

enum { GRANULE_4K = 1, GRANULE_16K = 2, GRANULE_64K = 4 }; /* as a set */

/* Everything a walk depends on. */
struct regime {
    u64 ttbr[2];
    u64 tcr;                   /* TCR_EL1 */
    u64 mair;                  /* MAIR_EL1 */
    bool mmu_on;               /* SCTLR_EL1.M */
    bool wxn;                  /* SCTLR_EL1.WXN */
    bool dcache_on, icache_on; /* SCTLR_EL1.C, .I: memory type with the MMU off, cacheability */
    bool big_endian;           /* SCTLR_EL1.EE: descriptors are big-endian */
    u8 pa_bits;                /* ID_AA64MMFR0_EL1.PARange in bits: 32, 36, 40, 42, 44, 48 */
    u8 granules;               /* what the CPU model has */
    bool has_hafdbs;           /* FEAT_HAFDBS: TCR.HA and HD obeyed */
    bool epan;                 /* SCTLR_EL1.EPAN: PAN is also about what EL0 may execute only */
    bool has_ttst;             /* FEAT_TTST: TCR.TnSZ may be larger */
    bool has_hpds;             /* FEAT_HPDS: TCR.HPD0, HPD1 obeyed */
};

enum access_type { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC };

/* Fault status, without the level: DFSC and IFSC share these encodings. */
enum fault_status {
    FAULT_ADDRESS_SIZE = 0x00, /* + level */
    FAULT_TRANSLATION = 0x04,  /* + level */
    FAULT_ACCESS_FLAG = 0x08,  /* + level */
    FAULT_PERMISSION = 0x0c,   /* + level */
    FAULT_EXTERNAL = 0x10,
    FAULT_EXTERNAL_WALK = 0x14, /* + level */
    FAULT_ALIGNMENT = 0x21,
    FAULT_DEBUG = 0x22, /* watchpoint, breakpoint: raised as their own exceptions */
    FAULT_TLB_CONFLICT = 0x30,
    FAULT_UNSUPPORTED_UPDATE = 0x31, /* the access flag is in memory that has no atomics */
    FAULT_UNSUPPORTED_ATOMIC = 0x35, /* exclusive or atomic access to memory that has none */
};

/* Who may do what with a page. */
enum {
    PERM_EL0_R = 1,
    PERM_EL0_W = 2,
    PERM_EL0_X = 4,
    PERM_EL1_R = 8,
    PERM_EL1_W = 16,
    PERM_EL1_X = 32,
};

struct translation {
    u8 status; /* 0 with ok, else the whole DFSC/IFSC, level included */
    bool ok;
    u64 pa;        /* of VA itself, not of its page */
    u8 level;      /* of the last descriptor read */
    u8 page_shift; /* log2 of the block or page that maps it (contiguous runs not counted) */
    u8 perms;      /* PERM_*; WXN, hierarchical bits and AP applied, PAN not */
    u8 attr; /* the MAIR byte in force (SCTLR_EL1.C and .I applied); 0x00 (Device-nGnRnE) to 0xff */
    u8 sh;   /* shareability, as PAR_EL1.SH shows it */
    bool ng; /* not global: belongs to the ASID */
    bool guarded;      /* the GP bit, of FEAT_BTI; means nothing without */
    bool clean;        /* hardware keeps the dirty state: no write before mmu_set_dirty */
    u64 desc, desc_pa; /* the last descriptor and its address, for mmu_set_dirty */
};

/* The most that TCR_EL1.TnSZ may be for the lower (0) or UPPER (1) half. */
unsigned mmu_most_tsz(const struct regime *r, unsigned upper);

/* True for a MAIR byte of one of the Device types. */
static inline bool attr_is_device(u8 attr)
{
    return (attr & 0xf0) == 0;
}

/* The permission bit that an access needs. PRIVILEGED: made with EL1's rights. */
static inline u8 perm_needed(enum access_type type, bool privileged)
{
    return (u8)(1u << ((privileged ? 3 : 0) + (unsigned)type));
}

/*
 * Translate VA for an access of TYPE, whatever it permits: TYPE matters to the memory
 * type and to tags only.
 *
 * Faults: translation (VA out of range, EPD, invalid descriptor, reserved),
 * address size, access flag, external abort on a descriptor; each with the
 * level at which the walk met it. With TCR_EL1.HA the access flag is set in the
 * descriptor instead, as the manual allows whatever becomes of the access.
 */
struct translation mmu_walk(struct bus *bus, const struct regime *r, u64 va, enum access_type type);

/*
 * The same for an access of EL1 (PRIVILEGED) or EL0, which faults if it is not permitted
 * by .perms or by TCR_EL1.E0PD. PAN is not looked at. Whether or not it is permitted, the
 * other members are those of the walk.
 */
struct translation mmu_access(struct bus *bus, const struct regime *r, u64 va,
                              enum access_type type, bool privileged);

/* Whether PSTATE.PAN forbids EL1 to access what T maps for data. */
bool mmu_pan_denies(const struct regime *r, const struct translation *t);

enum dirty_result {
    DIRTY_SET,
    DIRTY_CHANGED, /* the descriptor has changed since: walk again */
    DIRTY_FAULT,   /* it cannot be written: FAULT_UNSUPPORTED_UPDATE */
};

/*
 * A .clean page (TCR_EL1.HD with the descriptor's DBM) counts as writable but gets
 * no write entry in a TLB until this has made it dirty: to be called for a write
 * that is permitted, and for no other access (AT and cache maintenance are none).
 */
enum dirty_result mmu_set_dirty(struct bus *bus, const struct regime *r,
                                const struct translation *t);

#endif

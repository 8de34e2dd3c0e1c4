/*
 * The table of exclusions (exclude.h). A row is here only if the two sides must differ or
 * the reference is known to be wrong; then the reason names the manual's section.
 */
#include "tests/fuzz/exclude.h"

#include "core/model.h"

/* Masks of MRS, MSR (register) and SYS words: the whole name but Rt, or without CRm and op2. */
enum { NAME = (int)0xffffffe0, CRN = (int)0xfffff000 };

/* Those of CRm 0 to 3: frequency, counts, timers. And MRS and MSR of one register. */
enum { COUNTERS = (int)0xfffffc00, READ_OR_WRITE = (int)0xffdfffe0 };

#define NO_CHANNEL "QEMU 7.2 has no debug communications channel (DDI 0487, H4)"
#define MTE_SYSTEM "FEAT_MTE: system instructions"

static const struct exclusion exclusions[] = {
    {0xffe0001f, 0xd4000001, "svc", "a call of the reference's kernel"},
    {0xffffffff, 0xd45e0000, "hlt #0xf000",
     "semihosting in QEMU, UNDEFINED with halting debug off"},
    {0xffffffff, 0xd503205f, "wfe", "QEMU ends the time slice, then goes on"},
    {0xffffffff, 0xd503207f, "wfi", "waits for what a process has not"},
    {CRN, 0xd5380000, "mrs id_*", "Linux shows processes a part of the identification registers"},
    {NAME, 0xd53b0020, "mrs ctr_el0", "describes the caches, of which the models' differ"},
    {COUNTERS, 0xd53be000, "mrs cnt*", "time"},
    {COUNTERS, 0xd51be000, "msr cnt*", "Linux gives processes the virtual counter"},
    {READ_OR_WRITE, 0xd5130100, "mdccsr_el0", NO_CHANNEL},
    {READ_OR_WRITE, 0xd5130400, "dbgdtr_el0", NO_CHANNEL},
    {READ_OR_WRITE, 0xd5130500, "dbgdtrrx/tx_el0", NO_CHANNEL},
    {0xbfbf7c00, 0x083e7c00, "casp x30, xzr, ...",
     "QEMU 7.2 writes SP, where number 31 is XZR (DDI 0487, C6.2, CASP)"},
    {0xbf7fcc00, 0x0e70c800, "fmaxnmv h, ...",
     "QEMU 7.2 ignores size<0> of reductions to half precision (DDI 0487, C4.1.96)"},
    {0xff7fcc00, 0x5e70c800, "fmaxnmp h, ...",
     "QEMU 7.2 ignores size<0> of pairs to half precision (DDI 0487, C4.1.96)"},
    {NAME, 0xd50b7520, "ic ivau", "no operation in user-mode QEMU, faults and all"},
    {NAME, 0xd50b7a20, "dc cvac", "no operation in user-mode QEMU, faults and all"},
    {NAME, 0xd50b7b20, "dc cvau", "no operation in user-mode QEMU, faults and all"},
    {NAME, 0xd50b7e20, "dc civac", "no operation in user-mode QEMU, faults and all"},
};

/* The same for what max has. */
static const struct exclusion of_max[] = {
    {0xbff8fc00, 0x2f00fc00, "fmov .8h with op 1",
     "QEMU 7.2 ignores op where o2 is 1 (DDI 0487, C4.1.96, modified immediate)"},
    {NAME, 0xd50b7c20, "dc cvap", "UNDEFINED in user-mode QEMU"},
    {NAME, 0xd50b7d20, "dc cvadp", "UNDEFINED in user-mode QEMU"},
    {NAME, 0xd50b7420, "dc zva", "blocks of QEMU's max are of 512 bytes"},
    {NAME, 0xd53b00e0, "mrs dczid_el0", "blocks of QEMU's max are of 512 bytes"},
    {0xffffffc0, 0xd53b2400, "mrs rndr*", "random"},
    /* Unallocated among the two-register instructions on half precision (DDI 0487, C4.1.96). */
    {0xbffffc00, 0x0ef9f800, "frecpx .4h, .8h", "no instruction, ends QEMU 7.2"},
    {0xfffffc00, 0x5ef8f800, "fabs h by scalar SIMD", "no instruction, ends QEMU 7.2"},
    {0xfffffc00, 0x7ef9f800, "fsqrt h by scalar SIMD", "no instruction, ends QEMU 7.2"},
    {0xfffffc00, 0x7ef8f800, "fneg h by scalar SIMD", "no instruction, but QEMU 7.2 executes it"},
    /* FEAT_MTE: QEMU's max has it, whatever is said; it is without SVE and SME if told so. */
    {0xffc00000, 0x91800000, "addg", "FEAT_MTE: add/subtract (immediate, with tags)"},
    {0xffc00000, 0xd1800000, "subg", "FEAT_MTE: add/subtract (immediate, with tags)"},
    {0xffe0fc00, 0x9ac00000, "subp", "FEAT_MTE: data-processing (2 source)"},
    {0xffe0f800, 0x9ac01000, "irg, gmi", "FEAT_MTE: data-processing (2 source)"},
    {0xffe0fc00, 0xbac00000, "subps", "FEAT_MTE: data-processing (2 source)"},
    {0xff200000, 0xd9200000, "stg, ldg, ...", "FEAT_MTE: load/store memory tags"},
    {0xffc00000, 0x68800000, "stgp, post-index", "FEAT_MTE: load/store register pair"},
    {0xffc00000, 0x69000000, "stgp", "FEAT_MTE: load/store register pair"},
    {0xffc00000, 0x69800000, "stgp, pre-index", "FEAT_MTE: load/store register pair"},
    {0xfffff0ff, 0xd503409f, "msr tco", "FEAT_MTE: MSR (immediate)"},
    {0xffdfffe0, 0xd51b42e0, "mrs/msr tco", "FEAT_MTE: system register move"},
    {NAME, 0xd50b7460, "dc gva", MTE_SYSTEM},
    {NAME, 0xd50b7480, "dc gzva", MTE_SYSTEM},
    {NAME, 0xd50b7a60, "dc cgvac", MTE_SYSTEM},
    {NAME, 0xd50b7aa0, "dc cgdvac", MTE_SYSTEM},
    {NAME, 0xd50b7c60, "dc cgvap", MTE_SYSTEM},
    {NAME, 0xd50b7ca0, "dc cgdvap", MTE_SYSTEM},
    {NAME, 0xd50b7d60, "dc cgvadp", MTE_SYSTEM},
    {NAME, 0xd50b7da0, "dc cgdvadp", MTE_SYSTEM},
    {NAME, 0xd50b7e60, "dc cigvac", MTE_SYSTEM},
    {NAME, 0xd50b7ea0, "dc cigdvac", MTE_SYSTEM},
};

static const struct exclusion *find(const struct exclusion *list, unsigned count, u32 w)
{
    for (unsigned i = 0; i < count; i++)
        if ((w & list[i].mask) == list[i].value)
            return &list[i];
    return NULL;
}

/* No other model has FEAT_DPB2. */
const struct exclusion *exclude_find(u32 w, u64 features)
{
    const struct exclusion *found = find(exclusions, ARRAY_LEN(exclusions), w);
    return found || !(features & A64_DPB2) ? found : find(of_max, ARRAY_LEN(of_max), w);
}

const struct exclusion *exclude_at(unsigned i)
{
    if (i < ARRAY_LEN(exclusions))
        return &exclusions[i];
    i -= ARRAY_LEN(exclusions);
    return i < ARRAY_LEN(of_max) ? &of_max[i] : NULL;
}

bool exclude_is_unpredictable(u32 w)
{
    unsigned t = w & 31, n = w >> 5 & 31, t2 = w >> 10 & 31, s = w >> 16 & 31;
    bool vector = bit(w, 26), load = bit(w, 22), same = n != 31 && (n == t || n == t2);
    if ((w & 0x3b200400) == 0x38000400) /* single, post- or pre-indexed */
        return !vector && n == t && n != 31;
    if ((w & 0x3a000000) == 0x28000000) /* pairs */
        return (load && t == t2) || (bit(w, 23) && !vector && same);
    if ((w & 0x3f000000) != 0x08000000) /* exclusives */
        return false;
    if (load)
        return bit(w, 21) && !bit(w, 23) && t == t2;
    return !bit(w, 23) && (s == t || (s == n && n != 31) || (bit(w, 21) && s == t2));
}

/*
 * The table of exclusions (exclude.h). A row is here only if the two sides must differ or
 * the reference is known to be wrong; then the reason names the manual's section.
 */
#include "tests/fuzz/exclude.h"

/* Masks of MRS, MSR (register) and SYS words: the whole name but Rt, or without op2, or CRm. */
enum { NAME = (int)0xffffffe0, CRM = (int)0xffffff00, CRN = (int)0xfffff000 };

static const struct exclusion exclusions[] = {
    {0xffe0001f, 0xd4000001, "svc", "a call of the reference's kernel"},
    {0xffe0001f, 0xd4400000, "hlt", "semihosting in QEMU, UNDEFINED with halting debug off"},
    {0xffffffff, 0xd503205f, "wfe", "QEMU ends the time slice, then goes on"},
    {0xffffffff, 0xd503207f, "wfi", "waits for what a process has not"},
    {CRN, 0xd5380000, "mrs id_*", "Linux shows processes a part of the identification registers"},
    {NAME, 0xd53b0020, "mrs ctr_el0", "describes the caches, of which the models' differ"},
    {CRN, 0xd53be000, "mrs cnt*", "time"},
    {CRN, 0xd51be000, "msr cnt*", "Linux gives processes the virtual counter"},
    {0xffdf0000, 0xd5130000, "mrs/msr dbgdtr*, mdccsr",
     "QEMU 7.2 has no debug communications channel (DDI 0487, H4)"},
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

const struct exclusion *exclude_find(u32 w)
{
    for (unsigned i = 0; i < ARRAY_LEN(exclusions); i++)
        if ((w & exclusions[i].mask) == exclusions[i].value)
            return &exclusions[i];
    return NULL;
}

const struct exclusion *exclude_at(unsigned i)
{
    return i < ARRAY_LEN(exclusions) ? &exclusions[i] : NULL;
}

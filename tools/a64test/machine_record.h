/*
 * What we and the program that qemu-system-aarch64 runs (machine_reference.c) agree on:
 * where things are in the machine's memory, which both sides have mapped. Includes nothing
 * of either side, and the program's assembly includes it, too.
 *
 * The case's tables (testbed.c) map these pages for EL1, in addition to what a case sees.
 */
#ifndef TOOLS_A64TEST_MACHINE_RECORD_H
#define TOOLS_A64TEST_MACHINE_RECORD_H

#define MACHINE_OFFSET   0x20000000 /* from a virtual address to the physical one */
#define MACHINE_IMAGE    0x20300000 /* where the tables have VBAR_EL1; read and execute */
#define MACHINE_ENTRY    0x800      /* of the image, behind the vectors */
#define MACHINE_ROUTINES 0x20308000 /* made at run time; read and execute */
#define MACHINE_SHARED   0x20310000 /* struct machine_shared; read and write */
#define MACHINE_STACK    0x2031f000 /* its end */
#define MACHINE_CODE     0x20330000 /* the page of the case's code, to write it */
#define MACHINE_BUILDER  0x20334000 /* the routines' pages, to write them */
#define MACHINE_CASE     0x2153e01c /* CASE_PC */

#define MACHINE_IMAGE_SIZE    0x8000
#define MACHINE_ROUTINES_SIZE 0x4000
#define MACHINE_SHARED_SIZE   0x10000
#define MACHINE_GETTER        0x1000 /* in the routines: behind the one that sets */

/* What a register that is missing reads as. */
#define MACHINE_MISSING 0x1badc0de1badc0de

/* Offsets in struct machine_shared that the assembly knows. */
#define MACHINE_PHASE  16
#define MACHINE_BOOT   24
#define MACHINE_VECTOR 72
#define MACHINE_X      80
#define MACHINE_SP     328
#define MACHINE_PC     344
#define MACHINE_FPCR   384
#define MACHINE_V      400

#ifndef __ASSEMBLER__
#include <stdint.h>

enum { MACHINE_WORDS = 34, MACHINE_SETS = 96, MACHINE_GETS = 320 };

struct machine_shared {
    uint64_t request, done; /* as many as there were; the machine waits for `request` */
    uint64_t phase;         /* 0: the case runs */
    uint64_t boot[6];       /* MAIR, TCR, TTBR0, VBAR, CPACR, SCTLR of EL1 */
    uint64_t vector;        /* out: offset of the one that was taken */
    uint64_t x[31], sp[2];  /* in and out, as all that follows */
    uint64_t pc, pstate;    /* out: ELR_EL1, SPSR_EL1 */
    uint64_t esr, far;      /* out */
    uint64_t unused;
    uint64_t fpcr, fpsr;
    uint64_t v[32][2] __attribute__((aligned(16)));
    uint32_t word[MACHINE_WORDS]; /* in: the case's */
    uint32_t sets, gets;
    uint32_t set_word[MACHINE_SETS]; /* in: MSR ..., X1 */
    uint32_t get_word[MACHINE_GETS]; /* in: MRS X1, ... */
    uint64_t set_value[MACHINE_SETS];
    uint64_t before[MACHINE_GETS], after[MACHINE_GETS]; /* out */
};
#endif

#endif

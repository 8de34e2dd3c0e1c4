/*
 * What we and our reference process (reference.c, an AArch64 program run under
 * qemu-aarch64) agree on: the addresses that programs see, and the file that both map.
 * Includes nothing of either side; all is little-endian with natural alignment.
 *
 * A program is up to RECORD_MAX_WORDS words in a slot of the code area; a record is one
 * execution of it from one state. Several records share a program, since the reference
 * spends most of its time translating words.
 */
#ifndef TOOLS_A64TEST_RECORD_H
#define TOOLS_A64TEST_RECORD_H

#include <stdint.h>

enum {
    RECORD_PAGE = 4096,
    RECORD_DATA_PAGES = 5, /* the last one is read-only; what lies around them is unmapped */
    RECORD_WRITABLE_PAGES = RECORD_DATA_PAGES - 1,
    RECORD_SLOTS = 1024, /* programs in a batch */
    RECORD_SLOT_WORDS = 8,
    RECORD_MAX_WORDS = 5,
    RECORD_COUNT = 4096, /* records in a batch, at most */
    /*
     * The code area: a page with the stub, then the slots, which begin two words before
     * a page's end so that some programs cross pages, then a page of UDF to branch to.
     */
    RECORD_SLOT_BYTES = 4 * RECORD_SLOT_WORDS,
    RECORD_SLOT_OFFSET = RECORD_PAGE - 8,
    RECORD_LANDING_OFFSET = RECORD_PAGE + RECORD_SLOTS * RECORD_SLOT_BYTES,
    RECORD_CODE_BYTES = RECORD_LANDING_OFFSET + RECORD_PAGE,
    RECORD_DATA_BYTES = RECORD_DATA_PAGES * RECORD_PAGE,
};

#define RECORD_DATA    UINT64_C(0x20b47000)
#define RECORD_CODE    UINT64_C(0x2153d000)
#define RECORD_LANDING (RECORD_CODE + RECORD_LANDING_OFFSET)

/* File descriptors that the reference process is started with. */
enum { RECORD_FD_FILE = 3, RECORD_FD_REQUEST = 4, RECORD_FD_REPLY = 5 };

/* What became of a program. What happens at a branch's target counts as done. */
enum record_kind {
    RECORD_DONE,        /* it ran to its end or branched out of its slot; pc tells */
    RECORD_UNDEFINED,   /* or trapped: both are SIGILL to a process */
    RECORD_TRANSLATION, /* data abort: nothing is mapped */
    RECORD_PERMISSION,  /* data abort */
    RECORD_ALIGNMENT,
    RECORD_BREAKPOINT, /* BRK */
    RECORD_OTHER,
    RECORD_TIMEOUT, /* the reference did not come back: nothing to compare */
};

/* reference.c's assembly knows these offsets. */
struct record_state {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;   /* in: of the slot; out: of the next instruction or the one that failed */
    uint64_t far;  /* out: of an abort, else 0 */
    uint32_t nzcv; /* as the register has it: bits 31:28 */
    uint32_t fpcr, fpsr;
    uint32_t kind; /* out: enum record_kind */
    uint64_t v[32][2] __attribute__((aligned(16)));
};

struct record_shared {
    uint64_t tail; /* where the stub has to jump to; set by the reference at its start */
    uint8_t data[RECORD_DATA_BYTES] __attribute__((aligned(4096)));
    uint32_t code[RECORD_CODE_BYTES / 4] __attribute__((aligned(4096)));
    struct record_state in[RECORD_COUNT] __attribute__((aligned(4096)));
    struct record_state out[RECORD_COUNT];
};

/* What each slot begins and ends with, and the stub at the start of the code area. */
enum {
    WORD_MRS_X0_TPIDR_EL0 = (int)0xd53bd040,
    WORD_MSR_TPIDR_EL0_X0 = (int)0xd51bd040,
    WORD_LDR_X0_12 = 0x58000060, /* ldr x0, . + 12 */
    WORD_BR_X0 = (int)0xd61f0000,
    WORD_B = 0x14000000,
    STUB_WORDS = 4, /* then the address of the tail */
};

#endif

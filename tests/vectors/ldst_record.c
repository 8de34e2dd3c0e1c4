/*
 * Prints the cases of ldst_vectors.inc with what an AArch64 processor makes of
 * them. The recorded digests, from QEMU 7.2, are made by
 *
 *     aarch64-linux-gnu-gcc -static -O2 -o ldst_record tests/vectors/ldst_record.c
 *     qemu-aarch64 -cpu neoverse-n1 ldst_record > new && mv new tests/vectors/ldst_vectors.inc
 *
 * A case runs on a page of its own between a few words that load the last
 * registers and save the first ones; see build().
 */
#include "ldst_cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "ldst_vectors.inc"

/* What the assembly below and the words of build() know by offset. */
struct frame {
    struct ldst_state s;
    uint64_t tls, sp;            /* of the host program: 776, 784 */
    uint64_t callee_saved[12];   /* 792: x19 to x30 */
    uint64_t callee_saved_fp[8]; /* 888: d8 to d15 */
};
_Static_assert(sizeof(struct frame) == 952, "the offsets in the assembly");

struct frame frame;

/* Load everything but x0 (which is &frame) and x1, and go to CODE; come back to `leave`. */
void enter(struct frame *f, const void *code);
void leave(void);
__asm__(".text\n.global enter\n.global leave\n"
        "enter:\n"
        " mrs x9, tpidr_el0\n str x9, [x0, #776]\n mov x9, sp\n str x9, [x0, #784]\n"
        " add x9, x0, #792\n"
        " stp x19, x20, [x9]\n stp x21, x22, [x9, #16]\n stp x23, x24, [x9, #32]\n"
        " stp x25, x26, [x9, #48]\n stp x27, x28, [x9, #64]\n stp x29, x30, [x9, #80]\n"
        " stp d8, d9, [x9, #96]\n stp d10, d11, [x9, #112]\n"
        " stp d12, d13, [x9, #128]\n stp d14, d15, [x9, #144]\n"
        " ldr x9, [x0, #768]\n msr nzcv, x9\n ldr x9, [x0, #248]\n mov sp, x9\n"
        " msr tpidr_el0, x1\n add x9, x0, #256\n"
        " ld1 {v0.2d-v3.2d}, [x9], #64\n ld1 {v4.2d-v7.2d}, [x9], #64\n"
        " ld1 {v8.2d-v11.2d}, [x9], #64\n ld1 {v12.2d-v15.2d}, [x9], #64\n"
        " ld1 {v16.2d-v19.2d}, [x9], #64\n ld1 {v20.2d-v23.2d}, [x9], #64\n"
        " ld1 {v24.2d-v27.2d}, [x9], #64\n ld1 {v28.2d-v31.2d}, [x9], #64\n"
        " ldp x2, x3, [x0, #16]\n ldp x4, x5, [x0, #32]\n ldp x6, x7, [x0, #48]\n"
        " ldp x8, x9, [x0, #64]\n ldp x10, x11, [x0, #80]\n ldp x12, x13, [x0, #96]\n"
        " ldp x14, x15, [x0, #112]\n ldp x16, x17, [x0, #128]\n ldp x18, x19, [x0, #144]\n"
        " ldp x20, x21, [x0, #160]\n ldp x22, x23, [x0, #176]\n ldp x24, x25, [x0, #192]\n"
        " ldp x26, x27, [x0, #208]\n ldp x28, x29, [x0, #224]\n ldr x30, [x0, #240]\n"
        " mrs x1, tpidr_el0\n br x1\n"
        "leave:\n" /* x0 is &frame, x1 saved, the case's x0 in TPIDR_EL0 */
        " stp x2, x3, [x0, #16]\n stp x4, x5, [x0, #32]\n stp x6, x7, [x0, #48]\n"
        " stp x8, x9, [x0, #64]\n stp x10, x11, [x0, #80]\n stp x12, x13, [x0, #96]\n"
        " stp x14, x15, [x0, #112]\n stp x16, x17, [x0, #128]\n stp x18, x19, [x0, #144]\n"
        " stp x20, x21, [x0, #160]\n stp x22, x23, [x0, #176]\n stp x24, x25, [x0, #192]\n"
        " stp x26, x27, [x0, #208]\n stp x28, x29, [x0, #224]\n str x30, [x0, #240]\n"
        " mrs x9, tpidr_el0\n str x9, [x0]\n mov x9, sp\n str x9, [x0, #248]\n"
        " mrs x9, nzcv\n str x9, [x0, #768]\n add x9, x0, #256\n"
        " st1 {v0.2d-v3.2d}, [x9], #64\n st1 {v4.2d-v7.2d}, [x9], #64\n"
        " st1 {v8.2d-v11.2d}, [x9], #64\n st1 {v12.2d-v15.2d}, [x9], #64\n"
        " st1 {v16.2d-v19.2d}, [x9], #64\n st1 {v20.2d-v23.2d}, [x9], #64\n"
        " st1 {v24.2d-v27.2d}, [x9], #64\n st1 {v28.2d-v31.2d}, [x9], #64\n"
        " ldr x9, [x0, #776]\n msr tpidr_el0, x9\n ldr x9, [x0, #784]\n mov sp, x9\n"
        " add x9, x0, #792\n"
        " ldp x19, x20, [x9]\n ldp x21, x22, [x9, #16]\n ldp x23, x24, [x9, #32]\n"
        " ldp x25, x26, [x9, #48]\n ldp x27, x28, [x9, #64]\n ldp x29, x30, [x9, #80]\n"
        " ldp d8, d9, [x9, #96]\n ldp d10, d11, [x9, #112]\n"
        " ldp d12, d13, [x9, #128]\n ldp d14, d15, [x9, #144]\n"
        " ret\n");

enum { LEAD = 2 }; /* words in front of LDST_CODE */

static void build(const struct ldst_case *k)
{
    enum {
        LDR_X1 = 0xf9400401,    /* ldr x1, [x0, #8] */
        LDR_X0 = 0xf9400000,    /* ldr x0, [x0] */
        MSR_X0 = 0xd51bd040,    /* msr tpidr_el0, x0 */
        LDR_FRAME = 0x58000080, /* ldr x0, .+16 */
        STR_X1 = 0xf9000401,    /* str x1, [x0, #8] */
        LDR_LEAVE = 0x58000081, /* ldr x1, .+16 */
        BR_X1 = 0xd61f0020,
    };
    uint32_t *w = (uint32_t *)LDST_CODE - LEAD;
    uint64_t literals[2] = {(uint64_t)&frame, (uint64_t)leave};
    *w++ = LDR_X1;
    *w++ = LDR_X0;
    if (k->before)
        *w++ = k->before;
    *w++ = k->word;
    *w++ = MSR_X0;
    *w++ = LDR_FRAME;
    *w++ = STR_X1;
    *w++ = LDR_LEAVE;
    *w++ = BR_X1;
    memcpy(w, literals, sizeof(literals));
    __builtin___clear_cache((char *)LDST_CODE - 4 * LEAD, (char *)LDST_CODE + 64);
}

static void *map(uint64_t at, uint64_t size)
{
    return mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void)
{
    enum { PAGE = 4096 };
    map(LDST_CODE - PAGE, 2 * PAGE);
    uint64_t *memory = map(LDST_DATA, LDST_BYTES);
    printf("/* Recorded by ldst_record.c; see there. */\n"
           "static const struct ldst_case ldst_cases[] = {\n");
    for (unsigned i = 0; i < sizeof(ldst_cases) / sizeof(ldst_cases[0]); i++) {
        const struct ldst_case *k = &ldst_cases[i];
        build(k);
        ldst_prepare(k, &frame.s, memory);
        enter(&frame, (uint32_t *)LDST_CODE - LEAD);
        printf("{\"%s\", 0x%" PRIx32 ", 0x%" PRIx32 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
               "},\n",
               k->row, k->before, k->word, k->base, k->index, ldst_digest(&frame.s, memory));
    }
    printf("};\n");
    return 0;
}

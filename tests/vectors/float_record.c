/*
 * Prints the cases of float_vectors.inc with what an AArch64 processor makes of them.
 * The recorded digests, from QEMU 7.2, are made by
 *
 *     aarch64-linux-gnu-gcc -static -O2 -o float_record tests/vectors/float_record.c
 *     qemu-aarch64 -cpu neoverse-n1 float_record > new && mv new tests/vectors/float_vectors.inc
 */
#include "float_cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "float_vectors.inc"

_Static_assert(sizeof(struct float_state) == 664, "the offsets in the assembly");

/* Load S, go to CODE, which comes back by x16, and save S. */
void run(struct float_state *s, const void *code);
__asm__(".text\n.global run\n"
        "run:\n"
        " stp x29, x30, [sp, #-96]!\n str x19, [sp, #16]\n mov x19, x0\n"
        " stp d8, d9, [sp, #32]\n stp d10, d11, [sp, #48]\n"
        " stp d12, d13, [sp, #64]\n stp d14, d15, [sp, #80]\n"
        " mov x17, x1\n adr x16, 1f\n"
        " ldr x9, [x19, #640]\n msr nzcv, x9\n"
        " ldr x9, [x19, #648]\n msr fpcr, x9\n ldr x9, [x19, #656]\n msr fpsr, x9\n"
        " add x9, x19, #128\n"
        " ld1 {v0.2d-v3.2d}, [x9], #64\n ld1 {v4.2d-v7.2d}, [x9], #64\n"
        " ld1 {v8.2d-v11.2d}, [x9], #64\n ld1 {v12.2d-v15.2d}, [x9], #64\n"
        " ld1 {v16.2d-v19.2d}, [x9], #64\n ld1 {v20.2d-v23.2d}, [x9], #64\n"
        " ld1 {v24.2d-v27.2d}, [x9], #64\n ld1 {v28.2d-v31.2d}, [x9], #64\n"
        " ldp x0, x1, [x19]\n ldp x2, x3, [x19, #16]\n ldp x4, x5, [x19, #32]\n"
        " ldp x6, x7, [x19, #48]\n ldp x8, x9, [x19, #64]\n ldp x10, x11, [x19, #80]\n"
        " ldp x12, x13, [x19, #96]\n ldp x14, x15, [x19, #112]\n"
        " br x17\n"
        "1:\n"
        " stp x0, x1, [x19]\n stp x2, x3, [x19, #16]\n stp x4, x5, [x19, #32]\n"
        " stp x6, x7, [x19, #48]\n stp x8, x9, [x19, #64]\n stp x10, x11, [x19, #80]\n"
        " stp x12, x13, [x19, #96]\n stp x14, x15, [x19, #112]\n"
        " mrs x9, nzcv\n str x9, [x19, #640]\n mrs x9, fpcr\n str x9, [x19, #648]\n"
        " mrs x9, fpsr\n str x9, [x19, #656]\n msr fpcr, xzr\n add x9, x19, #128\n"
        " st1 {v0.2d-v3.2d}, [x9], #64\n st1 {v4.2d-v7.2d}, [x9], #64\n"
        " st1 {v8.2d-v11.2d}, [x9], #64\n st1 {v12.2d-v15.2d}, [x9], #64\n"
        " st1 {v16.2d-v19.2d}, [x9], #64\n st1 {v20.2d-v23.2d}, [x9], #64\n"
        " st1 {v24.2d-v27.2d}, [x9], #64\n st1 {v28.2d-v31.2d}, [x9], #64\n"
        " ldp d8, d9, [sp, #32]\n ldp d10, d11, [sp, #48]\n"
        " ldp d12, d13, [sp, #64]\n ldp d14, d15, [sp, #80]\n"
        " ldr x19, [sp, #16]\n ldp x29, x30, [sp], #96\n ret\n");

int main(void)
{
    enum { PAGE = 4096, BR_X16 = 0xd61f0200 };
    uint32_t *code =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    printf("/* Recorded by float_record.c; see there. */\n"
           "static const struct float_case float_cases[] = {\n");
    for (unsigned i = 0; i < sizeof(float_cases) / sizeof(float_cases[0]); i++) {
        const struct float_case *k = &float_cases[i];
        uint64_t digest = 0;
        code[0] = k->word;
        code[1] = BR_X16;
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        for (unsigned round = 0; round < FLOAT_ROUNDS; round++) {
            struct float_state s;
            float_prepare(k, round, &s);
            run(&s, code);
            if (!strcmp(k->row, "fcvtzs_s_fix_h")) /* QEMU 7.2 leaves ones above Hd */
                s.v[k->word % 32 * 2] &= 0xffff;
            digest = float_digest(digest, &s);
        }
        printf("{\"%s\", 0x%08" PRIx32 ", %" PRIu32 ", 0x%016" PRIx64 "},\n", k->row, k->word,
               k->esize, digest);
    }
    printf("};\n");
    return 0;
}

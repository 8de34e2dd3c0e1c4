/*
 * Prints the rows of simd_vectors.inc with the digest of what an AArch64 processor
 * makes of each one's cases. The recorded ones, from QEMU 7.2, are made by
 *
 *     aarch64-linux-gnu-gcc -static -O2 -o simd_record tests/vectors/simd_record.c
 *     qemu-aarch64 -cpu neoverse-n1 simd_record > new && mv new tests/vectors/simd_vectors.inc
 *
 * A new row is put into that file with any digest first. `simd_record ROW` prints that
 * row's cases one by one.
 */
#include "simd_cases.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "simd_vectors.inc"

static volatile bool undefined;

/* Go on behind the word, where enter() called it from. */
static void on_sigill(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    undefined = true;
    u->uc_mcontext.pc = u->uc_mcontext.regs[30];
}

/* Load S, call CODE, and store S again. */
void enter(struct simd_state *s, const void *code);
__asm__(".text\n.global enter\n"
        "enter:\n"
        " stp x29, x30, [sp, #-160]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        " stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n"
        " stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
        " mov x19, x0\n mov x20, x1\n add x21, x0, #512\n"
        " ldr x22, [x0, #640]\n msr fpsr, x22\n"
        " ld1 {v0.2d-v3.2d}, [x0], #64\n ld1 {v4.2d-v7.2d}, [x0], #64\n"
        " ld1 {v8.2d-v11.2d}, [x0], #64\n ld1 {v12.2d-v15.2d}, [x0], #64\n"
        " ld1 {v16.2d-v19.2d}, [x0], #64\n ld1 {v20.2d-v23.2d}, [x0], #64\n"
        " ld1 {v24.2d-v27.2d}, [x0], #64\n ld1 {v28.2d-v31.2d}, [x0], #64\n"
        " ldp x0, x1, [x21]\n ldp x2, x3, [x21, #16]\n ldp x4, x5, [x21, #32]\n"
        " ldp x6, x7, [x21, #48]\n ldp x8, x9, [x21, #64]\n ldp x10, x11, [x21, #80]\n"
        " ldp x12, x13, [x21, #96]\n ldp x14, x15, [x21, #112]\n"
        " blr x20\n"
        " stp x0, x1, [x21]\n stp x2, x3, [x21, #16]\n stp x4, x5, [x21, #32]\n"
        " stp x6, x7, [x21, #48]\n stp x8, x9, [x21, #64]\n stp x10, x11, [x21, #80]\n"
        " stp x12, x13, [x21, #96]\n stp x14, x15, [x21, #112]\n"
        " mov x0, x19\n"
        " st1 {v0.2d-v3.2d}, [x0], #64\n st1 {v4.2d-v7.2d}, [x0], #64\n"
        " st1 {v8.2d-v11.2d}, [x0], #64\n st1 {v12.2d-v15.2d}, [x0], #64\n"
        " st1 {v16.2d-v19.2d}, [x0], #64\n st1 {v20.2d-v23.2d}, [x0], #64\n"
        " st1 {v24.2d-v27.2d}, [x0], #64\n st1 {v28.2d-v31.2d}, [x0], #64\n"
        " mrs x22, fpsr\n str x22, [x19, #640]\n"
        " ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n"
        " ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
        " ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x29, x30, [sp], #160\n"
        " ret\n");
_Static_assert(sizeof(struct simd_state) == 648, "the offsets in the assembly");

static void print_state(const struct simd_state *s)
{
    for (unsigned i = 0; i < 32; i++)
        printf("    v%-2u %016" PRIx64 "%016" PRIx64 "\n", i, s->v[2 * i + 1], s->v[2 * i]);
    for (unsigned i = 0; i < SIMD_X; i++)
        printf("    x%-2u %016" PRIx64 "\n", i, s->x[i]);
    printf("    fpsr %" PRIx64 "\n", s->fpsr);
}

/* The digest of ROW's cases, run from the page at CODE. */
static uint64_t run_row(const struct simd_row *row, uint32_t *code, bool verbose)
{
    const uint32_t ret = 0xd65f03c0;
    uint64_t seed = simd_seed(row), digest = 0;
    struct simd_state s;
    for (unsigned i = 0; i < SIMD_CASES; i++) {
        code[2 * i] = simd_word(row, &seed);
        code[2 * i + 1] = ret;
    }
    __builtin___clear_cache((char *)code, (char *)(code + 2 * SIMD_CASES));
    for (unsigned i = 0; i < SIMD_CASES; i++) {
        simd_prepare(&s, &seed);
        undefined = false;
        enter(&s, &code[2 * i]);
        digest = simd_digest(digest, undefined ? SIMD_UNDEFINED : simd_outcome(&s));
        if (verbose) {
            printf("%08" PRIx32 "%s\n", code[2 * i], undefined ? " undefined" : "");
            print_state(&s);
        }
    }
    return digest;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = on_sigill, .sa_flags = SA_SIGINFO};
    uint32_t *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGILL, &action, NULL);
    if (argc == 1)
        printf("/* Recorded by simd_record.c; see there. */\n"
               "static const struct simd_row simd_rows[] = {\n");
    for (unsigned i = 0; i < sizeof(simd_rows) / sizeof(simd_rows[0]); i++) {
        const struct simd_row *r = &simd_rows[i];
        bool verbose = argc > 1 && strcmp(argv[1], r->name) == 0;
        if (argc > 1 && !verbose)
            continue;
        uint64_t digest = run_row(r, code, verbose);
        if (!verbose)
            printf("{\"%s\", 0x%08" PRIx32 ", 0x%08" PRIx32 ", {0x%" PRIx32 ", 0x%" PRIx32
                   "}, %s, 0x%016" PRIx64 "},\n",
                   r->name, r->mask, r->value, r->nonzero[0], r->nonzero[1],
                   r->general ? (r->general == 'd' ? "'d'" : "'n'") : "0", digest);
    }
    if (argc == 1)
        printf("};\n");
    return 0;
}

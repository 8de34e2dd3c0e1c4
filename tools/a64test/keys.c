/*
 * See keys.h. QEMU 7.2 (util/guest-random.c) seeds the generator with an array of the two
 * halves of QEMU_RAND_SEED; a process gets 16 bytes for AT_RANDOM and then its five keys.
 */
#include "tools/a64test/keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/model.h"

enum { SEED = 20261123, STATE = 624, MIDDLE = 397, AT_RANDOM_WORDS = 4, KEY_REGISTERS = 10 };

/* MT19937, M. Matsumoto and T. Nishimura, ACM TOMACS 8 (1998). */
struct twister {
    u32 state[STATE];
    unsigned next;
};

static void twister_seed(struct twister *t, const u32 *key, unsigned count)
{
    u32 *s = t->state;
    s[0] = 19650218;
    for (unsigned i = 1; i < STATE; i++)
        s[i] = 1812433253u * (s[i - 1] ^ s[i - 1] >> 30) + i;
    unsigned at = 1, k = 0;
    for (unsigned n = 0; n < STATE; n++) {
        s[at] = (s[at] ^ (s[at - 1] ^ s[at - 1] >> 30) * 1664525u) + key[k] + k;
        k = (k + 1) % count;
        if (++at == STATE) {
            s[0] = s[STATE - 1];
            at = 1;
        }
    }
    for (unsigned n = 0; n < STATE - 1; n++) {
        s[at] = (s[at] ^ (s[at - 1] ^ s[at - 1] >> 30) * 1566083941u) - at;
        if (++at == STATE) {
            s[0] = s[STATE - 1];
            at = 1;
        }
    }
    s[0] = 0x80000000;
    t->next = STATE;
}

static void twister_refill(struct twister *t)
{
    u32 *s = t->state;
    for (unsigned i = 0; i < STATE; i++) {
        u32 joined = (s[i] & 0x80000000) | (s[(i + 1) % STATE] & 0x7fffffff);
        s[i] = s[(i + MIDDLE) % STATE] ^ joined >> 1 ^ (joined & 1 ? 0x9908b0df : 0);
    }
    t->next = 0;
}

static u32 twister_draw(struct twister *t)
{
    if (t->next == STATE)
        twister_refill(t);
    u32 v = t->state[t->next++];
    v ^= v >> 11;
    v ^= v << 7 & 0x9d2c5680;
    v ^= v << 15 & 0xefc60000;
    return v ^ v >> 18;
}

void keys_announce(void)
{
    char text[24];
    snprintf(text, sizeof(text), "%d", SEED);
    setenv("QEMU_RAND_SEED", text, 1);
}

void keys_set(struct cpu *c)
{
    enum { ENDB = 13, ENDA = 27, ENIB = 30, ENIA = 31 };
    const u32 seed[2] = {SEED, 0};
    struct twister t;
    if (!(c->model->features & A64_PAUTH))
        return;
    twister_seed(&t, seed, 2);
    for (unsigned i = 0; i < AT_RANDOM_WORDS; i++)
        twister_draw(&t);
    for (unsigned i = 0; i < KEY_REGISTERS; i++) {
        u64 low = twister_draw(&t);
        sysreg_poke(c, APIAKeyLo_EL1 + i, low | (u64)twister_draw(&t) << 32);
    }
    sysreg_poke(c, SCTLR_EL1,
                sysreg_peek(c, SCTLR_EL1) | BIT(ENIA) | BIT(ENIB) | BIT(ENDA) | BIT(ENDB));
}

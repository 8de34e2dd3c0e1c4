/*
 * Running records on all sides (sides.h).
 */
#include "tests/fuzz/sides.h"

#include <string.h>

#include "tests/fuzz/compare.h"

bool sides_start(struct sides *s, const struct cpu_model *model, const char *qemu,
                 const char *qemu_cpu, const char *reference, int falsified)
{
    memset(s, 0, sizeof(*s));
    s->falsified = falsified;
    for (unsigned e = 0; e < ENGINES; e++) {
        s->ours[e] = ours_create(model, (enum engine_kind)e);
        if (!s->ours[e])
            return false;
    }
    s->decoder = &s->ours[0]->board->engine.decoder;
    return oracle_start(&s->oracle, qemu, qemu_cpu, reference);
}

void sides_stop(struct sides *s)
{
    oracle_stop(&s->oracle);
    for (unsigned e = 0; e < ENGINES; e++)
        if (s->ours[e])
            ours_destroy(s->ours[e]);
}

void sides_set_code(struct sides *s, const u32 *code)
{
    struct record_shared *shared = s->oracle.shared;
    memmove(shared->code, code, sizeof(shared->code));
    for (unsigned e = 0; e < ENGINES; e++)
        ours_set_code(s->ours[e], s->oracle.shared->code);
}

void sides_set_program(struct sides *s, const struct program *p)
{
    struct record_shared *shared = s->oracle.shared;
    oracle_empty_code(shared->code, shared->tail);
    oracle_set_slot(shared->code, p->slot, p->word, p->words);
    sides_set_code(s, shared->code);
}

void sides_take_data(struct sides *s)
{
    for (unsigned e = 0; e < ENGINES; e++)
        ours_set_data(s->ours[e], s->oracle.shared->data);
}

void sides_set_data(struct sides *s, const u8 *data)
{
    memcpy(s->oracle.shared->data, data, RECORD_DATA_BYTES);
    sides_take_data(s);
}

static void falsify(struct sides *s, unsigned i)
{
    enum { C = 1 << 29, BIT_OF_N = 16, LONGEST = 2 * RECORD_SLOT_WORDS };
    const struct record_state *in = &s->oracle.shared->in[i];
    struct record_state *out = &s->oracle.shared->out[i];
    const u32 *word = s->oracle.shared->code + (in->pc - RECORD_CODE) / 4 + 1;
    for (unsigned k = 0; k < LONGEST && word[k] && word[k] != (u32)WORD_MRS_X0_TPIDR_EL0; k++) {
        unsigned d = word[k] & 31, n = word[k] >> 5 & 31;
        if (decode_row(s->decoder, word[k]) == s->falsified && d < 31 && n < 31 &&
            out->kind == RECORD_DONE && bit(in->x[n], BIT_OF_N) && (in->nzcv & C))
            out->x[d] ^= 1;
    }
}

bool sides_refer(struct sides *s, unsigned first, unsigned count)
{
    if (!oracle_run(&s->oracle, first, count))
        return false;
    for (unsigned i = first; s->falsified >= 0 && i < first + count; i++)
        falsify(s, i);
    return true;
}

bool sides_check(struct sides *s, const struct program *p, unsigned i, struct outcome *o)
{
    const struct record_shared *shared = s->oracle.shared;
    o->raw = o->reference = shared->out[i];
    o->endless = false;
    o->compared = true;
    for (unsigned e = 0; e < ENGINES; e++) {
        ours_run(s->ours[e], p, &shared->in[i], &o->ours[e]);
        o->endless |= s->ours[e]->endless;
        o->compared &= compare_prepare(p, &o->ours[e], &o->reference);
    }
    o->engines = NULL;
    for (o->other = CHAINED; !o->endless && o->other < ENGINES; o->other++)
        if ((o->engines = ours_differ(s->ours[THREADED]->cpu, s->ours[o->other]->cpu)))
            break;
    o->executed = s->ours[STEPPING]->executed;
    o->wandered = s->ours[STEPPING]->wandered;
    o->engine = -1;
    bool timeout = o->raw.kind == RECORD_TIMEOUT;
    if (o->endless != timeout)
        o->engine = THREADED;
    o->compared &= !timeout;
    for (unsigned e = 0; o->compared && o->engine < 0 && e < ENGINES; e++)
        if (memcmp(&o->ours[e], &o->reference, sizeof(o->reference)))
            o->engine = (int)e;
    return !o->engines && o->engine < 0;
}

int sides_compare_data(const struct sides *s)
{
    for (int e = 0; e < ENGINES; e++)
        if (memcmp(ours_data(s->ours[e]), s->oracle.shared->data, RECORD_DATA_BYTES))
            return e;
    return -1;
}

/*
 * Rounds of execution (chaos.h): each begins with new registers and one new page of
 * words. An epoch of some thousand rounds begins with a new board, so that an epoch is
 * all that has to be run again to see the same thing.
 */
#include "tests/fuzz/chaos.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/engine/dispatch.h"
#include "tests/fuzz/chaos_board.h"
#include "tests/fuzz/generate.h"
#include "tests/fuzz/ours.h"

enum {
    ROUNDS = 4096,         /* in an epoch */
    SLICES = 16,           /* in a round: random code is soon caught in a loop */
    BUDGET = 384,          /* instructions in a slice, those of the vectors included */
    STEPS = 64,            /* in a slice of the stepping loop */
    WORDS = 1024,          /* in a page */
    WATCHDOG_SECONDS = 20, /* of host CPU time; a round takes less than a millisecond */
};

/* Where the run is, for whoever reports its end. The handlers of signals read it. */
static volatile u64 current_epoch, current_round, current_seed;

static void say_where(void)
{
    char text[160];
    int n = snprintf(text, sizeof(text),
                     "fuzz: chaos: in round %" PRIu64 "; repeat: --chaos 1 --seed %" PRIu64
                     " --at %" PRIu64 "\n",
                     current_round, current_seed, current_epoch);
    if (write(STDERR_FILENO, text, (size_t)n) != n)
        _exit(1);
}

static void on_fatal(int signal)
{
    say_where();
    _exit(128 + signal);
}

static void on_watchdog(int signal)
{
    static u64 last = UINT64_MAX;
    u64 now = current_epoch * ROUNDS + current_round;
    if (now == last) {
        static const char text[] = "fuzz: chaos: hangs\n";
        if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
            say_where();
        abort();
    }
    last = now;
}

/* A sanitizer's report ends the process without a signal of its own. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(void)
{
    const struct itimerval every = {{WATCHDOG_SECONDS, 0}, {WATCHDOG_SECONDS, 0}};
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(say_where);
    } else {
        signal(SIGSEGV, on_fatal);
        signal(SIGBUS, on_fatal);
        signal(SIGFPE, on_fatal);
        signal(SIGILL, on_fatal);
    }
    signal(SIGABRT, on_fatal);
    signal(SIGVTALRM, on_watchdog);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
}

enum { BOARDS = 2 };

struct chaos {
    const struct chaos_options *o;
    const struct cpu_model *model;
    struct board board[BOARDS]; /* the second one if there are to be two */
    struct rng rng[BOARDS];     /* the same numbers for each */
    unsigned boards;
    struct decoder decoder; /* for words of the table */
    u64 executed;           /* different words */
    u64 instructions, exceptions, resets, compared;
};

/* How many of a page's words have been executed since it was written. */
static u64 executed_words(struct board *b, u64 pa)
{
    const struct ram *ram = bus_find_ram(&b->virt.bus, pa);
    const struct uop *ops = ram_page_at(ram, pa)->ops;
    u64 n = 0;
    for (unsigned i = 0; ops && i < WORDS; i++)
        n += ops[i].fn != op_decode;
    return n;
}

static void fill_page(struct chaos *c, unsigned which, unsigned page)
{
    struct board *b = &c->board[which];
    struct rng *r = &c->rng[which];
    u64 pa = CHAOS_CODE + page * (u64)RECORD_PAGE;
    u32 words[WORDS];
    c->executed += which ? 0 : executed_words(b, pa);
    for (unsigned i = 0; i < WORDS; i += 2) {
        u64 two = rng_next(r);
        memcpy(&words[i], &two, sizeof(two));
    }
    for (unsigned i = 0; c->o->mix && i < WORDS; i++)
        if (rng_below(r, 100) < c->o->mix)
            words[i] = generate_word(r, &c->decoder, rng_below(r, A64_COUNT));
    bus_dma_write(&b->virt.bus, pa, words, sizeof(words));
}

/* The board's thread would do this between two stretches of execution. */
static void look_around(struct board *b, struct rng *r, enum stop stop)
{
    if (stop == STOP_WFI)
        b->warped += rng_below(r, 100000);
    clock_run(&b->virt.clock);
    if (b->reset_wanted) {
        b->reset_wanted = false;
        virt_reset(&b->virt);
        b->resets++;
    }
}

/*
 * Board WHICH from new registers: as a machine runs, or by STEPS steps; the second one steps
 * as far as the first one has come. Returns why the first one stopped.
 */
static enum stop run_slice(struct chaos *c, unsigned which)
{
    struct board *b = &c->board[which];
    struct rng *r = &c->rng[which];
    struct cpu *cpu = b->virt.cpu[0];
    board_set_registers(b, r);
    sysreg_poke(cpu, TPIDRRO_EL0, 0);
    if (!rng_chance(r, 4) && !which)
        return virt_run(&b->virt, BUDGET);
    board_step(b, which ? c->board[0].virt.cpu[0]->icount : cpu->icount + STEPS);
    return STOP_BUDGET;
}

static void count_slice(struct chaos *c, u64 before)
{
    struct cpu *cpu = c->board[0].virt.cpu[0];
    u64 exceptions = sysreg_peek(cpu, TPIDRRO_EL0);
    c->instructions += cpu->icount - before;
    if (exceptions <= BUDGET) /* random code may have written it */
        c->exceptions += exceptions;
}

/* Whether both boards are in the same state; their memory is looked at if FULL. */
static bool agree(struct chaos *c, bool full)
{
    const struct cpu *a = c->board[0].virt.cpu[0], *b = c->board[1].virt.cpu[0];
    const char *what = ours_differ(a, b);
    if (!what && full &&
        memcmp(bus_host(&c->board[0].virt.bus, CHAOS_CODE, CHAOS_RAM),
               bus_host(&c->board[1].virt.bus, CHAOS_CODE, CHAOS_RAM), CHAOS_RAM))
        what = "memory";
    c->compared++;
    if (!what)
        return true;
    printf("fuzz: chaos: the engines differ in %s: threaded at %#" PRIx64 ", EL%u, %" PRIu64
           " instructions; stepping at %#" PRIx64 ", EL%u, %" PRIu64 "\n",
           what, a->pc, a->el, a->icount, b->pc, b->el, b->icount);
    say_where();
    return false;
}

static bool run_round(struct chaos *c, unsigned round)
{
    enum { MEMORY_EVERY = 64 };
    c->board[0].virt.engine.chains.use = round % 2 ? CHAIN_ALWAYS : CHAIN_HOT;
    for (unsigned k = 0; k < c->boards; k++) {
        struct board *b = &c->board[k];
        if (round % 64 == 0)
            board_write_tables(b, &c->rng[k]);
        if (round % 8 == 0)
            board_poke_devices(b, &c->rng[k]);
        board_write_vectors(b);
        fill_page(c, k, round % CHAOS_CODE_PAGES);
        board_set_system(b, &c->rng[k]);
    }
    for (unsigned i = 0; i < SLICES; i++) {
        u64 before = c->board[0].virt.cpu[0]->icount;
        enum stop stop = run_slice(c, 0);
        if (c->boards > 1)
            run_slice(c, 1);
        count_slice(c, before);
        if (c->boards > 1 && !agree(c, i == 0 && round % MEMORY_EVERY == MEMORY_EVERY - 1))
            return false;
        for (unsigned k = 0; k < c->boards; k++)
            look_around(&c->board[k], &c->rng[k], stop);
    }
    return true;
}

/* To repeat an epoch is to see all of it. */
static bool enough(const struct chaos *c)
{
    return c->executed >= c->o->words && c->o->at == UINT64_MAX;
}

static bool run_epoch(struct chaos *c, u64 epoch)
{
    bool good = true;
    for (unsigned k = 0; k < c->boards; k++) {
        c->rng[k] = rng_at(c->o->seed, epoch);
        if (!board_create(&c->board[k], c->model)) {
            fprintf(stderr, "fuzz: chaos: no memory for a board\n");
            return false;
        }
        for (unsigned page = 0; page < CHAOS_CODE_PAGES; page++)
            fill_page(c, k, page);
    }
    for (unsigned round = 0; round < ROUNDS && good && !enough(c); round++) {
        current_round = round;
        good = run_round(c, round);
    }
    for (unsigned k = 0; k < c->boards; k++) {
        c->resets += k ? 0 : c->board[k].resets;
        board_destroy(&c->board[k]);
    }
    return good;
}

int chaos_run(const struct chaos_options *o)
{
    struct chaos *c = calloc(1, sizeof(*c));
    int result = -1;
    if (!c)
        return -1;
    c->o = o;
    c->boards = o->twice ? BOARDS : 1;
    c->model = model_find(o->cpu);
    if (!c->model) {
        fprintf(stderr, "fuzz: no CPU model '%s'; cortex-a57 and max are two\n", o->cpu);
    } else if (decoder_init(&c->decoder, c->model->features)) {
        time_t began = time(NULL);
        u64 epoch = o->at == UINT64_MAX ? 0 : o->at;
        current_seed = o->seed;
        result = 0;
        watch();
        do {
            current_epoch = epoch;
            if (!run_epoch(c, epoch++))
                result = -1;
        } while (!result && o->at == UINT64_MAX && !enough(c) &&
                 !(o->seconds && time(NULL) - began >= (time_t)o->seconds));
        time_t took = time(NULL) - began;
        printf("%" PRIu64 " random words executed, %" PRIu64 " instructions in all, %" PRIu64
               " exceptions, %" PRIu64 " resets, %" PRIu64 " epochs in %" PRId64 " s\n",
               c->executed, c->instructions, c->exceptions, c->resets,
               epoch - (o->at == UINT64_MAX ? 0 : o->at), (s64)took);
        if (o->twice)
            printf("%" PRIu64 " times the engines were compared\n", c->compared);
    }
    decoder_destroy(&c->decoder);
    free(c);
    return result;
}

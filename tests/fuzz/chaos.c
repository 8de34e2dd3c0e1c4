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

struct chaos {
    const struct chaos_options *o;
    const struct cpu_model *model;
    struct board board;
    struct decoder decoder; /* for words of the table */
    u64 executed;           /* different words */
    u64 instructions, exceptions, resets;
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

static void fill_page(struct chaos *c, struct rng *r, unsigned page)
{
    u64 pa = CHAOS_CODE + page * (u64)RECORD_PAGE;
    u32 words[WORDS];
    c->executed += executed_words(&c->board, pa);
    for (unsigned i = 0; i < WORDS; i += 2) {
        u64 two = rng_next(r);
        memcpy(&words[i], &two, sizeof(two));
    }
    for (unsigned i = 0; c->o->mix && i < WORDS; i++)
        if (rng_below(r, 100) < c->o->mix)
            words[i] = generate_word(r, &c->decoder, rng_below(r, A64_COUNT));
    bus_dma_write(&c->board.virt.bus, pa, words, sizeof(words));
}

/* The board's thread would do this between two stretches of execution. */
static void look_around(struct chaos *c, struct rng *r, enum stop stop)
{
    struct board *b = &c->board;
    if (stop == STOP_WFI)
        b->warped += rng_below(r, 100000);
    clock_run(&b->virt.clock);
    if (b->reset_wanted) {
        b->reset_wanted = false;
        virt_reset(&b->virt);
        c->resets++;
    }
}

static void run_slice(struct chaos *c, struct rng *r)
{
    struct board *b = &c->board;
    struct cpu *cpu = b->virt.cpu[0];
    u64 before = cpu->icount;
    enum stop stop = STOP_BUDGET;
    board_set_registers(b, r);
    sysreg_poke(cpu, TPIDRRO_EL0, 0);
    if (rng_chance(r, 4)) {
        for (unsigned i = 0; i < STEPS; i++)
            cpu_step(cpu);
    } else {
        stop = virt_run(&b->virt, BUDGET);
    }
    c->instructions += cpu->icount - before;
    u64 exceptions = sysreg_peek(cpu, TPIDRRO_EL0);
    if (exceptions <= BUDGET) /* random code may have written it */
        c->exceptions += exceptions;
    look_around(c, r, stop);
}

static bool run_epoch(struct chaos *c, u64 epoch)
{
    struct rng r = rng_at(c->o->seed, epoch);
    if (!board_create(&c->board, c->model))
        return false;
    for (unsigned page = 0; page < CHAOS_CODE_PAGES; page++)
        fill_page(c, &r, page);
    for (unsigned round = 0; round < ROUNDS; round++) {
        current_round = round;
        if (round % 64 == 0)
            board_write_tables(&c->board, &r);
        if (round % 8 == 0)
            board_poke_devices(&c->board, &r);
        board_write_vectors(&c->board);
        fill_page(c, &r, round % CHAOS_CODE_PAGES);
        board_set_system(&c->board, &r);
        for (unsigned i = 0; i < SLICES; i++)
            run_slice(c, &r);
    }
    board_destroy(&c->board);
    return true;
}

int chaos_run(const struct chaos_options *o)
{
    struct chaos *c = calloc(1, sizeof(*c));
    int result = -1;
    if (!c)
        return -1;
    c->o = o;
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
            if (!run_epoch(c, epoch++)) {
                fprintf(stderr, "fuzz: chaos: no memory for a board\n");
                result = -1;
            }
        } while (!result && o->at == UINT64_MAX && c->executed < o->words &&
                 !(o->seconds && time(NULL) - began >= (time_t)o->seconds));
        time_t took = time(NULL) - began;
        printf("%" PRIu64 " random words executed, %" PRIu64 " instructions in all, %" PRIu64
               " exceptions, %" PRIu64 " resets, %" PRIu64 " epochs in %" PRId64 " s\n",
               c->executed, c->instructions, c->exceptions, c->resets,
               epoch - (o->at == UINT64_MAX ? 0 : o->at), (s64)took);
    }
    decoder_destroy(&c->decoder);
    free(c);
    return result;
}

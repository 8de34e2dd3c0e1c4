/*
 * A whole machine as the command line makes it: its life from loading to the exit
 * status, resets, pausing, time, and what it says when it can't be made.
 */
#include "tools/machine.h"

#include <pthread.h>
#include <time.h>

#include "devices/host_clock.h"
#include "tests/unit/guest_rig.h"
#include "tests/unit/load_rig.h"

#define MAX_ARGUMENTS 24

struct run {
    char output[64]; /* of the serial port */
    int status;
    struct options options;
    struct machine machine;
    struct rig_file kernel, serial;
};

/* A machine for program NAME with further options WORDS; it is not run yet. */
static struct run *prepare(const char *name, const char *words)
{
    static char text[512], serial[80];
    struct run *r = calloc(1, sizeof(*r));
    struct program p = program_find(name);
    struct load_error e;
    char message[OPTIONS_MESSAGE];
    char *argv[MAX_ARGUMENTS] = {"mini-a64", "-display", "none", "-kernel"};
    int argc = 4;

    r->kernel = rig_file(p.code, p.size);
    r->serial = rig_file("", 0);
    snprintf(serial, sizeof(serial), "file:%s", r->serial.path);
    argv[argc++] = r->kernel.path;
    argv[argc++] = "-serial";
    argv[argc++] = serial;
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    cr_assert(options_parse(&r->options, argc, argv, message), "%s", message);
    cr_assert(machine_create(&r->machine, &r->options, &e), "%s", e.line);
    return r;
}

static void finish(struct run *r)
{
    machine_destroy(&r->machine);
    options_free(&r->options);
    ssize_t n = pread(r->serial.fd, r->output, sizeof(r->output) - 1, 0);
    cr_assert(n >= 0);
}

static struct run *run(const char *name, const char *words)
{
    struct run *r = prepare(name, words);
    r->status = machine_run(&r->machine);
    finish(r);
    return r;
}

static void expect(struct run *r, const char *output, int status)
{
    cr_expect_str_eq(r->output, output);
    cr_expect_eq(r->status, status);
    free(r);
}

TestSuite(machine, .timeout = 20);

Test(machine, system_off_ends_it_well)
{
    expect(run("off", ""), "o", 0);
}

Test(machine, no_reboot_makes_a_reset_the_end)
{
    expect(run("reset", "-no-reboot"), "r", 0);
}

Test(machine, reset_starts_again)
{
    expect(run("reset_twice", ""), "123", 0);
}

/* RAM keeps what no file overwrites; what comes from files is fresh. */
Test(machine, reset_loads_the_files_again)
{
    expect(run("reset_loads_again", ""), "y", 0);
}

Test(machine, entry_state)
{
    expect(run("entry_state", "-append test"), "y", 0);
}

Test(machine, entry_state_of_the_other_cpus_models)
{
    expect(run("entry_state", "-cpu cortex-a53 -m 64M"), "y", 0);
    expect(run("entry_state", "-cpu cortex-a72 -m 2G"), "y", 0);
    expect(run("entry_state", "-cpu max -m 192M"), "y", 0);
}

/* Ten hundredths of a second pass on the host, too. */
Test(machine, time_follows_the_host)
{
    u64 before = host_monotonic_ns();
    expect(run("ticks", ""), "t", 0);
    cr_expect_geq(host_monotonic_ns() - before, NS_PER_SEC / 10);
}

/* Time counts instructions: so many, and so long, in every run. */
Test(machine, icount_repeats)
{
    u64 counts[2], times[2];
    for (unsigned i = 0; i < 2; i++) {
        struct run *r = prepare("ticks", "-icount shift=2,sleep=off");
        u64 before = host_monotonic_ns();
        r->status = machine_run(&r->machine);
        cr_expect_lt(host_monotonic_ns() - before, NS_PER_SEC / 10, "it slept");
        counts[i] = virt_icount(&r->machine.virt);
        times[i] = clock_now(&r->machine.virt.clock);
        finish(r);
        expect(r, "t", 0);
    }
    cr_expect_eq(counts[0], counts[1]);
    cr_expect_eq(times[0], times[1]);
    cr_expect_geq(times[0], NS_PER_SEC / 10);
    cr_expect_lt(times[0], NS_PER_SEC / 10 + 1000000);
}

/* While it is paused its time stands still. */
Test(machine, pause)
{
    struct run *r = prepare("spin", "");
    machine_pause(&r->machine);
    u64 stopped_at = clock_now(&r->machine.virt.clock);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    cr_expect_eq(clock_now(&r->machine.virt.clock), stopped_at);
    machine_resume(&r->machine);
    cr_expect_lt(clock_now(&r->machine.virt.clock), stopped_at + 25000000);
    machine_resume(&r->machine); /* means nothing */
    finish(r);
    free(r);
}

static void *quit_soon(void *machine)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    machine_request(machine, REQUEST_QUIT);
    return NULL;
}

/* A guest that never gives up the CPU can be ended. */
Test(machine, quit)
{
    static const char *const options[] = {"", "-icount 4"};
    for (unsigned i = 0; i < ARRAY_LEN(options); i++) {
        struct run *r = prepare("spin", options[i]);
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, quit_soon, &r->machine), 0);
        r->status = machine_run(&r->machine);
        pthread_join(thread, NULL);
        finish(r);
        expect(r, "", 0);
    }
}

/* With -no-shutdown the machine stops and the emulator waits for the user. */
Test(machine, no_shutdown_waits)
{
    struct run *r = prepare("off", "-no-shutdown");
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, quit_soon, &r->machine), 0);
    r->status = machine_run(&r->machine);
    pthread_join(thread, NULL);
    cr_expect(r->machine.paused);
    finish(r);
    expect(r, "o", 0);
}

static void expect_refused(const char *kernel, const char *words, const char *file, const char *why)
{
    struct options o;
    struct machine m;
    struct load_error e;
    char message[OPTIONS_MESSAGE], text[256];
    char *argv[MAX_ARGUMENTS] = {"mini-a64", "-display", "none", "-kernel", (char *)kernel};
    int argc = 5;
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    cr_assert(options_parse(&o, argc, argv, message), "%s", message);
    cr_expect(!machine_create(&m, &o, &e));
    cr_expect(strstr(e.line, file), "'%s' does not name %s", e.line, file);
    cr_expect(strstr(e.line, why), "'%s' does not say %s", e.line, why);
    cr_expect(!strchr(e.line, '\n'));
    options_free(&o);
}

Test(machine, what_it_cannot_open)
{
    struct rig_file kernel = rig_file("\x00\x00\x00\x14", 4);
    const char *absent = "/nonexistent/file", *why = "No such file or directory";
    expect_refused(absent, "", absent, why);
    expect_refused(kernel.path, "-initrd /nonexistent/file", absent, why);
    expect_refused(kernel.path, "-dtb /nonexistent/file", absent, why);
    expect_refused(kernel.path, "-serial file:/nonexistent/file", absent, why);
    expect_refused(kernel.path, "-D /nonexistent/file -d int", absent, why);
    expect_refused(kernel.path, "-pidfile /nonexistent/file", absent, why);
    expect_refused(kernel.path, "-machine virt,dumpdtb=/nonexistent/file", absent, why);
    expect_refused("/proc", "", "/proc", "");
}

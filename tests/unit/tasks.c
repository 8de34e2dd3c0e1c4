/*
 * Tasks and processes found in memory that is laid out as Linux's. A task_struct here
 * has, in Linux's order, mm and active_mm, pid and tgid, a stack canary or none, the
 * parents, children and sibling, and comm; the distances between them are made up.
 */
#include <stdio.h>

#include "tests/unit/guest_rig.h"
#include "tools/trace/processes.h"

#define KERNEL   UINT64_C(0xffffff8000200000)
#define PHYSICAL (HARNESS_RAM + 0x100000)
#define TASK(n)  (KERNEL + (n)*0x4000)
#define MM(n)    (KERNEL + 0x40000 + (n)*0x1000)
#define PGD(n)   (KERNEL + 0x50000 + (n)*0x1000)

enum { MM_AT = 0x3e0, PIDS_AT = 0x500, PGD_AT = 0x48, COMM_AT = 0x740 };

struct system {
    struct guest g;
    struct task_finder finder;
    bool canaries; /* the kernel is built with them */
};

static void put(struct system *s, u64 va, u64 value)
{
    harness_write(s->g.h, PHYSICAL + (va - KERNEL), &value, sizeof(value));
}

static u64 parents_at(const struct system *s)
{
    return PIDS_AT + (s->canaries ? 16 : 8);
}

/* Task N with the pid, child of task PARENT, whose only child it is. 0: the idle task. */
static void make_task(struct system *s, unsigned n, u32 pid, unsigned parent, const char *comm)
{
    u64 task = TASK(n), parents = task + parents_at(s), children = parents + 16;
    char name[TASK_COMM] = {0};
    strncpy(name, comm, sizeof(name) - 1);
    put(s, task + PIDS_AT, (u64)pid << 32 | pid);
    put(s, parents, TASK(parent));
    put(s, parents + 8, TASK(parent));
    put(s, children, children);
    put(s, children + 8, children);
    if (n) {
        u64 head = TASK(parent) + parents_at(s) + 16, sibling = children + 16;
        put(s, head, sibling);
        put(s, head + 8, sibling);
        put(s, sibling, head);
        put(s, sibling + 8, head);
    }
    harness_write(s->g.h, PHYSICAL + (task + COMM_AT - KERNEL), name, sizeof(name));
}

static void set_canary(struct system *s, unsigned n, u64 canary)
{
    put(s, TASK(n) + PIDS_AT + 8, canary);
}

static void run_task(struct system *s, unsigned n)
{
    harness_msr(s->g.h, SP_EL0, TASK(n));
    s->g.c->icount += 1000000; /* until it may be looked for again */
}

static struct system make_system(bool canaries)
{
    struct system s = {.g = guest_create("max", false), .canaries = canaries};
    for (u64 at = 0; at < 0x60000; at += 0x1000)
        guest_map(&s.g, KERNEL + at, PHYSICAL + at, MAP_EL1_RW);
    guest_mmu_on(&s.g);
    cpu_set_el(s.g.c, 1, 1);
    make_task(&s, 0, 0, 0, "swapper/0");
    make_task(&s, 1, 1, 0, "init");
    make_task(&s, 2, 77, 1, "sh");
    return s;
}

static void expect(struct system *s, u32 pid, const char *comm)
{
    struct task t;
    cr_assert(tasks_current(&s->finder, s->g.c, &t));
    cr_assert_eq(t.pid, pid);
    cr_assert_eq(t.tgid, pid);
    cr_assert_str_eq(t.comm, comm);
}

/* Before the kernel has made its canary, 0 may be that or the idle task's numbers. */
Test(tasks, early_idle_task)
{
    struct system s = make_system(true);
    struct task t;
    run_task(&s, 0);
    cr_assert_not(tasks_current(&s.finder, s.g.c, &t));
    set_canary(&s, 0, UINT64_C(0x1234567890abcd00));
    cr_assert_not(tasks_current(&s.finder, s.g.c, &t), "it is looked for all the time");
    run_task(&s, 0);
    expect(&s, 0, "swapper/0");
    run_task(&s, 2);
    expect(&s, 77, "sh");
    harness_destroy(s.g.h);
}

Test(tasks, with_canaries)
{
    struct system s = make_system(true);
    set_canary(&s, 1, UINT64_C(0xabcdef1234567800));
    run_task(&s, 1);
    expect(&s, 1, "init");
    run_task(&s, 0);
    expect(&s, 0, "swapper/0");
    harness_destroy(s.g.h);
}

Test(tasks, without_canaries)
{
    struct system s = make_system(false);
    struct task t;
    run_task(&s, 0);
    cr_assert_not(tasks_current(&s.finder, s.g.c, &t));
    run_task(&s, 2);
    expect(&s, 77, "sh");
    run_task(&s, 0);
    expect(&s, 0, "swapper/0");
    harness_destroy(s.g.h);
}

enum { LINE = 256 };

static bool note(void *owner, const struct task *t)
{
    char *line = owner;
    size_t n = strlen(line);
    snprintf(line + n, LINE - n, "%u %s,", t->pid, t->comm);
    return t->pid != 77;
}

Test(tasks, processes)
{
    struct system s = make_system(false);
    char line[LINE] = "";
    run_task(&s, 2);
    cr_assert(processes_visit(&s.finder, s.g.c, note, line));
    cr_assert_str_eq(line, "0 swapper/0,1 init,77 sh,");
    /* A torn list ends it, and a ring does. */
    put(&s, TASK(1) + parents_at(&s) + 16, 0);
    cr_assert_not(processes_visit(&s.finder, s.g.c, note, line));
    put(&s, TASK(1) + parents_at(&s) + 16, TASK(1) + parents_at(&s) + 32);
    cr_assert_not(processes_visit(&s.finder, s.g.c, note, line));
    harness_destroy(s.g.h);
}

/* The tables in TTBR0_EL1 say where a mm is, and then it is known for all. */
Test(tasks, tables)
{
    struct system s = make_system(false);
    struct task t;
    u64 pa;
    for (unsigned n = 1; n <= 2; n++) {
        put(&s, TASK(n) + MM_AT, MM(n));
        put(&s, TASK(n) + MM_AT + 8, MM(n));
        put(&s, MM(n) + PGD_AT, PGD(n));
    }
    run_task(&s, 1);
    expect(&s, 1, "init");
    cr_assert(tasks_current(&s.finder, s.g.c, &t));
    cr_assert_not(processes_tables(&s.finder, s.g.c, &t, &pa), "no process's are in TTBR0_EL1");
    harness_msr(s.g.h, TTBR0_EL1, (PHYSICAL + (PGD(2) - KERNEL)) | UINT64_C(5) << 48 | 1);
    cr_assert(processes_tables(&s.finder, s.g.c, &t, &pa));
    cr_assert_eq(pa, PHYSICAL + (PGD(1) - KERNEL));
    run_task(&s, 0);
    cr_assert(tasks_current(&s.finder, s.g.c, &t));
    cr_assert_not(processes_tables(&s.finder, s.g.c, &t, &pa), "the idle task has none");
    harness_destroy(s.g.h);
}

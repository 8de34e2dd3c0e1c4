/*
 * Tasks of Linux: see tasks.h. The layout of struct task_struct differs from
 * kernel to kernel; what is found here holds from 4.x to 6.x on arm64.
 */
#include "tools/trace/tasks.h"

#include <string.h>

#include "core/cpu.h"
#include "tools/gdbstub/walk.h"

enum {
    MAX_PARENTS = 64, /* of a task up to init_task */
    RETRY = 100000,   /* instructions until something is looked for again in vain, maybe */
    MAX_ENTRY = 256,  /* instructions of entry code that are followed */
};

void tasks_set_symbols(struct task_finder *f, u64 init_task, u64 entry_task)
{
    *f = (struct task_finder){.init_task = init_task, .entry_task = entry_task};
}

/* Entry code, followed for what it does to the registers that matter. */
struct entry {
    struct cpu *c;
    u64 pc;
    u64 value[32];            /* by ADRP and ADD */
    u32 known, per_cpu, task; /* bit for each register: has a value, TPIDR_EL1, or */
};                            /* what the per-CPU variable at its value holds */

u64 tasks_word(const u8 *data, size_t offset)
{
    u64 v;
    memcpy(&v, data + offset, sizeof(v));
    return v;
}

bool tasks_is_pointer(u64 v)
{
    return bit(v, 63) && !(v & 7) && v != UINT64_MAX;
}

static u64 adrp_target(u64 pc, u32 word)
{
    u64 imm = bits(word, 23, 5) << 2 | bits(word, 30, 29);
    return (pc & ~UINT64_C(0xfff)) + (u64)((s64)(imm << 43) >> 31);
}

/* One instruction; true when it makes the task current: MSR SP_EL0, Xt. */
static bool follow(struct entry *e, u32 word)
{
    enum {
        ADRP_MASK = 0x9f000000u,
        ADRP = 0x90000000u,
        ADD_MASK = 0xffc00000u,
        ADD = 0x91000000u,
        SYSTEM_MASK = 0xffffffe0u,
        MRS_TPIDR_EL1 = 0xd538d080u,
        MSR_SP_EL0 = 0xd5184100u,
        LDR_MASK = 0xffe0fc00u,
        LDR_REGISTER = 0xf8606800u,
        B_MASK = 0xfc000000u,
        B = 0x14000000u,
    };
    unsigned d = bits(word, 4, 0), n = bits(word, 9, 5), m = bits(word, 20, 16);
    e->pc += 4;
    if ((word & ADRP_MASK) == ADRP) {
        e->value[d] = adrp_target(e->pc - 4, word);
        e->known |= (u32)BIT(d);
    } else if ((word & ADD_MASK) == ADD && d == n) {
        e->value[d] += bits(word, 21, 10);
    } else if ((word & SYSTEM_MASK) == MRS_TPIDR_EL1) {
        e->per_cpu |= (u32)BIT(d);
    } else if ((word & LDR_MASK) == LDR_REGISTER && e->known & BIT(n) && e->per_cpu & BIT(m)) {
        e->value[d] = e->value[n];
        e->task |= (u32)BIT(d);
    } else if ((word & B_MASK) == B) {
        e->pc += (u64)((s64)((u64)word << 38) >> 36) - 4;
    }
    return (word & SYSTEM_MASK) == MSR_SP_EL0 && e->task & BIT(d);
}

/* The per-CPU variable __entry_task, from the code that loads SP_EL0 from it. */
static void find_entry_task(struct task_finder *f, struct cpu *c)
{
    enum { FROM_EL0 = 0x400 };
    struct entry e = {.c = c, .pc = c->sys[VBAR_EL1] + FROM_EL0};
    f->vectors = c->sys[VBAR_EL1];
    for (unsigned i = 0; i < MAX_ENTRY; i++) {
        u32 word;
        if (!walk_read(c, e.pc, &word, sizeof(word)))
            return;
        if (follow(&e, word)) {
            f->entry_task = e.value[bits(word, 4, 0)];
            return;
        }
    }
}

/* SP_EL0 holds it in the kernel; for user code it is what the entry code will load. */
bool tasks_current_address(struct task_finder *f, struct cpu *c, u64 *task)
{
    *task = cpu_sp(c, 0);
    if (c->el && tasks_is_pointer(*task)) /* at the vectors it is the user's still */
        return true;
    if (!f->entry_task && f->vectors != c->sys[VBAR_EL1])
        find_entry_task(f, c);
    return f->entry_task && walk_read(c, f->entry_task + c->sys[TPIDR_EL1], task, 8) &&
           tasks_is_pointer(*task);
}

/* Follow the parents at OFFSET from TASK: init_task is its own. */
static bool find_root(struct cpu *c, u64 task, u64 offset, u64 *root)
{
    for (unsigned i = 0; i < MAX_PARENTS; i++) {
        u64 parents[2]; /* real_parent and parent, which differ only under ptrace */
        if (!walk_read(c, task + offset, parents, sizeof(parents)) ||
            !tasks_is_pointer(parents[0]) || !tasks_is_pointer(parents[1]))
            return false;
        if (parents[0] == task) {
            *root = task;
            return parents[1] == task;
        }
        task = parents[0];
    }
    return false;
}

/* The idle task of CPU 0 is called "swapper", or "swapper/0" with SMP. */
static bool find_comm(const u8 *data, u64 *offset)
{
    for (size_t i = 0; i + TASK_COMM <= TASK_SIZE; i += 8) {
        if (memcmp(data + i, "swapper", 8) && memcmp(data + i, "swapper/0", 10))
            continue;
        *offset = i;
        return true;
    }
    return false;
}

/*
 * Where a task has pid and tgid: before its parents, at OFFSET, with a stack canary
 * between or without. In init_task, the ROOT, both are 0, and a canary is not once the
 * kernel has made it. 0: that cannot be said yet.
 */
static u64 find_pids(const u8 *data, bool root, u64 offset)
{
    enum { PID_MAX = 4 << 20 };
    for (unsigned canary = 0; canary < 2; canary++) {
        u64 at = offset - (canary ? 16 : 8), pids = tasks_word(data, at);
        u64 pid = bits(pids, 31, 0), tgid = bits(pids, 63, 32);
        if (root ? canary && !pids && tasks_word(data, offset - 8)
                 : pid && pid <= PID_MAX && tgid && tgid <= PID_MAX)
            return at;
    }
    return 0;
}

/* With its parents at OFFSET, TASK leads to ROOT, which must be init_task. */
static bool settle(struct task_finder *f, struct cpu *c, const u8 *task, u64 offset, u64 root)
{
    u8 data[TASK_SIZE];
    if (offset < 16 || !walk_read(c, root, data, sizeof(data)) || !find_comm(data, &f->comm))
        return false;
    f->pid = find_pids(task, memcmp(task, data, sizeof(data)) == 0, offset);
    f->tgid = f->pid + 4;
    f->parent = offset;
    f->root = root;
    return f->pid != 0;
}

/* Try every place in TASK that may hold its parents. */
static bool find_layout(struct task_finder *f, struct cpu *c, u64 task)
{
    u8 data[TASK_SIZE];
    u64 root;
    if (f->known || (f->failed && c->icount - f->failed_at < RETRY))
        return f->known;
    if (walk_read(c, task, data, sizeof(data)))
        for (size_t i = 16; i + 16 <= TASK_SIZE && !f->known; i += 8)
            f->known = tasks_word(data, i) == tasks_word(data, i + 8) &&
                       find_root(c, task, i, &root) && (!f->init_task || root == f->init_task) &&
                       settle(f, c, data, i, root);
    f->failed = !f->known; /* Linux may not be far enough */
    f->failed_at = c->icount;
    return f->known;
}

bool tasks_read(struct task_finder *f, struct cpu *c, u64 address, struct task *t)
{
    *t = (struct task){.address = address};
    if (!find_layout(f, c, address) || !walk_read(c, address + f->comm, t->comm, TASK_COMM) ||
        !walk_read(c, address + f->pid, &t->pid, 4) ||
        !walk_read(c, address + f->tgid, &t->tgid, 4))
        return false;
    for (char *p = t->comm; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return true;
}

bool tasks_current(struct task_finder *f, struct cpu *c, struct task *t)
{
    u64 address;
    return tasks_current_address(f, c, &address) && tasks_read(f, c, address, t);
}

/*
 * The processes of Linux: see processes.h. In a task_struct real_parent is followed by
 * parent, children and sibling (two struct list_head), and mm by active_mm, from 4.x
 * to 6.x.
 */
#include "tools/trace/processes.h"

#include "core/cpu.h"
#include "tools/gdbstub/walk.h"

enum {
    CHILDREN = 16, /* from real_parent */
    SIBLING = 32,
    MAX_STEPS = 1 << 17, /* from task to task; half of them are back to parents */
    MM_SIZE = 512,       /* what is looked through of a mm_struct */
    MAX_TRIED = 1 << 17, /* words of tasks that may point to one */
};

static bool read_pointer(struct cpu *c, u64 va, u64 *value)
{
    return walk_read(c, va, value, sizeof(*value)) && tasks_is_pointer(*value);
}

/*
 * The task behind TASK in a walk through the tree, 0 at its end; false: the lists are torn,
 * or there are more than *LEFT steps to go.
 */
static bool next_task(const struct task_finder *f, struct cpu *c, u64 task, u64 *next,
                      unsigned *left)
{
    u64 children = f->parent + CHILDREN, sibling = f->parent + SIBLING, link, parent;
    if (!read_pointer(c, task + children, &link))
        return false;
    if (link != task + children) {
        *next = link - sibling;
        return true;
    }
    for (; task != f->root; --*left) {
        if (!*left || !read_pointer(c, task + sibling, &link) ||
            !read_pointer(c, task + f->parent, &parent))
            return false;
        if (link != parent + children) {
            *next = link - sibling;
            return true;
        }
        task = parent;
    }
    *next = 0;
    return true;
}

bool processes_visit(struct task_finder *f, struct cpu *c, process_visit_fn *visit, void *owner)
{
    struct task t;
    if (!c->regime.mmu_on || !tasks_current(f, c, &t)) /* which settles where things are */
        return false;
    unsigned left = MAX_STEPS;
    for (u64 task = f->root; task; left--) {
        if (!left || !tasks_read(f, c, task, &t))
            return false;
        if (!visit(owner, &t))
            return true;
        if (!next_task(f, c, task, &task, &left))
            return false;
    }
    return true;
}

/* For find_tables. */
struct search {
    struct task_finder *f;
    struct cpu *c;
    u64 tables;    /* as TTBR0_EL1 has them */
    unsigned left; /* of MAX_TRIED */
};

/* Whether the mm at MM has a pgd that is at TABLES, and where in it. */
static bool find_pgd(struct cpu *c, u64 mm, u64 tables, u64 *offset)
{
    u8 data[MM_SIZE];
    u64 pa;
    if (!walk_read(c, mm, data, sizeof(data)))
        return false;
    for (*offset = 0; *offset < sizeof(data); *offset += 8) {
        u64 word = tasks_word(data, *offset);
        if (tasks_is_pointer(word) && walk_address(c, word, &pa) && pa == tables)
            return true;
    }
    return false;
}

/* Whether it is the tables of task T that are looked for. */
static bool try_task(void *owner, const struct task *t)
{
    struct search *s = owner;
    u8 data[TASK_SIZE];
    if (!walk_read(s->c, t->address, data, sizeof(data)))
        return true;
    for (size_t i = 0; i + 16 <= sizeof(data) && s->left && !s->f->mm_known; i += 8) {
        u64 mm = tasks_word(data, i);
        if (!tasks_is_pointer(mm) || mm != tasks_word(data, i + 8))
            continue;
        s->left--;
        if (!find_pgd(s->c, mm, s->tables, &s->f->pgd))
            continue;
        s->f->mm = i;
        s->f->mm_known = true;
    }
    return s->left && !s->f->mm_known;
}

bool processes_tables(struct task_finder *f, struct cpu *c, const struct task *t, u64 *pa)
{
    struct search s = {f, c, bits(c->sys[TTBR0_EL1], 47, 1) << 1, MAX_TRIED};
    u64 mm, pgd;
    if (!f->mm_known && f->mm_tried != s.tables) {
        f->mm_tried = s.tables;
        processes_visit(f, c, try_task, &s);
    }
    return f->mm_known && read_pointer(c, t->address + f->mm, &mm) &&
           read_pointer(c, mm + f->pgd, &pgd) && walk_address(c, pgd, pa);
}

/*
 * System calls under way (calls.h).
 */
#include "tools/trace/calls.h"

#include <stdlib.h>
#include <string.h>

#include "core/cpu.h"

enum { MAX_CALLS = 4096, TTBR_BADDR_TOP = 47, SVC_SIZE = 4 };

u64 calls_space(const struct cpu *c)
{
    return bits(c->sys[TTBR0_EL1], TTBR_BADDR_TOP, 1);
}

bool calls_never_returns(u64 number)
{
    return number == NR_EXIT || number == NR_EXIT_GROUP || number == NR_RT_SIGRETURN;
}

static bool is_same(const struct call *call, const struct cpu *c, u64 stack, u64 pc)
{
    return call->stack == stack && call->pc == pc && call->sp == cpu_sp(c, 0) &&
           call->space == calls_space(c);
}

struct call *calls_find(struct calls *k, const struct cpu *c, u64 stack, u64 pc)
{
    for (unsigned i = k->count; i-- > 0;)
        if (is_same(&k->list[i], c, stack, pc))
            return &k->list[i];
    return NULL;
}

static bool make_room(struct calls *k)
{
    if (k->count < k->capacity)
        return true;
    unsigned capacity = k->capacity ? 2 * k->capacity : 64;
    struct call *more = realloc(k->list, capacity * sizeof(*more));
    if (!more)
        return false;
    k->list = more;
    k->capacity = capacity;
    return true;
}

struct call *calls_add(struct calls *k, const struct cpu *c, u64 stack, u64 pc)
{
    if (k->count == MAX_CALLS)
        calls_remove(k, &k->list[0]);
    if (!make_room(k))
        return NULL;
    struct call *call = &k->list[k->count++];
    *call = (struct call){
        .stack = stack, .space = calls_space(c), .sp = cpu_sp(c, 0), .pc = pc, .number = c->x[8]};
    memcpy(call->args, c->x, sizeof(call->args));
    return call;
}

struct call *calls_ended(struct calls *k, const struct cpu *c)
{
    u64 stack = cpu_sp(c, 1);
    for (unsigned i = k->count; i-- > 0;) {
        struct call *call = &k->list[i];
        bool executes = call->number == NR_EXECVE || call->number == NR_EXECVEAT;
        if (executes && call->stack == stack && c->x[0] == 0)
            return call; /* another program, at its entry */
        if (is_same(call, c, stack, c->pc - SVC_SIZE))
            return call;
    }
    return NULL;
}

void calls_remove(struct calls *k, struct call *call)
{
    text_free(&call->shown);
    k->count--;
    memmove(call, call + 1, (size_t)(&k->list[k->count] - call) * sizeof(*call));
}

void calls_clear(struct calls *k)
{
    while (k->count)
        calls_remove(k, &k->list[k->count - 1]);
    free(k->list);
    *k = (struct calls){0};
}

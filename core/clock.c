/*
 * The machine's clock: a list of alarms kept in order of deadline (clock.h).
 */
#include "core/clock.h"

static void unlink_alarm(struct clock *k, struct alarm *a)
{
    for (struct alarm **p = &k->first; *p; p = &(*p)->next) {
        if (*p == a) {
            *p = a->next;
            break;
        }
    }
    a->set = false;
}

static void notify(const struct clock *k)
{
    if (k->changed)
        k->changed(k->changed_owner);
}

void clock_set_alarm(struct clock *k, struct alarm *a, u64 deadline)
{
    if (a->set)
        unlink_alarm(k, a);
    struct alarm **p = &k->first;
    while (*p && (*p)->deadline <= deadline)
        p = &(*p)->next;
    a->deadline = deadline;
    a->set = true;
    a->next = *p;
    *p = a;
    if (k->first == a)
        notify(k);
}

void clock_cancel_alarm(struct clock *k, struct alarm *a)
{
    if (a->set)
        unlink_alarm(k, a);
}

void clock_run(struct clock *k)
{
    u64 now = clock_now(k);
    while (k->first && k->first->deadline <= now) {
        struct alarm *a = k->first;
        unlink_alarm(k, a);
        a->fire(a->owner);
    }
}

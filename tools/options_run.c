/*
 * How the machine runs and what is recorded of it: -accel, -icount, -rtc,
 * -seed, -name, -d.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "tools/options_parse.h"

enum { ICOUNT_SHIFT_MAX = 10 };

/* One accelerator, or several with colons between: the first that exists is used. */
bool take_accel_names(struct parse *p, const char *value)
{
    char *name = own_text(p, value, strlen(value)), *end;
    do {
        end = strchr(name, ':');
        if (end)
            *end = '\0';
        if (!strcmp(name, "tcg"))
            p->accel_tcg = true;
        else if (!p->refused_accel)
            p->refused_accel = name;
        name = end ? end + 1 : NULL;
    } while (name);
    return true;
}

static bool take_thread(struct parse *p, const char *value)
{
    return word_in("single multi", value) ||
           refuse(p, " thread=%s: use thread=single or thread=multi", value);
}

static bool take_one_insn(struct parse *p, const char *value)
{
    return take_switch(p, "one-insn-per-tb", value, &p->o->one_insn);
}

bool take_accel(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"accel", take_accel_names, NULL, NULL},
        {"thread", take_thread, NULL, NULL}, /* the same with one CPU */
        {"tb-size", NULL, "*", NULL},        /* host memory of QEMU's translator */
        {"split-wx", NULL, "*", NULL},       /* no memory is both writable and executable */
        {"one-insn-per-tb", take_one_insn, NULL, "on executes each instruction by itself"},
    };
    static const struct property_list list = {"accel", false, SHOW_ACCELERATORS, rows,
                                              ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

static bool take_icount_shift(struct parse *p, const char *value)
{
    u64 shift = 0;
    if (!strcmp(value, "auto"))
        return refuse(p,
                      " shift=auto: would follow the host's speed, and runs would not repeat; "
                      "use shift=0 to shift=%d",
                      ICOUNT_SHIFT_MAX);
    if (!read_number(value, ICOUNT_SHIFT_MAX, &shift))
        return refuse(p, " shift=%s: use shift=0 to shift=%d", value, ICOUNT_SHIFT_MAX);
    p->o->icount_shift = (unsigned)shift;
    p->icount_shift_given = true;
    return true;
}

static bool take_icount_sleep(struct parse *p, const char *value)
{
    return take_switch(p, "sleep", value, &p->o->icount_sleep);
}

bool take_icount(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"shift", take_icount_shift, NULL, NULL},
        {"sleep", take_icount_sleep, NULL, NULL},
        {"align", NULL, "off", "guest time is not aligned with the host's"},
        {"rr", NULL, NULL, "runs are not recorded; with sleep=off they repeat exactly anyway"},
        {"rrfile", NULL, NULL, "runs are not recorded"},
        {"rrsnapshot", NULL, NULL, "runs are not recorded"},
    };
    static const struct property_list list = {"shift", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    p->o->icount = true;
    return take_properties(p, value, &list);
}

/* Seconds since 1970 of "2006-06-17T16:01:21" or "2006-06-17", UTC. */
static bool read_date(const char *text, s64 *to)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    if (end && *end)
        end = strptime(end, "T%H:%M:%S", &tm);
    if (!end || *end)
        return false;
    struct tm same = tm;
    *to = timegm(&same);
    return same.tm_mday == tm.tm_mday && same.tm_sec == tm.tm_sec; /* not 30 February */
}

static bool take_rtc_base(struct parse *p, const char *value)
{
    struct options *o = p->o;
    if (!strcmp(value, "utc"))
        o->rtc_base = RTC_BASE_UTC;
    else if (!strcmp(value, "localtime"))
        o->rtc_base = RTC_BASE_LOCALTIME;
    else if (read_date(value, &o->rtc_date))
        o->rtc_base = RTC_BASE_DATE;
    else
        return refuse(p, " base=%s: use utc, localtime, 2006-06-17 or 2006-06-17T16:01:21", value);
    return true;
}

static bool take_rtc_clock(struct parse *p, const char *value)
{
    if (!word_in("host rt vm", value))
        return refuse(p, " clock=%s: use clock=host, clock=rt or clock=vm", value);
    p->rtc_clock_given = true;
    p->o->rtc_clock = *value == 'h' ? RTC_CLOCK_HOST : *value == 'r' ? RTC_CLOCK_RT : RTC_CLOCK_VM;
    return true;
}

bool take_rtc(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"base", take_rtc_base, NULL, NULL},
        {"clock", take_rtc_clock, NULL, NULL},
        {"driftfix", NULL, "none", "a PL031 has no ticks to make up for"},
    };
    static const struct property_list list = {NULL, false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

bool take_seed(struct parse *p, const char *value)
{
    if (!read_number(value, UINT64_MAX, &p->o->seed))
        return refuse(p, " %s: not a number; write -seed 42", value);
    p->o->seeded = true;
    return true;
}

static bool take_guest_name(struct parse *p, const char *value)
{
    p->o->name = value;
    return true;
}

static bool take_process_name(struct parse *p, const char *value)
{
    p->o->process_name = value;
    return true;
}

bool take_name(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"guest", take_guest_name, NULL, NULL},
        {"process", take_process_name, NULL, NULL},
        {"debug-threads", NULL, "*", NULL}, /* names of host threads */
    };
    static const struct property_list list = {"guest", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

/* The items of -d. One without LOG_* means nothing here. */
static const struct log_row {
    const char *name;
    u32 item; /* LOG_* */
    const char *help;
} log_rows[] = {
    {"in_asm", LOG_IN_ASM, "each instruction, disassembled when it is first decoded"},
    {"int", LOG_INT, "exceptions and interrupts taken"},
    {"exc", LOG_EXC, "exceptions taken and returned from, with the cause in words"},
    {"exec", LOG_EXEC, "each instruction executed (a lot)"},
    {"cpu", LOG_CPU, "the registers before each instruction executed (a lot)"},
    {"mmu", LOG_MMU, "translation faults and TLB maintenance"},
    {"page", LOG_PAGE, "pages of code as they are decoded and dropped"},
    {"unimp", LOG_UNIMP, "what the guest uses that does not exist"},
    {"guest_errors", LOG_GUEST_ERRORS, "what the guest does that it should not"},
    {"nochain", 0, "no effect: exec and cpu leave nothing out"},
};

void print_log_items(FILE *to)
{
    fprintf(to, "Items of -d (comma separated; all for all of them):\n");
    for (size_t i = 0; i < ARRAY_LEN(log_rows); i++)
        fprintf(to, "  %-14s %s\n", log_rows[i].name, log_rows[i].help);
}

static bool take_log_item(struct parse *p, const char *item)
{
    bool all = !strcmp(item, "all"), known = all;
    for (size_t i = 0; i < ARRAY_LEN(log_rows); i++) {
        if (all || !strcmp(item, log_rows[i].name)) {
            p->o->log |= log_rows[i].item;
            known = true;
        }
    }
    if (known)
        return true;
    if (word_in("fpu cpu_reset", item))
        return refuse(p, " %s: not logged by itself; use cpu, or info registers in the monitor",
                      item);
    if (word_in("out_asm op op_opt op_ind plugin", item))
        return refuse(p, " %s: nothing is translated to host code; use in_asm or exec", item);
    return refuse(p, " %s: no such item; see mini-a64 -d help", item);
}

bool take_log(struct parse *p, const char *value)
{
    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        p->o->show = SHOW_LOG_ITEMS;
        return true;
    }
    char *rest = own_text(p, value, strlen(value)), *item;
    while ((item = strsep(&rest, ","))) {
        if (!take_log_item(p, item))
            return false;
    }
    return true;
}

bool settle_run(struct parse *p)
{
    struct options *o = p->o;
    if (p->refused_accel && !p->accel_tcg) {
        p->option = "-accel";
        return refuse(p, " %s: not supported; use -accel tcg or leave it out", p->refused_accel);
    }
    p->option = "-icount";
    if (o->icount && !p->icount_shift_given)
        return refuse(p, ": how long does an instruction take? Add shift=N");
    if (o->icount && !p->rtc_clock_given)
        o->rtc_clock = RTC_CLOCK_VM; /* a run repeats */
    return true;
}

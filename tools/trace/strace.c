/*
 * System calls as lines (strace.h). Entry and return are paired by calls.h.
 */
#include "tools/trace/strace.h"

#include <stdlib.h>
#include <string.h>

#include "core/engine/engine.h"
#include "core/exception.h"
#include "tools/gdbstub/walk.h"
#include "tools/trace/arguments.h"
#include "tools/trace/calls.h"

/* The kernel's own error numbers, which only a tracer sees. */
enum { MAX_ERRNO = 4095, ERESTARTSYS = 512 };

struct strace {
    struct probe_observer observer;
    struct engine *engine;
    struct task_finder *tasks;
    FILE *out;
    struct calls calls;
};

enum result { DECIMAL, HEX };

static const struct syscall_row {
    u16 number;
    const char *name, *words;
    enum result result;
} rows[] = {
#define SYSCALL(number, name, words, result) {number, #name, words, result},
#include "tools/trace/syscalls.def"
#undef SYSCALL
};

static int by_number(const void *key, const void *row)
{
    u64 number = *(const u64 *)key, other = ((const struct syscall_row *)row)->number;
    return number < other ? -1 : number > other;
}

static const struct syscall_row *find_row(u64 number)
{
    return bsearch(&number, rows, ARRAY_LEN(rows), sizeof(rows[0]), by_number);
}

const char *strace_name(u64 number)
{
    const struct syscall_row *row = find_row(number);
    return row ? row->name : NULL;
}

/* O_CREAT and O_TMPFILE make openat's fourth argument mean something. */
static bool is_left_out(const struct call *call, const char *word)
{
    enum { NR_OPENAT = 56, O_CREAT = 0100, O_TMPFILE = 020000000 };
    return call->number == NR_OPENAT && strncmp(word, "mode", 4) == 0 &&
           !(call->args[2] & (O_CREAT | O_TMPFILE));
}

/*
 * The arguments that are not shown yet. At the entry only up to what the kernel
 * writes, or what it has to bring into memory first.
 */
static void show_arguments(struct cpu *c, struct call *call, s64 result, bool entry)
{
    struct shown s = {.c = c, .out = &call->shown, .args = call->args, .result = result};
    const char *word = find_row(call->number)->words;
    for (size_t len; *word; word += len + (word[len] == ' '), s.at++) {
        size_t before = call->shown.len;
        len = strcspn(word, " ");
        if (s.at < call->done)
            continue;
        if (entry && *word == '>')
            return;
        if (!is_left_out(call, word)) {
            text_puts(s.out, s.at ? ", " : "");
            if (!argument_show(&s, word, len, call->args[s.at]))
                text_printf(s.out, "%#llx", (unsigned long long)call->args[s.at]);
        }
        if (entry && s.missing) {
            text_cut(&call->shown, before);
            return;
        }
        call->done++;
    }
}

/*
 * A new program has replaced the memory that execve's arguments were in; what could
 * not be read there is on its stack, where the kernel has put it: argc, argv, envp, and
 * the path in AT_EXECFN. For a script they are those of its interpreter.
 */
static void find_program(struct cpu *c, struct call *call)
{
    enum { MAX_ENTRIES = 65536, AT_EXECFN = 31 };
    unsigned path = call->number == NR_EXECVEAT;
    u64 at = cpu_sp(c, 0), argc, entry[2];
    if (!walk_read(c, at, &argc, sizeof(argc)) || argc > MAX_ENTRIES)
        return;
    call->args[path + 1] = at + 8;
    call->args[path + 2] = at = at + 8 * (argc + 2);
    for (unsigned n = 0; n < MAX_ENTRIES && walk_read(c, at, entry, 8) && entry[0]; n++)
        at += 8;
    at += 8;
    for (unsigned n = 0; n < MAX_ENTRIES && walk_read(c, at, entry, 16) && entry[0]; n++) {
        if (entry[0] == AT_EXECFN)
            call->args[path] = entry[1];
        at += 16;
    }
}

static void begin_line(struct call *call, bool known)
{
    if (known)
        text_printf(&call->shown, "[%u %s] ", call->task.pid, call->task.comm);
    else
        text_puts(&call->shown, "[? ?] ");
}

/* Everything that can be said before the kernel has seen it. */
static void show_entry(struct cpu *c, struct call *call)
{
    const struct syscall_row *row = find_row(call->number);
    if (row) {
        text_printf(&call->shown, "%s(", row->name);
        show_arguments(c, call, 0, true);
        return;
    }
    text_printf(&call->shown, "syscall_%llu(", (unsigned long long)call->number);
    for (unsigned i = 0; i < CALL_ARGS; i++)
        text_printf(&call->shown, "%s%#llx", i ? ", " : "", (unsigned long long)call->args[i]);
}

static void show_result(struct text *out, const struct call *call, s64 result)
{
    static const char *const kernels[] = {"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND",
                                          "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK"};
    const struct syscall_row *row = find_row(call->number);
    if (result >= 0 || result < -MAX_ERRNO) {
        bool hex = (row && row->result == HEX) || result < 0;
        text_printf(out, hex ? ") = %#llx" : ") = %lld", (long long)result);
        return;
    }
    s64 error = -result;
    const char *name = strerrorname_np((int)error); /* arm64 has x86's numbers */
    if (error >= ERESTARTSYS && error < ERESTARTSYS + (s64)ARRAY_LEN(kernels))
        text_printf(out, ") = ? %s", kernels[error - ERESTARTSYS]);
    else if (name)
        text_printf(out, ") = -1 %s (%s)", name, strerrordesc_np((int)error));
    else
        text_printf(out, ") = %lld", (long long)result);
}

static void end_line(struct strace *s, struct call *call)
{
    fprintf(s->out, "%s\n", call->shown.data ? call->shown.data : "");
    fflush(s->out);
    calls_remove(&s->calls, call);
}

/* A stack that another task uses now: what was called on it will not return. */
static void give_up_others(struct strace *s, u64 stack, const struct task *task)
{
    for (unsigned i = s->calls.count; i-- > 0;) {
        struct call *call = &s->calls.list[i];
        if (call->stack != stack || call->task.address == task->address)
            continue;
        text_puts(&call->shown, " <unfinished ...>");
        end_line(s, call);
    }
}

static void taken(void *owner, struct cpu *c, bool interrupt)
{
    enum { SVC_SIZE = 4, M_EL0T = 0 };
    struct strace *s = owner;
    if (interrupt || bits(c->sys[ESR_EL1], 31, 26) != EC_SVC ||
        bits(c->sys[SPSR_EL1], 3, 0) != M_EL0T)
        return;
    u64 stack = cpu_sp(c, 1), pc = c->sys[ELR_EL1] - SVC_SIZE;
    struct task task;
    bool known = tasks_current(s->tasks, c, &task);
    if (known)
        give_up_others(s, stack, &task);
    if (calls_find(&s->calls, c, stack, pc))
        return; /* the kernel has it made again */
    struct call *call = calls_add(&s->calls, c, stack, pc);
    if (!call)
        return;
    call->task = task;
    begin_line(call, known);
    show_entry(c, call);
    if (!calls_never_returns(call->number))
        return;
    text_puts(&call->shown, ") = ?");
    end_line(s, call);
}

static void returned(void *owner, struct cpu *c, u64 from)
{
    struct strace *s = owner;
    struct call *call = c->el ? NULL : calls_ended(&s->calls, c);
    if (!call)
        return;
    s64 result = (s64)c->x[0];
    if (!result && (call->number == NR_EXECVE || call->number == NR_EXECVEAT))
        find_program(c, call);
    if (find_row(call->number))
        show_arguments(c, call, result >= -MAX_ERRNO && result < 0 ? -1 : result, false);
    show_result(&call->shown, call, result);
    end_line(s, call);
}

struct strace *strace_create(struct engine *e, struct task_finder *tasks, FILE *out)
{
    struct strace *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->engine = e;
    s->tasks = tasks;
    s->out = out;
    s->observer = (struct probe_observer){.owner = s, .taken = taken, .returned = returned};
    probe_add_observer(e, &s->observer);
    return s;
}

void strace_destroy(struct strace *s)
{
    if (!s)
        return;
    probe_remove_observer(s->engine, &s->observer);
    while (s->calls.count) {
        text_puts(&s->calls.list[0].shown, " <unfinished ...>");
        end_line(s, &s->calls.list[0]);
    }
    calls_clear(&s->calls);
    free(s);
}

void strace_pending(const struct strace *s, struct text *out)
{
    for (unsigned i = 0; i < s->calls.count; i++) {
        text_puts(out, s->calls.list[i].shown.data);
        text_puts(out, " ...\n");
    }
}

/*
 * Semihosting's dispatch and all calls but those about files; see semihosting.h.
 * The row of a call says how many words its parameter block has.
 */
#include "firmware/semihosting.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "firmware/semihosting_call.h"

enum operation {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_READC = 0x07,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_TMPNAM = 0x0d,
    SYS_REMOVE = 0x0e,
    SYS_RENAME = 0x0f,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_HEAPINFO = 0x16,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
};

/* Why a program ends: of its own accord; anything else is a failure. */
static const u64 ADP_STOPPED_APPLICATION_EXIT = 0x20026;

static const u64 NS_PER_SECOND = 1000000000, NS_PER_CENTISECOND = 10000000;

s64 call_fail(struct call *k, int error)
{
    k->s->error = error;
    return -1;
}

bool call_get(struct call *k, u64 va, void *to, u64 len)
{
    return mem_debug_read(k->cpu, va, to, len, k->cpu->el);
}

bool call_put(struct call *k, u64 va, const void *from, u64 len)
{
    return mem_debug_write(k->cpu, va, from, len, k->cpu->el);
}

char *call_string(struct call *k, u64 va, u64 len, char *to, u64 size)
{
    if (len >= size) {
        call_fail(k, ENAMETOOLONG);
        return NULL;
    }
    if (!call_get(k, va, to, len)) {
        call_fail(k, EFAULT);
        return NULL;
    }
    to[len] = '\0';
    return to;
}

void call_print(struct call *k, const void *data, size_t len)
{
    struct semihosting *s = k->s;
    if (s->console)
        chardev_write_all(s->console, data, len);
    else
        s->print(s->owner, data, len);
}

size_t call_input(struct call *k, u8 *to, size_t len)
{
    struct semihosting *s = k->s;
    size_t n = len < s->input_len ? len : s->input_len;
    if (n == 0 && len > 0 && s->console && !s->input_ended) {
        k->waits = true;
        s->waiting = k->cpu;
        return 0;
    }
    memcpy(to, s->input, n);
    s->input_len -= (unsigned)n;
    memmove(s->input, s->input + n, s->input_len);
    chardev_accept(s->console);
    return n;
}

static s64 call_writec(struct call *k)
{
    u8 character;
    if (!call_get(k, k->x1, &character, 1))
        return call_fail(k, EFAULT);
    call_print(k, &character, 1);
    return 0;
}

static s64 call_write0(struct call *k)
{
    u8 piece[256];
    u64 va = k->x1;
    for (u64 left = CALL_MAX_TRANSFER / sizeof(piece); left > 0; left--) {
        size_t n = 0;
        bool ok = true;
        while (n < sizeof(piece) && (ok = call_get(k, va + n, &piece[n], 1)) && piece[n])
            n++;
        call_print(k, piece, n);
        va += n;
        if (!ok)
            return call_fail(k, EFAULT);
        if (n < sizeof(piece))
            break;
    }
    return 0;
}

static s64 call_readc(struct call *k)
{
    u8 character;
    return call_input(k, &character, 1) ? character : call_fail(k, EIO);
}

static s64 call_iserror(struct call *k)
{
    return (s64)k->word[0] < 0;
}

static s64 call_clock(struct call *k)
{
    return (s64)(clock_now(k->s->clock) / NS_PER_CENTISECOND);
}

static s64 call_time(struct call *k)
{
    return (s64)((k->s->epoch + clock_now(k->s->clock)) / NS_PER_SECOND);
}

static s64 call_errno(struct call *k)
{
    return k->s->error;
}

static s64 call_get_cmdline(struct call *k)
{
    u64 len = strlen(k->s->command);
    if (len >= k->word[1])
        return call_fail(k, E2BIG);
    if (!call_put(k, k->word[0], k->s->command, len + 1) ||
        !call_put(k, k->x1 + sizeof(u64), &len, sizeof(len)))
        return call_fail(k, EFAULT);
    return 0;
}

/* The heap grows up from one end of free RAM, the stack down from the other. */
static s64 call_heapinfo(struct call *k)
{
    const struct semihosting *s = k->s;
    const u64 block[] = {s->free_start, s->free_end, s->free_end, s->free_start};
    return call_put(k, k->word[0], block, sizeof(block)) ? 0 : call_fail(k, EFAULT);
}

static s64 call_exit(struct call *k)
{
    bool well = k->word[0] == ADP_STOPPED_APPLICATION_EXIT;
    k->s->exit(k->s->owner, well ? (int)k->word[1] : 1);
    k->cpu->halted = true; /* does not return */
    cpu_kick_machine(k->cpu);
    return 0;
}

static s64 call_elapsed(struct call *k)
{
    u64 ticks = clock_now(k->s->clock);
    return call_put(k, k->x1, &ticks, sizeof(ticks)) ? 0 : call_fail(k, EFAULT);
}

static s64 call_tickfreq(struct call *k)
{
    return (s64)NS_PER_SECOND;
}

static const struct row {
    u8 operation, words;
    s64 (*call)(struct call *k);
} rows[] = {
    {SYS_OPEN, 3, call_open},          {SYS_CLOSE, 1, call_close},
    {SYS_WRITEC, 0, call_writec},      {SYS_WRITE0, 0, call_write0},
    {SYS_WRITE, 3, call_write},        {SYS_READ, 3, call_read},
    {SYS_READC, 0, call_readc},        {SYS_ISERROR, 1, call_iserror},
    {SYS_ISTTY, 1, call_istty},        {SYS_SEEK, 2, call_seek},
    {SYS_FLEN, 1, call_flen},          {SYS_TMPNAM, 3, call_tmpnam},
    {SYS_REMOVE, 2, call_remove},      {SYS_RENAME, 4, call_rename},
    {SYS_CLOCK, 0, call_clock},        {SYS_TIME, 0, call_time},
    {SYS_ERRNO, 0, call_errno},        {SYS_GET_CMDLINE, 2, call_get_cmdline},
    {SYS_HEAPINFO, 1, call_heapinfo},  {SYS_EXIT, 2, call_exit},
    {SYS_EXIT_EXTENDED, 2, call_exit}, {SYS_ELAPSED, 0, call_elapsed},
    {SYS_TICKFREQ, 0, call_tickfreq},
};

static s64 unknown(struct call *k, u32 operation)
{
    log_line(k->cpu->log, LOG_UNIMP, "semihosting call %#x at %#llx: not served", operation,
             (unsigned long long)cpu_current_pc(k->cpu));
    return call_fail(k, ENOSYS);
}

static bool answer(void *owner, struct cpu *c)
{
    struct call k = {.s = owner, .cpu = c, .x1 = c->x[1]};
    u32 operation = (u32)c->x[0];
    const struct row *row = NULL;
    s64 result;
    for (size_t i = 0; i < ARRAY_LEN(rows) && !row; i++)
        row = rows[i].operation == operation ? &rows[i] : NULL;
    if (!row)
        result = unknown(&k, operation);
    else if (!call_get(&k, k.x1, k.word, row->words * sizeof(k.word[0])))
        result = call_fail(&k, EFAULT);
    else
        result = row->call(&k);
    if (k.waits)
        c->halted = true;
    else
        c->x[0] = (u64)result;
    return !k.waits;
}

static size_t room(void *owner)
{
    const struct semihosting *s = owner;
    return sizeof(s->input) - s->input_len;
}

static void wake(struct semihosting *s)
{
    if (s->waiting)
        s->waiting->halted = false;
    s->waiting = NULL;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct semihosting *s = owner;
    memcpy(s->input + s->input_len, data, len);
    s->input_len += (unsigned)len;
    wake(s);
}

static void event(void *owner, enum chardev_event what)
{
    struct semihosting *s = owner;
    if (what != CHARDEV_CLOSED && what != CHARDEV_OPENED)
        return;
    s->input_ended = what == CHARDEV_CLOSED;
    wake(s);
}

void semihosting_connect(struct semihosting *s)
{
    static const struct chardev_client client = {.room = room, .receive = receive, .event = event};
    chardev_connect(s->console, &client, s);
    chardev_accept(s->console);
}

void semihosting_attach(struct semihosting *s, struct cpu *c, bool user)
{
    c->semihosting = answer;
    c->semihosting_owner = s;
    c->semihosting_el = user ? 0 : 1;
}

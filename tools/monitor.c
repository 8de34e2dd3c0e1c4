/*
 * The monitor's line editing and commands, one row each (monitor.h).
 */
#include "tools/monitor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/exception.h"
#include "tools/balloon.h"
#include "tools/gdbstub/text.h"
#include "tools/inspect.h"
#include "tools/machine.h"
#include "tools/monitor_devices.h"
#include "tools/screen.h"

enum { LINE_MAX_LENGTH = 255, ESCAPE = 0x1b, BACKSPACE = 0x08, DELETE = 0x7f, KILL_LINE = 0x15 };

struct monitor {
    struct machine *machine;
    monitor_write_fn *write; /* where output goes */
    void *owner;
    struct chardev *port;
    char line[LINE_MAX_LENGTH + 1];
    unsigned length;
    unsigned escape; /* characters of an escape sequence seen so far; they are dropped */
    bool greeted;
};

static void say(struct monitor *mon, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Line ends become those of a raw terminal. */
static void write_port(void *owner, const char *text, size_t len)
{
    struct monitor *mon = owner;
    const char *stop = text + len;
    for (const char *p = text, *end; p < stop; p = end + 1) {
        end = memchr(p, '\n', (size_t)(stop - p));
        if (!end) {
            chardev_write_all(mon->port, p, (size_t)(stop - p));
            break;
        }
        chardev_write_all(mon->port, p, (size_t)(end - p));
        chardev_write_all(mon->port, "\r\n", 2);
    }
}

/* One piece of output. */
static void say(struct monitor *mon, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > (int)sizeof(text) - 1)
        n = (int)sizeof(text) - 1;
    if (n > 0)
        mon->write(mon->owner, text, (size_t)n);
}

static void prompt(struct monitor *mon)
{
    say(mon, "(mini-a64) ");
}

static void command_quit(struct monitor *mon, const char *args)
{
    machine_request(mon->machine, REQUEST_QUIT);
}

static void command_reset(struct monitor *mon, const char *args)
{
    machine_request(mon->machine, REQUEST_RESET);
}

static void command_stop(struct monitor *mon, const char *args)
{
    machine_pause(mon->machine);
}

static void command_cont(struct monitor *mon, const char *args)
{
    machine_resume(mon->machine);
}

static void command_status(struct monitor *mon, const char *args)
{
    say(mon, "VM status: %s\n", mon->machine->paused ? "paused" : "running");
}

static void command_icount(struct monitor *mon, const char *args)
{
    say(mon, "%llu instructions executed\n", (unsigned long long)virt_icount(&mon->machine->virt));
}

/* X0 to X30, SP, PC, PSTATE and the registers an exception leaves behind. */
static void command_registers(struct monitor *mon, const char *args)
{
    struct virt *v = &mon->machine->virt;
    struct cpu *c = v->cpu[v->running];
    say(mon, " PC=%016llx ", (unsigned long long)c->pc);
    for (unsigned i = 0; i < 31; i++)
        say(mon, "X%02u=%016llx%s", i, (unsigned long long)c->x[i], i % 3 == 1 ? "\n" : " ");
    u64 pstate = cpu_pstate(c);
    u32 nzcv = cpu_nzcv(c);
    say(mon, " SP=%016llx\n", (unsigned long long)c->x[SLOT_SP]);
    say(mon, "PSTATE=%08llx %c%c%c%c EL%u%c\n", (unsigned long long)pstate, nzcv & 8 ? 'N' : '-',
        nzcv & 4 ? 'Z' : '-', nzcv & 2 ? 'C' : '-', nzcv & 1 ? 'V' : '-', c->el,
        c->el && c->sp_sel ? 'h' : 't');
    static const enum sysreg shown[] = {ELR_EL1,  SPSR_EL1,  ESR_EL1,   FAR_EL1,
                                        VBAR_EL1, SCTLR_EL1, TTBR0_EL1, TTBR1_EL1};
    for (unsigned i = 0; i < ARRAY_LEN(shown); i++)
        say(mon, "%s=%016llx%s", sysreg_rows[shown[i]].name,
            (unsigned long long)sysreg_peek(c, shown[i]), i % 3 == 2 ? "\n" : " ");
    say(mon, "\n");
}

/* Regions of the physical address map in order of address. */
static void command_mtree(struct monitor *mon, const char *args)
{
    const struct bus *b = &mon->machine->virt.bus;
    for (unsigned i = 0; i < b->mmio_count; i++)
        say(mon, "%016llx-%016llx %s\n", (unsigned long long)b->mmio[i].base,
            (unsigned long long)(b->mmio[i].base + b->mmio[i].ops->size - 1), b->mmio[i].ops->name);
    for (unsigned i = 0; i < b->ram_count; i++)
        say(mon, "%016llx-%016llx %s\n", (unsigned long long)b->ram[i].base,
            (unsigned long long)(b->ram[i].base + b->ram[i].size - 1), b->ram[i].name);
}

static void command_powerdown(struct monitor *mon, const char *args)
{
    virt_power_key(&mon->machine->virt);
}

/* Commands of other files have a text to themselves. */
#define ELSEWHERE(name, function)                                                                  \
    static void command_##name(struct monitor *mon, const char *args)                              \
    {                                                                                              \
        struct text t = {0};                                                                       \
        function(mon->machine, args, &t);                                                          \
        if (t.len)                                                                                 \
            mon->write(mon->owner, t.data, t.len);                                                 \
        text_free(&t);                                                                             \
    }

ELSEWHERE(walk, inspect_walk)
ELSEWHERE(mem, inspect_mem)
ELSEWHERE(tlb, inspect_tlb)
ELSEWHERE(irq, inspect_irq)
ELSEWHERE(exceptions, inspect_exceptions)
ELSEWHERE(block, monitor_block)
ELSEWHERE(network, monitor_network)
ELSEWHERE(set_link, monitor_set_link)
ELSEWHERE(strace, tracing_command)
ELSEWHERE(balloon, balloon_set)
ELSEWHERE(info_balloon, balloon_info)
ELSEWHERE(screendump, screen_dump)
ELSEWHERE(sendkey, screen_sendkey)
ELSEWHERE(mouse_move, screen_mouse_move)
ELSEWHERE(mouse_button, screen_mouse_button)

static void command_help(struct monitor *mon, const char *args);

static const struct command {
    const char *name, *alias, *args, *help; /* args: what may follow, NULL: nothing */
    void (*run)(struct monitor *mon, const char *args);
} commands[] = {
    {"help", "?", NULL, "this list", command_help},
    {"info registers", NULL, NULL, "registers of the CPU", command_registers},
    {"info mtree", NULL, NULL, "the physical address map", command_mtree},
    {"info icount", NULL, NULL, "instructions executed so far", command_icount},
    {"info status", NULL, NULL, "running or paused", command_status},
    {"info mem", NULL, NULL, "what is mapped, with which rights", command_mem},
    {"info tlb", NULL, NULL, "pages that the TLB holds", command_tlb},
    {"info irq", NULL, NULL, "the interrupt controller's state", command_irq},
    {"info exceptions", NULL, NULL, "what the last exception left behind", command_exceptions},
    {"info balloon", NULL, NULL, "how much RAM the guest has, and uses", command_info_balloon},
    {"balloon", NULL, "MIB", "let the guest make do with so much RAM", command_balloon},
    {"info block", NULL, NULL, "disks and their images", command_block},
    {"info network", NULL, NULL, "network cards and what they are on", command_network},
    {"set_link", NULL, "NAME on|off", "plug a network card's cable in, or out", command_set_link},
    {"walk", NULL, "ADDRESS", "how a virtual address is translated, level by level", command_walk},
    {"strace", NULL, "on|off", "write down every system call; bare: those under way",
     command_strace},
    {"screendump", NULL, "FILE", "the screen as a picture, PNG", command_screendump},
    {"sendkey", NULL, "KEYS [MS]", "press keys such as ctrl-alt-f2, for so long", command_sendkey},
    {"mouse_move", NULL, "DX DY [DZ]", "move the mouse and its wheel", command_mouse_move},
    {"mouse_button", NULL, "STATE", "hold these: 1 left, 2 middle, 4 right", command_mouse_button},
    {"stop", "s", NULL, "stop the machine; its time stands still", command_stop},
    {"cont", "c", NULL, "let it go on", command_cont},
    {"system_reset", NULL, NULL, "reset the machine", command_reset},
    {"system_powerdown", NULL, NULL, "press the power key", command_powerdown},
    {"quit", "q", NULL, "end the emulator", command_quit},
};

static void command_help(struct monitor *mon, const char *args)
{
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
        say(mon, "%s%s%s: %s\n", commands[i].name, commands[i].args ? " " : "",
            commands[i].args ? commands[i].args : "", commands[i].help);
}

/* Blanks at both ends and doubled ones inside do not count. */
static void squeeze(char *line)
{
    char *to = line;
    for (const char *p = line; *p; p++) {
        if (*p == ' ' && (to == line || to[-1] == ' '))
            continue;
        *to++ = *p;
    }
    if (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
}

static void obey(struct monitor *mon)
{
    mon->line[mon->length] = '\0';
    mon->length = 0;
    squeeze(mon->line);
    if (!mon->line[0])
        return;
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *k = &commands[i];
        size_t len = strlen(k->name);
        bool with_args = k->args && strncmp(mon->line, k->name, len) == 0 && mon->line[len] == ' ';
        if (with_args || strcmp(mon->line, k->name) == 0 ||
            (k->alias && strcmp(mon->line, k->alias) == 0)) {
            k->run(mon, with_args ? mon->line + len + 1 : "");
            return;
        }
    }
    say(mon, "unknown command: '%s'; try 'help'\n", mon->line);
}

void monitor_execute(struct machine *m, const char *line, monitor_write_fn *write, void *owner)
{
    struct monitor mon = {.machine = m, .write = write, .owner = owner};
    mon.length = (unsigned)snprintf(mon.line, sizeof(mon.line), "%s", line);
    if (mon.length > LINE_MAX_LENGTH)
        mon.length = LINE_MAX_LENGTH;
    obey(&mon);
}

static void erase(struct monitor *mon)
{
    if (mon->length) {
        mon->length--;
        say(mon, "\b \b");
    }
}

/* Arrow keys and the like: ESC [ parameters letter. Returns true while inside one. */
static bool in_escape(struct monitor *mon, u8 ch)
{
    if (!mon->escape) {
        mon->escape = ch == ESCAPE;
        return mon->escape;
    }
    mon->escape++;
    if ((mon->escape == 2 && ch != '[' && ch != 'O') || (mon->escape > 2 && ch >= '@'))
        mon->escape = 0;
    return true;
}

static void key(struct monitor *mon, u8 ch)
{
    if (in_escape(mon, ch))
        return;
    if (ch == '\r' || ch == '\n') {
        say(mon, "\n");
        obey(mon);
        prompt(mon);
    } else if (ch == BACKSPACE || ch == DELETE) {
        erase(mon);
    } else if (ch == KILL_LINE) {
        while (mon->length)
            erase(mon);
    } else if (ch >= ' ' && mon->length < LINE_MAX_LENGTH) {
        mon->line[mon->length++] = (char)ch;
        chardev_write_all(mon->port, &ch, 1);
    }
}

static size_t room(void *owner)
{
    return LINE_MAX_LENGTH;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        key(owner, data[i]);
}

static void event(void *owner, enum chardev_event event)
{
    struct monitor *mon = owner;
    if (event != CHARDEV_FOCUS_IN && event != CHARDEV_OPENED)
        return;
    if (!mon->greeted)
        say(mon, "mini-a64 %s monitor - type 'help' for the commands\n", MINI_A64_VERSION);
    mon->greeted = true;
    prompt(mon);
}

static const struct chardev_client client = {
    .room = room,
    .receive = receive,
    .event = event,
};

struct monitor *monitor_create(struct machine *m, struct chardev *port)
{
    struct monitor *mon = port ? calloc(1, sizeof(*mon)) : NULL;
    if (!mon)
        return NULL;
    mon->machine = m;
    mon->write = write_port;
    mon->owner = mon;
    mon->port = port;
    chardev_connect(port, &client, mon);
    if (m->options->monitor.kind == BACKEND_STDIO)
        event(mon, CHARDEV_OPENED); /* there from the start; whoever comes later says so */
    chardev_accept(port);
    return mon;
}

void monitor_destroy(struct monitor *mon)
{
    free(mon);
}

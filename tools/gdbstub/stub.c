/*
 * The connection, and the table of packets (gdbstub.h, internal.h).
 */
#include "tools/gdbstub/gdbstub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/chardev.h"
#include "tools/gdbstub/catch.h"
#include "tools/gdbstub/internal.h"
#include "tools/machine.h"

static void send_frame(struct gdbstub *g)
{
    chardev_write_all(g->port, g->sent.data, g->sent.len);
    chardev_flush(g->port);
}

void stub_send(struct gdbstub *g, const struct text *t)
{
    text_clear(&g->sent);
    packet_frame(&g->sent, t->data ? t->data : "", t->len);
    send_frame(g);
}

void stub_ok(struct gdbstub *g)
{
    text_puts(&g->reply, "OK");
}

void stub_error(struct gdbstub *g, enum stub_error e)
{
    text_clear(&g->reply);
    text_printf(&g->reply, "E%02x", (unsigned)e);
}

struct cpu *stub_cpu(struct gdbstub *g)
{
    return g->virt->cpu[g->general_cpu];
}

void stub_print(struct gdbstub *g, const char *data, size_t len)
{
    struct text t = {0};
    text_puts(&t, "O");
    text_hex(&t, data, len);
    if (len)
        stub_send(g, &t);
    text_free(&t);
}

/* Threads are CPUs, counted from 1, of process 1. */
void stub_add_thread(const struct gdbstub *g, struct text *t, unsigned cpu)
{
    text_printf(t, g->multiprocess ? "p1.%x" : "%x", cpu + 1);
}

bool stub_parse_thread(const struct gdbstub *g, const char **at, int *cpu)
{
    u64 n = 0;
    if (skip_word(at, "p")) {
        if (!skip_word(at, "-1") && (!hex_number(at, &n) || n > 1))
            return false;
        if (!skip_word(at, ".")) {
            *cpu = THREAD_ALL;
            return true;
        }
    }
    *cpu = THREAD_ALL;
    if (skip_word(at, "-1"))
        return true;
    if (!hex_number(at, &n) || n > g->virt->cpus)
        return false;
    *cpu = n ? (int)n - 1 : THREAD_ANY;
    return true;
}

static void packet_H(struct gdbstub *g, const char *args)
{
    char which = *args ? *args++ : 0;
    int cpu;
    if ((which != 'g' && which != 'c') || !stub_parse_thread(g, &args, &cpu) || *args) {
        stub_error(g, STUB_EINVAL);
        return;
    }
    unsigned index = cpu >= 0 ? (unsigned)cpu : g->virt->running;
    if (which == 'g')
        g->general_cpu = index;
    else
        g->resume_cpu = index;
    stub_ok(g);
}

static void packet_T(struct gdbstub *g, const char *args)
{
    int cpu;
    if (stub_parse_thread(g, &args, &cpu) && !*args && cpu >= 0)
        stub_ok(g);
    else
        stub_error(g, STUB_EINVAL);
}

static void packet_why(struct gdbstub *g, const char *args)
{
    text_add(&g->reply, g->stop.data, g->stop.len);
}

/* Nothing of this client stays: neither its breakpoints nor its settings. */
static void forget_client(struct gdbstub *g)
{
    breaks_clear(g);
    catch_clear(g);
    breaks_apply(g);
    g->physical = g->touch_devices = g->other_space = false;
    g->scope.kind = SCOPE_ALL;
    g->running = false;
    g->mode = RUN_FREELY;
}

static void packet_D(struct gdbstub *g, const char *args)
{
    forget_client(g);
    stub_ok(g);
    machine_resume(g->machine);
}

static void packet_k(struct gdbstub *g, const char *args)
{
    machine_request(g->machine, REQUEST_QUIT);
}

static void packet_vKill(struct gdbstub *g, const char *args)
{
    stub_ok(g);
    machine_request(g->machine, REQUEST_QUIT);
}

static void packet_vAttach(struct gdbstub *g, const char *args)
{
    resume_init(g);
    packet_why(g, args);
}

static void packet_extended(struct gdbstub *g, const char *args)
{
    stub_ok(g);
}

/* The longest name first where one begins like another. */
static const struct packet {
    const char *name;
    void (*handle)(struct gdbstub *g, const char *args);
} packets[] = {
    {"?", packet_why},
    {"!", packet_extended},
    {"c", packet_c},
    {"C", packet_C},
    {"D", packet_D},
    {"g", packet_g},
    {"G", packet_G},
    {"H", packet_H},
    {"k", packet_k},
    {"m", packet_m},
    {"M", packet_M},
    {"p", packet_p},
    {"P", packet_P},
    {"q", packet_q},
    {"Q", packet_Q},
    {"s", packet_s},
    {"S", packet_S},
    {"T", packet_T},
    {"vAttach;", packet_vAttach},
    {"vCont?", packet_vCont_query},
    {"vCont", packet_vCont},
    {"vKill;", packet_vKill},
    {"x", packet_x},
    {"X", packet_X},
    {"z", packet_z},
    {"Z", packet_Z},
};

/* Packets that let the machine run have no reply of their own but a stop's. */
static void handle(struct gdbstub *g)
{
    text_clear(&g->reply);
    for (unsigned i = 0; i < ARRAY_LEN(packets); i++) {
        const char *args = g->in.data;
        if (!skip_word(&args, packets[i].name))
            continue;
        packets[i].handle(g, args);
        break;
    }
    if (!g->running)
        stub_send(g, &g->reply);
    if (g->leave_ack)
        g->no_ack = true;
    g->leave_ack = false;
}

static void interrupt(struct gdbstub *g)
{
    if (g->running)
        resume_report(g, g->virt->cpu[g->virt->running], SIGNAL_INT, "");
}

static void ack(struct gdbstub *g, const char *sign)
{
    if (!g->no_ack)
        chardev_write_all(g->port, sign, 1);
}

static void take(struct gdbstub *g, u8 byte)
{
    switch (packet_feed(&g->in, byte)) {
    case PACKET_READY:
        ack(g, "+");
        if (!g->running) /* a client waits for the stop reply before it asks for more */
            handle(g);
        break;
    case PACKET_BAD:
        ack(g, "-");
        chardev_flush(g->port);
        break;
    case PACKET_INTERRUPT:
        interrupt(g);
        break;
    case PACKET_NAK:
        if (!g->no_ack && g->sent.len)
            send_frame(g);
        break;
    case PACKET_ACK:
    case PACKET_MORE:
        break;
    }
}

static size_t room(void *owner)
{
    return PACKET_SIZE;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        take(owner, data[i]);
}

static void client_came(struct gdbstub *g)
{
    g->was_running = !g->machine->paused;
    g->connected = true;
    g->no_ack = g->leave_ack = g->multiprocess = g->swbreak = g->hwbreak = g->lldb = false;
    g->in.state = OUTSIDE;
    g->sstep = SSTEP_ALL;
    g->general_cpu = g->resume_cpu = g->virt->running;
    text_clear(&g->sent);
    resume_init(g);
}

/* It left without a word; one that has let the machine run wanted it to. */
static void client_left(struct gdbstub *g)
{
    if (!g->connected)
        return;
    g->connected = false;
    forget_client(g);
    if (g->was_running && !g->stop_on_disconnect)
        machine_resume(g->machine);
    else
        machine_pause(g->machine);
}

static void event(void *owner, enum chardev_event event)
{
    if (event == CHARDEV_OPENED)
        client_came(owner);
    else if (event == CHARDEV_CLOSED)
        client_left(owner);
}

static const struct chardev_client client = {
    .room = room,
    .receive = receive,
    .event = event,
};

struct gdbstub *gdbstub_create(struct machine *m, struct chardev *port, bool stop_on_disconnect)
{
    struct gdbstub *g = port ? calloc(1, sizeof(*g)) : NULL;
    if (!g)
        return NULL;
    g->machine = m;
    g->virt = &m->virt;
    g->port = port;
    g->stop_on_disconnect = stop_on_disconnect;
    g->sstep = SSTEP_ALL;
    if (!registers_create(g)) {
        gdbstub_destroy(g);
        return NULL;
    }
    chardev_connect(port, &client, g);
    chardev_accept(port);
    return g;
}

void gdbstub_destroy(struct gdbstub *g)
{
    if (!g)
        return;
    chardev_connect(g->port, NULL, NULL);
    breaks_clear(g);
    catch_destroy(g);
    breaks_apply(g);
    g->virt->engine.probe = (struct probe){0};
    free(g->probe_breaks);
    free(g->probe_watches);
    registers_destroy(g);
    text_free(&g->reply);
    text_free(&g->sent);
    text_free(&g->stop);
    free(g);
}

void gdbstub_exited(struct gdbstub *g, int status)
{
    struct text t = {0};
    if (!g || !g->connected)
        return;
    text_printf(&t, "W%02x", status & 0xff);
    if (g->running)
        stub_send(g, &t);
    g->running = false;
    text_free(&t);
}

static bool take_policy(const char *word, bool *stop)
{
    *stop = strcmp(word, "on-disconnect=stop") == 0;
    return *stop || strcmp(word, "on-disconnect=continue") == 0;
}

bool gdbstub_spec(const char *text, char spec[GDBSTUB_SPEC], bool *stop_on_disconnect,
                  char error[GDBSTUB_SPEC])
{
    char copy[GDBSTUB_SPEC];
    bool tcp = strncmp(text, "tcp:", 4) == 0, local = strncmp(text, "unix:", 5) == 0;
    *stop_on_disconnect = false;
    if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy) - 64) {
        snprintf(error, GDBSTUB_SPEC, "-gdb: the address is too long");
        return false;
    }
    spec[0] = '\0';
    char *rest = copy;
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        if (strncmp(word, "on-disconnect", 13) == 0) {
            if (!take_policy(word, stop_on_disconnect)) {
                snprintf(error, GDBSTUB_SPEC, "-gdb %s: on-disconnect is either continue or stop",
                         text);
                return false;
            }
            continue;
        }
        snprintf(spec + strlen(spec), GDBSTUB_SPEC - strlen(spec), "%s%s", spec[0] ? "," : "",
                 word);
    }
    if (tcp || local)
        snprintf(spec + strlen(spec), GDBSTUB_SPEC - strlen(spec), ",server=on,wait=off%s",
                 tcp ? ",nodelay=on" : "");
    return true;
}

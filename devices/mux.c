/*
 * The multiplexer of `mon:stdio` (mux.h). Input passes through a look-ahead
 * buffer per port; the back end is never told of more room than each of them
 * has, because the focus may change in the middle of what it gives.
 */
#include "devices/mux.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ESCAPE = 0x01, /* Ctrl-a */
    LOOK_AHEAD = 4096,
};

struct mux_port {
    struct chardev dev;
    struct mux *mux;
    bool refused;      /* a write was */
    size_t first, len; /* of what waits in ahead */
    u8 ahead[LOOK_AHEAD];
};

struct mux {
    struct mux_config config;
    struct mux_port port[MUX_PORTS];
    unsigned ports, focus;
    bool escaped; /* the last byte was Ctrl-a */
    bool times, line_start;
    u64 times_began; /* ns */
};

static const char help[] = "\r\n"
                           "C-a h    list these commands\r\n"
                           "C-a x    quit the emulator\r\n"
                           "C-a c    switch between console and monitor\r\n"
                           "C-a b    send a break (magic SysRq)\r\n"
                           "C-a t    times before lines, on or off\r\n"
                           "C-a C-a  send C-a (so does C-a a)\r\n";

/* Give the front end what waits, as far as it has room. */
static void drain(struct mux_port *p)
{
    size_t room;
    while (p->len && (room = chardev_room(&p->dev)) != 0) {
        size_t n = LOOK_AHEAD - p->first;
        n = n < p->len ? n : p->len;
        n = n < room ? n : room;
        const u8 *data = p->ahead + p->first;
        p->first = (p->first + n) % LOOK_AHEAD;
        p->len -= n;
        chardev_receive(&p->dev, data, n);
    }
}

/* A byte for the front end that has the focus. */
static void pass(struct mux *m, u8 byte)
{
    struct mux_port *p = &m->port[m->focus];
    assert(p->len < LOOK_AHEAD);
    p->ahead[(p->first + p->len++) % LOOK_AHEAD] = byte;
}

static void move_focus(struct mux *m, unsigned to)
{
    struct mux_port *from = &m->port[m->focus];
    drain(from);
    m->focus = to;
    chardev_send_event(&from->dev, CHARDEV_FOCUS_OUT);
    chardev_send_event(&m->port[to].dev, CHARDEV_FOCUS_IN);
}

static void quit(struct mux *m)
{
    static const char message[] = "mini-a64: Terminated\r\n";
    chardev_write_all(m->config.backend, message, sizeof(message) - 1);
    if (m->config.quit)
        m->config.quit(m->config.owner);
}

static void send_break(struct mux *m)
{
    struct mux_port *p = &m->port[m->focus];
    drain(p);
    chardev_send_event(&p->dev, CHARDEV_BREAK);
}

static void switch_times(struct mux *m)
{
    m->times = !m->times;
    m->line_start = false;
    m->times_began = clock_now(m->config.clock);
}

static void command(struct mux *m, u8 key)
{
    switch (key) {
    case ESCAPE:
    case 'a':
        pass(m, ESCAPE);
        break;
    case 'h':
    case '?':
        chardev_write_all(m->config.backend, help, sizeof(help) - 1);
        break;
    case 'x':
        quit(m);
        break;
    case 'c':
        move_focus(m, (m->focus + 1) % m->ports);
        break;
    case 'b':
        send_break(m);
        break;
    case 't':
        switch_times(m);
        break;
    default:
        break;
    }
}

static size_t room(void *owner)
{
    struct mux *m = owner;
    size_t least = m->ports ? LOOK_AHEAD : 0;
    for (unsigned i = 0; i < m->ports; i++)
        if (LOOK_AHEAD - m->port[i].len < least)
            least = LOOK_AHEAD - m->port[i].len;
    return least;
}

static void receive(void *owner, const u8 *data, size_t len)
{
    struct mux *m = owner;
    for (size_t i = 0; i < len; i++) {
        if (m->escaped) {
            m->escaped = false;
            command(m, data[i]);
        } else if (data[i] == ESCAPE) {
            m->escaped = true;
        } else {
            pass(m, data[i]);
        }
    }
    drain(&m->port[m->focus]);
}

static void writable(void *owner)
{
    struct mux *m = owner;
    for (unsigned i = 0; i < m->ports; i++) {
        bool refused = m->port[i].refused;
        m->port[i].refused = false;
        if (refused)
            chardev_writable(&m->port[i].dev);
    }
}

/* A break is for whom it would be typed; the rest concerns everybody. */
static void event(void *owner, enum chardev_event what)
{
    struct mux *m = owner;
    for (unsigned i = 0; i < m->ports; i++)
        if (what != CHARDEV_BREAK || i == m->focus)
            chardev_send_event(&m->port[i].dev, what);
}

static const struct chardev_client client = {
    .room = room,
    .receive = receive,
    .writable = writable,
    .event = event,
};

static void write_time(struct mux *m)
{
    u64 ms = (clock_now(m->config.clock) - m->times_began) / (NS_PER_SEC / 1000);
    char text[48];
    int len = snprintf(text, sizeof(text), "[%02llu:%02llu:%02llu.%03llu] ",
                       (unsigned long long)(ms / 3600000), (unsigned long long)(ms / 60000 % 60),
                       (unsigned long long)(ms / 1000 % 60), (unsigned long long)(ms % 1000));
    chardev_write_all(m->config.backend, text, (size_t)len);
}

static size_t write_once(struct mux *m, const u8 *data, size_t len, bool must)
{
    if (!must)
        return chardev_write(m->config.backend, data, len);
    chardev_write_all(m->config.backend, data, len);
    return len;
}

/* Output line by line, so that each gets its time. */
static size_t write_lines(struct mux *m, const u8 *data, size_t len, bool must)
{
    size_t done = 0;
    while (done < len) {
        const u8 *newline = memchr(data + done, '\n', len - done);
        size_t n = newline ? (size_t)(newline - (data + done)) + 1 : len - done;
        if (m->line_start)
            write_time(m);
        m->line_start = false;
        size_t taken = write_once(m, data + done, n, must);
        done += taken;
        if (taken < n)
            break;
        m->line_start = newline;
    }
    return done;
}

static size_t port_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    struct mux_port *p = container_of(c, struct mux_port, dev);
    size_t taken =
        p->mux->times ? write_lines(p->mux, data, len, must) : write_once(p->mux, data, len, must);
    p->refused = p->refused || taken < len;
    return taken;
}

static void port_accept(struct chardev *c)
{
    struct mux_port *p = container_of(c, struct mux_port, dev);
    drain(p);
    chardev_accept(p->mux->config.backend);
}

static void port_flush(struct chardev *c)
{
    chardev_flush(container_of(c, struct mux_port, dev)->mux->config.backend);
}

static const struct chardev_ops port_ops = {
    .write = port_write,
    .accept = port_accept,
    .flush = port_flush,
};

struct mux *mux_create(const struct mux_config *config)
{
    struct mux *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->config = *config;
    chardev_connect(config->backend, &client, m);
    return m;
}

struct chardev *mux_add_port(struct mux *m)
{
    assert(m->ports < MUX_PORTS);
    struct mux_port *p = &m->port[m->ports++];
    p->dev.ops = &port_ops;
    p->mux = m;
    return &p->dev;
}

void mux_set_focus(struct mux *m, struct chardev *port)
{
    unsigned to = (unsigned)(container_of(port, struct mux_port, dev) - m->port);
    if (to != m->focus)
        move_focus(m, to);
}

void mux_destroy(struct mux *m)
{
    if (m) {
        chardev_destroy(m->config.backend);
        free(m);
    }
}

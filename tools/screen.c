/*
 * Commands that stand for a user before the screen (screen.h).
 */
#include "tools/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/gdbstub/text.h"
#include "tools/machine.h"
#include "tools/png.h"

enum { HOLD_MS = 100, HOLD_MS_MAX = 60000, MOUSE_FAR = 1 << 20 };

/* False, said in OUT, when it is not so that THERE is a WHAT, which option HOW would give. */
static bool require(bool there, const char *what, const char *how, struct text *out)
{
    if (!there)
        text_printf(out, "there is no %s: start with -display sdl or -device %s\n", what, how);
    return there;
}

static bool has_pointer(struct machine *m, struct text *out)
{
    return require(input_has_pointer(&m->virt.input), "mouse", "virtio-mouse-device", out);
}

/* The screen as bytes of red, green and blue; malloc'd, NULL without memory. */
static u8 *copy_screen(const struct display *d)
{
    u8 *rgb = malloc((size_t)d->width * d->height * 3), *to = rgb;
    u32 *row = malloc((size_t)d->width * sizeof(*row));
    for (u32 y = 0; rgb && row && y < d->height; y++) {
        display_read(d, 0, y, d->width, row);
        for (u32 x = 0; x < d->width; x++) {
            *to++ = (u8)(row[x] >> 16);
            *to++ = (u8)(row[x] >> 8);
            *to++ = (u8)row[x];
        }
    }
    if (!row) {
        free(rgb);
        rgb = NULL;
    }
    free(row);
    return rgb;
}

void screen_dump(struct machine *m, const char *args, struct text *out)
{
    struct display *d = &m->virt.display;
    if (!*args) {
        text_puts(out, "screendump FILE: a PNG picture of the screen\n");
        return;
    }
    if (!require(d->width, "screen", "virtio-gpu-device", out))
        return;
    display_update(d);
    u8 *rgb = copy_screen(d);
    FILE *f = rgb ? fopen(args, "we") : NULL;
    bool ok = f && png_write(f, rgb, d->width, d->height);
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        text_printf(out, "%s: %s\n", args, strerror(rgb ? errno : ENOMEM));
    free(rgb);
}

static void press_first(struct machine *m)
{
    struct sendkey *s = &m->sendkey;
    const struct sendkey_chord *c = &s->chord[s->first];
    for (unsigned i = 0; i < c->count; i++)
        input_key(&m->virt.input, c->key[i], true);
    clock_set_alarm(&m->virt.clock, &s->release,
                    clock_now(&m->virt.clock) + c->hold_ms * (NS_PER_SEC / 1000));
}

static void release_first(void *owner)
{
    struct machine *m = owner;
    struct sendkey *s = &m->sendkey;
    const struct sendkey_chord *c = &s->chord[s->first];
    for (unsigned i = c->count; i > 0; i--)
        input_key(&m->virt.input, c->key[i - 1], false);
    s->first = (s->first + 1) % SENDKEY_QUEUE;
    if (--s->count)
        press_first(m);
}

/* Read "ctrl-alt-f1" into C; returns what is behind it, NULL with a line in OUT. */
static const char *read_chord(const char *text, struct sendkey_chord *c, struct text *out)
{
    for (;; text++) {
        size_t len = strcspn(text, "- ");
        const struct key *key = key_by_name(text, len);
        if (!key || c->count == SENDKEY_KEYS) {
            text_printf(out, key ? "at most %d keys at once\n" : "no such key: '%.*s'\n",
                        key ? SENDKEY_KEYS : (int)len, text);
            return NULL;
        }
        c->key[c->count++] = key;
        text += len;
        if (*text != '-')
            return text;
    }
}

void screen_sendkey(struct machine *m, const char *args, struct text *out)
{
    struct sendkey *s = &m->sendkey;
    struct sendkey_chord c = {.hold_ms = HOLD_MS};
    if (!*args) {
        text_puts(out, "sendkey KEY[-KEY]... [MS]: press them together, such as ctrl-alt-f2\n");
        return;
    }
    if (!require(input_has_keyboard(&m->virt.input), "keyboard", "virtio-keyboard-device", out))
        return;
    const char *rest = read_chord(args, &c, out);
    if (!rest)
        return;
    if (*rest == ' ') {
        char *end;
        long ms = strtol(rest, &end, 10);
        if (*end || ms < 1 || ms > HOLD_MS_MAX) {
            text_printf(out, "hold them from 1 to %d ms\n", HOLD_MS_MAX);
            return;
        }
        c.hold_ms = (u16)ms;
    }
    if (s->count == SENDKEY_QUEUE) {
        text_printf(out, "%d are waiting already\n", SENDKEY_QUEUE);
        return;
    }
    s->chord[(s->first + s->count) % SENDKEY_QUEUE] = c;
    s->release.fire = release_first;
    s->release.owner = m;
    if (s->count++ == 0)
        press_first(m);
}

void screen_forget(struct machine *m)
{
    clock_cancel_alarm(&m->virt.clock, &m->sendkey.release);
    m->sendkey.count = 0;
}

/* Read up to COUNT numbers of at most MOUSE_FAR either way; returns how many, -1 for none such. */
static int read_numbers(const char *text, s32 *to, int count)
{
    int n = 0;
    while (*text) {
        char *end;
        long value = strtol(text, &end, 10);
        if (end == text || n == count || value < -MOUSE_FAR || value > MOUSE_FAR)
            return -1;
        to[n++] = (s32)value;
        text = *end == ' ' ? end + 1 : end;
    }
    return n;
}

/* AT moved by BY of SIZE pixels: where a tablet's pointer is then. */
static u32 move_point(u32 at, s32 by, u32 size)
{
    s64 to = at + (s64)by * (INPUT_POINT_MAX + 1) / (size ? size : 1);
    return to < 0 ? 0 : to < INPUT_POINT_MAX ? (u32)to : INPUT_POINT_MAX;
}

static void move_pointer(struct machine *m, s32 dx, s32 dy, s32 wheel)
{
    struct input *in = &m->virt.input;
    const struct display *d = &m->virt.display;
    if (input_is_absolute(in)) {
        input_point(in, move_point(in->x, dx, d->width), move_point(in->y, dy, d->height));
        dx = dy = 0;
    }
    input_move(in, dx, dy, wheel);
}

void screen_mouse_move(struct machine *m, const char *args, struct text *out)
{
    s32 by[3] = {0};
    if (read_numbers(args, by, 3) < 2) {
        text_puts(out, "mouse_move DX DY [DZ]: to the right, down, and by the wheel up\n");
        return;
    }
    if (has_pointer(m, out))
        move_pointer(m, by[0], by[1], by[2]);
}

void screen_mouse_button(struct machine *m, const char *args, struct text *out)
{
    static const enum input_button buttons[] = {INPUT_LEFT, INPUT_MIDDLE, INPUT_RIGHT};
    s32 state;
    if (read_numbers(args, &state, 1) != 1 || state < 0 || state >= 1 << ARRAY_LEN(buttons)) {
        text_puts(out, "mouse_button STATE: what is held, 1 left, 2 middle, 4 right, or a sum\n");
        return;
    }
    if (!has_pointer(m, out))
        return;
    for (unsigned i = 0; i < ARRAY_LEN(buttons); i++)
        input_button(&m->virt.input, buttons[i], bit((u64)state, i));
}

/*
 * Gathering and handing on changes of the screen (display.h).
 */
#include "devices/display.h"

#include <stdlib.h>
#include <string.h>

void display_destroy(struct display *d)
{
    free(d->rows);
    memset(d, 0, sizeof(*d));
}

static struct display_rect whole(const struct display *d)
{
    return (struct display_rect){0, 0, d->width, d->height};
}

bool display_show(struct display *d, const struct display_surface *s)
{
    struct display_row *rows = d->rows;
    if (s->height != d->height) {
        rows = s->height ? calloc(s->height, sizeof(*rows)) : NULL;
        free(d->rows);
        d->rows = rows;
    } else if (rows) {
        memset(rows, 0, s->height * sizeof(*rows)); /* they may reach beyond this surface */
    }
    d->surface = rows ? *s : (struct display_surface){0};
    d->width = d->surface.width;
    d->height = d->surface.height;
    d->resized = true;
    display_touch(d, whole(d));
    return rows || !s->height;
}

void display_connect(struct display *d, const struct display_client *client, void *owner)
{
    d->client = client;
    d->client_owner = owner;
    d->told = false;
    d->resized = true;
    display_touch(d, whole(d));
}

void display_offer_sizes(struct display *d, const struct display_sizer *sizer, void *owner)
{
    d->sizer = sizer;
    d->sizer_owner = owner;
}

void display_want_size(struct display *d, u32 width, u32 height)
{
    if (d->sizer && width && height)
        d->sizer->wanted(d->sizer_owner, width, height);
}

void display_touch(struct display *d, struct display_rect r)
{
    if (r.x >= d->width || r.y >= d->height || !r.width || !r.height)
        return;
    u32 end = r.width < d->width - r.x ? r.x + r.width : d->width;
    u32 bottom = r.height < d->height - r.y ? r.y + r.height : d->height;
    for (u32 y = r.y; y < bottom; y++) {
        struct display_row *row = &d->rows[y];
        bool empty = row->first == row->end;
        row->first = empty || r.x < row->first ? r.x : row->first;
        row->end = empty || end > row->end ? end : row->end;
    }
    display_notify(d);
}

void display_notify(struct display *d)
{
    if (d->told || !d->client)
        return;
    d->told = true;
    d->client->changed(d->client_owner);
}

void display_update(struct display *d)
{
    const struct display_surface *s = &d->surface;
    if (s->source && s->source->collect)
        s->source->collect(s->owner);
}

void display_take(struct display *d, bool (*visit)(void *owner, struct display_rect r), void *owner)
{
    d->told = true; /* whatever collecting finds is taken here */
    display_update(d);
    for (u32 y = 0, next; y < d->height; y = next) {
        struct display_row row = d->rows[y];
        for (next = y + 1; next < d->height; next++)
            if (d->rows[next].first != row.first || d->rows[next].end != row.end)
                break;
        if (row.first == row.end)
            continue;
        if (!visit(owner, (struct display_rect){row.first, y, row.end - row.first, next - y}))
            return;
        memset(&d->rows[y], 0, (next - y) * sizeof(row));
    }
    d->told = false;
    d->resized = false;
}

/* What is seen of a stretch from AT, as long as a cursor's side, of SIZE pixels. */
static u32 visible(s32 at, u32 size, u32 *first)
{
    s64 end = (s64)at + DISPLAY_CURSOR_SIDE;
    *first = at > 0 ? (u32)at : 0;
    end = end < size ? end : size;
    return end > *first ? (u32)end - *first : 0;
}

static void touch_cursor(struct display *d)
{
    struct display_rect r;
    if (!d->cursor.shown)
        return;
    r.width = visible(d->cursor.x, d->width, &r.x);
    r.height = visible(d->cursor.y, d->height, &r.y);
    display_touch(d, r);
}

void display_set_cursor(struct display *d, const u32 *pixels)
{
    if (pixels)
        memcpy(d->cursor.pixels, pixels, sizeof(d->cursor.pixels));
    else
        touch_cursor(d);
    d->cursor.shown = pixels;
    touch_cursor(d);
}

void display_move_cursor(struct display *d, s32 x, s32 y)
{
    if (x == d->cursor.x && y == d->cursor.y)
        return;
    touch_cursor(d);
    d->cursor.x = x;
    d->cursor.y = y;
    touch_cursor(d);
}

/* OVER, its colours multiplied by its alpha, upon UNDER. */
static u32 blend(u32 under, u32 over)
{
    enum { OPAQUE = 255 };
    u32 clear = OPAQUE - (over >> 24), result = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        u32 c = (over >> shift & 0xff) + (under >> shift & 0xff) * clear / OPAQUE;
        result |= (c < OPAQUE ? c : OPAQUE) << shift;
    }
    return result;
}

void display_read(const struct display *d, u32 x, u32 y, u32 count, u32 *to)
{
    const struct display_cursor *c = &d->cursor;
    s64 line = (s64)y - c->y;
    memcpy(to, d->surface.pixels + (u64)y * d->surface.stride + (u64)x * sizeof(*to),
           count * sizeof(*to));
    if (!c->shown || line < 0 || line >= DISPLAY_CURSOR_SIDE)
        return;
    for (unsigned i = 0; i < DISPLAY_CURSOR_SIDE; i++) {
        s64 at = (s64)c->x + i - x;
        if (at >= 0 && at < count)
            to[at] = blend(to[at], c->pixels[line * DISPLAY_CURSOR_SIDE + i]);
    }
}

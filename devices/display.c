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

bool display_show(struct display *d, const u8 *pixels, u32 width, u32 height, u32 stride,
                  const struct display_source *source, void *owner)
{
    struct display_row *rows = calloc(height, sizeof(*rows));
    if (!rows)
        return false;
    free(d->rows);
    d->rows = rows;
    d->pixels = pixels;
    d->width = width;
    d->height = height;
    d->stride = stride;
    d->source = source;
    d->source_owner = owner;
    d->resized = true;
    display_touch(d, (struct display_rect){0, 0, width, height});
    return true;
}

void display_connect(struct display *d, const struct display_client *client, void *owner)
{
    d->client = client;
    d->client_owner = owner;
    d->told = false;
    d->resized = true;
    display_touch(d, (struct display_rect){0, 0, d->width, d->height});
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
    if (d->source && d->source->collect)
        d->source->collect(d->source_owner);
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

/*
 * What a screen shows, between the device that draws it (a frame buffer in RAM, a
 * GPU's scanout) and whoever looks at it (a window, a screen dump). It knows
 * neither. Changes are gathered per row as a range of pixels, so that taking
 * them costs what has changed, and nothing when nothing has.
 *
 * Everything runs on the machine's thread. Pixels are 32 bits, 0xXXRRGGBB in the
 * host's byte order; the top byte means nothing.
 */
#ifndef DEVICES_DISPLAY_H
#define DEVICES_DISPLAY_H

#include "core/types.h"

struct display_rect {
    u32 x, y, width, height; /* pixels */
};

/* Who draws. */
struct display_source {
    /* Note by display_touch what was drawn since the last time; may be NULL. */
    void (*collect)(void *owner);
};

/* Who looks. */
struct display_client {
    /*
     * The screen differs from what was taken last. Said once, then not again until
     * something has been taken. Not the moment to take it: a guest's store may be
     * under way.
     */
    void (*changed)(void *owner);
};

/* The pixels of a row that have changed: from FIRST to before END. */
struct display_row {
    u32 first, end;
};

struct display {
    u32 width, height; /* pixels; 0 while there is no surface */
    u32 stride;        /* bytes from one row to the next */
    const u8 *pixels;  /* the source's, who keeps them until it gives another surface */
    struct display_row *rows;
    const struct display_source *source;
    void *source_owner;
    const struct display_client *client;
    void *client_owner;
    bool resized; /* since the client took */
    bool told;    /* the client knows that there are changes */
};

/* Zeroed is a display without a surface; this frees what it has gathered since. */
void display_destroy(struct display *d);

/*
 * Show the surface of WIDTH by HEIGHT pixels at PIXELS, rows STRIDE bytes apart,
 * drawn by SOURCE. False, with nothing changed, when the host has no memory.
 */
bool display_show(struct display *d, const u8 *pixels, u32 width, u32 height, u32 stride,
                  const struct display_source *source, void *owner);

/* Become the one who looks; everything is new to him. CLIENT may be NULL: nobody looks. */
void display_connect(struct display *d, const struct display_client *client, void *owner);

/* For the source: R (cut to what there is) has been drawn. */
void display_touch(struct display *d, struct display_rect r);

/* For the source: something has been drawn, what will be told by its collect. */
void display_notify(struct display *d);

/*
 * For the client: call VISIT with disjoint rectangles, from top to bottom, that
 * cover all changes since the last time. VISIT returning false leaves the rest for
 * the next time, that rectangle included, and the client is not told again: it
 * knows. With d->resized (cleared when all is taken) the surface is another one.
 */
void display_take(struct display *d, bool (*visit)(void *owner, struct display_rect r),
                  void *owner);

/* Bring the pixels up to date for a look at all of them that takes nothing. */
void display_update(struct display *d);

/* The pixel at column X of row Y. */
static inline u32 display_pixel(const struct display *d, u32 x, u32 y)
{
    u32 pixel;
    __builtin_memcpy(&pixel, d->pixels + (u64)y * d->stride + (u64)x * 4, 4);
    return pixel;
}

#endif

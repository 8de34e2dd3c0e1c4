/*
 * What a screen shows, between the device that draws it (a frame buffer in RAM, a
 * GPU's scanout) and whoever looks at it (a window, a screen dump). It knows
 * neither. Changes are gathered per row as a range of pixels, so that taking
 * them costs what has changed, and nothing when nothing has.
 *
 * Everything runs on the machine's thread, but for reading the pixels of a surface that
 * says it is lasting. Pixels are 32 bits, 0xXXRRGGBB in the
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

/* What is drawn. Zeroed: no picture at all. */
struct display_surface {
    const u8 *pixels;  /* the source's, who keeps them until another surface is shown */
    u32 width, height; /* pixels */
    u32 stride;        /* bytes from one row to the next; 0: all rows are the same one */
    const struct display_source *source;
    void *owner; /* what the source gets */
    /*
     * The pixels stay where they are as long as the machine exists, and any thread may
     * read them, while they change, too: guest RAM.
     */
    bool lasting;
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

/* Who could draw in another size, if the one who looks wants that. */
struct display_sizer {
    void (*wanted)(void *owner, u32 width, u32 height);
};

/* The pixels of a row that have changed: from FIRST to before END. */
struct display_row {
    u32 first, end;
};

enum { DISPLAY_CURSOR_SIDE = 64 };

/* A picture over the picture, 0xAARRGGBB, colours multiplied by alpha already. */
struct display_cursor {
    u32 pixels[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE];
    s32 x, y; /* its upper left corner */
    bool shown;
};

struct display {
    u32 width, height; /* pixels, of the surface; 0 while there is none */
    struct display_surface surface;
    struct display_cursor cursor;
    struct display_row *rows;
    const struct display_client *client;
    void *client_owner;
    const struct display_sizer *sizer;
    void *sizer_owner;
    bool resized; /* since the client took */
    bool told;    /* the client knows that there are changes */
};

/* Zeroed is a display without a surface; this frees what it has gathered since. */
void display_destroy(struct display *d);

/* Show S. False, with no surface at all then, when the host has no memory. */
bool display_show(struct display *d, const struct display_surface *s);

/* Become the one who looks; everything is new to him. CLIENT may be NULL: nobody looks. */
void display_connect(struct display *d, const struct display_client *client, void *owner);

/* Be asked for other sizes; NULL: nobody is. */
void display_offer_sizes(struct display *d, const struct display_sizer *sizer, void *owner);

/* For the client: it would rather see a picture of this size. */
void display_want_size(struct display *d, u32 width, u32 height);

/* For the source: R (cut to what there is) has been drawn. */
void display_touch(struct display *d, struct display_rect r);

/* For the source: something has been drawn, what will be told by its collect. */
void display_notify(struct display *d);

/* For the source: another cursor, as in struct display_cursor, where it was; NULL: none. */
void display_set_cursor(struct display *d, const u32 *pixels);

/* For the source: put the cursor's upper left corner there, outside of the picture perhaps. */
void display_move_cursor(struct display *d, s32 x, s32 y);

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

/* Copy COUNT pixels of row Y from column X on, all of which there are, cursor included. */
void display_read(const struct display *d, u32 x, u32 y, u32 count, u32 *to);

#endif

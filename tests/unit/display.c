/*
 * The display: what changes is taken once, in the rectangles it was drawn in, and
 * the frame buffer that tells by its dirty pages, under a CPU that keeps storing.
 */
#include <criterion/criterion.h>

#include "devices/framebuffer.h"
#include "tests/unit/harness.h"

enum { WIDTH = 1024, HEIGHT = 16, FRAMEBUFFER = 0x0c000000 };

struct looker {
    struct display_rect rects[64];
    unsigned count, told;
    bool refuse;
};

static void changed(void *owner)
{
    ((struct looker *)owner)->told++;
}

static bool take(void *owner, struct display_rect r)
{
    struct looker *l = owner;
    if (l->refuse)
        return false;
    cr_assert(l->count < ARRAY_LEN(l->rects));
    l->rects[l->count++] = r;
    return true;
}

static const struct display_client client = {.changed = changed};

static void expect_rect(struct looker *l, unsigned i, u32 x, u32 y, u32 width, u32 height)
{
    cr_assert(i < l->count, "only %u rectangles", l->count);
    struct display_rect r = l->rects[i];
    cr_assert(r.x == x && r.y == y && r.width == width && r.height == height,
              "%u,%u %ux%u, not %u,%u %ux%u", r.x, r.y, r.width, r.height, x, y, width, height);
}

static void take_all(struct display *d, struct looker *l)
{
    l->count = l->told = 0;
    display_take(d, take, l);
}

Test(display, changes_are_taken_once)
{
    static const u32 pixels[8 * 4];
    struct display d = {0};
    struct looker l = {0};
    cr_assert(display_show(
        &d, &(struct display_surface){(const u8 *)pixels, 8, 4, 32, NULL, NULL, false}));
    display_connect(&d, &client, &l);
    cr_assert_eq(l.told, 1);
    take_all(&d, &l);
    cr_assert_eq(l.count, 1);
    expect_rect(&l, 0, 0, 0, 8, 4);
    take_all(&d, &l);
    cr_assert_eq(l.count, 0);
    display_touch(&d, (struct display_rect){1, 1, 2, 2});
    display_touch(&d, (struct display_rect){5, 2, 99, 1}); /* cut at the edge, joined in its row */
    display_touch(&d, (struct display_rect){8, 0, 1, 1});  /* outside */
    cr_assert_eq(l.told, 1);
    l.refuse = true;
    take_all(&d, &l);
    l.refuse = false;
    take_all(&d, &l);
    cr_assert_eq(l.count, 2);
    expect_rect(&l, 0, 1, 1, 2, 1);
    expect_rect(&l, 1, 1, 2, 7, 1);
    cr_assert_eq(l.told, 0);
    display_destroy(&d);
}

Test(display, stores_by_the_cpu_are_noticed_each_time)
{
    struct harness *h = harness_create("cortex-a57");
    struct ram *ram =
        bus_add_ram(&h->bus, "framebuffer", FRAMEBUFFER, framebuffer_size(WIDTH, HEIGHT));
    struct display d = {0};
    struct looker l = {0};
    struct framebuffer f;
    const u32 code[] = {0xb9000020, 0x17ffffff}; /* str w0, [x1]; b .-4 */
    cr_assert(framebuffer_init(&f, ram, &h->engine, &d, WIDTH, HEIGHT));
    display_connect(&d, &client, &l);
    take_all(&d, &l);
    harness_write(h, HARNESS_CODE, code, sizeof(code));
    h->cpu->pc = HARNESS_CODE;
    h->cpu->x[0] = 0x123456;
    h->cpu->x[1] = FRAMEBUFFER + 3 * 4096 + 40;
    for (unsigned i = 0; i < 3; i++) {
        cpu_run(h->cpu, 1000); /* through the TLB after the first store */
        cr_assert_eq(l.told, 1, "round %u", i);
        take_all(&d, &l);
        cr_assert_eq(l.count, 1);
        expect_rect(&l, 0, 0, 3, WIDTH, 1);
        u32 pixel;
        display_read(&d, 10, 3, 1, &pixel);
        cr_assert_eq(pixel, 0x123456);
    }
    take_all(&d, &l);
    cr_assert_eq(l.count, 0);
    bus_dma_write(&h->bus, FRAMEBUFFER + 5 * 4096 - 4, code, 8); /* across two pages */
    cr_assert_eq(l.told, 1);
    take_all(&d, &l);
    expect_rect(&l, 0, 0, 4, WIDTH, 2);
    bus_write(&h->bus, FRAMEBUFFER, 4, 7);
    take_all(&d, &l);
    expect_rect(&l, 0, 0, 0, WIDTH, 1);
    display_destroy(&d);
    harness_destroy(h);
}

/*
 * Hostile drivers at random: register accesses and rings full of nonsense, near
 * enough to sense that most of it is looked at. Nothing may crash, hang or touch
 * host memory outside guest RAM, which the sanitizers watch; and a reset always
 * brings a device back to life.
 *
 *     fuzz_virtio [ROUNDS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/host_share.h"
#include "devices/virtio_9p.h"
#include "devices/virtio_balloon.h"
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_gpu.h"
#include "devices/virtio_input.h"
#include "devices/virtio_mmio.h"
#include "devices/virtio_net.h"
#include "devices/virtio_rng.h"
#include "tests/fuzz/random.h"
#include "tests/fuzz/virtio/rig.h"

/* --- the driver ------------------------------------------------------------------ */

/* An address that is mostly somewhere in RAM, and sometimes at an edge of it or of all. */
static u64 address(struct fuzz *f)
{
    switch (pick(f, 16)) {
    case 0:
        return RAM_BASE + RAM_SIZE - pick(f, 64);
    case 1:
        return rng_next(&f->random);
    case 2:
        return UINT64_MAX - pick(f, 64);
    case 3:
        return RAM_BASE - pick(f, 16);
    default:
        return RAM_BASE + pick(f, RAM_SIZE) / 16 * 16;
    }
}

static u32 length(struct fuzz *f)
{
    static const u32 usual[] = {1, 12, 16, 16, 20, 512, 513, 1024, 1526, 4096, 48, 256};
    return pick(f, 20) ? usual[pick(f, ARRAY_LEN(usual))] : (u32)rng_next(&f->random);
}

static void store(struct fuzz *f, u64 pa, unsigned size, u64 value)
{
    bus_write(&f->bus, pa, size, value);
}

static u64 queue_base(unsigned queue)
{
    return RAM_BASE + 0x2000 * queue;
}

/* What a driver of a block device would begin a request with, or nearly. */
static void request_blk(struct fuzz *f, u64 pa)
{
    store(f, pa, 4, pick(f, 15));
    store(f, pa + 4, 4, pick(f, 9) | pick(f, 2) << 16);
    store(f, pa + 8, 8, pick(f, 8) ? pick(f, SECTORS + 2) : rng_next(&f->random));
}

/* Descriptors that make chains, now and then broken ones; a request's header at their buffers. */
static void fill_queue(struct fuzz *f, unsigned queue)
{
    u64 base = queue_base(queue), driver = base + (f->slot.legacy ? 16 * QUEUE_SIZE : DRIVER_AREA);
    for (unsigned i = 0; i < QUEUE_SIZE; i++) {
        static const u16 flags[] = {1, 1, 2, 2, 3, 3, 0, 4, 5, 7};
        u64 pa = address(f);
        store(f, base + 16 * i, 8, pa);
        store(f, base + 16 * i + 8, 4, pick(f, 4) ? length(f) : 16 * (1 + pick(f, 16)));
        store(f, base + 16 * i + 12, 2, flags[pick(f, ARRAY_LEN(flags))]);
        store(f, base + 16 * i + 14, 2, pick(f, 30) ? (i + 1) % QUEUE_SIZE : pick(f, 70000));
        if (pick(f, 2))
            request_blk(f, pa);
        store(f, driver + 4 + 2 * i, 2, pick(f, 40) ? i : pick(f, 70000));
    }
    u64 seen = 0;
    bus_read(&f->bus, driver + 2, 2, &seen);
    store(f, driver + 2, 2, seen + (pick(f, 40) ? 1 + pick(f, 4) : pick(f, 70000)));
    store(f, driver, 2, pick(f, 2));
}

/* Make the chain at HEAD available. */
static void offer(struct fuzz *f, unsigned queue, u16 head)
{
    u64 driver = queue_base(queue) + DRIVER_AREA, index = 0;
    bus_read(&f->bus, driver + 2, 2, &index);
    store(f, driver + 4 + 2 * (index % QUEUE_SIZE), 2, head);
    store(f, driver + 2, 2, index + 1);
}

static void put(struct fuzz *f, u64 offset, u32 value)
{
    bus_write(&f->bus, SLOT + offset, 4, value);
}

/* As 3.1.1 has it, with features at random and queues where fill_queue puts them. */
static void start(struct fuzz *f, bool legacy)
{
    put(f, STATUS, 0);
    put(f, STATUS, 3);
    u64 features = virtio_offered(f->device, legacy);
    if (pick(f, 2))
        features &= rng_next(&f->random) | BIT(32);
    for (u32 i = 0; i < 2; i++) {
        put(f, 0x24, i);
        put(f, 0x20, (u32)(features >> 32 * i));
    }
    put(f, STATUS, 11);
    put(f, 0x28, 4096);
    for (unsigned q = 0; q < f->device->ops->queues; q++) {
        u64 base = queue_base(q);
        const u64 area[] = {base, base + DRIVER_AREA, base + 0xc00};
        put(f, 0x30, q);
        put(f, 0x38,
            f->device->ops->queue_size < QUEUE_SIZE ? f->device->ops->queue_size : QUEUE_SIZE);
        for (unsigned i = 0; i < ARRAY_LEN(area); i++)
            put(f, 0x80 + 0x10 * i, (u32)area[i]);
        put(f, 0x44, 1);
        put(f, 0x3c, 1024);
        put(f, 0x40, (u32)(base / 4096));
        for (u64 i = 0; i < 0x1000; i += 8)
            store(f, base + i, 8, 0);
    }
    put(f, STATUS, 15);
    if (!virtio_live(f->device))
        abort(); /* a reset did not bring it back */
}

/*
 * A command to the GPU in a chain without fault: mostly with sense, about few
 * resources, small ones or of a cursor's size, backed by any of the RAM.
 */
static void command_gpu(struct fuzz *f)
{
    static const u16 types[] = {0x100, 0x101, 0x101, 0x102, 0x103, 0x103, 0x104, 0x105,
                                0x105, 0x106, 0x106, 0x107, 0x10a, 0x300, 0x301};
    static const u32 formats[] = {1, 2, 3, 4, 67, 68, 121, 134, 5};
    static const u32 sides[] = {1, 5, 16, 64, 64, 64, 64, 500, 16384};
    enum { REQUEST = 0x8000, REPLY = 0x9000, ROOM = 1100, LEN = 24 + 32 + 24, RESOURCES = 4 };
    u32 q[LEN / 4] = {types[pick(f, ARRAY_LEN(types))], (u32)pick(f, 2)}, *body = q + 6;
    unsigned queue = q[0] >= 0x300;
    u32 resource = 1 + (u32)pick(f, RESOURCES);
    for (u32 *word = body; word < q + ARRAY_LEN(q); word++)
        *word = (u32)pick(f, 20);
    switch (q[0]) {
    case 0x101:
        body[0] = resource;
        body[1] = formats[pick(f, ARRAY_LEN(formats))];
        body[2] = sides[pick(f, ARRAY_LEN(sides))];
        body[3] = body[2] == 64 ? 64 : sides[pick(f, ARRAY_LEN(sides))];
        break;
    case 0x103: /* the resource behind the scanout, behind the rectangle */
        body[4] = pick(f, 30) == 0;
        body[5] = pick(f, 4) ? resource : 0;
        break;
    case 0x105: /* and behind the offset */
        body[5] = 0;
        body[6] = resource;
        break;
    case 0x106:
        body[0] = resource;
        body[1] = 1 + (u32)pick(f, 4);
        for (unsigned i = 0; i < 3; i++) {
            u64 pa = address(f);
            memcpy(&body[2 + 4 * i], &pa, sizeof(pa));
            body[4 + 4 * i] = pick(f, 2) ? length(f) : (u32)pick(f, RAM_SIZE / 2);
        }
        break;
    case 0x300:
    case 0x301:
        body[0] = pick(f, 30) == 0;
        body[1] = (u32)rng_next(&f->random) >> pick(f, 32);
        body[4] = pick(f, 4) ? resource : 0;
        break;
    default:
        body[pick(f, 2) ? 0 : 4] = resource;
    }
    if (pick(f, 10) == 0)
        body[pick(f, 8)] = (u32)rng_next(&f->random);
    for (unsigned i = 0; i < ARRAY_LEN(q); i++)
        store(f, RAM_BASE + REQUEST + 4 * i, 4, q[i]);
    const u64 descriptors[] = {RAM_BASE + REQUEST, LEN | UINT64_C(1) << 32 | UINT64_C(1) << 48,
                               RAM_BASE + REPLY, ROOM | UINT64_C(2) << 32};
    for (unsigned i = 0; i < ARRAY_LEN(descriptors); i++)
        store(f, queue_base(queue) + 8 * i, 8, descriptors[i]);
    offer(f, queue, 0);
    put(f, NOTIFY, queue);
}

/* Whoever looks at a display: every pixel that it says is there is read. */
static bool look(void *owner, struct display_rect r)
{
    struct fuzz *f = owner;
    for (u32 y = r.y; y < r.y + r.height; y++)
        display_read(&f->display, r.x, y, r.width, f->row);
    return pick(f, 16);
}

/* What comes from the user, and what waits for the clock. */
static void use(struct fuzz *f)
{
    const struct key *key = key_by_code((unsigned)pick(f, KEY_CODE_COUNT));
    if (key)
        input_key(&f->input, key, pick(f, 2));
    input_button(&f->input, (enum input_button)pick(f, INPUT_BUTTONS), pick(f, 2));
    input_move(&f->input, (s32)rng_next(&f->random), (s32)pick(f, 3), (s32)pick(f, 3) - 1);
    input_point(&f->input, (u32)pick(f, 70000), (u32)rng_next(&f->random));
    if (pick(f, 8) == 0)
        display_want_size(&f->display, (u32)pick(f, 5000), (u32)rng_next(&f->random));
    display_take(&f->display, look, f);
    clock_run(&f->clock);
}

static void step(struct fuzz *f)
{
    u8 frame[2000];
    u64 ignored;
    switch (pick(f, 17)) {
    case 0: /* any access to any register */
        bus_write(&f->bus, SLOT + pick(f, WINDOW), 1u << pick(f, 4),
                  pick(f, 2) ? rng_next(&f->random) : pick(f, 20));
        break;
    case 1:
        bus_read(&f->bus, SLOT + pick(f, WINDOW), 1u << pick(f, 4), &ignored);
        break;
    case 2: /* what waits at the disk, or some of it, or was done elsewhere */
        host_loop_dispatch(f->loop);
        if (f->waiting_count && pick(f, 2))
            carry_out(f, f->waiting[--f->waiting_count]);
        else
            drain(&f->disk, false);
        break;
    case 3:
        memset(frame, (int)pick(f, 256), sizeof(frame));
        if (f->net.client)
            f->net.client->receive(f->net.owner, frame, pick(f, sizeof(frame)));
        u64 room = chardev_room(&f->line);
        chardev_receive(&f->line, frame, room < sizeof(frame) ? room : sizeof(frame));
        room = chardev_room(&f->other);
        chardev_receive(&f->other, frame, room < sizeof(frame) ? room : sizeof(frame));
        chardev_send_event(&f->other, pick(f, 2) ? CHARDEV_OPENED : CHARDEV_CLOSED);
        break;
    case 4:
        if (f->device->ops->id == VIRTIO_ID_BALLOON) {
            virtio_balloon_set(f->device, pick(f, RAM_SIZE));
            virtio_balloon_ask(f->device);
        }
        if (f->net.client)
            f->net.client->writable(f->net.owner);
        chardev_writable(&f->line);
        chardev_writable(&f->other);
        break;
    case 5: /* any word of the rings */
        store(f, queue_base((unsigned)pick(f, f->device->ops->queues)) + pick(f, 0x1000), 2,
              rng_next(&f->random));
        break;
    case 6:
        use(f);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        if (f->device->ops->id == VIRTIO_ID_GPU)
            command_gpu(f);
        break;
    default:
        if (f->device->ops->id == VIRTIO_ID_GPU && pick(f, 20))
            break; /* most of the time it is not broken */
        fill_queue(f, (unsigned)pick(f, f->device->ops->queues));
        put(f, NOTIFY, (u32)pick(f, f->device->ops->queues));
    }
}

/* --- devices --------------------------------------------------------------------- */

static struct virtio *make_blk(struct fuzz *f)
{
    struct virtio_blk_options o = {.serial = "fuzz", .synchronous = pick(f, 4) == 0};
    return virtio_blk_create(&f->disk, &o);
}

static struct virtio *make_net(struct fuzz *f)
{
    static const u8 mac[VIRTIO_NET_MAC] = {0x52, 0x54};
    return virtio_net_create(&f->net, mac);
}

static struct virtio *make_rng(struct fuzz *f)
{
    return virtio_rng_create(true, 1);
}

static struct virtio *make_console(struct fuzz *f)
{
    const struct virtio_console_port port[] = {
        {.present = true, .console = true, .backend = &f->line},
        {.present = false},
        {.present = true, .name = "org.example.port", .backend = &f->other},
    };
    return virtio_console_create(port, ARRAY_LEN(port));
}

/* What messages do is up to fuzz_p9; here it matters in what memory they are. */
static struct virtio *make_9p(struct fuzz *f)
{
    return virtio_9p_create(f->share, "fuzz", pick(f, 4) == 0);
}

static struct virtio *make_balloon(struct fuzz *f)
{
    struct virtio_balloon_options o = {RAM_SIZE, pick(f, 2), pick(f, 2)};
    return virtio_balloon_create(&o);
}

static u64 no_time(void *owner)
{
    return 0;
}

static struct virtio *make_gpu(struct fuzz *f)
{
    struct virtio_gpu_options o = {&f->display, &f->clock, 1280, 800};
    return virtio_gpu_create(&o);
}

static struct virtio *make_input(struct fuzz *f)
{
    return virtio_input_create((enum virtio_input_kind)pick(f, VIRTIO_TABLET + 1), &f->input,
                               "fuzz");
}

static const struct {
    struct virtio *(*make)(struct fuzz *f);
    void (*destroy)(struct virtio *v);
} devices[] = {
    {make_blk, virtio_blk_destroy},         {make_net, virtio_net_destroy},
    {make_console, virtio_console_destroy}, {make_rng, virtio_rng_destroy},
    {make_9p, virtio_9p_destroy},           {make_balloon, virtio_balloon_destroy},
    {make_gpu, virtio_gpu_destroy},         {make_input, virtio_input_destroy},
};

static void round_of(struct fuzz *f, unsigned kind, bool legacy)
{
    struct irq_line nowhere = {0};
    f->bus = (struct bus){0};
    if (!bus_add_ram(&f->bus, "ram", RAM_BASE, RAM_SIZE))
        abort();
    f->disk = (struct disk){.ops = &disk_ops, .size = sizeof(f->contents), .physical_block = 512};
    f->net = (struct netdev){.ops = &net_ops, .takes_segments = true, .trusted = true};
    f->line = (struct chardev){.ops = &line_ops};
    f->other = (struct chardev){.ops = &other_ops, .absent = true};
    f->clock = (struct clock){.source = no_time};
    f->input = (struct input){0};
    f->display = (struct display){0};
    display_show(&f->display,
                 &(struct display_surface){(const u8 *)f->beneath, 8, 8, 32, NULL, NULL, false});
    f->device = devices[kind].make(f);
    legacy = legacy && !f->device->ops->modern;
    virtio_mmio_init(&f->slot, legacy, &f->bus, nowhere, NULL);
    bus_add_mmio(&f->bus, SLOT, &virtio_mmio_ops, &f->slot);
    virtio_mmio_plug(&f->slot, f->device);
    for (unsigned i = 0; i < 4; i++) {
        start(f, legacy);
        for (unsigned n = 0; n < STEPS; n++) {
            step(f);
            if (!virtio_live(f->device) && pick(f, 8) == 0)
                start(f, legacy);
        }
    }
    bus_reset(&f->bus);
    if (f->waiting_count)
        abort(); /* a device that was reset still has guest memory in use */
    devices[kind].destroy(f->device);
    if (f->display.surface.pixels != (const u8 *)f->beneath || f->input.device || f->clock.first)
        abort(); /* something of the device is left */
    display_destroy(&f->display);
    bus_destroy(&f->bus);
}

/* Read-only, so that it can be removed in the end. */
static void open_folder(struct fuzz *f)
{
    char error[HOST_SHARE_ERROR];
    snprintf(f->folder, sizeof(f->folder), "/tmp/fuzz_virtio.XXXXXX");
    struct host_share_options o = {.path = f->folder, .readonly = true};
    f->loop = host_loop_create(NULL, NULL);
    f->share = mkdtemp(f->folder) ? host_share_open(f->loop, &o, error) : NULL;
    if (!f->share)
        abort();
}

int main(int argc, char *argv[])
{
    u64 rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 100;
    u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    struct fuzz *f = calloc(1, sizeof(*f));
    if (!f)
        return 1;
    f->random = rng_at(seed, 0);
    open_folder(f);
    for (u64 i = 0; i < rounds; i++)
        for (unsigned kind = 0; kind < ARRAY_LEN(devices); kind++)
            round_of(f, kind, i & 1);
    f->share->ops->destroy(f->share);
    host_loop_destroy(f->loop);
    rmdir(f->folder);
    free(f);
    printf("%llu rounds of each device from seed %llu\n", (unsigned long long)rounds,
           (unsigned long long)seed);
    return 0;
}

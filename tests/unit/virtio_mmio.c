/*
 * The registers of virtio over MMIO (VIRTIO 1.2, 4.2.2 and 4.2.4) in both
 * versions, with a device that has some configuration.
 */
#include <libfdt.h>

#include "tests/unit/virtio_rig.h"

enum { OWN_FEATURE = 3 };

struct toy {
    struct virtio virtio;
    u8 config[8];
    unsigned notified, ready, configured, resets;
    unsigned last_queue;
};

static struct toy t;
static struct rig *r;

static void notify(void *dev, unsigned queue)
{
    ((struct toy *)dev)->notified++;
    ((struct toy *)dev)->last_queue = queue;
}

static void ready(void *dev)
{
    ((struct toy *)dev)->ready++;
}

static void configured(void *dev)
{
    ((struct toy *)dev)->configured++;
}

static void reset(void *dev)
{
    ((struct toy *)dev)->resets++;
}

static const struct virtio_ops toy_ops = {
    .name = "toy",
    .id = 42,
    .queues = 3,
    .queue_size = 64,
    .notify = notify,
    .ready = ready,
    .configured = configured,
    .reset = reset,
};

static void tear_down(void)
{
    rig_destroy(r);
    virtio_destroy(&t.virtio);
    r = NULL;
}

static void make(bool legacy)
{
    if (r)
        tear_down(); /* of another kind, from set_up */
    static const u8 config[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    memset(&t, 0, sizeof(t));
    cr_assert(virtio_init(&t.virtio, &toy_ops, &t, t.config, sizeof(t.config)));
    memcpy(t.config, config, sizeof(config));
    t.virtio.offered = BIT(OWN_FEATURE);
    t.virtio.writable_first = 4;
    t.virtio.writable_end = 6;
    r = rig_create(&t.virtio, legacy);
}

static void set_up(void)
{
    make(false);
}

TestSuite(virtio_mmio, .init = set_up, .fini = tear_down);

Test(virtio_mmio, an_empty_slot)
{
    struct rig *empty = rig_create(NULL, true);
    cr_assert_eq(rig_get(empty, R_MAGIC), 0x74726976);
    cr_assert_eq(rig_get(empty, R_VERSION), 1);
    cr_assert_eq(rig_get(empty, R_DEVICE), 0);
    rig_put(empty, R_STATUS, 1);
    rig_put(empty, R_NOTIFY, 0);
    rig_put(empty, R_CONFIG, 1);
    for (u64 at = R_FEATURES; at < 0x200; at += 4)
        cr_assert_eq(rig_get(empty, at), 0);
    rig_destroy(empty);
}

Test(virtio_mmio, identification)
{
    cr_assert_eq(rig_get(r, R_MAGIC), 0x74726976);
    cr_assert_eq(rig_get(r, R_VERSION), 2);
    cr_assert_eq(rig_get(r, R_DEVICE), 42);
    cr_assert_eq(rig_get(r, R_SHM_LEN), UINT32_MAX);
}

Test(virtio_mmio, features)
{
    cr_assert_eq(rig_offered(r), BIT(OWN_FEATURE) | F_INDIRECT | F_EVENT | F_VERSION);
    rig_put(r, R_FEATURES_SEL, 2);
    cr_assert_eq(rig_get(r, R_FEATURES), 0);
    cr_assert(rig_negotiate(r, F_VERSION | BIT(OWN_FEATURE)));
    cr_assert(virtio_has(&t.virtio, OWN_FEATURE));
    cr_assert(!virtio_has(&t.virtio, VIRTIO_F_EVENT_IDX));
    rig_put(r, R_DRIVER_FEATURES_SEL, 0);
    rig_put(r, R_DRIVER_FEATURES, 0);
    cr_assert(virtio_has(&t.virtio, OWN_FEATURE), "they are settled");
    cr_assert(!rig_negotiate(r, F_VERSION | BIT(OWN_FEATURE + 1)), "it was not offered");
    cr_assert(!rig_negotiate(r, BIT(OWN_FEATURE)), "6.1: VERSION_1 is needed");
    rig_put(r, R_STATUS, S_ACKNOWLEDGE | S_DRIVER | S_DRIVER_OK);
    cr_assert(!(rig_get(r, R_STATUS) & S_DRIVER_OK));
    cr_assert_eq(t.ready, 0);
}

Test(virtio_mmio, queues)
{
    cr_assert(rig_negotiate(r, F_VERSION));
    rig_put(r, R_QUEUE_SEL, 2);
    cr_assert_eq(rig_get(r, R_NUM_MAX), 64);
    rig_put(r, R_QUEUE_SEL, 3);
    cr_assert_eq(rig_get(r, R_NUM_MAX), 0);
    rig_put(r, R_NUM, 8);
    rig_put(r, R_READY, 1);
    cr_assert_eq(rig_get(r, R_READY), 0);
    rig_put(r, R_QUEUE_SEL, UINT32_MAX);
    cr_assert_eq(rig_get(r, R_NUM_MAX), 0);
    rig_queue(r, 1, 16);
    cr_assert_eq(rig_get(r, R_READY), 1);
    rig_put(r, R_QUEUE_SEL, 0);
    cr_assert_eq(rig_get(r, R_READY), 0);
    rig_notify(r, 1);
    cr_assert_eq(t.notified, 0, "not before DRIVER_OK");
    rig_go(r);
    cr_assert_eq(t.ready, 1);
    rig_notify(r, 1);
    cr_assert_eq(t.notified, 1);
    cr_assert_eq(t.last_queue, 1);
    rig_notify(r, 0);
    rig_notify(r, 3);
    rig_notify(r, UINT32_MAX);
    cr_assert_eq(t.notified, 1, "these are not ready, or not there");
    rig_put(r, R_QUEUE_SEL, 1);
    rig_put(r, R_NUM, 8);
    cr_assert(rig_logged(r, "while the queue is in use"));
    rig_put(r, R_READY, 0);
    cr_assert_eq(rig_get(r, R_READY), 0);
}

Test(virtio_mmio, status_and_reset)
{
    rig_start(r, BIT(OWN_FEATURE), 1, 8);
    cr_assert_eq(rig_get(r, R_STATUS), 15);
    virtio_config_changed(&t.virtio);
    cr_assert(r->irq);
    unsigned resets = t.resets;
    rig_put(r, R_STATUS, 0);
    cr_assert_eq(t.resets, resets + 1);
    cr_assert_eq(rig_get(r, R_STATUS), 0);
    cr_assert_eq(rig_get(r, R_INTERRUPT), 0);
    cr_assert(!r->irq);
    rig_put(r, R_QUEUE_SEL, 0);
    cr_assert_eq(rig_get(r, R_READY), 0);
    cr_assert_eq(t.virtio.features, 0);
}

Test(virtio_mmio, configuration_space)
{
    u64 value;
    cr_assert_eq(rig_get(r, R_CONFIG), 0x04030201);
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_CONFIG + 5, 1, &value), BUS_OK);
    cr_assert_eq(value, 6);
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_CONFIG + 2, 2, &value), BUS_OK);
    cr_assert_eq(value, 0x0403);
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_CONFIG, 8, &value), BUS_OK);
    cr_assert_eq(value, UINT64_C(0x0807060504030201));
    cr_assert_eq(rig_get(r, R_CONFIG + 8), 0);
    cr_assert_eq(rig_get(r, 0x1fc), 0);
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + 4, 2, 0xabcd);
    cr_assert_eq(t.configured, 1);
    cr_assert_eq(t.config[4], 0xcd);
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + 4, 4, 0);
    bus_write(&r->bus, RIG_SLOT + R_CONFIG + 3, 1, 0);
    rig_put(r, 0x1fc, 0);
    cr_assert_eq(t.configured, 1, "the rest is read-only");
    cr_assert_eq(t.config[4], 0xcd);
}

Test(virtio_mmio, configuration_changes)
{
    u32 generation = rig_get(r, R_GENERATION);
    virtio_config_changed(&t.virtio);
    cr_assert(!r->irq, "nobody listens yet");
    rig_start(r, 0, 1, 8);
    virtio_config_changed(&t.virtio);
    cr_assert_neq(rig_get(r, R_GENERATION), generation);
    cr_assert_eq(rig_get(r, R_INTERRUPT), 2);
    cr_assert(r->irq);
    rig_put(r, R_ACK, 1);
    cr_assert(r->irq, "that was another one");
    cr_assert_gt(r->edges, 1, "and it makes an edge of its own");
    rig_put(r, R_ACK, 2);
    cr_assert(!r->irq);
}

Test(virtio_mmio, narrow_and_unknown_accesses)
{
    u64 value;
    cr_assert_eq(bus_read(&r->bus, RIG_SLOT + R_MAGIC, 1, &value), BUS_OK);
    cr_assert_eq(value, 0);
    cr_assert(rig_logged(r, "narrow read"));
    bus_write(&r->bus, RIG_SLOT + R_STATUS, 1, 1);
    cr_assert_eq(rig_get(r, R_STATUS), 0);
    cr_assert(rig_logged(r, "narrow write"));
    for (u64 at = 0; at < R_CONFIG; at += 4)
        rig_get(r, at);
    rig_put(r, R_PFN, 1);
    cr_assert(rig_logged(r, "write of register 0x40"), "that is a legacy register");
    rig_put(r, R_MAGIC, 1);
    cr_assert(rig_logged(r, "write of register 0"));
}

Test(virtio_mmio, legacy)
{
    make(true);
    cr_assert_eq(rig_get(r, R_VERSION), 1);
    cr_assert_eq(rig_offered(r), BIT(OWN_FEATURE) | BIT(27) | F_INDIRECT | F_EVENT);
    rig_start(r, BIT(OWN_FEATURE), 2, 16);
    cr_assert_eq(rig_get(r, R_STATUS), 7, "there is no FEATURES_OK");
    rig_put(r, R_QUEUE_SEL, 1);
    cr_assert_eq(rig_get(r, R_PFN), r->queue[1].desc / 4096);
    cr_assert_eq(t.virtio.queue[1].driver_pa, r->queue[1].desc + 256);
    cr_assert_eq(t.virtio.queue[1].device_pa, r->queue[1].desc + 4096);
    rig_notify(r, 1);
    cr_assert_eq(t.last_queue, 1);
    rig_put(r, R_READY, 1);
    cr_assert(rig_logged(r, "write of register 0x44"));
    rig_put(r, R_PFN, 0);
    cr_assert_eq(rig_get(r, R_STATUS), 0, "as old drivers reset");
}

Test(virtio_mmio, hostile_legacy_queues)
{
    static const struct {
        u32 page, align, pfn;
    } bad[] = {
        {0, 4096, 0x40000},
        {4096, 0, 0x40000},
        {4096, 3, 0x40000},
        {4096, 4096, UINT32_MAX},
        {1, 1, 0x40000001},
        {4096, 0x80000000, 0x40000},
        {UINT32_MAX, 4096, UINT32_MAX},
    };
    make(true);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        rig_negotiate(r, 0);
        rig_put(r, R_PAGE_SIZE, bad[i].page);
        rig_put(r, R_QUEUE_SEL, 0);
        rig_put(r, R_NUM, 8);
        rig_put(r, R_ALIGN, bad[i].align);
        rig_put(r, R_PFN, bad[i].pfn);
        cr_assert(rig_is_broken(r), "case %u", i);
        rig_put(r, R_PAGE_SIZE, 0);
        cr_assert_eq(rig_get(r, R_PFN), 0);
    }
    rig_start(r, 0, 1, 8);
    rig_put(r, R_PAGE_SIZE, 0);
    cr_assert_eq(rig_get(r, R_PFN), 0);
    rig_put(r, R_PFN, 0x40000);
    cr_assert(rig_is_broken(r), "it is in use");
}

/* As QEMU 7.2's tree has it. */
Test(virtio_mmio, device_tree_node)
{
    static const u8 interrupts[] = {0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0, 0, 1};
    static const u8 reg[] = {0, 0, 0, 0, 0x0a, 0, 0x3e, 0, 0, 0, 0, 0, 0, 0, 2, 0};
    char fdt[1024];
    int len;
    struct dt_place at = {.base = 0x0a003e00, .size = 0x200, .spi = 0x2f};
    fdt_create(fdt, sizeof(fdt));
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    cr_assert_eq(virtio_mmio_ops.fdt(&r->slot, fdt, &at), 0);
    fdt_end_node(fdt);
    cr_assert_eq(fdt_finish(fdt), 0);
    int node = fdt_path_offset(fdt, "/virtio_mmio@a003e00");
    cr_assert_geq(node, 0);
    cr_assert_str_eq(fdt_getprop(fdt, node, "compatible", &len), "virtio,mmio");
    cr_assert(fdt_getprop(fdt, node, "dma-coherent", &len));
    cr_assert_eq(memcmp(fdt_getprop(fdt, node, "interrupts", &len), interrupts, 12), 0);
    cr_assert_eq(memcmp(fdt_getprop(fdt, node, "reg", &len), reg, 16), 0);
}

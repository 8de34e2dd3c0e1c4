/*
 * The board of virt.h, top to bottom: RAM, CPUs, interrupt controller, devices.
 */
#include "devices/virt.h"

#include <string.h>

#include "core/pmu.h"

enum {
    FLASH_BASE = 0x00000000,
    GIC_DIST_BASE = 0x08000000,
    GIC_CPU_BASE = 0x08010000,
    UART_BASE = 0x09000000,
    RTC_BASE = 0x09010000,
    FW_CFG_BASE = 0x09020000,
    GPIO_BASE = 0x09030000,
    KEYBOARD_BASE = 0x090c0000, /* QEMU's board has neither, and nothing else there */
    MOUSE_BASE = 0x090d0000,
    VIRTIO_BASE = 0x0a000000,
    UART_SPI = 1,
    RTC_SPI = 2,
    GPIO_SPI = 7,
    KEYBOARD_SPI = 10,
    MOUSE_SPI = 11,
    VIRTIO_SPI = 16,
    GPIO_POWER_PIN = 3,
};

static unsigned running_cpu(void *owner)
{
    return ((struct virt *)owner)->running;
}

static void send_event(void *owner)
{
    struct virt *v = owner;
    for (unsigned i = 0; i < v->cpus; i++)
        v->cpu[i]->event = true;
}

/* An alarm that is due sooner than the CPUs' budget allows for. */
static void deadline_moved(void *owner)
{
    virt_kick(owner);
}

static void add_device(struct virt *v, const struct mmio_ops *ops, void *dev, struct dt_place at)
{
    at.size = ops->size;
    at.clock = VIRT_PHANDLE_CLOCK;
    v->device[v->devices++] = (struct virt_device){ops, dev, at};
    if (ops->size)
        bus_add_mmio(&v->bus, at.base, ops, dev);
}

static void add_virtio_slots(struct virt *v, const struct virt_config *config)
{
    for (unsigned i = 0; i < VIRT_VIRTIO_SLOTS; i++) {
        struct dt_place at = {.base = VIRTIO_BASE + i * virtio_mmio_ops.size,
                              .spi = VIRTIO_SPI + i};
        virtio_mmio_init(&v->virtio[i], config->virtio_legacy, &v->bus, gicv2_spi(&v->gic, at.spi),
                         config->log);
        add_device(v, &virtio_mmio_ops, &v->virtio[i], at);
    }
}

/* The first bank speaks for both in the device tree. */
static bool add_flash(struct virt *v, const struct virt_config *config)
{
    for (unsigned i = 0; i < FLASH_BANKS; i++) {
        u64 base = FLASH_BASE + (u64)i * FLASH_SIZE;
        struct dt_place at = {.base = base, .size = FLASH_SIZE};
        if (i == 0) {
            at.base2 = base + FLASH_SIZE;
            at.size2 = FLASH_SIZE;
        }
        if (!flash_init(&v->flash[i], &v->bus, base, config->flash[i], config->log))
            return false;
        v->device[v->devices++] = (struct virt_device){&flash_ops, &v->flash[i], at};
    }
    return true;
}

static void add_fw_cfg(struct virt *v, const struct virt_config *config)
{
    struct fw_cfg *f = &v->fw_cfg;
    fw_cfg_init(f, &v->bus, config->log);
    fw_cfg_set_number(f, FW_CFG_RAM_SIZE, config->ram_size, 8);
    fw_cfg_set_number(f, FW_CFG_NB_CPUS, config->cpus, 2);
    fw_cfg_set_number(f, FW_CFG_MAX_CPUS, config->cpus, 2);
    add_device(v, &fw_cfg_ops, f, (struct dt_place){.base = FW_CFG_BASE});
}

static struct irq_line cpu_input(struct virt *v, unsigned cpu, unsigned input)
{
    return (struct irq_line){cpu_set_interrupt, v->cpu[cpu], input};
}

static void connect_cpu(struct virt *v, unsigned i, const struct log *log)
{
    struct cpu *c = v->cpu[i];
    c->log = log;
    c->send_event = send_event;
    c->send_event_owner = v;
    v->gic.irq[i] = cpu_input(v, i, 0);
    v->gic.fiq[i] = cpu_input(v, i, 1);
    c->timer.channel[TIMER_PHYSICAL].irq = gicv2_ppi(&v->gic, i, VIRT_PPI_TIMER_PHYSICAL);
    c->timer.channel[TIMER_VIRTUAL].irq = gicv2_ppi(&v->gic, i, VIRT_PPI_TIMER_VIRTUAL);
    c->pmu_irq = gicv2_ppi(&v->gic, i, VIRT_PPI_PMU);
}

static bool create_cpus(struct virt *v, const struct virt_config *config)
{
    for (unsigned i = 0; i < config->cpus; i++) {
        v->cpu[i] = cpu_create(config->model, i, &v->bus, &v->clock, &v->engine);
        if (!v->cpu[i])
            return false;
        v->cpus++;
    }
    return true;
}

/* Screen, keyboard and mouse. */
static bool add_screen(struct virt *v, u32 width, u32 height)
{
    struct ram *ram =
        bus_add_ram(&v->bus, "framebuffer", VIRT_FRAMEBUFFER_BASE, framebuffer_size(width, height));
    if (!ram || !framebuffer_init(&v->framebuffer, ram, &v->engine, &v->display, width, height))
        return false;
    add_device(v, &framebuffer_ops, &v->framebuffer,
               (struct dt_place){.base = VIRT_FRAMEBUFFER_BASE});

    ps2_keyboard_init(&v->keyboard, &v->clock, &v->input);
    pl050_init(&v->keyboard_port, gicv2_spi(&v->gic, KEYBOARD_SPI), &v->keyboard.ps2);
    add_device(v, &pl050_ops, &v->keyboard_port,
               (struct dt_place){.base = KEYBOARD_BASE, .spi = KEYBOARD_SPI});

    ps2_mouse_init(&v->mouse, &v->clock, &v->input);
    pl050_init(&v->mouse_port, gicv2_spi(&v->gic, MOUSE_SPI), &v->mouse.ps2);
    add_device(v, &pl050_ops, &v->mouse_port,
               (struct dt_place){.base = MOUSE_BASE, .spi = MOUSE_SPI});
    return true;
}

bool virt_create(struct virt *v, const struct virt_config *config)
{
    memset(v, 0, sizeof(*v));
    v->ram_size = config->ram_size;
    v->clock.source = config->time;
    v->clock.owner = config->time_owner;
    if (!bus_add_ram(&v->bus, "ram", VIRT_RAM_BASE, config->ram_size) || !add_flash(v, config) ||
        !engine_init(&v->engine, &v->bus, config->model->features) || !create_cpus(v, config)) {
        virt_destroy(v);
        return false;
    }

    gicv2_init(&v->gic, v->cpus, VIRT_SPIS);
    v->gic.accessor = running_cpu;
    v->gic.accessor_owner = v;
    v->gic.log = config->log;
    for (unsigned i = 0; i < v->cpus; i++)
        connect_cpu(v, i, config->log);
    add_device(v, &gicv2_dist_ops, &v->gic,
               (struct dt_place){.base = GIC_DIST_BASE,
                                 .base2 = GIC_CPU_BASE,
                                 .size2 = gicv2_cpu_ops.size,
                                 .phandle = VIRT_PHANDLE_GIC});
    add_device(v, &gicv2_cpu_ops, &v->gic, (struct dt_place){.base = GIC_CPU_BASE});

    pl011_init(&v->uart, &v->clock, gicv2_spi(&v->gic, UART_SPI), config->serial);
    v->uart.log = config->log;
    add_device(v, &pl011_ops, &v->uart, (struct dt_place){.base = UART_BASE, .spi = UART_SPI});

    pl031_init(&v->rtc, &v->clock, gicv2_spi(&v->gic, RTC_SPI), config->epoch);
    if (config->rtc)
        pl031_follow(&v->rtc, config->rtc);
    add_device(v, &pl031_ops, &v->rtc, (struct dt_place){.base = RTC_BASE, .spi = RTC_SPI});

    add_fw_cfg(v, config);

    pl061_init(&v->gpio, gicv2_spi(&v->gic, GPIO_SPI));
    add_device(v, &pl061_ops, &v->gpio,
               (struct dt_place){.base = GPIO_BASE, .spi = GPIO_SPI, .phandle = VIRT_PHANDLE_GPIO});
    power_key_init(&v->power_key, &v->clock, pl061_pin(&v->gpio, GPIO_POWER_PIN));
    add_device(v, &power_key_ops, &v->power_key, (struct dt_place){.extra = VIRT_PHANDLE_GPIO});

    add_virtio_slots(v, config);
    if (config->screen_width && !add_screen(v, config->screen_width, config->screen_height)) {
        virt_destroy(v);
        return false;
    }

    v->clock.changed = deadline_moved;
    v->clock.changed_owner = v;
    virt_reset(v);
    return true;
}

bool virt_plug(struct virt *v, struct virtio *device, int slot)
{
    for (int i = VIRT_VIRTIO_SLOTS - 1; slot < 0 && i >= 0; i--)
        if (!v->virtio[i].device)
            slot = i;
    if (slot < 0 || slot >= VIRT_VIRTIO_SLOTS || v->virtio[slot].device)
        return false;
    virtio_mmio_plug(&v->virtio[slot], device);
    return true;
}

void virt_disconnect(struct virt *v)
{
    if (v->uart.clock)
        pl011_destroy(&v->uart);
    v->uart.clock = NULL;
}

void virt_destroy(struct virt *v)
{
    virt_disconnect(v);
    if (v->rtc.clock)
        pl031_destroy(&v->rtc);
    if (v->power_key.clock)
        power_key_destroy(&v->power_key);
    if (v->keyboard.clock)
        ps2_keyboard_destroy(&v->keyboard);
    if (v->mouse.clock)
        ps2_mouse_destroy(&v->mouse);
    display_destroy(&v->display);
    for (unsigned i = 0; i < v->cpus; i++)
        cpu_destroy(v->cpu[i]);
    engine_destroy(&v->engine);
    bus_destroy(&v->bus);
    memset(v, 0, sizeof(*v));
}

void virt_reset(struct virt *v)
{
    bus_reset(&v->bus);
    engine_drop_all(&v->engine);
    for (unsigned i = 0; i < v->cpus; i++)
        cpu_reset(v->cpu[i]);
}

/* Run a CPU as far as its PMU's overflow at most, and drive its interrupt (core/pmu.h). */
static enum stop run_cpu(struct cpu *c, u64 budget)
{
    u64 left = pmu_instructions_to_overflow(c);
    enum stop stop = cpu_run(c, left < budget ? left : budget);
    irq_set(&c->pmu_irq, pmu_interrupt(c));
    return stop;
}

enum stop virt_run(struct virt *v, u64 budget)
{
    enum stop result = STOP_WFI;
    for (unsigned i = 0; i < v->cpus; i++) {
        struct cpu *c = v->cpu[i];
        if (!c->powered)
            continue;
        v->running = i;
        enum stop stop = run_cpu(c, budget);
        if (stop == STOP_DEBUG)
            return stop;
        if (stop == STOP_KICK)
            result = STOP_KICK;
        else if (stop == STOP_BUDGET && result == STOP_WFI)
            result = STOP_BUDGET;
    }
    return result;
}

u64 virt_icount(const struct virt *v)
{
    u64 sum = 0;
    for (unsigned i = 0; i < v->cpus; i++)
        sum += cpu_icount(v->cpu[i]);
    return sum;
}

void virt_kick(struct virt *v)
{
    for (unsigned i = 0; i < v->cpus; i++)
        cpu_kick_machine(v->cpu[i]);
}

void virt_power_key(struct virt *v)
{
    power_key_press(&v->power_key);
}

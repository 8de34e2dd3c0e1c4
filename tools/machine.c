/*
 * Building, running and resetting a machine (machine.h).
 */
#include "tools/machine.h"

#include <errno.h>
#include <string.h>

#include "devices/host_clock.h"
#include "devices/host_tty.h"

enum {
    /* Instructions between two looks at the host's clock: some tens of microseconds. */
    CHUNK = 16384,
    /* A guess at the time of one instruction, to stop near a deadline, in ns. */
    NS_PER_INSTRUCTION = 3,
};

static u64 host_time(void *owner)
{
    struct machine *m = owner;
    return (m->paused ? m->paused_at : host_monotonic_ns()) - m->started;
}

static u64 instruction_time(void *owner)
{
    struct machine *m = owner;
    return (virt_icount(&m->virt) << m->options->icount_shift) + m->warped;
}

static void wake(void *owner)
{
    struct machine *m = owner;
    virt_kick(&m->virt);
}

void machine_request(struct machine *m, enum machine_request request)
{
    m->requests |= request;
    virt_kick(&m->virt);
    if (m->loop)
        host_loop_kick(m->loop);
}

static void quit(void *owner)
{
    machine_request(owner, REQUEST_QUIT);
}

static void terminate(void *owner, int signal, int sender)
{
    machine_request(owner, REQUEST_QUIT);
}

static void psci_request(void *owner, enum psci_request request)
{
    machine_request(owner, request == PSCI_SYSTEM_OFF ? REQUEST_OFF : REQUEST_RESET);
}

void machine_pause(struct machine *m)
{
    if (m->paused)
        return;
    m->paused_at = host_monotonic_ns();
    m->paused = true;
    virt_kick(&m->virt);
}

void machine_resume(struct machine *m)
{
    if (!m->paused)
        return;
    m->started += host_monotonic_ns() - m->paused_at;
    m->paused = false;
}

static u64 epoch_seconds(const struct options *o)
{
    if (o->rtc_base == RTC_BASE_DATE)
        return (u64)o->rtc_date;
    return host_wall_seconds(o->rtc_base == RTC_BASE_LOCALTIME);
}

/* The board in the words of the device tree. The arrays belong to the caller. */
static void describe(const struct machine *m, struct fdt_board *board,
                     struct fdt_device device[VIRT_MAX_DEVICES], u64 mpidr[VIRT_MAX_CPUS])
{
    const struct virt *v = &m->virt;
    for (unsigned i = 0; i < v->devices; i++) {
        device[i].ops = v->device[i].ops;
        device[i].dev = v->device[i].dev;
        device[i].at = v->device[i].at;
    }
    for (unsigned i = 0; i < v->cpus; i++)
        mpidr[i] = sysreg_peek(v->cpu[i], MPIDR_EL1);
    *board = (struct fdt_board){
        .ram_base = VIRT_RAM_BASE,
        .ram_size = v->ram_size,
        .mpidr = mpidr,
        .cpu_count = v->cpus,
        .cpu_compatible = v->cpu[0]->model->compatible,
        .gic_phandle = VIRT_PHANDLE_GIC,
        .clock_phandle = VIRT_PHANDLE_CLOCK,
        .cpu_phandle = VIRT_PHANDLE_CPU,
        .timer_ppi = {VIRT_PPI_TIMER_SECURE - 16, VIRT_PPI_TIMER_PHYSICAL - 16,
                      VIRT_PPI_TIMER_VIRTUAL - 16, VIRT_PPI_TIMER_HYPERVISOR - 16},
        .pmu = true,
        .pmu_ppi = VIRT_PPI_PMU - 16,
        .ppi_cpu_mask = (1u << v->cpus) - 1,
        .devices = device,
        .device_count = v->devices,
        .stdout_path = VIRT_STDOUT_PATH,
        .bootargs = m->options->append,
        .kaslr_seed = m->options->kaslr,
        .rng_seed = m->options->rng_seed,
    };
}

/* Put everything into RAM and the first CPU at the kernel's entry (booting.rst). */
static bool load(struct machine *m, struct load_error *e)
{
    struct fdt_board board;
    struct fdt_device device[VIRT_MAX_DEVICES];
    u64 mpidr[VIRT_MAX_CPUS];
    struct boot_entry entry;
    struct cpu *c = m->virt.cpu[0];

    if (!m->booted)
        return true;
    describe(m, &board, device, mpidr);
    if (!boot_load(&m->boot, &m->virt.bus, &board, &entry, e))
        return false;
    c->x[0] = entry.dtb;
    c->pc = entry.pc;
    return true;
}

static bool open_stdio(struct machine *m, struct load_error *e)
{
    m->loop = host_loop_create(wake, m);
    if (m->loop)
        m->signals = host_signal_create(m->loop, terminate, m);
    if (m->signals)
        m->stdio = host_tty_open(m->loop, m->signals, false);
    if (!m->stdio)
        return load_fail(e, "stdio", "%s", strerror(errno));
    return true;
}

static struct chardev *serial_port(struct machine *m)
{
    struct mux_config config = {m->stdio, &m->virt.clock, quit, m};
    m->mux = mux_create(&config);
    m->stdio = NULL;
    return m->mux ? mux_add_port(m->mux) : NULL;
}

bool machine_create(struct machine *m, const struct options *options, struct load_error *e)
{
    memset(m, 0, sizeof(*m));
    m->options = options;
    m->log = (struct log){options->log, stderr};
    m->started = host_monotonic_ns();
    struct boot_options files = {options->kernel, options->initrd, options->append, options->dtb};
    if (options->kernel && !boot_open(&m->boot, &files, e))
        return false;
    m->booted = options->kernel;
    if (!open_stdio(m, e)) {
        machine_destroy(m);
        return false;
    }
    struct virt_config config = {
        .model = options->cpu,
        .cpus = options->cpus,
        .ram_size = options->ram_size,
        .time = options->icount ? instruction_time : host_time,
        .time_owner = m,
        .epoch_seconds = epoch_seconds(options),
        .serial = serial_port(m),
        .log = &m->log,
    };
    if (!virt_create(&m->virt, &config)) {
        load_fail(e, "-m", "the host has not enough memory");
        machine_destroy(m);
        return false;
    }
    m->psci = (struct psci){m->virt.cpu, m->virt.cpus, psci_request, m};
    psci_attach(&m->psci);
    if (!load(m, e)) {
        machine_destroy(m);
        return false;
    }
    return true;
}

void machine_destroy(struct machine *m)
{
    virt_destroy(&m->virt);
    if (m->mux)
        mux_destroy(m->mux);
    if (m->stdio)
        chardev_destroy(m->stdio);
    if (m->signals)
        host_signal_destroy(m->signals);
    if (m->loop)
        host_loop_destroy(m->loop);
    if (m->booted)
        boot_close(&m->boot);
    memset(m, 0, sizeof(*m));
}

/* How many instructions may pass before the next alarm. */
static u64 budget(const struct machine *m)
{
    u64 deadline = clock_deadline(&m->virt.clock), now = clock_now(&m->virt.clock);
    u64 left = deadline > now ? deadline - now : 0;
    u64 n = m->options->icount ? (left >> m->options->icount_shift) + 1
                               : left / NS_PER_INSTRUCTION + 1;
    return n < CHUNK ? n : CHUNK;
}

/* Nothing to execute: sleep until the next alarm or until the host has something. */
static void wait_for_event(struct machine *m)
{
    u64 deadline = clock_deadline(&m->virt.clock), now = clock_now(&m->virt.clock);
    u64 left = deadline == CLOCK_NEVER ? CLOCK_NEVER : deadline > now ? deadline - now : 0;
    pl011_idle(&m->virt.uart);
    if (!m->options->icount) {
        host_loop_wait(m->loop, left);
    } else if (m->options->icount_sleep || left == CLOCK_NEVER) {
        u64 before = host_monotonic_ns();
        host_loop_wait(m->loop, left);
        u64 passed = host_monotonic_ns() - before;
        m->warped += passed < left ? passed : left;
    } else {
        host_loop_dispatch(m->loop);
        m->warped += left;
    }
}

/* True while the machine is to go on. */
static bool obey_requests(struct machine *m)
{
    unsigned requests = m->requests;
    struct load_error e;
    m->requests = 0;
    if (requests & (REQUEST_QUIT | REQUEST_OFF))
        return false;
    if (!(requests & REQUEST_RESET))
        return true;
    if (m->options->no_reboot)
        return false;
    virt_reset(&m->virt);
    if (load(m, &e))
        return true;
    fprintf(stderr, "mini-a64: %s\n", e.line);
    m->exit_status = 1;
    return false;
}

int machine_run(struct machine *m)
{
    while (!m->requests || obey_requests(m)) {
        if (m->paused) {
            host_loop_wait(m->loop, CLOCK_NEVER);
            continue;
        }
        clock_run(&m->virt.clock);
        enum stop stop = virt_run(&m->virt, budget(m));
        if (stop == STOP_KICK)
            host_loop_dispatch(m->loop);
        else if (stop == STOP_WFI)
            wait_for_event(m);
    }
    return m->exit_status;
}

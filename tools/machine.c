/*
 * Building, running and resetting a machine (machine.h).
 */
#include "tools/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/host_chardev.h"
#include "devices/host_clock.h"
#include "devices/host_random.h"
#include "tools/profile.h"

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
    gdbstub_paused(m->gdb);
}

void machine_resume(struct machine *m)
{
    if (!m->paused)
        return;
    m->started += host_monotonic_ns() - m->paused_at;
    m->paused = false;
}

/* In ns since 1970. The real-time clock keeps 32 bits of seconds. */
static u64 epoch(const struct options *o)
{
    if (o->rtc_base == RTC_BASE_DATE)
        return (u64)(u32)o->rtc_date * NS_PER_SEC;
    return host_wall_ns(o->rtc_base == RTC_BASE_LOCALTIME);
}

/* The time of day for -rtc clock=host: the host's, that somebody may set; or clock=rt. */
static u64 host_rtc(void *owner)
{
    const struct machine *m = owner;
    const struct options *o = m->options;
    u64 now = o->rtc_clock == RTC_CLOCK_RT ? host_monotonic_ns()
                                           : host_wall_ns(o->rtc_base == RTC_BASE_LOCALTIME);
    s64 then = (s64)now + m->rtc_ahead;
    return then > 0 ? (u64)then : 0;
}

/* What the real-time clock counts, as virt_config has it. */
static const struct clock *start_rtc(struct machine *m)
{
    m->epoch = epoch(m->options);
    if (m->options->rtc_clock == RTC_CLOCK_VM)
        return NULL;
    m->rtc = (struct clock){.source = host_rtc, .owner = m};
    m->rtc_ahead = (s64)(m->epoch - host_rtc(m));
    return &m->rtc;
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
        .seeded = m->options->seeded,
        .seed = m->options->seed,
    };
}

/* Put everything into RAM and the first CPU at the kernel's entry (booting.rst). */
static bool load(struct machine *m, struct load_error *e)
{
    struct fdt_board board;
    struct fdt_device device[VIRT_MAX_DEVICES];
    u64 mpidr[VIRT_MAX_CPUS];
    struct cpu *c = m->virt.cpu[0];

    if (!m->booted && !m->rom.starts)
        return true;
    window_choose(m);
    describe(m, &board, device, mpidr);
    if (m->rom.starts)
        return bios_load(&m->rom.bios, &m->virt.flash[0], &m->virt.bus, &board, &m->entry, e);
    if (!boot_load(&m->boot, &m->virt.bus, &board, &m->entry, e))
        return false;
    c->x[0] = m->entry.dtb;
    c->pc = m->entry.pc;
    efi_boot_enter(&m->boot.efi, c);
    return true;
}

/* The back end that option O names; NULL with a line in E, or NULL in *NONE for none. */
static bool open_backend(struct machine *m, const struct backend_option *o, const char *label,
                         struct chardev **backend, struct load_error *e)
{
    struct host_chardev_config config = {m->loop, m->signals, label, o->mux};
    char message[HOST_CHARDEV_ERROR];
    const char *spec = o->text ? o->text : "stdio";
    *backend = NULL;
    if (o->kind == BACKEND_NONE)
        return true;
    if (strncmp(spec, "mon:", 4) == 0)
        spec += 4;
    *backend = host_chardev_open(&config, spec, message);
    return *backend ||
           load_fail(e, o == &m->options->serial ? "-serial" : "-monitor", "%s", message);
}

/* The serial port's and the monitor's back ends: apart, or on one multiplexer. */
static bool connect_host(struct machine *m, struct load_error *e)
{
    struct chardev *serial = NULL;
    m->loop = host_loop_create(wake, m);
    if (m->loop)
        m->signals = host_signal_create(m->loop, terminate, m);
    if (!m->signals)
        return load_fail(e, "signals", "%s", strerror(errno));
    if (!open_backend(m, &m->options->serial, "serial0", &serial, e))
        return false;
    m->serial = serial;
    if (m->options->serial.mux && serial) {
        struct mux_config config = {serial, &m->virt.clock, quit, m};
        m->serial = NULL;
        m->mux = mux_create(&config);
        if (!m->mux)
            return load_fail(e, "-serial", "%s", strerror(ENOMEM));
        m->serial_port = mux_add_port(m->mux);
        m->monitor_port = mux_add_port(m->mux);
        return true;
    }
    m->serial_port = serial;
    if (!open_backend(m, &m->options->monitor, "monitor", &m->monitor_backend, e))
        return false;
    m->monitor_port = m->monitor_backend;
    return true;
}

/* -gdb: a stub at its own back end. */
static bool connect_gdb(struct machine *m, struct load_error *e)
{
    struct host_chardev_config config = {m->loop, m->signals, "gdb", false};
    char spec[GDBSTUB_SPEC], message[HOST_CHARDEV_ERROR];
    bool stop;
    const struct backend_option *o = &m->options->gdb;
    if (o->kind == BACKEND_NONE || o->kind == BACKEND_NULL)
        return true;
    if (!gdbstub_spec(o->text, spec, &stop, message) ||
        !(m->gdb_port = host_chardev_open(&config, spec, message))) {
        snprintf(e->line, sizeof(e->line), "%s", message);
        return false;
    }
    m->gdb = gdbstub_create(m, m->gdb_port, stop);
    return m->gdb || load_fail(e, "-gdb", "%s", strerror(ENOMEM));
}

static bool open_log(struct machine *m, struct load_error *e)
{
    m->log = (struct log){m->options->log, stderr};
    if (!m->options->log_file)
        return true;
    m->log.out = fopen(m->options->log_file, "we");
    if (!m->log.out)
        return load_fail(e, m->options->log_file, "%s", strerror(errno));
    return true;
}

static bool write_pidfile(const char *path, struct load_error *e)
{
    FILE *f = fopen(path, "we");
    bool ok = f && fprintf(f, "%ld\n", (long)getpid()) > 0;
    if (f && fclose(f) != 0)
        ok = false;
    return ok || load_fail(e, path, "%s", strerror(errno));
}

/* The device tree as the kernel gets it, or as it would without one. */
static bool dump_dtb(struct machine *m, struct load_error *e)
{
    const char *path = m->options->dumpdtb;
    const struct boot_entry *at = &m->entry;
    void *tree = NULL;
    const void *from = NULL;
    size_t size = 0;
    if (m->booted) {
        size = at->dtb_size;
        from = bus_host(&m->virt.bus, at->dtb, size);
    } else {
        struct fdt_board board;
        struct fdt_device device[VIRT_MAX_DEVICES];
        u64 mpidr[VIRT_MAX_CPUS];
        window_choose(m);
        describe(m, &board, device, mpidr);
        tree = fdt_build(&board, e);
        if (!tree)
            return false;
        from = tree;
        size = fdt_totalsize(tree);
    }
    FILE *f = fopen(path, "we");
    bool ok = f && from && fwrite(from, 1, size, f) == size;
    if (f && fclose(f) != 0)
        ok = false;
    free(tree);
    return ok || load_fail(e, path, "%s", strerror(errno));
}

/* For RNDR. A run by -icount, or with -seed, is a function of its inputs. */
static void give_random_numbers(struct machine *m)
{
    const struct options *o = m->options;
    for (unsigned i = 0; i < m->virt.cpus; i++) {
        struct cpu *c = m->virt.cpu[i];
        c->random = o->icount || o->seeded ? NULL : host_random;
        c->random_state = o->seed + i;
    }
}

/* Everything that can fail while the machine is built; what was made stays in M. */
static bool build(struct machine *m, struct load_error *e)
{
    const struct options *o = m->options;
    struct boot_options files = {
        .kernel = o->kernel, .initrd = o->initrd, .append = o->append, .dtb = o->dtb};
    if (!rom_open(&m->rom, o, e))
        return false;
    if (o->kernel && !m->rom.starts) {
        if (!boot_open(&m->boot, &files, e))
            return false;
        m->booted = true;
    }
    if (!open_log(m, e) || (!o->dumpdtb && !connect_host(m, e)))
        return false;
    const struct clock *rtc = start_rtc(m);
    struct virt_config config = {
        .model = o->cpu,
        .cpus = o->cpus,
        .ram_size = o->ram_size,
        .time = o->icount ? instruction_time : host_time,
        .time_owner = m,
        .epoch = m->epoch,
        .rtc = rtc,
        .serial = m->serial_port,
        .virtio_legacy = !o->devices.virtio_modern,
        .log = &m->log,
    };
    if (!window_open(m, &config, e))
        return false;
    rom_configure(&m->rom, &config);
    if (!virt_create(&m->virt, &config))
        return load_fail(e, "-m", "the host has not that much memory to reserve");
    give_random_numbers(m);
    if (!rom_fill(&m->rom, o, &m->virt, e))
        return false;
    m->virt.engine.chains.use = o->one_insn ? CHAIN_NEVER : CHAIN_HOT;
    if (o->profile && !(m->virt.engine.profile = profile_create()))
        return load_fail(e, "-profile", "%s", strerror(ENOMEM));
    if (!o->dumpdtb && (!machine_devices_open(&m->devices, o, m->loop, m->signals, e) ||
                        !machine_devices_plug(&m->devices, o, &m->virt, e)))
        return false;
    m->psci = (struct psci){
        m->virt.cpu, m->virt.cpus, psci_request, m, efi_boot_call, &m->boot.efi,
    };
    psci_attach(&m->psci);
    if (!load(m, e))
        return false;
    if (o->dumpdtb)
        return dump_dtb(m, e);
    if (!machine_open_semihosting(m, e))
        return false;
    machine_restart_semihosting(m);
    m->monitor = monitor_create(m, m->monitor_port);
    if (!connect_gdb(m, e) || !tracing_start(m, e))
        return false;
    if (o->pidfile && !write_pidfile(o->pidfile, e))
        return false;
    m->pidfile_written = o->pidfile;
    window_connect(m);
    if (o->start_stopped)
        machine_pause(m);
    return true;
}

bool machine_create(struct machine *m, const struct options *options, struct load_error *e)
{
    memset(m, 0, sizeof(*m));
    m->options = options;
    m->started = host_monotonic_ns();
    if (build(m, e))
        return true;
    machine_destroy(m);
    return false;
}

void machine_destroy(struct machine *m)
{
    monitor_destroy(m->monitor);
    gdbstub_exited(m->gdb, m->exit_status);
    gdbstub_destroy(m->gdb);
    machine_devices_destroy(&m->devices);
    tracing_stop(m);
    screen_forget(m);
    window_close(m);
    virt_disconnect(&m->virt);
    machine_close_semihosting(m);
    if (m->mux)
        mux_destroy(m->mux);
    chardev_destroy(m->serial);
    chardev_destroy(m->monitor_backend);
    chardev_destroy(m->gdb_port);
    if (m->signals)
        host_signal_destroy(m->signals);
    if (m->loop)
        host_loop_destroy(m->loop); /* its thread kicks the CPUs until here */
    if (m->virt.engine.profile && m->run)
        profile_print(&m->virt.engine, m->log.out);
    struct profile *profile = m->virt.engine.profile;
    virt_destroy(&m->virt);
    profile_destroy(profile);
    if (m->booted)
        boot_close(&m->boot);
    rom_close(&m->rom);
    if (m->log.out && m->log.out != stderr)
        fclose(m->log.out);
    if (m->pidfile_written)
        unlink(m->options->pidfile);
    memset(m, 0, sizeof(*m));
}

/* How many instructions may pass before the next alarm. */
static u64 budget(const struct machine *m)
{
    u64 deadline = clock_deadline(&m->virt.clock), now = clock_now(&m->virt.clock);
    u64 left = deadline > now ? deadline - now : 0;
    u64 n = m->options->icount ? left >> m->options->icount_shift : left / NS_PER_INSTRUCTION;
    return n < CHUNK ? n + 1 : CHUNK;
}

/* Nothing to execute: sleep until the next alarm or until the host has something. */
static void wait_for_event(struct machine *m)
{
    if (pl011_idle(&m->virt.uart))
        return; /* it has input now, and perhaps an interrupt */
    u64 deadline = clock_deadline(&m->virt.clock), now = clock_now(&m->virt.clock);
    u64 left = deadline == CLOCK_NEVER ? CLOCK_NEVER : deadline > now ? deadline - now : 0;
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
    bool off = requests & REQUEST_OFF || (requests & REQUEST_RESET && m->options->no_reboot);
    if (requests & REQUEST_QUIT || (off && !m->options->no_shutdown))
        return false;
    if (off)
        machine_pause(m); /* only the monitor is left */
    if (off || !(requests & REQUEST_RESET))
        return true;
    virt_reset(&m->virt);
    if (load(m, &e)) {
        machine_restart_semihosting(m);
        return true;
    }
    fprintf(stderr, "mini-a64: %s\n", e.line);
    m->exit_status = 1;
    return false;
}

int machine_run(struct machine *m)
{
    m->run = true;
    host_loop_dispatch(m->loop); /* what came before there was a CPU to kick */
    while (!m->requests || obey_requests(m)) {
        host_loop_attend(m->loop, m->paused || gdbstub_steps(m->gdb));
        if (m->paused) {
            host_loop_listen(m->loop);
            continue;
        }
        if (gdbstub_steps(m->gdb)) {
            gdbstub_step(m->gdb);
            host_loop_dispatch(m->loop);
            continue;
        }
        clock_run(&m->virt.clock);
        enum stop stop = virt_run(&m->virt, budget(m));
        if (stop == STOP_KICK)
            host_loop_dispatch(m->loop);
        else if (stop == STOP_WFI)
            wait_for_event(m);
        else if (stop == STOP_DEBUG)
            gdbstub_stopped(m->gdb);
    }
    return m->exit_status;
}

/*
 * What the machine is made of: -machine, -cpu, -smp, -m, and what it boots.
 * Properties of QEMU's virt machine that we lack are rows that accept only the
 * value which describes this machine.
 */
#include <string.h>

#include "tools/options_parse.h"

/* The virt board has RAM from 1 GiB on, below the 256 GiB where its high windows begin. */
#define RAM_MAX     (UINT64_C(255) << 30)
#define RAM_MAX_LOW (UINT64_C(3) << 30) /* what lies below 4 GiB */
#define RAM_UNIT    UINT64_C(4096)

bool take_kernel(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->kernel);
}

bool take_initrd(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->initrd);
}

bool take_dtb(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->dtb);
}

bool take_append(struct parse *p, const char *value)
{
    p->o->append = value;
    return true;
}

static bool take_dumpdtb(struct parse *p, const char *value)
{
    return take_file_name(p, value, &p->o->dumpdtb);
}

static bool take_machine_type(struct parse *p, const char *value)
{
    if (!strcmp(value, "virt"))
        return true;
    return refuse(p, " %s: there is one machine; use virt", value);
}

static bool take_gic_version(struct parse *p, const char *value)
{
    if (!strcmp(value, "2"))
        return true;
    return refuse(p, " gic-version=%s: the interrupt controller is a GICv2; use gic-version=2",
                  value);
}

static bool take_kaslr(struct parse *p, const char *value)
{
    return take_switch(p, "kaslr", value, &p->o->kaslr);
}

static bool take_rng_seed(struct parse *p, const char *value)
{
    return take_switch(p, "rng-seed", value, &p->o->rng_seed);
}

/* QEMU's one switch for both seeds, on by default there. */
static bool take_dtb_randomness(struct parse *p, const char *value)
{
    if (!take_switch(p, "dtb-randomness", value, &p->o->kaslr))
        return false;
    p->o->rng_seed = p->o->kaslr;
    return true;
}

static bool take_highmem(struct parse *p, const char *value)
{
    bool on = true;
    if (!take_switch(p, "highmem", value, &on))
        return false;
    p->highmem_off = !on;
    return true;
}

static const struct property machine_rows[] = {
    {"type", take_machine_type, NULL, "virt, the one machine there is"},
    {"gic-version", take_gic_version, NULL, "2, the interrupt controller there is"},
    {"dumpdtb", take_dumpdtb, NULL, "write the device tree to this FILE and exit"},
    {"kaslr", take_kaslr, NULL, "on: /chosen/kaslr-seed, so that Linux moves itself; default off"},
    {"rng-seed", take_rng_seed, NULL, "on: /chosen/rng-seed, early entropy; default off"},
    {"dtb-randomness", take_dtb_randomness, NULL, "QEMU's word for both of these seeds"},
    {"dtb-kaslr-seed", take_dtb_randomness, NULL, "its older word"},
    {"fb", take_framebuffer, NULL,
     "how the kernel finds the screen: efi, simple, off; default by what it was built for"},
    {"highmem", take_highmem, NULL, "off: refuse RAM beyond 4 GiB of address space; default on"},
    {"accel", take_accel_names, NULL, "tcg, or a list such as kvm:tcg that has it"},
    {"kernel", take_kernel, NULL, "as -kernel"},
    {"initrd", take_initrd, NULL, "as -initrd"},
    {"append", take_append, NULL, "as -append"},
    {"dtb", take_dtb, NULL, "as -dtb"},
    {"firmware", take_bios, NULL, "as -bios"},
    {"pflash0", take_pflash0, NULL, "the first flash bank is this node of -blockdev"},
    {"pflash1", take_pflash1, NULL, "the second one"},
    {"virtualization", NULL, "off", "EL2 is not emulated"},
    {"secure", NULL, "off", "EL3 is not emulated"},
    {"mte", NULL, "off", "memory tagging is not emulated"},
    {"ras", NULL, "off", "there is no error injection"},
    {"iommu", NULL, "none", "there is no SMMU"},
    {"acpi", NULL, "off auto", "hardware is described by a device tree"},
    {"usb", NULL, "off", "there is no USB"},
    {"kernel-irqchip", NULL, "off", "there is no KVM"},
    {"its", NULL, "*", NULL},             /* belongs to GICv3 */
    {"graphics", NULL, "*", NULL},        /* concerns other boards' firmware */
    {"dump-guest-core", NULL, "*", NULL}, /* host memory flags */
    {"mem-merge", NULL, "*", NULL},
    {"suppress-vmdesc", NULL, "*", NULL}, /* migration */
};

const struct property_list machine_properties = {"type", false, SHOW_MACHINE_PROPERTIES,
                                                 machine_rows, ARRAY_LEN(machine_rows)};

bool take_machine(struct parse *p, const char *value)
{
    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        p->o->show = SHOW_MACHINES;
        return true;
    }
    return take_properties(p, value, &machine_properties);
}

static bool take_cpu_model(struct parse *p, const char *value)
{
    p->o->cpu = model_find(value);
    if (p->o->cpu)
        return true;
    if (!strcmp(value, "host"))
        return refuse(p, " host: that needs KVM; use -cpu max");
    char known[OPTIONS_MESSAGE / 2] = "";
    for (unsigned i = 0; model_at(i); i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", model_at(i)->name);
    }
    return refuse(p, " %s: no such CPU; there are %s", value, known);
}

static bool take_pauth(struct parse *p, const char *value)
{
    bool on;
    if (!take_switch(p, "pauth", value, &on))
        return false;
    if (on && !model_with_pauth(p->o->cpu, MODEL_PAUTH_IMPDEF))
        return refuse(p, " pauth=on: %s has no pointer authentication; use -cpu max",
                      p->o->cpu->name);
    p->pauth_off = !on;
    return true;
}

static bool take_pauth_impdef(struct parse *p, const char *value)
{
    bool on;
    if (!take_switch(p, "pauth-impdef", value, &on))
        return false;
    if (!model_with_pauth(p->o->cpu, MODEL_PAUTH_IMPDEF))
        return refuse(p, " pauth-impdef=%s: %s has no pointer authentication; use -cpu max", value,
                      p->o->cpu->name);
    p->pauth_qarma5 = !on;
    return true;
}

static const struct property cpu_rows[] = {
    {"model", take_cpu_model, NULL, NULL},
    {"aarch64", NULL, "on", "AArch32 is not emulated"},
    {"pmu", NULL, "on", "the performance monitors can't be taken away"},
    {"has_el2", NULL, "off", "EL2 is not emulated"},
    {"has_el3", NULL, "off", "EL3 is not emulated"},
    {"cfgend", NULL, "off", "CPUs start little-endian"},
    {"sve", NULL, "off", "SVE is not emulated"},
    {"sme", NULL, "off", "SME is not emulated"},
    {"pauth", take_pauth, NULL, "off: without pointer authentication; default of max is on"},
    {"pauth-impdef", take_pauth_impdef, NULL,
     "off: pointer authentication by QARMA5, not a faster algorithm; default on"},
    {"lpa2", NULL, "off", "52-bit addresses are not emulated"},
};

bool take_cpu(struct parse *p, const char *value)
{
    static const struct property_list list = {"model", false, SHOW_CPUS, cpu_rows,
                                              ARRAY_LEN(cpu_rows)};
    p->pauth_off = p->pauth_qarma5 = false;
    if (!take_properties(p, value, &list))
        return false;
    if (p->pauth_off || p->pauth_qarma5)
        p->o->cpu =
            model_with_pauth(p->o->cpu, p->pauth_off ? MODEL_PAUTH_OFF : MODEL_PAUTH_QARMA5);
    return true;
}

static bool take_one(struct parse *p, const char *value)
{
    u64 n;
    if (!read_number(value, UINT64_MAX, &n) || n == 0)
        return refuse(p, " %s: not a number of CPUs; use -smp 1", value);
    if (n > 1)
        return refuse(p, " %s: there is one CPU for now; use -smp 1", value);
    return true;
}

bool take_smp(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"cpus", take_one, NULL, NULL},     {"maxcpus", take_one, NULL, NULL},
        {"sockets", take_one, NULL, NULL},  {"dies", take_one, NULL, NULL},
        {"clusters", take_one, NULL, NULL}, {"cores", take_one, NULL, NULL},
        {"threads", take_one, NULL, NULL},
    };
    static const struct property_list list = {"cpus", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

static bool take_ram_size(struct parse *p, const char *value)
{
    u64 size;
    if (!read_size(value, 20, &size))
        return refuse(p, " %s: not a size; write 128M, 2G or (in MiB) 1024", value);
    if (size < RAM_UNIT || size > RAM_MAX)
        return refuse(p, " %s: the machine can have from 4K to 255G of RAM", value);
    if (size % RAM_UNIT)
        return refuse(p, " %s: not a whole number of 4K pages; the next one is %lluK", value,
                      (unsigned long long)align_up(size, RAM_UNIT) >> 10);
    p->o->ram_size = size;
    return true;
}

bool take_memory(struct parse *p, const char *value)
{
    static const struct property rows[] = {
        {"size", take_ram_size, NULL, NULL},
        {"slots", NULL, "0", "memory can't be plugged in later"},
        {"maxmem", NULL, NULL, "memory can't be plugged in later: give it all by size"},
    };
    static const struct property_list list = {"size", false, SHOW_NOTHING, rows, ARRAY_LEN(rows)};
    return take_properties(p, value, &list);
}

bool settle_machine(struct parse *p)
{
    struct options *o = p->o;
    if (p->highmem_off && o->ram_size > RAM_MAX_LOW) {
        p->option = "-machine";
        return refuse(p, " highmem=off: leaves room for 3G of RAM; use highmem=on or a smaller -m");
    }
    return true;
}

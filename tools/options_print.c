/*
 * What mini-a64 says about itself: -help, -version and the lists behind
 * `-cpu help` and its like. Every list is the table that the parser reads.
 */
#include "tools/options_parse.h"

enum { HELP_COLUMN = 26 };

static void print_help(FILE *to)
{
    fprintf(to, "usage: mini-a64 -kernel FILE [OPTION]...\n"
                "An emulator of a 64-bit Arm machine like QEMU's virt board. Options are QEMU's,\n"
                "with one dash or two.\n");
    const struct option_row *row;
    for (unsigned i = 0; (row = options_row(i)); i++) {
        if (!row->name) {
            fprintf(to, "\n%s:\n", row->help);
            continue;
        }
        int used = fprintf(to, "  -%s%s%s%s%s", row->name, row->alias ? ", -" : "",
                           row->alias ? row->alias : "", row->argument ? " " : "",
                           row->argument ? row->argument : "");
        if (used >= HELP_COLUMN)
            used = fprintf(to, "\n") - 1;
        fprintf(to, "%*s%s\n", HELP_COLUMN - used, "", row->help);
    }
    fprintf(to, "\nWhile it runs: Ctrl-a x quits, Ctrl-a c switches between serial port and\n"
                "monitor, Ctrl-a h lists the keys. man mini-a64 says more.\n");
}

static void print_machine_properties(FILE *to)
{
    const struct property_list *list = &machine_properties;
    fprintf(to, "Properties of -machine virt:\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct property *row = &list->rows[i];
        if (row->take)
            fprintf(to, "  %-16s %s\n", row->name, row->why);
        else if (row->why)
            fprintf(to, "  %-16s only %s: %s\n", row->name, row->only, row->why);
        else
            fprintf(to, "  %-16s no effect\n", row->name);
    }
}

static void print_cpus(FILE *to)
{
    fprintf(to, "CPUs:\n");
    for (unsigned i = 0; model_at(i); i++)
        fprintf(to, "  %s\n", model_at(i)->name);
}

void options_print(enum options_show show, FILE *to)
{
    switch (show) {
    case SHOW_NOTHING:
        break;
    case SHOW_HELP:
        print_help(to);
        break;
    case SHOW_VERSION:
        fprintf(to, "mini-a64 " MINI_A64_VERSION "\n");
        break;
    case SHOW_MACHINES:
        fprintf(to, "Machines:\n  virt   a board laid out like QEMU's of that name (default)\n");
        break;
    case SHOW_MACHINE_PROPERTIES:
        print_machine_properties(to);
        break;
    case SHOW_CPUS:
        print_cpus(to);
        break;
    case SHOW_ACCELERATORS:
        fprintf(to, "Accelerators:\n  tcg   QEMU's name for running guest code without KVM\n");
        break;
    case SHOW_DISPLAYS:
        print_displays(to);
        break;
    case SHOW_BACKENDS:
        fprintf(to, "Devices for -serial and -monitor:\n");
        print_backends(to);
        break;
    case SHOW_DEVICES:
        fprintf(to, "Devices for -device:\n");
        print_devices(to);
        break;
    case SHOW_LOG_ITEMS:
        print_log_items(to);
        break;
    }
}

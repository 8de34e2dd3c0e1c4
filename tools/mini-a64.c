/*
 * The command: parse the options, build the machine, run it.
 */
#include <stdio.h>
#include <sys/prctl.h>

#include "devices/host_tty.h"
#include "tools/machine.h"
#include "tools/options.h"

static int fail(const char *line)
{
    fprintf(stderr, "mini-a64: %s\n", line);
    return 1;
}

static int run(const struct options *o)
{
    struct machine m;
    struct load_error e;
    if (o->process_name)
        prctl(PR_SET_NAME, o->process_name);
    if (!machine_create(&m, o, &e))
        return fail(e.line);
    int status = o->dumpdtb ? 0 : machine_run(&m);
    machine_destroy(&m);
    return status;
}

int main(int argc, char *argv[])
{
    struct options o;
    char message[OPTIONS_MESSAGE];
    int status = 0;

    if (!host_tty_reserve())
        return fail("no /dev/null");
    if (!options_parse(&o, argc, argv, message))
        return fail(message);
    if (o.show)
        options_print(o.show, stdout);
    else
        status = run(&o);
    options_free(&o);
    return status;
}

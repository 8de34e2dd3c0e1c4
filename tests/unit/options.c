/*
 * The command line. Expected values are QEMU's: qemu-system-aarch64(1) for what
 * the words mean, QEMU 7.2's behaviour for the defaults. Refusals are compared
 * with the name they must mention and the remedy they must offer.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/model.h"
#include "tests/unit/options_rig.h"
#include "tools/options_parse.h"

Test(options, defaults)
{
    struct line *l = accept("-kernel Image");
    cr_assert_str_eq(l->o.kernel, "Image");
    cr_assert_str_eq(l->o.cpu->name, "cortex-a57");
    cr_assert_eq(l->o.ram_size, UINT64_C(128) << 20);
    cr_assert_eq(l->o.cpus, 1);
    cr_assert(!l->o.kaslr && !l->o.rng_seed && !l->o.profile);
    cr_assert_null(l->o.initrd);
    cr_assert_null(l->o.append);
    cr_assert_null(l->o.dtb);
    cr_assert_eq(l->o.gdb.kind, BACKEND_NONE);
    cr_assert(!l->o.no_reboot && !l->o.no_shutdown && !l->o.start_stopped && !l->o.icount);
    cr_assert_eq(l->o.show, SHOW_NOTHING);
    cr_assert_eq(l->o.log, 0);
    done(l);
}

Test(options, course_line)
{
    struct line *l = accept("-m 1024 -smp 1 -cpu cortex-a57 -machine virt -kernel Image -initrd "
                            "initrd.gz -append rdinit=/init~console=ttyAMA0 -nographic -s");
    cr_assert_eq(l->o.ram_size, UINT64_C(1) << 30);
    cr_assert_str_eq(l->o.initrd, "initrd.gz");
    cr_assert_str_eq(l->o.append, "rdinit=/init console=ttyAMA0");
    cr_assert_eq(l->o.serial.kind, BACKEND_STDIO);
    cr_assert(l->o.serial.mux);
    cr_assert_eq(l->o.gdb.kind, BACKEND_TCP);
    cr_assert_str_eq(l->o.gdb.text, "tcp::1234");
    done(l);
}

Test(options, two_dashes_and_merging)
{
    struct line *l = accept("--kernel a --machine virt -M type=virt,gic-version=2 -M kaslr=on "
                            "-machine rng-seed=on -kernel b --append x -append y=1,,2");
    cr_assert_str_eq(l->o.kernel, "b");
    cr_assert_str_eq(l->o.append, "y=1,,2");
    cr_assert(l->o.kaslr && l->o.rng_seed);
    done(l);
    l = accept("-M virt,kernel=k,,1,append=a~b,dumpdtb=x.dtb,dtb-randomness=off,");
    cr_assert_str_eq(l->o.kernel, "k,1");
    cr_assert_str_eq(l->o.append, "a b");
    cr_assert_str_eq(l->o.dumpdtb, "x.dtb");
    done(l);
    l = accept("-kernel k -M virt,dtb-randomness=on");
    cr_assert(l->o.kaslr && l->o.rng_seed);
    done(l);
}

Test(options, sizes)
{
    static const struct {
        const char *text;
        u64 size;
    } cases[] = {
        {"128M", 0x8000000},       {"128m", 0x8000000},
        {"2G", 0x80000000},        {"2g", 0x80000000},
        {"1024", 0x40000000},      {"size=2G", 0x80000000},
        {"1.5G", 0x60000000},      {"0.25g", 0x10000000},
        {"65536k", 0x4000000},     {"0.25T", 0},
        {"255G", 0x3fc0000000},    {"4096b", 4096},
        {"134217728B", 0x8000000}, {"128M,slots=0", 0x8000000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[100];
        snprintf(text, sizeof text, "-kernel k -m 64 -m %s", cases[i].text);
        struct line *l = parse(text);
        cr_assert_eq(l->ok, cases[i].size != 0, "%s: %s", text, l->message);
        if (l->ok)
            cr_assert_eq(l->o.ram_size, cases[i].size, "%s", text);
        done(l);
    }
}

/* Each as QEMU 7.2 wires it, but for the lines without -nographic or -display. */
Test(options, serial_and_monitor)
{
    static const struct {
        const char *text;
        enum backend_kind serial;
        bool mux;
        enum backend_kind monitor;
    } cases[] = {
        {"", BACKEND_STDIO, true, BACKEND_NONE},
        {"-nographic", BACKEND_STDIO, true, BACKEND_NONE},
        {"-nographic -display none", BACKEND_STDIO, true, BACKEND_NONE},
        {"-nographic -serial mon:stdio", BACKEND_STDIO, true, BACKEND_NONE},
        {"-nographic -monitor none", BACKEND_STDIO, false, BACKEND_NONE},
        {"-nographic -serial null", BACKEND_NULL, false, BACKEND_STDIO},
        {"-nographic -serial none -monitor none", BACKEND_NONE, false, BACKEND_NONE},
        {"-nographic -serial pty", BACKEND_PTY, false, BACKEND_STDIO},
        {"-nographic -nodefaults", BACKEND_NONE, false, BACKEND_NONE},
        {"-nodefaults -serial stdio", BACKEND_STDIO, false, BACKEND_NONE},
        {"-display none", BACKEND_NONE, false, BACKEND_NONE},
        {"-display none -serial stdio", BACKEND_STDIO, false, BACKEND_NONE},
        {"-display none -serial mon:stdio", BACKEND_STDIO, true, BACKEND_NONE},
        {"-display none -monitor stdio", BACKEND_NONE, false, BACKEND_STDIO},
        {"-display none -serial mon:stdio -monitor none", BACKEND_STDIO, true, BACKEND_NONE},
        {"-display none -serial stdio -monitor pty", BACKEND_STDIO, false, BACKEND_PTY},
        /* Where QEMU has a window, or refuses. */
        {"-serial stdio", BACKEND_STDIO, false, BACKEND_NONE},
        {"-serial file:log", BACKEND_FILE, false, BACKEND_NONE},
        {"-monitor stdio", BACKEND_STDIO, true, BACKEND_NONE},
        {"-monitor null", BACKEND_STDIO, false, BACKEND_NULL},
        {"-serial stdio -monitor stdio", BACKEND_STDIO, true, BACKEND_NONE},
        {"-nographic -serial stdio", BACKEND_STDIO, true, BACKEND_NONE},
        {"-serial mon:stdio -serial none", BACKEND_STDIO, true, BACKEND_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, "-kernel k%s%s", *cases[i].text ? " " : "", cases[i].text);
        struct line *l = accept(text);
        cr_assert_eq(l->o.serial.kind, cases[i].serial, "%s", text);
        cr_assert_eq(l->o.serial.mux, cases[i].mux, "%s", text);
        cr_assert_eq(l->o.monitor.kind, cases[i].monitor, "%s", text);
        done(l);
    }
}

Test(options, backends)
{
    struct line *l = accept("-kernel k -serial tcp::4444,server,nowait -monitor unix:/tmp/m.sock "
                            "-gdb tcp:[::1]:99");
    cr_assert_eq(l->o.serial.kind, BACKEND_TCP);
    cr_assert_str_eq(l->o.serial.text, "tcp::4444,server,nowait");
    cr_assert_eq(l->o.monitor.kind, BACKEND_UNIX);
    cr_assert_str_eq(l->o.monitor.text, "unix:/tmp/m.sock");
    cr_assert_eq(l->o.gdb.kind, BACKEND_TCP);
    cr_assert_str_eq(l->o.gdb.text, "tcp:[::1]:99");
    done(l);
    l = accept("-kernel k -serial mon:unix:s,server,nowait -display none");
    cr_assert(l->o.serial.mux && l->o.serial.kind == BACKEND_UNIX);
    cr_assert_eq(l->o.monitor.kind, BACKEND_NONE);
    done(l);
}

Test(options, profile)
{
    struct line *l = accept("-kernel k -profile");
    cr_assert(l->o.profile);
    done(l);
}

Test(options, time)
{
    struct line *l = accept("-kernel k -icount shift=7,sleep=off,align=off -rtc "
                            "base=2006-06-17T16:01:21,clock=vm -seed 0x10");
    cr_assert(l->o.icount && !l->o.icount_sleep);
    cr_assert_eq(l->o.icount_shift, 7);
    cr_assert_eq(l->o.rtc_base, RTC_BASE_DATE);
    cr_assert_eq(l->o.rtc_date, 1150560081); /* date -u -d 2006-06-17T16:01:21 +%s */
    cr_assert_eq(l->o.rtc_clock, RTC_CLOCK_VM);
    cr_assert(l->o.seeded);
    cr_assert_eq(l->o.seed, 16);
    done(l);
    l = accept("-kernel k -icount 3 -rtc base=2024-02-29");
    cr_assert(l->o.icount && l->o.icount_shift == 3 && l->o.icount_sleep);
    cr_assert_eq(l->o.rtc_date, 1709164800); /* date -u -d 2024-02-29 +%s */
    done(l);
    l = accept("-kernel k -rtc base=localtime -icount 3");
    cr_assert_eq(l->o.rtc_base, RTC_BASE_LOCALTIME);
    cr_assert_eq(l->o.rtc_clock, RTC_CLOCK_VM, "runs repeat");
    cr_assert_eq(l->o.icount_shift, 3);
    done(l);
}

Test(options, run)
{
    struct line *l =
        accept("-S -no-reboot -no-shutdown -d int,unimp -d guest_errors,nochain -D log -pidfile p "
               "-name guest,process=proc,debug-threads=on -accel tcg,thread=multi -no-user-config "
               "-cpu max");
    cr_assert(l->o.start_stopped && l->o.no_reboot && l->o.no_shutdown);
    cr_assert_eq(l->o.log, LOG_INT | LOG_UNIMP | LOG_GUEST_ERRORS);
    cr_assert_str_eq(l->o.log_file, "log");
    cr_assert_str_eq(l->o.pidfile, "p");
    cr_assert_str_eq(l->o.name, "guest");
    cr_assert_str_eq(l->o.process_name, "proc");
    cr_assert_str_eq(l->o.cpu->name, "max");
    done(l);
}

Test(options, accepted)
{
    static const char *const lines[] = {
        "-kernel k -smp cpus=1,cores=1,threads=1,sockets=1,maxcpus=1",
        "-kernel k -M virt,virtualization=off,secure=no,mte=false,iommu=none,acpi=off,usb=off",
        "-kernel k -M virt,accel=kvm:tcg",
        "-kernel k -accel kvm -accel tcg",
        "-kernel k -accel kvm:tcg",
        "-kernel k -M virt,highmem=off -m 3G",
        "-kernel k -cpu cortex-a57,pmu=on,aarch64=on",
        "-kernel k -cpu cortex-a53",
        "-kernel k -cpu cortex-a72",
        "-kernel k -vga none -parallel none -net none -nic none -no-acpi",
        "-kernel k -parallel null -name x -gdb none",
        "-M virt,dumpdtb=f",
        "-S -gdb unix:s",
        "-gdb stdio -display none -S",
        "-kernel k -d all",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        done(accept(lines[i]));
}

Test(options, refused)
{
    static const struct {
        const char *line, *name, *remedy;
    } cases[] = {
        {"-kernel", "-kernel", "FILE"},
        {"-kernel k -foo", "-foo", "mini-a64 -help"},
        {"-kernel k --foo=1", "--foo=1", "mini-a64 -help"},
        {"-kernel k -", "-: ", "mini-a64 -help"},
        {"-kernel k --", "--: ", "mini-a64 -help"},
        {"-kernel k -m=128M", "-m=128M", "space"},
        {"-kernel k disk.img", "disk.img", "-append"},
        {"-nographic", "no kernel", "-kernel FILE"},
        {"-initrd i -S", "-initrd", "-kernel FILE"},
        {"-append i -S", "-append", "-kernel FILE"},
        {"-kernel k -m 0", "-m 0", "from 4K to 255G"},
        {"-kernel k -m 300G", "-m 300G", "from 4K to 255G"},
        {"-kernel k -m 99999999999999999999999G", "-m 999", "128M"},
        {"-kernel k -m 16777216T", "-m 16777216T", "from 4K to 255G"},
        {"-kernel k -m 5000b", "-m 5000b", "8K"},
        {"-kernel k -m 128MB", "-m 128MB", "128M"},
        {"-kernel k -m -5", "-m -5", "128M"},
        {"-kernel k -m x", "-m x", "128M"},
        {"-kernel k -m 1G,slots=2,maxmem=2G", "slots=2", "slots=0"},
        {"-kernel k -m 1G,maxmem=2G", "maxmem=2G", "size"},
        {"-kernel k -m 1G,foo=2G", "foo=2G", "-help"},
        {"-kernel k -smp 4", "-smp 4", "-smp 1"},
        {"-kernel k -smp 0", "-smp 0", "-smp 1"},
        {"-kernel k -smp cores=2", "-smp 2", "-smp 1"},
        {"-kernel k -smp 1x", "-smp 1x", "-smp 1"},
        {"-kernel k -cpu cortex-a15", "-cpu cortex-a15", "cortex-a57"},
        {"-kernel k -cpu host", "-cpu host", "max"},
        {"-kernel k -cpu max,sve=on", "sve=on", "sve=off"},
        {"-kernel k -cpu cortex-a57,pmu=off", "pmu=off", "pmu=on"},
        {"-kernel k -cpu cortex-a57,foo", "'foo'", "foo=VALUE"},
        {"-kernel k -M raspi3b", "-M raspi3b", "virt"},
        {"-kernel k -machine type=vexpress-a9", "vexpress-a9", "virt"},
        {"-kernel k -M virt,gic-version=3", "gic-version=3", "gic-version=2"},
        {"-kernel k -M virt,gic-version=max", "gic-version=max", "gic-version=2"},
        {"-kernel k -M virt,virtualization=on", "virtualization=on", "virtualization=off"},
        {"-kernel k -M virt,secure=true", "secure=true", "secure=off"},
        {"-kernel k -M virt,acpi=on", "acpi=on", "acpi=off"},
        {"-kernel k -M virt,kaslr=maybe", "kaslr=maybe", "kaslr=on"},
        {"-kernel k -M virt,kaslr", "'kaslr'", "kaslr=VALUE"},
        {"-kernel k -M virt,foo=1", "foo=1", "-M help"},
        {"-kernel k -M virt,highmem=off -m 4G", "highmem=off", "highmem=on"},
        {"-kernel k -accel kvm", "-accel kvm", "tcg"},
        {"-kernel k -M virt,accel=hvf:kvm", "hvf", "tcg"},
        {"-kernel k -accel tcg,thread=many", "thread=many", "thread=single"},
        {"-kernel k -enable-kvm", "-enable-kvm", "tcg"},
        {"-kernel k -display gtk", "-display gtk", "sdl"},
        {"-kernel k -display sdl,xres=2", "xres=2", "64"},
        {"-kernel k -display sdl,xres=8192,yres=8192", "xres=8192,yres=8192", "3840 by 2160"},
        {"-kernel k -display sdl,gl=on", "gl=on", "gl=off"},
        {"-kernel k -M virt,fb=vesa", "fb=vesa", "fb=efi"},
        {"-kernel k -vga std", "-vga std", "none"},
        {"-kernel k -nic bridge", "-nic bridge", "user"},
        {"-kernel k -sd x", "-sd", "-drive file=FILE"},
        {"-kernel k -chardev vc,id=c", "-chardev vc", "stdio"},
        {"-bios x -pflash y", "-bios", "leave one"},
        {"-pflash x -pflash y -pflash z", "-pflash z", "two"},
        {"-bios ", "-bios", "empty"},
        {"-bios x -append y", "-append", "-kernel"},
        {"-kernel k -fw_cfg name=opt/x", "opt/x", "string="},
        {"-kernel k -fw_cfg name=opt/x,string=a,file=b", "opt/x", "string="},
        {"-kernel k -fw_cfg opt/x,string=a -fw_cfg opt/x,string=b", "opt/x", "another"},
        {"-kernel k -fw_cfg string=a", "string=a", "name="},
        {"-kernel k -semihosting-config target=gdb", "target=gdb", "native"},
        {"-kernel k -semihosting-config chardev=stdio", "stdio", "-serial none"},
        {"-kernel k -semihosting-config chardev=mon:pty", "mon:pty", "chardev=pty"},
        {"-kernel k -semihosting-config root=", "-semihosting-config", "empty"},
        {"-kernel k -serial vc", "-serial vc", "stdio"},
        {"-kernel k -serial stdiox", "-serial stdiox", "stdio"},
        {"-kernel k -serial telnet::1", "-serial telnet::1", "tcp:HOST:PORT"},
        {"-kernel k -serial mon:null", "mon:null", "mon:stdio"},
        {"-kernel k -serial stdio -serial pty", "-serial pty", "one serial port"},
        {"-kernel k -monitor pty -monitor stdio", "-monitor stdio", "one monitor"},
        {"-kernel k -monitor mon:stdio", "mon:stdio", "-serial mon:stdio"},
        {"-kernel k -monitor file:x", "file:x", "stdio"},
        {"-kernel k -serial mon:stdio -monitor pty", "-monitor pty", "leave one"},
        {"-kernel k -gdb stdio", "-gdb stdio", "tcp::PORT"},
        {"-kernel k -gdb file:x", "-gdb file:x", "tcp::PORT"},
        {"-kernel k -icount shift=11", "shift=11", "shift=10"},
        {"-kernel k -icount sleep=off", "-icount", "shift=N"},
        {"-kernel k -icount auto", "shift=auto", "shift=0"},
        {"-kernel k -icount 1,align=on", "align=on", "align=off"},
        {"-kernel k -icount 1,rr=record", "rr=record", "leave it out"},
        {"-kernel k -rtc base=now", "base=now", "utc"},
        {"-kernel k -rtc base=2023-02-30", "2023-02-30", "utc"},
        {"-kernel k -rtc base=2023-02-03T", "2023-02-03T", "utc"},
        {"-kernel k -rtc utc", "'utc'", "=VALUE"},
        {"-kernel k -seed 1x", "-seed 1x", "-seed 42"},
        {"-kernel k -d exec,foo", "foo", "-d help"},
        {"-kernel k -d op", "op", "in_asm"},
        {"-kernel k -d fpu", "fpu", "cpu"},
        {"-kernel k -D ", "-D", "empty"},
        {"-kernel ", "-kernel", "empty"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct line *l = parse(cases[i].line);
        cr_assert(!l->ok, "%s: accepted", cases[i].line);
        cr_assert(strstr(l->message, cases[i].name), "%s: %s", cases[i].line, l->message);
        cr_assert(strstr(l->message, cases[i].remedy), "%s: %s", cases[i].line, l->message);
        done(l);
    }
}

/* A refusal is one printable line of bounded length, whatever was typed. */
Test(options, hostile_words)
{
    char message[OPTIONS_MESSAGE];
    struct options o;
    char *odd[] = {"mini-a64", "-\033[2Jx\ny", NULL};
    cr_assert(!options_parse(&o, 2, odd, message));
    for (const char *c = message; *c; c++)
        cr_assert(isprint((unsigned char)*c));

    char *big = malloc(1 << 20);
    memset(big, 'x', (1 << 20) - 1);
    big[(1 << 20) - 1] = '\0';
    static const char *const options[] = {"-machine", "-cpu", "-m",   "-smp",  "-serial", "-d",
                                          "-icount",  "-rtc", "-gdb", "-seed", "-accel"};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        char *argv[] = {"mini-a64", (char *)options[i], big, NULL};
        cr_assert(!options_parse(&o, 3, argv, message), "%s", options[i]);
        cr_assert(memchr(message, '\0', OPTIONS_MESSAGE));
        argv[2] = "";
        options_parse(&o, 3, argv, message); /* a sanitizer watches */
    }
    free(big);
}

Test(options, show)
{
    static const struct {
        const char *line;
        enum options_show show;
        const char *mentions;
    } cases[] = {
        {"-help", SHOW_HELP, "-append TEXT"},
        {"-h", SHOW_HELP, "-kernel FILE"},
        {"--version", SHOW_VERSION, "mini-a64 "},
        {"-M help", SHOW_MACHINES, "virt"},
        {"-M virt,help", SHOW_MACHINE_PROPERTIES, "gic-version"},
        {"-cpu help", SHOW_CPUS, "cortex-a72"},
        {"-accel help", SHOW_ACCELERATORS, "tcg"},
        {"-display help", SHOW_DISPLAYS, "none"},
        {"-serial help", SHOW_BACKENDS, "mon:stdio"},
        {"-device help", SHOW_DEVICES, "virtio-blk-device"},
        {"-d help", SHOW_LOG_ITEMS, "guest_errors"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct line *l = accept(cases[i].line);
        cr_assert_eq(l->o.show, cases[i].show, "%s", cases[i].line);
        char *text = NULL;
        size_t size = 0;
        FILE *to = open_memstream(&text, &size);
        options_print(l->o.show, to);
        fclose(to);
        cr_assert(strstr(text, cases[i].mentions), "%s: %s", cases[i].line, text);
        free(text);
        done(l);
    }
}

static char *read_manual(void)
{
    FILE *f = fopen(MANUAL, "r");
    cr_assert(f, MANUAL);
    char *text = calloc(1, 1 << 17);
    cr_assert_gt(fread(text, 1, (1 << 17) - 1, f), 0);
    fclose(f);
    return text;
}

/* The option of the manual page's next entry; NULL behind the last. */
static char *next_entry(char **at)
{
    static const char *const entry[] = {".TP\n.B \\-", ".TQ\n.B \\-"}; /* the first, another */
    char *found = NULL;
    for (size_t i = 0; i < ARRAY_LEN(entry); i++) {
        char *one = strstr(*at, entry[i]);
        if (one && (!found || one < found))
            found = one;
    }
    if (!found)
        return NULL;
    *at = found + strlen(entry[0]);
    return strndup(*at, strcspn(*at, " \n"));
}

Test(options, manual_page_has_the_same_options)
{
    char *manual = read_manual(), *at = manual, *entry;
    for (unsigned i = 0; options_row(i); i++) {
        const char *names[] = {options_row(i)->name, options_row(i)->alias};
        for (size_t n = 0; n < ARRAY_LEN(names) && names[n]; n++) {
            entry = next_entry(&at);
            cr_assert(entry, "-%s is not in the manual page", names[n]);
            cr_assert_str_eq(entry, names[n], "the manual page has -%s, -help has -%s", entry,
                             names[n]);
            free(entry);
        }
    }
    entry = next_entry(&at);
    cr_assert_null(entry, "the manual page has -%s, -help has not", entry);
    free(manual);
}

Test(options, display)
{
    struct line *l = accept("-kernel k");
    cr_assert_eq(l->o.display.kind, DISPLAY_ANY);
    done(l);
    l = accept("-kernel k -nographic");
    cr_assert_eq(l->o.display.kind, DISPLAY_NONE);
    done(l);
    l = accept("-kernel k -display none");
    cr_assert_eq(l->o.display.kind, DISPLAY_NONE);
    done(l);
    l = accept("-kernel k -display sdl");
    cr_assert_eq(l->o.display.kind, DISPLAY_SDL);
    cr_assert_eq(l->o.display.width, 1024);
    cr_assert_eq(l->o.display.height, 768);
    cr_assert(l->o.display.close_quits && !l->o.display.full_screen);
    cr_assert_eq(l->o.display.framebuffer, FRAMEBUFFER_AUTO);
    done(l);
    l = accept("-kernel k -nographic -display sdl,xres=1920,yres=1080,window-close=off -M "
               "virt,fb=simple -full-screen");
    cr_assert_eq(l->o.display.kind, DISPLAY_SDL);
    cr_assert_eq(l->o.display.width, 1920);
    cr_assert_eq(l->o.display.height, 1080);
    cr_assert(!l->o.display.close_quits && l->o.display.full_screen);
    cr_assert_eq(l->o.display.framebuffer, FRAMEBUFFER_SIMPLE);
    done(l);
}

/*
 * Disks, networks and devices on the command line: what is meant by them, and
 * what is refused, in one line that names the option and what would work.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tools/options.h"

enum { MAX_WORDS = 40 };

static struct options o;
static char message[OPTIONS_MESSAGE];
static char text[1024];

/* Parse LINE behind "-kernel k"; words have one space between them. */
static bool parse(const char *line)
{
    char *argv[MAX_WORDS] = {"mini-a64", "-kernel", "k"};
    int argc = 3;
    snprintf(text, sizeof(text), "%s", line);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        argv[argc++] = w;
    message[0] = '\0';
    return options_parse(&o, argc, argv, message);
}

static struct device_options *accept_line(const char *line)
{
    cr_assert(parse(line), "%s: %s", line, message);
    return &o.devices;
}

Test(options_device, drives)
{
    struct device_options *d = accept_line("-drive file=a -hda b -drive "
                                           "file=c,,d,if=none,id=x,format=raw,readonly=on "
                                           "-device virtio-blk-device,drive=x,serial=s");
    cr_assert_eq(d->drives, 3);
    cr_assert_eq(d->devices, 3);
    cr_assert_str_eq(d->drive[2].file, "c,d");
    cr_assert(d->drive[2].raw && d->drive[2].readonly && !d->drive[0].raw);
    cr_assert_eq(d->device[0].drive_at, 2, "what -device asks for comes first");
    cr_assert_eq(d->device[1].drive_at, 0);
    cr_assert_eq(d->device[2].drive_at, 1);
    cr_assert_str_eq(d->device[0].serial, "s");
    options_free(&o);
    d = accept_line("-snapshot -drive file=a,cache=writethrough,discard=unmap -cdrom b -drive "
                    "file=c,cache=unsafe,file.locking=off");
    cr_assert(d->drive[0].snapshot && d->drive[0].writethrough && d->drive[0].discards);
    cr_assert(d->drive[1].readonly && !d->drive[1].snapshot);
    cr_assert(d->drive[2].unsafe && d->drive[2].unlocked && d->drive[2].snapshot);
    options_free(&o);
}

Test(options_device, nodes)
{
    struct device_options *d = accept_line(
        "-blockdev driver=file,node-name=f,filename=a,discard=unmap,cache.direct=on -blockdev "
        "driver=raw,node-name=one,file=f,read-only=on -blockdev "
        "raw,node-name=two,file.driver=file,file.filename=b,cache.no-flush=on,locking=off "
        "-device virtio-blk-device,drive=two -device virtio-blk-device,drive=one");
    cr_assert_eq(d->drives, 2, "a node and what is on it are one image");
    cr_assert_eq(d->devices, 2);
    cr_assert_str_eq(d->drive[0].file, "a");
    cr_assert(d->drive[0].readonly && d->drive[0].discards && d->drive[0].raw);
    cr_assert_str_eq(d->drive[1].file, "b");
    cr_assert(!d->drive[1].readonly && d->drive[1].unsafe && d->drive[1].unlocked);
    cr_assert_eq(d->device[0].drive_at, 1);
    cr_assert_eq(d->device[1].drive_at, 0);
    options_free(&o);
    cr_assert(!parse("-blockdev file,node-name=f,filename=a -blockdev raw,node-name=g,file=f "
                     "-device virtio-blk-device,drive=f"),
              "a node is used once");
}

Test(options_device, networks)
{
    struct device_options *d =
        accept_line("-netdev user,id=n,hostfwd=tcp::2222-:22,hostfwd=udp:0.0.0.0:53-10.0.2.20:5353,"
                    "restrict=on -device virtio-net-device,netdev=n -nic "
                    "user,mac=52:54:00:aa:bb:cc,net=192.168.7.0/24 -net nic -net user");
    static const u8 first[] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    static const u8 second[] = {0x52, 0x54, 0, 0xaa, 0xbb, 0xcc};
    static const u8 third[] = {0x52, 0x54, 0, 0x12, 0x34, 0x58};
    const struct host_slirp_forward *f = d->net[0].forward;
    cr_assert_eq(d->nets, 3);
    cr_assert_eq(d->devices, 3);
    cr_assert_eq(d->net[0].user.forwards, 2);
    cr_assert(!f[0].udp && f[0].host == 0x7f000001 && f[0].host_port == 2222);
    cr_assert(f[0].guest == 0 && f[0].guest_port == 22);
    cr_assert(f[1].udp && f[1].host == 0 && f[1].host_port == 53);
    cr_assert(f[1].guest == 0x0a000214 && f[1].guest_port == 5353);
    cr_assert(d->net[0].user.restricted && !d->net[1].user.restricted);
    cr_assert_eq(d->net[1].user.network, 0xc0a80700);
    cr_assert_eq(d->net[1].user.dhcp_start, 0xc0a8070f);
    cr_assert_eq(memcmp(d->device[0].mac, first, 6), 0, "QEMU's first");
    cr_assert_eq(memcmp(d->device[1].mac, second, 6), 0);
    cr_assert_eq(memcmp(d->device[2].mac, third, 6), 0);
    cr_assert_eq(d->device[2].net_at, 2);
    options_free(&o);
}

Test(options_device, the_rest)
{
    struct device_options *d = accept_line(
        "-global virtio-mmio.force-legacy=false -object rng-random,id=r,filename=/dev/urandom "
        "-device virtio-rng-device,rng=r,bus=virtio-mmio-bus.3 -device virtio-serial-device "
        "-chardev socket,id=c,path=/tmp/s,server=on,wait=off -device virtconsole,chardev=c");
    cr_assert(d->virtio_modern);
    cr_assert_eq(d->device[0].slot, 3);
    cr_assert_eq(d->console[0].device_at, 1);
    cr_assert_eq(d->console[0].chardev_at, 0);
    cr_assert_str_eq(d->chardev[0].words, "unix:/tmp/s,server,nowait");
    options_free(&o);
    cr_assert(accept_line("-global driver=virtio-mmio,property=force-legacy,value=off -net none "
                          "-nic none")
                  ->virtio_modern);
    options_free(&o);
}

Test(options_device, shares)
{
    struct device_options *d = accept_line(
        "-fsdev local,id=f,path=/a,security_model=mapped-xattr,fmode=0640,dmode=750,readonly=on "
        "-virtfs local,path=/b,mount_tag=two,security_model=none,id=g,multidevs=forbid "
        "-device virtio-9p-device,fsdev=f,mount_tag=one -device "
        "virtio-balloon-device,deflate-on-oom=on,free-page-reporting=on");
    cr_assert_eq(d->shares, 2);
    cr_assert_eq(d->devices, 3);
    cr_assert_str_eq(d->share[0].path, "/a");
    cr_assert_eq(d->share[0].model, HOST_SHARE_MAPPED);
    cr_assert_eq(d->share[0].file_mode, 0640);
    cr_assert_eq(d->share[0].dir_mode, 0750);
    cr_assert(d->share[0].readonly && !d->share[0].one_device);
    cr_assert(!d->share[1].readonly && d->share[1].one_device);
    cr_assert_eq(d->share[1].model, HOST_SHARE_NONE);
    cr_assert_str_eq(d->device[0].tag, "two");
    cr_assert_eq(d->device[0].share_at, 1);
    cr_assert_str_eq(d->device[1].tag, "one");
    cr_assert_eq(d->device[1].share_at, 0);
    cr_assert(d->device[2].deflate_on_oom && d->device[2].page_reporting);
    options_free(&o);
}

/* The numbers are those that QEMU 7.2 gives (its monitor's info qtree). */
Test(options_device, ports)
{
    struct device_options *d = accept_line(
        "-chardev null,id=a -chardev null,id=b -chardev null,id=c -chardev null,id=e -device "
        "virtio-serial-device -device virtio-serial-device,id=s -device virtserialport,chardev=a "
        "-device virtconsole,chardev=b -device virtconsole,chardev=c -device "
        "virtserialport,chardev=e,bus=s.0,nr=5,name=org.example");
    static const int numbers[] = {1, 0, 2, 5};
    cr_assert_eq(d->consoles, 4);
    for (unsigned i = 0; i < d->consoles; i++) {
        cr_assert_eq(d->console[i].number, numbers[i], "%u: %d", i, d->console[i].number);
        cr_assert_eq(d->console[i].chardev_at, i);
        cr_assert_eq(d->console[i].device_at, i == 3);
        cr_assert_eq(d->console[i].console, i == 1 || i == 2);
    }
    cr_assert_str_eq(d->console[3].name, "org.example");
    options_free(&o);
}

Test(options_device, backends_by_name)
{
    accept_line("-chardev socket,id=a,path=s,server=on,wait=off -chardev pty,id=b -serial "
                "chardev:a -mon chardev=b,mode=readline");
    cr_assert_eq(o.serial.kind, BACKEND_UNIX);
    cr_assert_str_eq(o.serial.text, "unix:s,server,nowait");
    cr_assert_eq(o.monitor.kind, BACKEND_PTY);
    cr_assert(!o.serial.mux);
    cr_assert(o.devices.chardev[0].elsewhere && o.devices.chardev[1].elsewhere);
    options_free(&o);
    accept_line("-display none -chardev stdio,id=c,mux=on -serial chardev:c -monitor chardev:c");
    cr_assert_eq(o.serial.kind, BACKEND_STDIO);
    cr_assert(o.serial.mux);
    cr_assert_eq(o.monitor.kind, BACKEND_NONE);
    options_free(&o);
}

static struct device_option *gpu_of(struct device_options *d)
{
    int at = options_find_device(d, DEVICE_GPU);
    cr_assert_geq(at, 0);
    return &d->device[at];
}

Test(options_device, screen_and_input)
{
    struct device_options *d =
        accept_line("-device virtio-tablet-device,serial=t -device virtio-gpu-device,id=g "
                    "-device virtio-keyboard-device -device virtio-mouse-device");
    cr_assert_eq(d->devices, 4);
    cr_assert_eq(d->device[0].model, DEVICE_TABLET);
    cr_assert_str_eq(d->device[0].serial, "t");
    cr_assert_eq(d->device[2].model, DEVICE_KEYBOARD);
    cr_assert_eq(d->device[3].model, DEVICE_MOUSE);
    cr_assert_eq(gpu_of(d)->width, 1280, "QEMU's default");
    cr_assert_eq(gpu_of(d)->height, 800);
    cr_assert_eq(o.display.width, 1280);
    options_free(&o);
    d = accept_line("-device virtio-gpu-device,xres=800,yres=600,max_outputs=1,edid=on");
    cr_assert(gpu_of(d)->width == 800 && gpu_of(d)->height == 600);
    cr_assert(o.display.width == 800 && o.display.height == 600);
    options_free(&o);
    d = accept_line("-display sdl,xres=640 -device virtio-gpu-device,yres=480");
    cr_assert(gpu_of(d)->width == 640 && gpu_of(d)->height == 480);
    cr_assert(o.display.width == 640 && o.display.height == 480);
    options_free(&o);
    d = accept_line("-display sdl,xres=8192,yres=600 -device virtio-gpu-device");
    cr_assert(gpu_of(d)->width == 4095 && gpu_of(d)->height == 600);
    options_free(&o);
    cr_assert_eq(options_find_device(accept_line("-device virtio-rng-device"), DEVICE_GPU), -1);
    options_free(&o);
}

Test(options_device, refused)
{
    static const struct {
        const char *line, *name, *remedy;
    } cases[] = {
        {"-drive id=x", "-drive", "file=FILE"},
        {"-drive file=a,if=none", "if=none", "id=ID"},
        {"-drive file=a,if=ide", "if=ide", "if=virtio"},
        {"-drive file=a,if=pflash,unit=2", "-drive a", "unit=0 and unit=1"},
        {"-pflash a -drive file=b,if=pflash,unit=0", "unit=0", "holds a"},
        {"-pflash a -pflash b -drive file=c,if=pflash", "-drive c", "two flash banks"},
        {"-drive file=a,if=pflash,snapshot=on", "-drive a", "readonly=on"},
        {"-drive file=a,unit=x", "unit=x", "unit=0"},
        {"-blockdev driver=file,filename=a", "-blockdev", "node-name=NAME"},
        {"-blockdev driver=raw,node-name=n", "-blockdev", "filename=FILE"},
        {"-blockdev driver=qcow2,node-name=n,file.filename=a", "qcow2", "qemu-img convert"},
        {"-blockdev driver=raw,node-name=n,file=f", "file=f", "node-name=f before it"},
        {"-blockdev driver=raw,node-name=n,file.filename=a,size=1M", "size=1M", "leave it out"},
        {"-blockdev {}", "JSON", "driver=raw"},
        {"-blockdev file,filename=a,node-name=n -drive file=b,if=none,id=n", "id=n", "another one"},
        {"-drive file=a,format=qcow2", "format=qcow2", "qemu-img convert"},
        {"-drive file=a,cache=fast", "cache=fast", "writeback"},
        {"-drive file=a,foo=1", "foo=1", "-help"},
        {"-drive file=a,readonly=on,snapshot=on", "-drive", "leave readonly or snapshot out"},
        {"-drive file=a,if=none,id=x -drive file=b,if=none,id=x", "id=x", "another one"},
        {"-drive file=a,if=none,id=1x", "id=1x", "letter"},
        {"-device virtio-blk-device", "-device", "drive=ID"},
        {"-device virtio-blk-device,drive=x", "drive=x", "-drive with id=x"},
        {"-drive file=a,id=x -device virtio-blk-device,drive=x", "drive=x", "if=none"},
        {"-drive file=a,if=none,id=x -device virtio-blk-device,drive=x -device "
         "virtio-blk-device,drive=x",
         "drive=x", "another device"},
        {"-device virtio-rng-device,id=a -device virtio-rng-device,id=a", "id=a", "another one"},
        {"-device virtio-rng-device,bus=virtio-mmio-bus.32", "bus.32", "virtio-mmio-bus.31"},
        {"-device virtio-rng-device,bus=virtio-mmio-bus.1 -device "
         "virtio-rng-device,bus=virtio-mmio-bus.1",
         "bus.1", "leave bus out"},
        {"-device virtio-rng-device,drive=x", "drive=x", "-device help"},
        {"-device virtio-rng-device,rng=r", "rng=r", "-object rng-random,id=r"},
        {"-device virtio-blk-pci,drive=x", "virtio-blk-pci", "-device virtio-blk-device"},
        {"-device virtio-net-pci", "virtio-net-pci", "-device virtio-net-device"},
        {"-device e1000", "e1000", "-device help"},
        {"-device virtio-net-device,netdev=n", "netdev=n", "-netdev with id=n"},
        {"-device virtio-net-device,mac=1:2", "mac=1:2", "mac=52:54"},
        {"-device virtio-net-device,mac=53:54:00:12:34:56", "mac=53", "even"},
        {"-netdev user", "-netdev", "id=ID"},
        {"-netdev bridge,id=n", "bridge", "user and tap"},
        {"-netdev tap,id=n", "tap", "ifname=NAME"},
        {"-netdev user,id=n,hostfwd=tcp::22", "hostfwd=tcp::22", "tcp::2222-:22"},
        {"-netdev user,id=n,hostfwd=tcp::0-:22", "hostfwd", "tcp::2222-:22"},
        {"-netdev user,id=n,hostfwd=tcp::70000-:22", "hostfwd", "tcp::2222-:22"},
        {"-netdev user,id=n,mac=52:54:00:12:34:56", "mac=", "-help"},
        {"-netdev user,id=n,smb=x", "smb=x", "leave it out"},
        {"-netdev user,id=n -netdev user,id=n", "id=n", "another one"},
        {"-device virtconsole", "virtconsole", "virtio-serial-device"},
        {"-device virtio-serial-device -device virtconsole,chardev=c", "chardev=c", "-chardev"},
        {"-device virtio-serial-device,id=a -chardev pty,id=c -device "
         "virtconsole,bus=b.0,chardev=c",
         "bus=b.0", "virtio-serial-device with such an id"},
        {"-device virtio-serial-device -chardev pty,id=c -chardev pty,id=e -device "
         "virtserialport,chardev=c,nr=2 -device virtconsole,chardev=e,nr=2",
         "nr=2", "leave nr out"},
        {"-device virtserialport,chardev=c,nr=0", "nr=0", "from 1 on"},
        {"-device virtconsole,chardev=c,nr=31", "nr=31", "30"},
        {"-serial chardev:c", "chardev:c", "-chardev with id=c"},
        {"-monitor chardev:c", "chardev:c", "-chardev with id=c"},
        {"-chardev pty,id=c -serial chardev:c -gdb chardev:c", "-gdb chardev:c", "another device"},
        {"-chardev pty,id=c -serial chardev:c -mon c", "-monitor chardev:c", "mux=on"},
        {"-chardev file,id=c,path=f -monitor chardev:c", "-monitor", "needs input"},
        {"-mon c,mode=control", "mode=control", "mode=readline"},
        {"-chardev pty", "-chardev", "id=ID"},
        {"-chardev file,id=c", "file", "path=FILE"},
        {"-chardev null,id=c -chardev null,id=c", "id=c", "another one"},
        {"-object rng-egd,id=r", "rng-egd", "rng-random"},
        {"-global virtio-mmio.foo=1", "foo", "-help"},
        {"-fsdev local,id=f,path=/a", "-fsdev", "security_model=none"},
        {"-fsdev local,id=f,security_model=none", "-fsdev", "path=FOLDER"},
        {"-fsdev local,path=/a,security_model=none", "-fsdev", "id=ID"},
        {"-fsdev proxy,id=f,socket=s", "proxy", "local"},
        {"-fsdev local,id=f,path=/a,security_model=mapped-file", "mapped-file", "mapped-xattr"},
        {"-fsdev local,id=f,path=/a,security_model=none,fmode=0600", "fmode", "mapped-xattr"},
        {"-fsdev local,id=f,path=/a,security_model=mapped,fmode=888", "fmode=888", "octal"},
        {"-fsdev local,id=f,path=/a,security_model=mapped,dmode=7777", "dmode=7777", "octal"},
        {"-fsdev local,id=f,path=/a,security_model=none,writeout=immediate", "writeout", "leave"},
        {"-fsdev local,id=f,path=/a,security_model=none,multidevs=all", "multidevs", "remap"},
        {"-fsdev local,id=f,path=/a,security_model=none,throttling.bps-total=1", "throttling",
         "-help"},
        {"-fsdev local,id=f,path=/a,security_model=none -fsdev "
         "local,id=f,path=/b,security_model=none",
         "id=f", "another one"},
        {"-virtfs local,path=/a,security_model=none", "-virtfs", "mount_tag=TAG"},
        {"-virtfs local,path=/a,security_model=none,mount_tag=t -virtfs "
         "local,path=/b,security_model=none,mount_tag=t",
         "mount_tag=t", "another one"},
        {"-virtfs local,path=/a,security_model=none,"
         "mount_tag=abcdefghijklmnopqrstuvwxyz123456",
         "mount_tag=", "31"},
        {"-device virtio-9p-device", "virtio-9p-device", "-fsdev local"},
        {"-device virtio-9p-device,fsdev=f,mount_tag=t", "fsdev=f", "-fsdev with id=f"},
        {"-fsdev local,id=f,path=/a,security_model=none -device "
         "virtio-9p-device,fsdev=f,mount_tag=a -device virtio-9p-device,fsdev=f,mount_tag=b",
         "fsdev=f", "share the folder twice"},
        {"-device virtio-9p-pci,fsdev=f,mount_tag=t", "virtio-9p-pci", "virtio-9p-device"},
        {"-device virtio-balloon-device -device virtio-balloon-device", "virtio-balloon-device",
         "one is enough"},
        {"-device virtio-balloon-device,free-page-hint=on", "free-page-hint", "leave it out"},
        {"-device virtio-gpu-pci", "virtio-gpu-pci", "-device virtio-gpu-device"},
        {"-device virtio-tablet-pci", "virtio-tablet-pci", "-device virtio-tablet-device"},
        {"-device virtio-gpu-device,xres=63", "xres=63", "from 64 to 4095"},
        {"-device virtio-gpu-device,yres=4096", "yres=4096", "from 64 to 4095"},
        {"-device virtio-gpu-device,xres=4095,yres=4095", "xres=4095,yres=4095", "3840 by 2160"},
        {"-device virtio-gpu-device,max_outputs=2", "max_outputs=2", "max_outputs=1"},
        {"-device virtio-gpu-device -device virtio-gpu-device", "virtio-gpu-device",
         "leave the second one out"},
        {"-device virtio-keyboard-device,xres=5", "xres=5", "-device help"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_assert(!parse(cases[i].line), "%s: accepted", cases[i].line);
        cr_assert(strstr(message, cases[i].name), "%s: %s", cases[i].line, message);
        cr_assert(strstr(message, cases[i].remedy), "%s: %s", cases[i].line, message);
    }
}

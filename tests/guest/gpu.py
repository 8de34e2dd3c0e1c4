#!/usr/bin/env python3
"""
virtio-gpu and virtio-input under Debian's full kernel and its own drivers: what
its console shows is read off screen dumps and compared with what the kernel says
is on it, keys reach a shell, and the mouse's events come out of evdev.
"""

import re
import struct
import time

import guest
from display import BLACK, BLUE, CELL_HEIGHT, PRINTABLE, RED, Screen

FULL = guest.ROOT / "build/guest/full"
KERNEL, MODULES = FULL / "Image", FULL / "modules"
WIDTH, HEIGHT = 1152, 864
COLUMNS, LINES = WIDTH // 8, HEIGHT // 16
EDGE = 0x7FFF  # of a tablet
# Linux's input-event-codes.h.
SYN, KEY, REL, ABS = 0, 1, 2, 3
X, Y, WHEEL = 0, 1, 8
BTN_LEFT, BTN_RIGHT = 0x110, 0x111


class Gpu(Screen):
    @classmethod
    def setUpClass(cls):
        cls.boot(["-kernel", KERNEL, "-d", "guest_errors",
                  "-device", f"virtio-gpu-device,xres={WIDTH},yres={HEIGHT}",
                  "-device", "virtio-keyboard-device,serial=first",
                  "-device", "virtio-mouse-device", "-device", "virtio-tablet-device"],
                 MODULES, "dmesg -n 1; sh /modules/load")

    def node(self, name):
        """Of the input device with this name: its event node and its virtio device."""
        found = re.search(rf'Name="mini-a64 virtio {name}"\nP: Phys=(virtio\d+)/.*?'
                          rf"Handlers=.*?\b(event\d+)",
                          self.linux.run("cat /proc/bus/input/devices"), re.S)
        return f"/dev/input/{found[2]}", found[1]

    def events(self, node, commands, count):
        """The COUNT events that come from NODE when the monitor gets COMMANDS: type, code, value."""
        size = 24
        self.linux.run(f"cat {node} > /tmp/events & "
                       "until ls -l /proc/$!/fd | grep -q event; do usleep 9999; done")
        for command in commands:
            self.assertEqual(self.monitor(command), "")
        deadline = time.monotonic() + guest.PATIENCE
        dump = ""
        while len(dump) < 2 * size * count and time.monotonic() < deadline:
            dump = self.linux.run("hexdump -v -e '1/1 \"%02x\"' /tmp/events").strip()
        self.linux.run("kill %%; wait; true")
        data = bytes.fromhex(dump)
        return [struct.unpack_from("<HHi", data, at + 16) for at in range(0, len(data), size)]

    def test_1_drivers(self):
        log = self.linux.run("dmesg")
        self.assertRegex(log, r"\[drm\] features: -virgl \+edid")
        self.assertRegex(log, r"\[drm\] number of scanouts: 1")
        self.assertRegex(log, rf"colour frame buffer device {COLUMNS}x{LINES}")
        self.assertNotRegex(log, r"(?i)oops|bug:|call trace|virtio.*(fail|err)|edid.*invalid")
        self.assertEqual(self.linux.run("cat /proc/fb"), "0 virtio_gpudrmfb\n")
        modes = self.linux.run("cat /sys/class/drm/card0-Virtual-1/modes").split()
        self.assertEqual(modes[0], f"{WIDTH}x{HEIGHT}")
        self.assertIn("1024x768", modes)
        self.assertNotIn("1280x720", modes)
        devices = self.linux.run("cat /proc/bus/input/devices")
        self.assertRegex(devices, r'"mini-a64 virtio keyboard"\n(?:[^I].*\n)*U: Uniq=first\n')
        self.assertNotRegex(self.linux.said, rb"virtio-(gpu|input): ")

    def test_2_whole_screen(self):
        self.write("")
        self.linux.run(r"dmesg > /dev/tty1; i=32; while [ $i -lt 127 ]; do "
                       r"printf \\$(printf %o $i); i=$((i+1)); done > /dev/tty1")
        console = self.linux.run(f"fold -w {COLUMNS} /dev/vcs1").splitlines()
        picture = self.picture()
        self.assertEqual((picture.width, picture.height), (WIDTH, HEIGHT))
        self.assertEqual(len(console), LINES)
        font = picture.font(LINES - 1)
        for line, wanted in enumerate(console):
            self.assertEqual(picture.text(line, font), wanted.rstrip(), f"line {line}")

    def test_3_colours(self):
        self.write(r"\033[31;44mX\033[0m")
        picture = self.picture()
        self.assertEqual(picture.colours(0), {RED, BLUE, BLACK})
        self.assertEqual(picture.colours(1), {BLACK})

    def test_4_blank(self):
        """A screen without a scanout is black, and what was on it is back when it has one."""
        self.write("visible")
        before = self.picture()
        self.assertNotEqual(before.colours(0), {BLACK})
        self.linux.run("echo 4 > /sys/class/graphics/fb0/blank")
        off = self.picture()
        self.assertEqual((off.width, off.height), (WIDTH, HEIGHT))
        self.assertEqual(set().union(*map(off.colours, range(LINES))), {BLACK})
        self.linux.run("echo 0 > /sys/class/graphics/fb0/blank")
        self.assertEqual(self.picture().rows, before.rows)

    def test_5_shell(self):
        self.write("")
        self.linux.run("(setsid sh -c 'exec sh < /dev/tty1 > /dev/tty1 2>&1' &); "
                       "until grep -q '# ' /dev/vcs1; do usleep 9999; done")
        self.monitor("sendkey caps_lock 20")
        for key in ("e", "c", "h", "o"):  # small ones, under the lock
            self.monitor(f"sendkey shift-{key} 20")
        self.monitor("sendkey caps_lock 20")
        for key in ("spc", "shift-h", "i", "5", "shift-dot", "slash", "t", "m", "p", "slash", "x",
                    "ret"):
            self.assertEqual(self.monitor(f"sendkey {key} 20"), "")
        deadline = time.monotonic() + guest.PATIENCE
        typed = ""
        while "\n" not in typed and time.monotonic() < deadline:
            typed = self.linux.run("cat /tmp/x 2>&-", status=None)
            time.sleep(0.1)
        self.assertEqual(typed, "Hi5\n")

    def test_6_tablet(self):
        """The one that was named last has the pointer."""
        node, _ = self.node("tablet")
        start = [f"mouse_move -{WIDTH} -{HEIGHT}"]
        self.events(node, start + ["mouse_move 1 1"], 3)
        found = self.events(node, start + [f"mouse_move {WIDTH // 2} {HEIGHT // 4} 1",
                                           "mouse_button 1", "mouse_button 0"], 12)
        self.assertEqual(found, [
            (ABS, X, 0), (ABS, Y, 0), (SYN, 0, 0),
            (ABS, X, (EDGE + 1) // 2), (ABS, Y, (EDGE + 1) // 4), (SYN, 0, 0),
            (REL, WHEEL, 1), (SYN, 0, 0),
            (KEY, BTN_LEFT, 1), (SYN, 0, 0), (KEY, BTN_LEFT, 0), (SYN, 0, 0)])

    def test_7_mouse(self):
        """Without a driver of the tablet the mouse has the pointer."""
        node, _ = self.node("mouse")
        _, tablet = self.node("tablet")
        self.linux.run(f"echo {tablet} > /sys/bus/virtio/drivers/virtio_input/unbind")
        found = self.events(node, ["mouse_move 7 -5 -1", "mouse_button 4", "mouse_button 0"], 8)
        self.assertEqual(found, [
            (REL, X, 7), (REL, Y, -5), (REL, WHEEL, -1), (SYN, 0, 0),
            (KEY, BTN_RIGHT, 1), (SYN, 0, 0), (KEY, BTN_RIGHT, 0), (SYN, 0, 0)])

    def test_8_another_driver(self):
        """The driver goes, and the frame buffer that is not in use is seen; and it comes again."""
        self.write("visible")
        before = self.picture()
        self.linux.run("echo 0 > /sys/class/vtconsole/vtcon1/bind; rmmod virtio_gpu")
        gone = self.picture()
        self.assertEqual(set().union(*map(gone.colours, range(gone.height // CELL_HEIGHT))), {BLACK})
        self.linux.run("insmod /modules/*-virtio-gpu.ko; echo 1 > /sys/class/vtconsole/vtcon1/bind")
        self.write("visible")
        self.assertEqual(self.picture().rows, before.rows)

    def test_9_off(self):
        self.linux.send("poweroff -f\n")
        self.assertEqual(self.linux.wait(), 0)


if __name__ == "__main__":
    guest.main(KERNEL, MODULES, guest.INITRD)

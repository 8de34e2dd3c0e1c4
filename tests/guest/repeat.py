#!/usr/bin/env python3
"""
With -icount a run is a function of its inputs: Linux boots twice, does some work,
reboots (which -no-reboot makes the end), and both consoles are the same, times of
the kernel's messages included.
"""

import subprocess
import unittest

import guest

WORK = ("busybox uname -a; busybox sleep 3; busybox mount -t proc proc /proc;"
        " busybox cat /proc/uptime /proc/interrupts; busybox date; busybox reboot -f")


def boot():
    r = subprocess.run(
        [guest.MINI_A64, "-m", "128M", "-kernel", guest.KERNEL, "-initrd", guest.INITRD, "-append",
         f'console=ttyAMA0 rdinit=/bin/busybox -- sh -c "busybox mkdir -p /proc; {WORK}"',
         "-nographic", "-no-reboot", "-icount", "shift=2,sleep=off",
         "-rtc", "base=2024-05-06T07:08:09,clock=vm"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=guest.PATIENCE * 2)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


class Repeat(unittest.TestCase):
    def test_two_boots_are_one(self):
        status, first, errors = boot()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Run /bin/busybox as init process", first)
        self.assertIn("aarch64 GNU/Linux", first)
        self.assertRegex(first, r"Mon May  6 07:08:\d\d UTC 2024")
        self.assertIn("reboot: Restarting system", first)
        self.assertEqual(first.count("Linux version"), 1, "-no-reboot")
        again = boot()
        self.assertEqual(again, (0, first, ""))


if __name__ == "__main__":
    guest.main(guest.KERNEL, guest.INITRD)

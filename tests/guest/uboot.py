#!/usr/bin/env python3
"""
Debian's U-Boot for QEMU's virt machine, started from flash: its prompt and its
commands, its environment kept in a flash file, and a kernel that it boots from
fw_cfg. UBOOT names it; else it is what tools/test has put into build/guest.
"""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import guest

UBOOT = pathlib.Path(os.environ.get("UBOOT", guest.ROOT / "build/guest/u-boot.bin"))
PROMPT = rb"=> "
BANK = 64 << 20


class UBoot(guest.Machine):
    def __init__(self, *arguments):
        super().__init__("-nographic", *arguments)

    def boot(self):
        self.expect(rb"U-Boot 20\d\d")
        self.expect(rb"Hit any key to stop autoboot")
        self.send("\n")
        self.expect(PROMPT)
        return self

    def run(self, command):
        """Type a command; what it prints. The console has no buffer: echo comes first."""
        self.send(command + "\n")
        self.expect(re.escape(command.encode()) + rb"\r*\n")
        start = self.at
        match = self.expect(PROMPT)
        return self.said[start : match.start()].replace(b"\r", b"").decode()


class Prompt(unittest.TestCase):
    def test_commands(self):
        with UBoot("-bios", UBOOT, "-m", "256M", "-fw_cfg", "opt/test,string=hello") as m:
            m.boot()
            text = m.run("bdinfo")
            self.assertRegex(text, r"-> start    = 0x0000000040000000")
            self.assertRegex(text, r"-> size     = 0x0000000010000000")
            self.assertRegex(text, r"flashstart  = 0x0000000000000000")
            self.assertIn("bootdelay=2", m.run("printenv bootdelay"))
            self.assertIn("baudrate=115200", m.run("printenv"))
            m.run("fdt addr $fdtcontroladdr")
            text = m.run("fdt print /flash@0")
            self.assertIn('compatible = "cfi-flash"', text)
            self.assertIn("bank-width = <0x00000004>", text)
            self.assertIn("arm,psci-1.0", m.run("fdt print /psci compatible"))
            self.assertIn("opt/test", m.run("qfw list"))
            self.assertIn("1 cpu(s) online", m.run("qfw cpus"))
            m.run("mw.l 0x41000000 0x12345678 4")
            self.assertIn("12345678 12345678", m.run("md.l 0x41000000 4"))
            self.assertIn("Manufacturer ID: 0x89, Device ID: 0x0018", m.run("flinfo 2"))

    def test_flash_commands(self):
        """Erasing and programming, what U-Boot verifies by itself; a reset forgets nothing."""
        with UBoot("-bios", UBOOT) as m:
            m.boot()
            m.run("protect off 0x05000000 +1")
            self.assertIn("Erased 1 sectors", m.run("erase 0x05000000 +1"))
            self.assertIn("ffffffff ffffffff", m.run("md.l 0x05000000 4"))
            m.run("mw.l 0x41000000 0xcafe0123 0x1000")
            self.assertIn("done", m.run("cp.b 0x41000000 0x05000014 0x3210"))
            self.assertIn("12816 byte(s) were the same",
                          m.run("cmp.b 0x41000000 0x05000014 0x3210"))
            m.send("reset\n")
            m.boot()
            self.assertIn("ffffffff ffffffff", m.run("md.l 0x05000000 4"))
            self.assertIn("cafe0123 cafe0123", m.run("md.l 0x05000014 4"))

    def test_environment_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            code, variables = (pathlib.Path(folder) / n for n in ("code", "variables"))
            code.write_bytes(UBOOT.read_bytes())
            for bank in (code, variables):
                with open(bank, "ab") as f:
                    f.truncate(BANK)
            before = code.read_bytes()
            with UBoot("-pflash", code, "-pflash", variables) as m:
                m.boot()
                m.run("env set greeting hello from before")
                self.assertIn("OK", m.run("saveenv"))
                self.second_machine_is_refused(code)
                m.signal(signal.SIGKILL)
                m.wait()
            self.assertEqual(code.read_bytes(), before)
            self.assertIn(b"greeting=hello from before", variables.read_bytes())
            with UBoot("-pflash", code, "-pflash", variables) as m:
                m.boot()
                self.assertIn("hello from before", m.run("printenv greeting"))

    def second_machine_is_refused(self, bank):
        r = subprocess.run([guest.MINI_A64, "-pflash", bank], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=guest.PATIENCE)
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr.decode(), rf"\Amini-a64: {bank}: is in use [^\n]+\n\Z")


class Kernel(unittest.TestCase):
    @unittest.skipUnless(guest.KERNEL.exists() and guest.INITRD.exists(), "there is no kernel")
    def test_boots_from_fw_cfg(self):
        arguments = ["-bios", UBOOT, "-m", "512M", "-kernel", guest.KERNEL, "-initrd",
                     guest.INITRD, "-append", "rdinit=/init console=ttyAMA0 from=u-boot"]
        with UBoot(*arguments) as m:
            m.expect(rb"loading kernel to address")
            m.expect(rb"Starting kernel")
            m.expect(rb"from=u-boot")
            m.expect(guest.PROMPT)


if __name__ == "__main__":
    guest.main(UBOOT)

#!/usr/bin/env python3
"""
The bare-metal program firmware/svc.S prints what it prints under QEMU, on every
CPU; and the device tree of the machine is one that dtc has nothing to say about.
"""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import guest


def run(*arguments):
    """A run without a terminal: status, standard output, standard error."""
    r = subprocess.run([guest.MINI_A64, *map(str, arguments)], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=guest.PATIENCE)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


class Firmware(unittest.TestCase):
    def test_svc(self):
        want = (guest.ROOT / "firmware/svc.expected").read_text()
        for cpu in ("cortex-a57", "cortex-a53", "cortex-a72", "max"):
            status, out, err = run("-cpu", cpu, "-nographic", "-kernel", guest.SVC)
            self.assertEqual((status, err), (0, ""), cpu)
            self.assertEqual(out.replace("\r", ""), want, cpu)


@unittest.skipUnless(shutil.which("dtc"), "there is no dtc")
class DeviceTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dtb = pathlib.Path(folder.name) / "virt.dtb"

    def source_of(self, *arguments):
        """The tree as dtc reads it back, after both of dtc's ways had no warning."""
        machine = f"virt,dumpdtb={self.dtb}"
        self.assertEqual(run("-machine", machine, *arguments), (0, "", ""))
        back = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", self.dtb], capture_output=True)
        self.assertEqual((back.returncode, back.stderr), (0, b""))
        again = subprocess.run(["dtc", "-I", "dts", "-O", "dtb", "-o", "/dev/null"],
                               input=back.stdout, capture_output=True)
        # A tree that has been compiled once has numbers where its source had references.
        warnings = [w for w in again.stderr.decode().splitlines()
                    if not w.endswith("is not a phandle reference")]
        self.assertEqual((again.returncode, warnings), (0, []))
        return back.stdout.decode()

    def test_plain(self):
        text = self.source_of()
        for node in ("pl011@9000000", "pl031@9010000", "pl061@9030000", "memory@40000000"):
            self.assertIn(node, text)
        self.assertIn('compatible = "arm,cortex-a57"', text)
        self.assertNotIn("seed", text)

    def test_with_options(self):
        text = self.source_of("-m", "2G", "-cpu", "cortex-a53", "-kernel", guest.ECHO,
                              "-append", "a=1 b")
        self.assertIn('bootargs = "a=1 b"', text)
        self.assertIn('compatible = "arm,cortex-a53"', text)
        self.assertIn("reg = <0x00 0x40000000 0x00 0x80000000>", text)

    def test_seeds_on_request(self):
        text = self.source_of("-machine", "virt,kaslr=on,rng-seed=on")
        self.assertRegex(text, r"kaslr-seed = <0x\w+ 0x\w+>")
        self.assertRegex(text, r"rng-seed = ")


if __name__ == "__main__":
    guest.main(guest.ECHO, guest.SVC)

#!/usr/bin/env python3
"""
What can't be done is refused: one line on the standard error output that names the
option or the file, nothing on the standard output, status 1.
"""

import fcntl
import gzip
import os
import pathlib
import random
import socket
import struct
import subprocess
import tempfile
import unittest

import guest

F_OFD_SETLK = 37  # fcntl.h, Linux


def image(text_offset=0, image_size=0x10000, flags=0, magic=b"ARM\x64", size=0x1000):
    """An arm64 Image (Documentation/arm64/booting.rst) that only loops."""
    header = struct.pack("<IIQQQ24x4sI", 0x14000000, 0, text_offset, image_size, flags, magic, 0)
    return header.ljust(size, b"\0")


def elf(bits=2, data=1, machine=183, kind=2):
    """The header of an ELF file: 64-bit, little-endian, AArch64, executable (gABI)."""
    ident = b"\x7fELF" + bytes([bits, data, 1, 0]) + bytes(8)
    order = "<" if data == 1 else ">"
    return ident + struct.pack(order + "HHIQQQIHHHHHH", kind, machine, 1, 0x40200000, 64, 0, 0, 64,
                               56, 0, 0, 0, 0)


class Refusals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.good = self.file("good", image())

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def refused(self, arguments, names, *says):
        """One line with NAMES and each of SAYS (letter case aside)."""
        r = subprocess.run([guest.MINI_A64, *map(str, arguments)], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=guest.PATIENCE)
        line = r.stderr.decode()
        self.assertEqual(r.returncode, 1, line)
        self.assertEqual(r.stdout, b"")
        self.assertRegex(line, r"\Amini-a64: [^\n]+\n\Z")
        self.assertIn(str(names), line)
        for say in says:
            self.assertIn(say.lower(), line.lower())

    def kernel(self, name, content, *says, arguments=()):
        path = self.file(name, content)
        self.refused(["-kernel", path, *arguments], path, *says)

    def test_files_that_are_not_there(self):
        absent = self.folder / "absent"
        reason = "no such file or directory"
        self.refused(["-kernel", absent], absent, reason)
        self.refused(["-kernel", self.good, "-initrd", absent], absent, reason)
        self.refused(["-kernel", self.good, "-dtb", absent], absent, reason)
        self.refused(["-kernel", self.folder], self.folder, "director")

    def test_files_that_cannot_be_written(self):
        bad = self.folder / "absent/file"
        self.refused(["-kernel", self.good, "-serial", f"file:{bad}"], bad)
        self.refused(["-kernel", self.good, "-pidfile", bad], bad)
        self.refused(["-kernel", self.good, "-d", "int", "-D", bad], bad)
        self.refused(["-machine", f"virt,dumpdtb={bad}"], bad)

    def test_kernels(self):
        self.kernel("empty", b"", "empty")
        self.kernel("truncated", image()[:60])
        self.kernel("big-endian", image(flags=1), "big-endian")
        self.kernel("elf32", elf(bits=1), "32-bit")
        self.kernel("elf-be", elf(data=2), "big-endian")
        self.kernel("x86", elf(machine=62), "x86")
        self.kernel("arm", elf(machine=40))
        self.kernel("object", elf(kind=1))
        self.kernel("elf-truncated", elf()[:30])
        self.kernel("bzImage", bytes(0x1FE) + b"\x55\xaa\xeb\x66HdrS" + bytes(0x1000), "x86")
        noise = random.Random(1).randbytes(1 << 12)
        self.kernel("broken.gz", gzip.compress(image() + noise)[:2000])
        self.kernel("script", b"#!/bin/sh\nexit\n")

    def test_what_does_not_fit(self):
        self.kernel("large", image(image_size=1 << 30), "128", arguments=["-m", "128M"])
        initrd = self.file("initrd", bytes(20 << 20))
        self.refused(["-kernel", self.good, "-m", "16M", "-initrd", initrd], initrd)

    def test_firmware(self):
        absent = self.folder / "absent"
        self.refused(["-bios", absent], absent)
        self.refused(["-bios", self.file("large.fd", bytes((64 << 20) + 1))], "large.fd", "67108864")
        self.refused(["-bios", self.file("empty.fd", b"")], "empty.fd", "empty")
        self.refused(["-pflash", absent], absent)
        self.refused(["-pflash", self.good], self.good, "truncate -s 64M")
        self.refused(["-pflash", self.folder], self.folder, "director")
        self.refused(["-bios", self.good, "-pflash", self.good], "-bios", "leave one")
        self.refused(["-kernel", self.good, "-fw_cfg", f"opt/x,file={absent}"], absent)
        self.refused(["-kernel", self.good, "-fw_cfg", "opt/x"], "-fw_cfg", "string=")
        self.refused(["-kernel", self.good, "-semihosting-config", f"root={absent}"], absent)
        self.refused(["-kernel", self.good, "-semihosting-config", f"root={self.good}"], self.good)

    def drive_refused(self, image, *says, more=(), properties=",format=raw"):
        self.refused(["-kernel", self.good, "-drive", f"file={image}{properties}", *more], image,
                     *says)

    def test_disks(self):
        self.drive_refused(self.folder / "absent", "no such file", "truncate")
        self.drive_refused(self.folder, "directory")
        self.drive_refused(self.file("empty", b""), "empty", "truncate")
        self.drive_refused(self.file("odd", bytes(1000)), "multiple of 512", "truncate")
        superblock = bytearray(4096)
        struct.pack_into("<IIII", superblock, 1024 + 4, 1000, 0, 0, 0)  # blocks of 1 KiB
        struct.pack_into("<H", superblock, 1024 + 0x38, 0xEF53)
        self.drive_refused(self.file("short", superblock), "cut short", "1024000")
        qcow2 = self.file("qcow2", b"QFI\xfb\0\0\0\3".ljust(65536, b"\0"))
        self.drive_refused(qcow2, "qcow2", "qemu-img convert", properties="")
        self.refused(["-kernel", self.good, "-drive", f"file={qcow2},format=qcow2"], "qcow2",
                     "qemu-img convert")
        self.refused(["-kernel", self.good, "-blockdev",
                      f"driver=raw,node-name=n,file.filename={self.folder}/absent"], "absent")
        disk = self.file("disk", bytes(1024))
        self.drive_refused(disk, "another process or drive", more=["-drive", f"file={disk}"])
        with open(disk, "rb") as f:
            # QEMU's lock: somebody writes (byte 101) or lets nobody write (byte 201).
            lock = struct.pack("hhlli4x", fcntl.F_RDLCK, os.SEEK_SET, 201, 1, 0)
            fcntl.fcntl(f, F_OFD_SETLK, lock)
            self.drive_refused(disk, "another process", "readonly=on")
        if os.geteuid():
            disk.chmod(0o444)
            self.drive_refused(disk, "readonly=on", "snapshot=on")

    def test_devices(self):
        k = ["-kernel", self.good]
        disk = self.file("disk", bytes(1024))
        self.refused([*k, "-device", "virtio-rng-device,id=a", "-device", "virtio-rng-device,id=a"],
                     "id=a", "another")
        self.refused([*k, "-drive", f"file={disk},if=none,id=a", "-drive",
                      f"file={disk},if=none,id=a"], "id=a", "another")
        self.refused([*k, "-netdev", "user,id=a", "-netdev", "user,id=a"], "id=a", "another")
        self.refused([*k, "-device", "virtio-rng-device,colour=red"], "colour=red", "-device help")
        self.refused([*k, "-netdev", "user,id=a,colour=red"], "colour=red", "-help")
        self.refused([*k, "-device", "virtio-blk-device,drive=a"], "drive=a", "-drive")
        with socket.create_server(("127.0.0.1", 0)) as s:
            forward = f"hostfwd=tcp:127.0.0.1:{s.getsockname()[1]}-:22"
            self.refused([*k, "-netdev", f"user,id=a,{forward}"], forward, "in use")

    def test_device_trees(self):
        for name, content in (("empty.dtb", b""), ("noise.dtb", b"noise" * 100),
                              ("short.dtb", struct.pack(">II", 0xD00DFEED, 4096) + bytes(60))):
            path = self.file(name, content)
            self.refused(["-kernel", self.good, "-dtb", path], path)

    def test_options(self):
        k = ["-kernel", self.good]
        self.refused([], "-kernel")
        self.refused([*k, "-frobnicate"], "-frobnicate", "-help")
        self.refused([*k, "-m"], "-m", "argument")
        self.refused([*k, "-m", "0"], "-m")
        self.refused([*k, "-m", "16E"], "-m")
        self.refused([*k, "-m", "many"], "-m many")
        self.refused([*k, "-smp", "0"], "-smp")
        self.refused([*k, "-smp", "4000"], "-smp")
        self.refused([*k, "-cpu", "pentium"], "pentium", "cortex-a57")
        self.refused([*k, "-machine", "q35"], "q35", "virt")
        self.refused([*k, "-machine", "virt,gic-version=17"], "gic-version")
        self.refused([*k, "-serial", "carrier-pigeon"], "carrier-pigeon", "stdio")
        self.refused([*k, "-accel", "kvm"], "kvm", "tcg")
        self.refused([*k, "-display", "gtk"], "gtk", "none")
        self.refused([*k, "-d", "everything"], "everything")
        self.refused([*k, "disk.img"], "disk.img")
        self.refused([*k, "-device", "e1000"], "-device")
        self.refused([*k, "-initrd", ""], "-initrd")
        self.refused(["-initrd", self.good], "-kernel")

    def test_busy_port(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = str(s.getsockname()[1])
            self.refused(["-kernel", self.good, "-serial", f"tcp:127.0.0.1:{port},server"], port)


if __name__ == "__main__":
    guest.main()

#!/usr/bin/env python3
"""
Shared folders and the balloon under Debian's kernel and its own drivers: what the
guest does to files is looked at on the host and the other way round, data is
compared by checksum; and the guest gets at nothing outside the folder.
"""

import os
import pathlib
import re
import shutil
import stat
import tempfile
import unittest

import guest
import virtio

FULL = guest.ROOT / "build/guest/full"
KERNEL, MODULES = FULL / "Image", FULL / "share"
PROGRAM = guest.BUILD / "tests/share.elf"
CALLS = ["setxattr", "getxattr", "listxattr", "removexattr", "removed", "mmap", "append", "unlinked",
         "unlinked-truncate", "lock"]
MIB = 1 << 20
FAST = guest.SLOW == 1
BIG = 64 * MIB if FAST else 4 * MIB
FILES = 1000 if FAST else 100


def mapped(path, name):
    """One of the attributes that mapped-xattr keeps things in (QEMU: hw/9pfs/9p-local.c)."""
    return int.from_bytes(os.getxattr(path, "user.virtfs." + name, follow_symlinks=False), "little")


class Share(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.root = self.folder / "root"
        self.root.mkdir()
        self.secret = self.folder / "secret"
        self.secret.write_text("secret\n")
        self.initrd = self.folder / "initrd"
        virtio.make_initrd(self.initrd, MODULES)
        guest.KERNEL = KERNEL

    def linux(self, *arguments):
        return virtio.Linux("-initrd", self.initrd, "-nographic", "-m", "256M", *arguments)

    def share(self, model, *more):
        """A share of the root, and its tag."""
        tag = "-".join([model, *more]).replace("=", "")
        return ["-virtfs", ",".join([f"local,path={self.root},mount_tag={tag}",
                                     f"security_model={model}", *more])], tag

    def mount(self, m, tag, where="/mnt", options="msize=131072"):
        m.run(f"mkdir -p {where}; mount -t 9p -o trans=virtio,version=9p2000.L,{options} {tag} {where}")

    def both_ways(self, m, size):
        """A file read and one written, by checksum."""
        data = os.urandom(size)
        (self.root / "big").write_bytes(data)
        self.assertEqual(m.checksum("/mnt/big"), virtio.checksum(data))
        m.run("dd if=/mnt/big of=/mnt/copy bs=100k 2>/dev/null; sync")
        self.assertEqual(virtio.checksum((self.root / "copy").read_bytes()), virtio.checksum(data))

    def names(self, m):
        """Everything a shell does to names, seen from the host."""
        m.run("(cd /mnt; mkdir -p d/e; echo text > d/file; mv d/file d/e/moved; ln d/e/moved hard;"
              " ln -s /etc/passwd soft; mkfifo fifo; chmod 640 hard; touch -d @1000000000 hard;"
              " echo more >> hard; truncate -s 7 hard)")
        st = (self.root / "hard").stat()
        self.assertEqual((self.root / "d/e/moved").read_text(), "text\nmo")
        self.assertEqual((st.st_nlink, stat.S_IMODE(st.st_mode)), (2, 0o640))
        self.assertEqual(os.readlink(self.root / "soft"), "/etc/passwd")
        self.assertTrue(stat.S_ISFIFO((self.root / "fifo").lstat().st_mode))
        self.assertEqual(m.run("(cd /mnt; readlink soft; stat -c %h,%a hard; cat hard)"),
                         "/etc/passwd\n2,640\ntext\nmo")
        m.run("(cd /mnt; (sleep 1; echo through > fifo) & cat fifo > passed)")
        self.assertEqual((self.root / "passed").read_text(), "through\n")
        m.run("(cd /mnt; rm -r d soft hard fifo; mkdir many; i=0;"
              f" while [ $i -lt {FILES} ]; do echo $i > many/f$i; i=$((i+1)); done)")
        self.assertEqual(len(list((self.root / "many").iterdir())), FILES)
        self.assertEqual(m.run("ls /mnt/many | wc -l; cat /mnt/many/* | sort -n | tail -n 1").split(),
                         [str(FILES), str(FILES - 1)])
        m.run("rm -r /mnt/many")
        self.assertFalse((self.root / "many").exists())

    def calls(self, m, options):
        shutil.copy(PROGRAM, self.root / "program")
        self.mount(m, "none", "/calls", options)
        self.assertEqual(m.run("/calls/program /calls").split("\n")[:-1], [n + " ok" for n in CALLS])
        m.run("umount /calls")

    @unittest.skipUnless(FAST, "takes long")
    def test_files_of_version_1(self):
        share, tag = self.share("none")
        with self.linux(*share) as m:
            m.boot()
            self.mount(m, tag, options="msize=512000")
            self.both_ways(m, 4 * MIB)
            m.run("umount /mnt")
            self.calls(m, "cache=mmap")
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)

    def test_files_of_version_2(self):
        share, tag = self.share("none")
        with self.linux("-global", "virtio-mmio.force-legacy=off", *share) as m:
            m.boot()
            self.mount(m, tag)
            self.both_ways(m, BIG)
            self.names(m)
            m.run("umount /mnt")
            self.calls(m, "cache=loose,msize=512000")
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)

    @unittest.skipUnless(FAST, "takes long")
    def test_models(self):
        """Read-only, and with owners and modes that are the guest's own."""
        (self.root / "old").write_text("old\n")
        readonly, readonly_tag = self.share("none", "readonly=on")
        model, tag = self.share("mapped-xattr")
        with self.linux(*readonly, *model) as m:
            m.boot()
            self.mount(m, readonly_tag, "/ro")
            self.mount(m, tag)
            self.assertEqual(m.run("cat /ro/old"), "old\n")
            for command in ("echo x > /ro/old", "echo x > /ro/new", "rm /ro/old", "mkdir /ro/d",
                            "mv /ro/old /ro/new", "chmod 0 /ro/old", "ln -s x /ro/l"):
                said = m.run(f"({command}) 2>&1", status=None)
                self.assertIn("Read-only file system", said, command)
            m.run("(cd /mnt; echo x > file; chown 12:34 file; chmod 4711 file; mknod null c 1 3;"
                  " ln -s /etc/passwd soft; mkdir d; chmod 1777 d)")
            self.assertEqual(m.run("(cd /mnt; stat -c %u:%g:%a file; stat -c %F:%t:%T null;"
                                   " readlink soft; stat -c %a d; echo gone > null; cat null)"),
                             "12:34:4711\ncharacter special file:1:3\n/etc/passwd\n1777\n")
            path = self.root / "file"
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual([mapped(path, n) for n in ("uid", "gid", "mode")],
                             [12, 34, stat.S_IFREG | 0o4711])
            null = self.root / "null"
            self.assertTrue(stat.S_ISREG(null.lstat().st_mode))
            self.assertEqual(stat.S_IFMT(mapped(null, "mode")), stat.S_IFCHR)
            self.assertEqual(mapped(null, "rdev"), os.makedev(1, 3))
            self.assertEqual((self.root / "soft").read_text(), "/etc/passwd")
        self.assertEqual((self.root / "old").read_text(), "old\n")
        self.assertFalse((self.root / "new").exists())

    @unittest.skipUnless(FAST, "takes long")
    def test_nothing_outside(self):
        """Links of the host's lead to the guest's own files, and `..` out of nothing."""
        os.symlink("../secret", self.root / "near")
        os.symlink("..", self.root / "up")
        os.symlink(self.secret, self.root / "far")
        os.mkfifo(self.root / "fifo")
        share, tag = self.share("none")
        with self.linux(*share) as m:
            m.boot()
            m.run("echo mine > /secret")
            self.mount(m, tag)
            self.assertEqual(m.run("cat /mnt/near"), "mine\n")
            self.assertEqual(m.run("cat /mnt/../secret"), "mine\n")
            self.assertEqual(m.run("cat /mnt/up/secret"), "mine\n")
            m.run("! cat /mnt/far 2>/dev/null; echo theirs > /mnt/near; ls -laR /mnt > /dev/null")
            self.assertEqual(m.run("cat /secret"), "theirs\n")
            m.run("rm /mnt/up; mkdir /mnt/up; rm /mnt/near; echo x > /mnt/near")
        self.assertEqual(self.secret.read_text(), "secret\n")
        self.assertEqual((self.root / "near").read_text(), "x\n")

    def monitor(self, m, command, answer):
        m.send("\x01c")
        m.expect(rb"\(mini-a64\) ")
        m.send(f"{command}\n")
        match = m.expect(answer)
        m.expect(rb"\(mini-a64\) ")
        m.send("\x01c\n")
        m.expect(guest.PROMPT)
        return match

    def resident(self, m):
        with open(f"/proc/{m.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @unittest.skipUnless(FAST, "takes long")
    def test_balloon(self):
        """What the guest gives up is the host's, until the guest gets it back."""
        def total():
            return int(re.search(r"MemTotal: +(\d+)", m.run("cat /proc/meminfo"))[1]) // 1024

        with self.linux("-device", "virtio-balloon-device") as m:
            m.boot()
            before = total()
            m.run("dd if=/dev/urandom of=/tmp/x bs=1M count=80 2>/dev/null; rm /tmp/x")
            used = self.resident(m)
            self.monitor(m, "balloon 128", rb"\n")
            m.run(f"while [ $(awk '/MemTotal/ {{print $2}}' /proc/meminfo) -gt {(before - 120) * 1024} ];"
                  " do sleep 0.1; done")
            actual = int(self.monitor(m, "info balloon", rb"actual=(\d+)\r*\n")[1])
            self.assertLess(actual, 256 - 110)
            self.assertLess(self.resident(m), used - 40 * MIB)
            self.monitor(m, "balloon 256", rb"\n")
            m.run(f"while [ $(awk '/MemTotal/ {{print $2}}' /proc/meminfo) -lt {before * 1024} ];"
                  " do sleep 0.1; done")
            self.monitor(m, "info balloon", rb"actual=256\r*\n.*total=\d+ free=\d+")
            m.run("dd if=/dev/urandom of=/tmp/x bs=1M count=80 2>/dev/null; md5sum /tmp/x > /tmp/sum;"
                  " md5sum -c /tmp/sum")
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)


if __name__ == "__main__":
    guest.main(KERNEL, MODULES, PROGRAM, guest.INITRD)

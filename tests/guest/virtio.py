#!/usr/bin/env python3
"""
virtio devices under Debian's kernel and its own drivers, in both versions of the
transport: what is on a disk, and what comes over the network, is compared by
checksum; and what the guest has synced is in the image although mini-a64 was
killed in the midst of it.
"""

import contextlib
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import guest

MODULES = guest.ROOT / "build/guest/modules"
BLOCK = 4096
WITH_SBIN = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}  # e2fsprogs' place


def cpio_entry(name, data, mode):
    """One file of an archive, in the format newc (kernel: early-userspace/buffer-format)."""
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def make_initrd(path, modules=MODULES):
    """The usual one with those modules in /modules, loaded by /modules/load."""
    archive = cpio_entry("modules", b"", 0o40755)
    names = sorted(modules.glob("*.ko"))
    for name in names:
        archive += cpio_entry(f"modules/{name.name}", name.read_bytes(), 0o100644)
    load = "".join(f"insmod /modules/{name.name}\n" for name in names)
    archive += cpio_entry("modules/load", load.encode(), 0o100644)
    archive += cpio_entry("TRAILER!!!", b"", 0)
    path.write_bytes(guest.INITRD.read_bytes() + gzip.compress(archive, 1))


class Linux(guest.Linux):
    def boot(self):
        super().boot()
        self.run("dmesg -n 1; sh /modules/load")
        return self

    def checksum(self, file):
        return re.search(r"\b[0-9a-f]{32}\b", self.run(f"md5sum {file}"))[0]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def checksum(data):
    return hashlib.md5(data).hexdigest()


class Virtio(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.initrd = self.folder / "initrd"
        make_initrd(self.initrd)

    def linux(self, *arguments):
        return Linux("-initrd", self.initrd, "-nographic", "-m", "256M", *arguments)

    def image(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def copy_disk(self, legacy):
        data = os.urandom(8 << 20)
        one, other = self.image("one", data), self.image("other", b"\0" * len(data))
        with self.linux("-global", f"virtio-mmio.force-legacy={legacy}",
                        "-drive", f"file={one},if=none,id=one,format=raw,readonly=on",
                        "-drive", f"file={other},if=none,id=other,format=raw",
                        "-device", "virtio-blk-device,drive=one,serial=first",
                        "-device", "virtio-blk-device,drive=other,serial=second",
                        "-device", "virtio-rng-device") as m:
            m.boot()
            # The last slot is the first device's, and Linux counts from the other end.
            self.assertEqual(m.run("cat /sys/block/vda/serial; echo; cat /sys/block/vdb/serial"),
                             "second\nfirst")
            self.assertEqual(m.checksum("/dev/vdb"), checksum(data))
            self.assertEqual(m.run("cat /sys/block/vdb/ro").strip(), "1")
            m.run("dd if=/dev/vdb of=/dev/vda bs=64k conv=fsync 2>/dev/null")
            self.assertEqual(checksum(other.read_bytes()), checksum(data))
            m.run("dd if=/dev/zero of=/dev/vda bs=4k count=3 seek=5 conv=fsync 2>/dev/null")
            numbers = m.run("dd if=/dev/hwrng bs=32 count=1 2>/dev/null | md5sum")
            self.assertNotEqual(numbers, m.run("dd if=/dev/hwrng bs=32 count=1 2>&- | md5sum"))
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)
        data = data[:5 * BLOCK] + b"\0" * 3 * BLOCK + data[8 * BLOCK:]
        self.assertEqual(checksum(other.read_bytes()), checksum(data))

    def test_disks_of_version_1(self):
        self.copy_disk("on")

    def test_disks_of_version_2(self):
        self.copy_disk("off")

    def test_what_is_synced_survives_a_kill(self):
        """A block is said to be written when dd has synced it; then it is in the image."""
        blocks = 512
        image = self.image("disk", b"\xff" * BLOCK * blocks)
        with self.linux("-drive", f"file={image},format=raw") as m:
            m.boot()
            m.run("yes | head -c 4096 > /tmp/y")
            m.send("i=0; while true; do echo block $i | cat - /tmp/y |"
                   " dd of=/dev/vda bs=4096 count=1 seek=$i conv=notrunc,fsync iflag=fullblock"
                   " 2>/dev/null && echo synced $i; i=$((i+1)); done\n")
            m.expect(rb"synced 20\r*\n")
            m.signal(signal.SIGKILL)
            m.wait()
            last = max(int(n) for n in re.findall(rb"synced (\d+)\r*\n", m.said))
        data = image.read_bytes()
        self.assertEqual(len(data), BLOCK * blocks)
        for i in range(last + 1):
            expected = (b"block %d\n" % i + b"y\n" * BLOCK)[:BLOCK]
            self.assertEqual(data[i * BLOCK : (i + 1) * BLOCK], expected, f"block {i} of {last}")

    @unittest.skipIf(guest.SLOW > 1, "the same on raw blocks is enough")
    @unittest.skipUnless(shutil.which("mke2fs", path=WITH_SBIN["PATH"]), "no e2fsprogs")
    def test_a_file_system_survives_a_kill(self):
        """
        The same with ext4: each file that dd has synced is there with all of its bytes
        when the journal has been replayed, and there is nothing to repair.
        """
        image = self.image("disk", b"")
        os.truncate(image, 64 << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", image], check=True, env=WITH_SBIN)
        with self.linux("-drive", f"file={image},format=raw") as m:
            m.boot()
            m.run("mkdir /mnt; mount -t ext4 /dev/vda /mnt")
            m.send("cd /mnt; i=0; while true; do yes file $i | head -c $((i * 997 + 1)) |"
                   " dd of=$i bs=64k conv=fsync iflag=fullblock 2>/dev/null && echo synced $i;"
                   " i=$((i+1)); done\n")
            m.expect(rb"synced 20\r*\n")
            m.signal(signal.SIGKILL)
            m.wait()
            last = max(int(n) for n in re.findall(rb"synced (\d+)\r*\n", m.said))
        replay = subprocess.run(["e2fsck", "-p", image], capture_output=True, env=WITH_SBIN)
        self.assertIn(b"recovering journal", replay.stdout)
        self.assertEqual(replay.returncode & ~1, 0, replay.stdout)  # 1: orphans were cleared
        check = subprocess.run(["e2fsck", "-f", "-n", image], capture_output=True, env=WITH_SBIN)
        self.assertEqual(check.returncode, 0, check.stdout)
        subprocess.run(["debugfs", "-R", f"rdump / {self.folder}", image], check=True,
                       capture_output=True, env=WITH_SBIN)
        for i in range(last + 1):
            size = i * 997 + 1
            line = b"file %d\n" % i
            expected = (line * (size // len(line) + 1))[:size]
            self.assertEqual((self.folder / str(i)).read_bytes(), expected, f"file {i} of {last}")

    def test_a_snapshot_is_forgotten(self):
        image = self.image("disk", b"\x55" * (1 << 20))
        with self.linux("-hda", image, "-snapshot") as m:
            m.boot()
            m.run("dd if=/dev/zero of=/dev/vda bs=64k count=4 seek=1 conv=fsync 2>/dev/null")
            expected = b"\x55" * 65536 + b"\0" * 4 * 65536 + b"\x55" * 11 * 65536
            m.run("echo 3 > /proc/sys/vm/drop_caches")
            self.assertEqual(m.checksum("/dev/vda"), checksum(expected))
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)
        self.assertEqual(image.read_bytes(), b"\x55" * (1 << 20))

    def serve(self, data):
        """
        Give DATA to the first who connects, or without any read what he gives: the
        port, the thread that does it, what came. The guest's nc ends when we do.
        """
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(guest.PATIENCE)
        got = []

        def work():
            with contextlib.closing(server), server.accept()[0] as peer:
                peer.settimeout(guest.PATIENCE)
                peer.sendall(data)
                if data:
                    peer.shutdown(socket.SHUT_WR)
                while part := peer.recv(65536):
                    got.append(part)

        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)
        return server.getsockname()[1], thread, got

    def network(self, legacy):
        data = os.urandom(3 << 20)
        port, thread, got = self.serve(data)
        forwarded = free_port()
        with self.linux("-global", f"virtio-mmio.force-legacy={legacy}",
                        "-netdev", f"user,id=n,hostfwd=tcp:127.0.0.1:{forwarded}-:22",
                        "-device", "virtio-net-device,netdev=n,mac=52:54:00:01:02:03") as m:
            m.boot()
            self.assertEqual(m.run("cat /sys/class/net/eth0/address").strip(), "52:54:00:01:02:03")
            m.run("ifconfig lo up; ifconfig eth0 10.0.2.15 up; cat /sys/class/net/eth0/carrier")
            m.run("ping -c 1 -W 30 10.0.2.2")
            for state, carrier in (("off", "0"), ("on", "1")):
                m.send("\x01c")
                m.expect(rb"\(mini-a64\) ")
                m.send(f"set_link n {state}\n")
                m.expect(rb"\(mini-a64\) ")
                m.send("\x01c")
                m.run(f"while ! grep -q {carrier} /sys/class/net/eth0/carrier; do :; done")
            m.run(f"nc 10.0.2.2 {port} < /dev/null > /tmp/data")
            thread.join()
            self.assertEqual(m.checksum("/tmp/data"), checksum(data))
            port, thread, got = self.serve(b"")
            m.run(f"nc 10.0.2.2 {port} < /tmp/data")
            thread.join()
            self.assertEqual(checksum(b"".join(got)), checksum(data))
            m.send("nc -l -p 22 -e /bin/cat & echo listens\n")
            m.expect(rb"listens\r*\n")
            m.expect(guest.PROMPT)
            m.run("while ! netstat -ltn | grep -q :22; do sleep 0.1; done")
            with socket.create_connection(("127.0.0.1", forwarded), guest.PATIENCE) as peer:
                for n in range(20):
                    peer.sendall(b"%04d" % n)
                    self.assertEqual(peer.recv(4, socket.MSG_WAITALL), b"%04d" % n)
            m.send("poweroff -f\n")
            self.assertEqual(m.wait(), 0)

    def test_monitor_tells_of_disks_and_networks(self):
        image = self.image("disk", b"\0" * 1024)
        with guest.Machine("-S", "-kernel", guest.KERNEL, "-display", "none", "-serial", "none",
                           "-monitor", "stdio", "-drive", f"file={image},if=none,id=d,readonly=on",
                           "-device", "virtio-blk-device,drive=d", "-drive", f"file={image},"
                           "file.locking=off,snapshot=on", "-nic", "user,mac=52:54:00:01:02:03",
                           "-netdev", "user,id=n,net=10.1.0.0/16,"
                           f"hostfwd=tcp:127.0.0.1:{free_port()}-:22",
                           "-device", "virtio-net-device,netdev=n,id=card") as m:
            m.expect(rb"\(mini-a64\) ")
            m.send("info block\n")
            m.expect(rb"d: [^\n]*disk, raw, 1024 bytes, read-only\r*\n")
            m.expect(rb"drive1: [^\n]*disk, raw, 1024 bytes, snapshot\r*\n")
            m.send("info network\n")
            m.expect(rb"net0: virtio-net-device, 52:54:00:01:02:03, link up\r*\n")
            m.expect(rb"network 10.0.2.0, the guest by DHCP 10.0.2.15\r*\n")
            m.expect(rb"card: virtio-net-device, 52:54:00:12:34:57, link up\r*\n")
            m.expect(rb"network 10.1.0.0, the guest by DHCP 10.1.2.15\r*\n")
            m.expect(rb"hostfwd tcp:127.0.0.1:\d+-:22\r*\n")
            for name, link in (("card off", b"down"), ("n on", b"up"), ("net0 off", b"down")):
                m.send(f"set_link {name}\ninfo network\n")
                m.expect(rb"link " + link)
            m.send("set_link card\n")
            m.expect(rb"write set_link NAME on, or off")
            m.send("set_link eth7 off\n")
            m.expect(rb"no network card 'eth7'")
            m.send("quit\n")
            self.assertEqual(m.wait(), 0)

    def test_network_of_version_1(self):
        self.network("on")

    def test_network_of_version_2(self):
        self.network("off")

    def test_console(self):
        path, other = self.folder / "console", self.folder / "port"
        with self.linux("-device", "virtio-serial-device", "-chardev",
                        f"socket,id=c,path={path},server=on,wait=off",
                        "-chardev", f"socket,id=p,path={other},server=on,wait=off",
                        "-device", "virtconsole,chardev=c",
                        "-device", "virtserialport,chardev=p,name=org.example.port") as m:
            m.boot()
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(guest.PATIENCE)
                peer.connect(str(path))
                # Its settings are for as long as somebody has it open.
                m.send("sh -c 'stty raw -echo; echo to the host >&0; head -n 1' <>/dev/hvc0\n")
                self.assertEqual(peer.recv(12, socket.MSG_WAITALL), b"to the host\n")
                peer.sendall(b"to the guest\n")
                m.expect(rb"\nto the guest\r*\n")
                m.expect(guest.PROMPT)
            name = m.run("grep -l org.example.port /sys/class/virtio-ports/*/name").split("/")[-2]
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(guest.PATIENCE)
                peer.connect(str(other))
                m.send(f"(echo a port >&3; head -n 1 <&3) 3<>/dev/{name}\n")
                self.assertEqual(peer.recv(7, socket.MSG_WAITALL), b"a port\n")
                peer.sendall(b"to the port\n")
                m.expect(rb"\nto the port\r*\n")
                m.expect(guest.PROMPT)
            # The driver is told that the host has left: then there is nothing to read.
            self.assertEqual(m.run(f"cat /dev/{name}"), "")

    def test_ends_flush(self):
        """SIGTERM while the guest writes: the image is left consistent and unlocked."""
        image = self.image("disk", b"\0" * (4 << 20))
        with self.linux("-drive", f"file={image},format=raw") as m:
            m.boot()
            m.send("while true; do dd if=/dev/urandom of=/dev/vda bs=1M count=4 2>/dev/null; done\n")
            m.signal(signal.SIGTERM)
            self.assertEqual(m.wait(), 0)
        with self.linux("-drive", f"file={image},format=raw") as m:
            m.boot()
            self.assertEqual(m.checksum("/dev/vda"), checksum(image.read_bytes()))


if __name__ == "__main__":
    guest.main(guest.KERNEL, guest.INITRD, MODULES)

"""
The host's side of what a guest's programs measure: an image for a disk, a server
for a network. A peer lives for one run.

    arguments   options that give the machine the device
    suffix      what the case's name gets for the guest, "-PORT" of a server
    finish()    a checksum of what came out, when the guest is done
"""

import os
import random
import shutil
import socket
import tempfile
import threading
import zlib

DISK_MIB = 192  # as much as disk.c and share.c read and write
SENT = 512 << 16  # as much as net.c receives
PATIENCE = 600


class Nothing:
    """For programs that need no device."""

    arguments, suffix = (), ""

    def finish(self):
        return ""

    def close(self):
        pass


def fill(path, mib):
    """A file of so many MiB, the same each time."""
    numbers = random.Random(1)
    with open(path, "wb") as f:
        for _ in range(mib):
            f.write(numbers.randbytes(1 << 20))
        f.flush()
        os.fsync(f.fileno())  # so that this is not what a flush of the guest waits for


def checksum(path):
    with open(path, "rb") as f:
        total = 0
        while piece := f.read(1 << 20):
            total = zlib.crc32(piece, total)
    return f"{total:08x}"


class Disk(Nothing):
    """A raw image, the same at the start of each run."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.image = os.path.join(self.folder, "disk")
        fill(self.image, DISK_MIB)
        self.arguments = ("-drive", f"file={self.image},format=raw,if=none,id=bench",
                          "-device", "virtio-blk-device,drive=bench")

    def finish(self):
        return f" {checksum(self.image)}"

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Share(Nothing):
    """A folder on 9P with a file in it; what the guest leaves in it is what came out."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-")
        fill(os.path.join(self.folder, "data"), DISK_MIB)
        self.arguments = ("-fsdev", f"local,id=bench,path={self.folder},security_model=none",
                          "-device", "virtio-9p-device,fsdev=bench,mount_tag=bench")

    def finish(self):
        names = sorted(os.listdir(self.folder))
        return "".join(f" {n}:{checksum(os.path.join(self.folder, n))}" for n in names)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Server(Nothing):
    """One connection on the host's loopback: gives, takes or echoes."""

    arguments = ("-netdev", "user,id=bench", "-device", "virtio-net-device,netdev=bench")

    def __init__(self, what):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.suffix = f"-{self.listener.getsockname()[1]}"
        given = random.Random(1).randbytes(SENT if what == "in" else 0)
        self.thread = threading.Thread(target=self.serve, args=(what, given), daemon=True)
        self.thread.start()

    def serve(self, what, given):
        total = 0
        try:
            peer, _ = self.listener.accept()
        except OSError:
            return  # the run broke, and close() was called
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(given)
            while piece := peer.recv(1 << 16):
                total = zlib.crc32(piece, total)
                if what == "echo":
                    peer.sendall(piece)
            peer.sendall(total.to_bytes(8, "little"))

    def close(self):
        self.listener.close()


def peer_of(program):
    """What the guest's PROGRAM needs, begun anew."""
    kind, _, what = program.partition("-")
    if kind == "disk":
        return Disk()
    if kind == "share":
        return Share()
    if kind == "net":
        return Server(what)
    return Nothing()

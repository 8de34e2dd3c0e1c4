"""
One run of a guest under an emulator, with the host's clocks read where the guest
says "begin" and "end".
"""

import os
import select
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

import peers

UP = "bench: up"
BEGIN = "bench: begin"
END = "bench: end "
FAILED = "bench: failed"
RUN_INIT = "as init process"  # the kernel's line about a user's own initrd
HANG_SECONDS = 600


class Broken(Exception):
    """A run that gives no figures."""


@dataclass
class Guest:
    """What is booted, and how far."""

    kernel: str
    initrd: str
    case: str  # "" to boot only
    own_initrd: bool  # the user's, which prints none of our lines and does not end
    memory: str = "512M"


@dataclass
class Point:
    """A moment of a run."""

    wall: float  # seconds since the process was started
    cpu: float  # user and system time of all its threads, seconds
    instructions: int = 0  # when they are counted


@dataclass
class Run:
    """A run that came to its end."""

    points: dict  # a marker -> Point
    checksum: str
    guest_seconds: float  # what the guest's own clock said
    peak_kib: int


def command(emulator, guest, monitor, peer):
    """The command line, the same for both."""
    append = f"rdinit={'/init' if guest.own_initrd else '/bench/init'} console=ttyAMA0"
    line = [emulator, "-m", guest.memory, "-smp", "1", "-cpu", "cortex-a57", "-machine", "virt",
            "-kernel", guest.kernel, "-initrd", guest.initrd, "-display", "none",
            "-serial", "stdio", "-no-reboot", "-append",
            append + (f" bench={guest.case}{peer.suffix}" if guest.case else ""),
            *peer.arguments]
    if monitor:
        return line + ["-no-shutdown", "-monitor", f"unix:{monitor},server=on,wait=off"]
    return line + ["-monitor", "none"]


def cpu_clock(pid):
    """The process's CPU time in seconds: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime((~pid << 3) | 2)


class Monitor:
    """mini-a64's monitor, asked for the number of instructions."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.001)
        self.socket.settimeout(HANG_SECONDS)
        self.read_prompt()

    def read_prompt(self):
        """What comes before the next prompt."""
        text = b""
        while not text.endswith(b") "):
            more = self.socket.recv(4096)
            if not more:
                raise Broken("the monitor was closed")
            text += more
        return text.decode(errors="replace")

    def instructions(self):
        self.socket.sendall(b"info icount\n")
        return int(self.read_prompt().split("\r\n")[1].split()[0])

    def quit(self):
        self.socket.sendall(b"quit\n")


class Runner:
    """Watches one run."""

    def __init__(self, emulator, guest, counting):
        self.guest = guest
        self.points = {}
        self.end_line = ""
        self.text = ""
        self.folder = tempfile.TemporaryDirectory() if counting else None
        path = os.path.join(self.folder.name, "monitor") if counting else None
        self.peer = peers.peer_of(guest.case)
        self.started = time.monotonic()
        self.process = subprocess.Popen(command(emulator, guest, path, self.peer),
                                        stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.monitor = Monitor(path) if counting else None

    def mark(self, name):
        point = Point(time.monotonic() - self.started, cpu_clock(self.process.pid))
        if self.monitor:
            point.instructions = self.monitor.instructions()
        self.points.setdefault(name, point)

    def see(self, line):
        """Take a whole line of output; true when nothing more is of interest."""
        if self.guest.own_initrd:
            if RUN_INIT not in line:
                return False
            self.mark(UP)
            return True
        for marker in (UP, BEGIN, END):
            if line.startswith(marker):
                self.mark(marker)
        if line.startswith(END):
            self.end_line = line
        if line.startswith(FAILED) or "Kernel panic" in line:
            raise Broken(line.strip())
        return self.monitor is not None and "reboot: Power down" in line

    def read(self):
        """Lines until the output ends or nothing more is of interest."""
        pending = b""
        stream = self.process.stdout.fileno()
        while True:
            left = self.started + HANG_SECONDS - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                raise Broken(f"no end after {HANG_SECONDS} s")
            more = os.read(stream, 65536)
            if not more:
                return
            self.text = (self.text + more.decode(errors="replace"))[-2000:]
            *lines, pending = (pending + more).split(b"\n")
            for line in lines:
                if self.see(line.decode(errors="replace").rstrip("\r")):
                    return

    def finish(self):
        """End the process; its Run."""
        if self.monitor:
            time.sleep(0.05)  # the kernel's line comes before the machine is off
            self.mark("off")
            self.monitor.quit()
        elif self.guest.own_initrd:
            self.process.kill()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - self.started
        self.points.setdefault("off", Point(wall, usage.ru_utime + usage.ru_stime))
        words = self.end_line.split()
        if (self.guest.case and not words) or UP not in self.points:
            raise Broken(f"no result; the output ends in:\n{self.text}")
        checksum = words[2] + self.peer.finish() if words else ""
        return Run(self.points, checksum, int(words[3]) / 1e9 if words else 0,
                   usage.ru_maxrss)

    def run(self):
        try:
            self.read()
            return self.finish()
        finally:
            if self.process.returncode is None:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.peer.close()
            if self.folder:
                self.folder.cleanup()


def run(emulator, guest, counting=False):
    """Run GUEST to its end; COUNTING: ask mini-a64's monitor for instructions, too."""
    return Runner(emulator, guest, counting).run()

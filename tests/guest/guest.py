"""
Driving mini-a64 from outside, as a user or a script does: on a pseudo-terminal or
on pipes, with patience, and with everything it said shown when a test fails.

From the environment (tests/CMakeLists.txt sets the first three):
    MINI_A64        the command
    MINI_A64_BUILD  the build folder: firmware/svc.elf, tests/echo.elf
    MINI_A64_SLOW   how much slower than a release it may be; timeouts grow with it
    KERNEL, INITRD  the guest; else what tools/boot has put into build/guest
    MINI_A64_REQUIRE_GUEST=1   their absence is a failure, not a reason to skip
"""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MINI_A64_BUILD", ROOT / "build/release"))
MINI_A64 = os.environ.get("MINI_A64", str(BUILD / "mini-a64"))
SLOW = float(os.environ.get("MINI_A64_SLOW", "1"))
KERNEL = pathlib.Path(os.environ.get("KERNEL", ROOT / "build/guest/Image"))
INITRD = pathlib.Path(os.environ.get("INITRD", ROOT / "build/guest/initrd.cpio.gz"))
ECHO = str(BUILD / "tests/echo.elf")
SVC = str(BUILD / "firmware/svc.elf")
SYSCALLS = str(BUILD / "tests/gdb_syscalls.elf")

SKIPPED = 77
PATIENCE = 60 * SLOW  # seconds, for what takes two on an idle machine
PROMPT = rb"/ # "
READY = rb"ready\r+\n"  # the echo's greeting, a terminal's line end added


class Failure(AssertionError):
    pass


class Machine:
    """
    A running mini-a64. On a terminal (a pty whose other end is .fd) or, with
    piped=True, with pipes for its standard input and output.
    """

    def __init__(self, *arguments, piped=False, columns=400):
        self.said = b""  # everything so far
        self.at = 0  # what expect() has passed
        self.terminal = None
        self.command = [MINI_A64, *map(str, arguments)]
        if piped:
            self._start(subprocess.PIPE, subprocess.PIPE, subprocess.STDOUT)
            self.fd = self.process.stdout.fileno()
            self.input = self.process.stdin.fileno()
            return
        self.fd, self.terminal = pty.openpty()
        self.input = self.fd
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("4H", 50, columns, 0, 0))
        self.settings = termios.tcgetattr(self.terminal)
        self._start(self.terminal, self.terminal, self.terminal)

    def _start(self, stdin, stdout, stderr):
        def take_terminal():
            if self.terminal is not None:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            self.command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
            preexec_fn=take_terminal)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self._read(0)
        if kind and not issubclass(kind, unittest.SkipTest):
            print(f"--- {' '.join(self.command)}", file=sys.stderr)
            print(self.said.decode(errors="backslashreplace"), file=sys.stderr)
            print("--- end of transcript", file=sys.stderr, flush=True)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        if self.terminal is not None:
            os.close(self.fd)
            os.close(self.terminal)

    def _read(self, timeout):
        """Add what it says within TIMEOUT seconds; False at the end of it all."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.said += data
        return bool(data)

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        while data:
            data = data[os.write(self.input, data) :]

    def expect(self, pattern, timeout=PATIENCE):
        """Wait for PATTERN (bytes, a regular expression); what comes next is behind it."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.compile(pattern, re.S).search(self.said, self.at)
            if match:
                self.at = match.end()
                return match
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"no {pattern!r} within {timeout} s")
            if not self._read(min(left, 1)) or self.process.poll() is not None:
                while self._read(0) and select.select([self.fd], [], [], 0)[0]:
                    pass
                if not re.compile(pattern, re.S).search(self.said, self.at):
                    raise Failure(f"it ended, status {self.process.wait()}, without {pattern!r}")

    def expect_silence(self, seconds):
        """Nothing but what it has said before."""
        before = len(self.said)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(0.05)
        if self.said[before:]:
            raise Failure(f"it said {self.said[before:]!r}")

    def wait(self, timeout=PATIENCE):
        """Its exit status, negative for a signal."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise Failure(f"it did not end within {timeout} s")
            self._read(0.02)
        while select.select([self.fd], [], [], 0)[0] and self._read(0):
            pass
        return self.process.returncode

    def signal(self, number):
        os.kill(self.process.pid, number)

    def terminal_is_restored(self):
        return termios.tcgetattr(self.terminal) == self.settings

    def terminal_is_raw(self):
        lflag = termios.tcgetattr(self.terminal)[3]
        return not lflag & (termios.ICANON | termios.ECHO)


class Linux(Machine):
    """A guest kernel with the busybox initrd, at its shell."""

    def __init__(self, *arguments, append="", **how):
        super().__init__("-kernel", KERNEL, "-initrd", INITRD, "-append",
                         f"rdinit=/init console=ttyAMA0 {append}".strip(), *arguments, **how)

    def boot(self):
        self.expect(rb"Linux version ")
        self.expect(rb"Run /init as init process")
        self.expect(PROMPT)
        self.run("stty cols 400 rows 50")
        return self

    def run(self, command, timeout=PATIENCE, status=0):
        """Type a command; its output, with plain line ends. STATUS None: whatever it is."""
        self.send(f"{command}; echo done-$((6*7))-$?\n")
        self.expect(re.escape("; echo done-$((6*7))-$?").encode() + rb"\r*\n", timeout)
        start = self.at
        match = self.expect(rb"done-42-(\d+)\r*\n", timeout)
        output = self.said[start : match.start()].replace(b"\r", b"").decode()
        if status is not None and int(match[1]) != status:
            raise Failure(f"{command}: status {match[1].decode()}, output {output!r}")
        self.expect(PROMPT)
        return output


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def needs(*paths):
    """Skip, or fail if that is not allowed, when one of the PATHS is missing."""
    missing = [str(p) for p in paths if not os.path.exists(p)]
    if not missing:
        return
    line = f"{' and '.join(missing)}: not there; tools/test makes what is needed"
    if os.environ.get("MINI_A64_REQUIRE_GUEST") == "1":
        print(line, file=sys.stderr)
        sys.exit(1)
    skip(line)


def main(*paths):
    """Run the tests of the script, which need PATHS."""
    needs(MINI_A64, *paths)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(verbosity=2)

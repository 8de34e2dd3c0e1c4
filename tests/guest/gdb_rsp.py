"""GDB's remote protocol for tests: a machine with a stub, and a client of it.

The client is strict where gdb is lenient: every reply must be framed right, and
nothing may come that was not asked for.
"""

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time


class Machine:
    """mini-a64 with its stub at a Unix socket, or at a TCP port."""

    def __init__(self, command, *options, gdb="", port=0):
        self.folder = tempfile.mkdtemp(prefix="mini-a64-gdb")
        self.path = f"127.0.0.1:{port}" if port else os.path.join(self.folder, "gdb")
        self.serial = os.path.join(self.folder, "serial")
        self.process = subprocess.Popen(
            [command, "-M", "virt", "-display", "none", "-monitor", "none",
             "-serial", "file:" + self.serial,
             "-gdb", ("tcp:" if port else "unix:") + self.path + gdb, *options],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(500):
            if port or os.path.exists(self.path):
                break
            if self.process.poll() is not None:
                raise SystemExit(self.process.stderr.read().decode())
            time.sleep(0.01)

    def output(self):
        with open(self.serial, errors="replace") as f:
            return f.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)


@contextlib.contextmanager
def machine(command, *options, gdb="", port=0):
    m = Machine(command, *options, gdb=gdb, port=port)
    try:
        yield m
    finally:
        m.close()


class Timeout(Exception):
    pass


def connect(path):
    """To the stub; between bind and listen its socket is there, and refuses."""
    end = time.monotonic() + 30
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except ConnectionRefusedError:
            s.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


class Client:
    """One connection. Registers are numbered as target.xml says."""

    X0, SP, PC, CPSR, V0, FPSR, FPCR = 0, 31, 32, 33, 34, 66, 67

    def __init__(self, path, no_ack=True):
        self.socket = connect(path)
        self.socket.settimeout(30)
        self.data = b""
        self.acks = True
        self.console = ""
        self.numbers = {}
        self.features = self.command(
            "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+")
        if no_ack:
            assert self.command("QStartNoAckMode") == "OK"
            self.acks = False

    def close(self):
        self.socket.close()

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))
        if self.acks:
            assert self.take(1) == b"+"

    def take(self, n):
        while len(self.data) < n:
            try:
                more = self.socket.recv(65536)
            except TimeoutError as e:
                raise Timeout(repr(self.data)) from e
            if not more:
                raise EOFError("the stub hung up")
            self.data += more
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def receive(self, timeout=30):
        self.socket.settimeout(timeout)
        first = self.take(1)
        assert first == b"$", "junk from the stub: %r" % (first + self.data)
        while b"#" not in self.data:
            self.data = self.take(len(self.data) + 1) + self.data
        body = self.take(self.data.index(b"#"))
        self.take(1)
        assert int(self.take(2), 16) == sum(body) & 0xff, "wrong checksum"
        if self.acks:
            self.socket.sendall(b"+")
        body = re.sub(rb"}(.)", lambda m: bytes([m[1][0] ^ 0x20]), body, flags=re.S)
        return body.decode("latin1")

    def command(self, text):
        self.send(text)
        return self.receive()

    def monitor(self, line):
        """The output of a monitor command."""
        self.send("qRcmd," + line.encode().hex())
        output = ""
        while (reply := self.receive()) != "OK":
            assert reply[0] == "O", reply
            output += bytes.fromhex(reply[1:]).decode()
        return output

    def wait(self, timeout=30):
        """The next stop reply, split: signal and a dict of the pairs."""
        while (reply := self.receive(timeout))[0] == "O":
            self.console += bytes.fromhex(reply[1:]).decode("latin1")
        assert reply[0] == "T", reply
        pairs = dict(p.split(":", 1) for p in reply[3:].rstrip(";").split(";"))
        return int(reply[1:3], 16), pairs

    def step(self, count=1):
        for _ in range(count):
            self.send("vCont;s:p1.1")
            stop = self.wait()
        return stop

    def go(self, timeout=30):
        self.send("vCont;c")
        return self.wait(timeout)

    def interrupt(self):
        self.socket.sendall(b"\x03")
        return self.wait()

    def register(self, number):
        if isinstance(number, str):
            number = self.number(number)
        return int.from_bytes(bytes.fromhex(self.command("p%x" % number)), "little")

    def write(self, number, value, size=8):
        if isinstance(number, str):
            number = self.number(number)
        return self.command("P%x=%s" % (number, value.to_bytes(size, "little").hex()))

    def general(self):
        """x0 to x30, sp, pc, cpsr."""
        data = bytes.fromhex(self.command("g"))
        return [int.from_bytes(data[8 * i:8 * i + (8 if i < 33 else 4)], "little")
                for i in range(34)]

    @property
    def pc(self):
        return self.register(self.PC)

    def memory(self, va, size):
        return bytes.fromhex(self.command("m%x,%x" % (va, size)))

    def poke(self, va, data):
        return self.command("M%x,%x:%s" % (va, len(data), data.hex()))

    def description(self):
        text, more = "", True
        while more:
            part = self.command("qXfer:features:read:target.xml:%x,fff" % len(text))
            text += part[1:]
            more = part[0] == "m"
        return text

    def number(self, name):
        if not self.numbers:
            n = 0
            for reg in re.finditer(r"<reg ([^>]*)/>", self.description()):
                fields = dict(re.findall(r'([\w-]+)="([^"]*)"', reg[1]))
                n = int(fields.get("regnum", n))
                self.numbers[fields["name"]] = n
                n += 1
        return self.numbers[name]

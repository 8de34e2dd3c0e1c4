#!/usr/bin/env python3
"""
The serial port and the monitor on files, pseudo-terminals and sockets.
"""

import os
import pathlib
import re
import select
import socket
import tempfile
import termios
import time
import tty
import unittest

import guest


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def connect(address, family=socket.AF_INET):
    """A client of a server that may not be there yet."""
    deadline = time.monotonic() + guest.PATIENCE
    while True:
        try:
            s = socket.socket(family)
            s.settimeout(guest.PATIENCE)
            s.connect(address)
            return s
        except OSError:
            s.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def receive(s, until):
    data = b""
    while until not in data:
        more = s.recv(4096)
        if not more:
            raise guest.Failure(f"the connection ended after {data!r}")
        data += more
    return data


class Backends(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def echo(self, *arguments):
        return guest.Machine("-kernel", guest.ECHO, "-display", "none", *arguments)

    def talk(self, s):
        """With the echo at the other end of socket S, then switch it off."""
        self.assertIn(b"ready\r\n", receive(s, b"ready\r\n"))
        s.sendall(b"hello")
        self.assertEqual(receive(s, b"hello"), b"hello")
        s.sendall(b"\x04")

    def test_file(self):
        path = self.folder / "serial"
        path.write_text("what was there before goes")
        serial = ["-display", "none", "-serial", f"file:{path}"]
        with guest.Machine("-kernel", guest.SVC, *serial) as m:
            self.assertEqual(m.wait(), 0)
        want = (guest.ROOT / "firmware/svc.expected").read_text()
        self.assertEqual(path.read_bytes().decode().replace("\r", ""), want)

    def test_null_and_none(self):
        for backend in ("null", "none"):
            with guest.Machine("-kernel", guest.SVC, "-display", "none", "-serial", backend) as m:
                self.assertEqual(m.wait(), 0)
                self.assertEqual(m.said, b"")

    def test_pty(self):
        with self.echo("-serial", "pty", "-monitor", "stdio", "-S") as m:
            name = m.expect(rb"char device redirected to (/dev/pts/\d+) \(label serial0\)")[1]
            m.expect(rb"\(mini-a64\) ")
            fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
            self.addCleanup(os.close, fd)
            tty.setraw(fd, termios.TCSANOW)
            m.send("cont\n")
            self.read_until(fd, b"ready\r\n")
            os.write(fd, b"hello")
            self.read_until(fd, b"hello")
            os.write(fd, b"\x04")
            self.assertEqual(m.wait(), 0)

    def read_until(self, fd, until):
        data = b""
        while until not in data:
            self.assertTrue(select.select([fd], [], [], guest.PATIENCE)[0], data)
            data += os.read(fd, 4096)

    def test_tcp_server_waits_for_its_client(self):
        port = free_port()
        with self.echo("-serial", f"tcp:127.0.0.1:{port},server") as m:
            with connect(("127.0.0.1", port)) as s:
                self.talk(s)
                self.assertEqual(m.wait(), 0)

    def test_tcp_server_nowait(self):
        port = free_port()
        with self.echo("-serial", f"tcp:127.0.0.1:{port},server,nowait") as m:
            for _ in range(2):  # one client after the other
                with connect(("127.0.0.1", port)) as s:
                    s.sendall(b"hello")
                    self.assertTrue(receive(s, b"hello").endswith(b"hello"))
            with connect(("127.0.0.1", port)) as s:
                s.sendall(b"\x04")
                self.assertEqual(m.wait(), 0)

    def test_tcp_server_listens_where_it_is_told(self):
        port = free_port()
        with self.echo("-serial", f"tcp:127.0.0.1:{port},server,nowait", "-monitor", "none"):
            connect(("127.0.0.1", port)).close()
            listening = pathlib.Path("/proc/net/tcp").read_text()
            self.assertIn(f"0100007F:{port:04X} 00000000:0000 0A", listening)
            self.assertNotIn(f"00000000:{port:04X} 00000000:0000 0A", listening)

    def test_tcp_client(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(guest.PATIENCE)
            with self.echo("-serial", f"tcp:127.0.0.1:{server.getsockname()[1]}") as m:
                s, _ = server.accept()
                with s:
                    s.settimeout(guest.PATIENCE)
                    self.talk(s)
                    self.assertEqual(m.wait(), 0)

    def test_unix_server(self):
        path = str(self.folder / "socket")
        with self.echo("-serial", f"unix:{path},server") as m:
            with connect(path, socket.AF_UNIX) as s:
                self.talk(s)
                self.assertEqual(m.wait(), 0)

    def test_monitor_of_its_own(self):
        port = free_port()
        with self.echo("-serial", "stdio", "-monitor", f"tcp:127.0.0.1:{port},server,nowait") as m:
            m.expect(guest.READY)
            with connect(("127.0.0.1", port)) as s:
                receive(s, b"(mini-a64) ")
                s.sendall(b"info status\r")
                self.assertRegex(receive(s, b"running").decode(), "VM status: running")
                m.send(b"\x01x")  # no multiplexer: these go to the guest
                m.expect(b"\x01x")
                s.sendall(b"quit\r")
                self.assertEqual(m.wait(), 0)

    def test_multiplexer_on_a_socket(self):
        port = free_port()
        with self.echo("-serial", f"mon:tcp:127.0.0.1:{port},server") as m:
            with connect(("127.0.0.1", port)) as s:
                receive(s, b"ready\r\n")
                s.sendall(b"\x01c")
                receive(s, b"(mini-a64) ")
                s.sendall(b"quit\r")
                self.assertEqual(m.wait(), 0)

    def test_named_backend_that_is_shared(self):
        path = str(self.folder / "socket")
        with self.echo("-chardev", f"socket,id=c,path={path},server=on,mux=on",
                       "-serial", "chardev:c", "-mon", "chardev=c") as m:
            with connect(path, socket.AF_UNIX) as s:
                receive(s, b"ready\r\n")
                s.sendall(b"\x01c")
                receive(s, b"(mini-a64) ")
                s.sendall(b"quit\r")
                self.assertEqual(m.wait(), 0)

    def test_pidfile(self):
        path = self.folder / "pid"
        with self.echo("-serial", "mon:stdio", "-pidfile", path) as m:
            m.expect(guest.READY)
            self.assertEqual(int(path.read_text()), m.process.pid)
            m.send(b"\x01x")
            m.wait()
            self.assertFalse(path.exists())

    def test_log_file(self):
        path = self.folder / "log"
        with guest.Machine("-kernel", guest.SVC, "-nographic", "-d", "int", "-D", path) as m:
            self.assertEqual(m.wait(), 0)
            self.assertNotIn(b"exception EC", m.said)
        # Three system calls of svc.S; what hvc does is no exception.
        self.assertEqual(len(re.findall(r"EC 0x15", path.read_text())), 3)


if __name__ == "__main__":
    guest.main(guest.ECHO, guest.SVC)

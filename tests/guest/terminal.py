#!/usr/bin/env python3
"""
The terminal is as it was before, however the emulator ends.
"""

import os
import signal
import unittest

import guest


class Terminal(unittest.TestCase):
    def end(self, how, status, *arguments):
        """Start, check that the terminal is raw, end it by HOW, check that it is restored."""
        with guest.Machine("-kernel", guest.ECHO, *arguments) as m:
            m.expect(guest.READY)
            self.assertTrue(m.terminal_is_raw())
            how(m)
            self.assertEqual(m.wait(), status)
            self.assertTrue(m.terminal_is_restored())
            return m.said

    def by_signal(self, number, status):
        for arguments in (["-nographic"], ["-serial", "stdio"]):
            self.end(lambda m: m.signal(number), status, *arguments)

    def test_quit(self):
        self.end(lambda m: m.send(b"\x01x"), 0, "-nographic")

    def test_power_off(self):
        self.end(lambda m: m.send(b"\x04"), 0, "-nographic")

    def test_reset_with_no_reboot(self):
        self.end(lambda m: m.send(b"\x12"), 0, "-nographic", "-no-reboot")

    def test_sigterm(self):
        self.by_signal(signal.SIGTERM, 0)

    def test_sigint(self):
        self.by_signal(signal.SIGINT, 0)

    def test_sighup(self):
        self.by_signal(signal.SIGHUP, 0)

    def test_sigsegv(self):
        self.by_signal(signal.SIGSEGV, -signal.SIGSEGV)

    def test_sigabrt(self):
        self.by_signal(signal.SIGABRT, -signal.SIGABRT)

    def test_sigquit(self):
        self.by_signal(signal.SIGQUIT, -signal.SIGQUIT)

    def test_ctrl_c_without_a_multiplexer(self):
        """As in QEMU: with -serial stdio the terminal makes Ctrl-c a SIGINT."""
        self.end(lambda m: m.send(b"\x03"), 0, "-serial", "stdio", "-monitor", "none")

    def test_refused_command_line(self):
        with guest.Machine("-kernel", "/nonexistent", "-nographic") as m:
            self.assertEqual(m.wait(), 1)
            self.assertTrue(m.terminal_is_restored())

    def test_reset_keeps_it_raw(self):
        with guest.Machine("-kernel", guest.ECHO, "-nographic") as m:
            m.expect(guest.READY)
            m.send(b"\x12")
            m.expect(guest.READY)
            self.assertTrue(m.terminal_is_raw())


if __name__ == "__main__":
    # A sanitizer would take SIGSEGV for itself.
    os.environ["ASAN_OPTIONS"] = "handle_segv=0"
    guest.main(guest.ECHO)

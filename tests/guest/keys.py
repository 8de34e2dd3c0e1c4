#!/usr/bin/env python3
"""
The keys behind Ctrl-a and the monitor, as a user at a terminal has them.
"""

import time
import unittest

import guest

MONITOR = rb"\(mini-a64\) "


def echo(*arguments, **how):
    return guest.Machine("-kernel", guest.ECHO, *arguments, **how)


class Keys(unittest.TestCase):
    def answers(self, machine, text=b"abc"):
        machine.send(text)
        machine.expect(text)

    def test_quit(self):
        with echo("-nographic") as m:
            m.expect(guest.READY)
            self.assertTrue(m.terminal_is_raw())
            m.send(b"\x01x")
            self.assertEqual(m.wait(), 0)
            self.assertTrue(m.terminal_is_restored())

    def test_nographic_is_the_default(self):
        with echo() as m:
            m.expect(guest.READY)
            m.send(b"\x01x")
            self.assertEqual(m.wait(), 0)

    def test_mon_stdio_is_the_same(self):
        with echo("-display", "none", "-serial", "mon:stdio") as m:
            m.expect(guest.READY)
            m.send(b"\x01c")
            m.expect(MONITOR)
            m.send("quit\n")
            self.assertEqual(m.wait(), 0)

    def test_help(self):
        with echo("-nographic") as m:
            m.expect(guest.READY)
            m.send(b"\x01h")
            for key in (b"C-a h", b"C-a x", b"C-a c"):
                m.expect(key + rb" +\w+[^\r\n]+\r+\n")
            self.answers(m)

    def test_ctrl_a_twice_sends_it(self):
        with echo("-nographic") as m:
            m.expect(guest.READY)
            m.send(b"<\x01\x01\x01a>")
            m.expect(b"<\x01\x01>")

    def test_other_control_characters_go_to_the_guest(self):
        with echo("-nographic") as m:
            m.expect(guest.READY)
            for byte in (0x00, 0x03, 0x11, 0x13, 0x15, 0x16, 0x17, 0x1A, 0x1B, 0x1C, 0x7F, 0xFF):
                self.answers(m, b"<%c>" % byte)
            self.assertIsNone(m.process.poll())

    def test_guest_keeps_running_behind_the_monitor(self):
        with echo("-nographic") as m:
            m.expect(guest.READY)
            m.send(b"\x01c")
            m.expect(MONITOR)
            m.send(b"\x01c")
            self.answers(m)


class Monitor(unittest.TestCase):
    def setUp(self):
        self.m = echo("-nographic").__enter__()
        self.addCleanup(self.leave)
        self.m.expect(guest.READY)
        self.m.send(b"\x01c")
        self.m.expect(MONITOR)

    def leave(self):
        self.m.__exit__(None, None, None)

    def command(self, line):
        self.m.send(line + "\n")
        self.m.expect(line.encode() + rb"\r*\n")
        start = self.m.at
        end = self.m.expect(MONITOR).start()
        return self.m.said[start:end].decode()

    def back(self):
        self.m.send(b"\x01c")

    def test_help_lists_the_commands(self):
        text = self.command("help")
        for name in ("quit", "info registers", "system_reset", "system_powerdown", "help"):
            self.assertRegex(text, rf"(?m)^{name}\b")

    def test_registers(self):
        text = self.command("info registers")
        self.assertRegex(text, r"PC=00000000[4-7][0-9a-f]{7}\b")
        for n in range(31):
            self.assertRegex(text, rf"X{n:02}=[0-9a-f]{{16}}")
        self.assertRegex(text, r"PSTATE=\w+ .* EL1h")
        # The UART's address, which the program keeps in x20.
        self.assertIn("X20=0000000009000000", text)

    def test_unknown_command(self):
        self.assertRegex(self.command("frobnicate"), r"unknown command: 'frobnicate'")

    def test_stop_and_cont(self):
        self.assertRegex(self.command("info status"), r"running")
        self.command("stop")
        self.assertRegex(self.command("info status"), r"paused")
        self.back()
        self.m.send(b"xyz")
        self.m.expect_silence(0.3)
        self.m.send(b"\x01c")
        self.m.expect(MONITOR)
        self.command("cont")
        self.back()
        self.m.expect(b"xyz")

    def test_system_reset(self):
        self.m.send("system_reset\n")
        self.m.expect(guest.READY)
        self.back()
        self.m.send(b"again")
        self.m.expect(b"again")

    def test_quit(self):
        self.m.send("quit\n")
        self.assertEqual(self.m.wait(), 0)
        self.assertTrue(self.m.terminal_is_restored())

    def test_line_editing(self):
        self.m.send(b"infx\x7fo  registerz\x08s\n")
        self.m.expect(rb"PC=")


class Input(unittest.TestCase):
    """Standard input that is no terminal."""

    def test_pipe(self):
        with echo("-nographic", piped=True) as m:
            m.expect(guest.READY)
            m.send(b"through a pipe")
            m.expect(b"through a pipe")
            m.send(b"\x04")
            self.assertEqual(m.wait(), 0)

    def test_what_was_there_before_it_started(self):
        with echo("-nographic", piped=True) as m:
            m.send(b"early\x04")
            m.expect(b"ready\r\nearly")
            self.assertEqual(m.wait(), 0)

    def test_end_of_input_does_not_end_it(self):
        with echo("-nographic", piped=True) as m:
            m.send(b"last words")
            m.process.stdin.close()
            m.expect(b"last words")
            time.sleep(0.3)
            self.assertIsNone(m.process.poll())

    def test_every_byte_without_a_multiplexer(self):
        data = bytes(b for b in range(256) if b not in (0x04, 0x12)) * 100
        with echo("-serial", "stdio", "-monitor", "none", piped=True) as m:
            m.expect(guest.READY)
            start = m.at
            for i in range(0, len(data), 5000):
                m.send(data[i : i + 5000])
                while len(m.said) < start + min(len(data), i + 5000):
                    self.assertTrue(m._read(guest.PATIENCE))
            self.assertEqual(m.said[start:], data)


if __name__ == "__main__":
    guest.main(guest.ECHO)

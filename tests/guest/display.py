#!/usr/bin/env python3
"""
The screen of an unmodified kernel, without anybody to look at it: SDL draws into
nothing, screendump makes pictures, sendkey types.

Text is read off the picture with a font that was taken from another line of it: all
characters in order. So a character that is drawn wrong, or somewhere else, is not
recognised, whatever the kernel's font.
"""

import os
import pathlib
import re
import struct
import tempfile
import time
import unittest
import zlib

import guest
import virtio

MONITOR = rb"\(mini-a64\) "
CELL_WIDTH, CELL_HEIGHT = 8, 16  # of the kernel's VGA8x16 font
BLACK, GREY, RED, BLUE = (0, 0, 0), (0xAA, 0xAA, 0xAA), (0xAA, 0, 0), (0, 0, 0xAA)
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class Picture:
    """A PNG file (ISO/IEC 15948) of 8-bit RGB without filters, its checksums checked."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        if data[:8] != b"\x89PNG\r\n\x1a\n":
            raise guest.Failure("no PNG signature")
        at, packed, kinds = 8, b"", []
        while at < len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            body = data[at + 8 : at + 8 + size]
            if zlib.crc32(kind + body) != struct.unpack_from(">I", data, at + 8 + size)[0]:
                raise guest.Failure(f"{kind}: wrong checksum")
            kinds.append(kind)
            if kind == b"IHDR":
                self.width, self.height, *rest = struct.unpack(">IIBBBBB", body)
                if rest != [8, 2, 0, 0, 0]:
                    raise guest.Failure(f"not 8-bit RGB: {rest}")
            elif kind == b"IDAT":
                packed += body
            at += 12 + size
        if kinds[0] != b"IHDR" or kinds[-1] != b"IEND":
            raise guest.Failure(f"chunks {kinds}")
        raw = zlib.decompress(packed)
        stride = 1 + 3 * self.width
        self.rows = [raw[y * stride : (y + 1) * stride] for y in range(self.height)]
        if len(raw) != stride * self.height or any(row[0] for row in self.rows):
            raise guest.Failure("rows are not as long as they should be, or filtered")

    def pixel(self, x, y):
        return tuple(self.rows[y][1 + 3 * x : 4 + 3 * x])

    def cell(self, column, line):
        left, top = column * CELL_WIDTH, line * CELL_HEIGHT
        return b"".join(row[1 + 3 * left : 1 + 3 * (left + CELL_WIDTH)]
                        for row in self.rows[top : top + CELL_HEIGHT])

    def colours(self, line):
        """Those of a line of text."""
        return {self.pixel(x, y) for y in range(line * CELL_HEIGHT, (line + 1) * CELL_HEIGHT)
                for x in range(self.width)}

    def font(self, line):
        """PRINTABLE is written on it."""
        font = {self.cell(i, line): c for i, c in enumerate(PRINTABLE)}
        if len(font) != len(PRINTABLE):
            raise guest.Failure("characters that look the same")
        return font

    def text(self, line, font):
        cells = (self.cell(i, line) for i in range(self.width // CELL_WIDTH))
        return "".join(font.get(cell, "\N{REPLACEMENT CHARACTER}") for cell in cells).rstrip()


class Screen(unittest.TestCase):
    """One machine with a screen that nobody looks at, for all tests of a class, in order of name."""

    @classmethod
    def boot(cls, options, modules=virtio.MODULES, command="dmesg -n 1"):
        """Into a shell, with MODULES in the initrd; COMMAND is its first."""
        os.environ["SDL_VIDEODRIVER"] = "dummy"
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        initrd = cls.folder / "initrd"
        virtio.make_initrd(initrd, modules)
        cls.linux = guest.Linux("-initrd", initrd, "-m", "256M", "-display", "sdl",
                                *options).__enter__()
        try:
            cls.linux.boot()
            cls.linux.run(command)
        except BaseException as e:
            cls.linux.__exit__(type(e), e, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.linux.__exit__(None, None, None)

    def monitor(self, command):
        self.linux.send(b"\x01c")
        self.linux.expect(MONITOR)
        self.linux.send(command + "\n")
        self.linux.expect(re.escape(command.encode()) + rb"\r*\n")
        start = self.linux.at
        end = self.linux.expect(MONITOR).start()
        self.linux.send(b"\x01c")
        return self.linux.said[start:end].decode()

    def picture(self):
        path = self.folder / "screen.png"
        self.assertEqual(self.monitor(f"screendump {path}"), "")
        return Picture(path)

    def write(self, text):
        """TEXT, with printf's escapes, on tty1: black, without a cursor, all of it scrolling."""
        self.linux.run(r"printf '\033[r\033[2J\033[H\033[?25l" + text + "' > /dev/tty1")


class Display(Screen):
    @classmethod
    def setUpClass(cls):
        cls.boot(["-device", "virtio-keyboard-device"])

    def draw(self, text):
        """
        Write TEXT, with printf's escapes, on a screen that is black, has no cursor, and
        scrolls as a whole, where the kernel keeps a place for its logo.
        """
        self.write(text)
        return self.picture()

    def test_1_boot_log(self):
        log = self.linux.run("dmesg")
        self.assertRegex(log, r"efifb: mode is 1024x768x32, linelength=4096")
        self.assertRegex(log, r"Console: switching to colour frame buffer device 128x48")
        self.assertNotRegex(log, r"(?i)oops|bug:|call trace|efi.*(fail|err|missing|invalid)")
        self.assertEqual(self.linux.run("ls /proc/device-tree | grep framebuffer", status=1), "")

    def test_2_blank(self):
        picture = self.draw("")
        self.assertEqual((picture.width, picture.height), (1024, 768))
        self.assertEqual({picture.pixel(x, y) for y in range(768) for x in range(1024)}, {BLACK})

    def test_3_colours(self):
        picture = self.draw(r"\033[31;44mX\033[0m\nX")
        self.assertEqual(picture.colours(0), {RED, BLUE, BLACK})
        self.assertEqual(picture.pixel(0, 0), BLUE)
        self.assertEqual(picture.pixel(CELL_WIDTH, 0), BLACK)
        self.assertEqual(picture.colours(1), {GREY, BLACK})

    def test_4_text(self):
        wanted = self.linux.run("uname -a; head -n 3 /proc/meminfo").splitlines()
        self.linux.run(r"printf '\033[r\033[2J\033[H\033[?25l' > /dev/tty1; "
                       r"i=32; while [ $i -lt 127 ]; do printf \\$(printf %o $i); "
                       r"i=$((i+1)); done > /dev/tty1; "
                       r"(echo; uname -a; head -n 3 /proc/meminfo) > /dev/tty1")
        picture = self.picture()
        font = picture.font(0)
        shown = [picture.text(line, font) for line in range(1, 1 + len(wanted))]
        self.assertEqual(shown[0], wanted[0])
        # MemTotal is the same at any time; the others only look alike.
        self.assertEqual(shown[1], wanted[1])
        for line in shown[2:]:
            self.assertRegex(line, r"^Mem(Free|Available): +\d+ kB$")

    def test_5_scrolling(self):
        self.linux.run(r"printf '\033[r\033[2J\033[H\033[?25l' > /dev/tty1; "
                       r"(seq 1000 1200; printf 0123456789) > /dev/tty1")
        picture = self.picture()
        digits = {picture.cell(i, 47): str(i) for i in range(10)}
        self.assertEqual(len(digits), 10)
        for line in range(47):
            number = "".join(digits.get(picture.cell(i, line), "?") for i in range(4))
            self.assertEqual(number, str(1154 + line))

    def test_5_whole_screen(self):
        """All of it, and what the kernel says is on its console, character by character."""
        self.linux.run(r"printf '\033[r\033[2J\033[H\033[?25l' > /dev/tty1; "
                       r"dmesg > /dev/tty1; i=32; while [ $i -lt 127 ]; do "
                       r"printf \\$(printf %o $i); i=$((i+1)); done > /dev/tty1")
        console = self.linux.run("fold -w 128 /dev/vcs1").splitlines()
        picture = self.picture()
        self.assertEqual(len(console), 48)
        self.assertEqual(console[47].rstrip(), PRINTABLE.rstrip())
        font = picture.font(47)
        for line, wanted in enumerate(console):
            self.assertEqual(picture.text(line, font), wanted.rstrip(), f"line {line}")

    def test_6_sendkey(self):
        # The virtio keyboard where the kernel has a driver of it as a module, else the PL050's.
        self.linux.run("sh /modules/load > /dev/null 2>&1", status=None)
        self.assertRegex(self.linux.run("cat /proc/bus/input/devices"), r"(?i)keyboard")
        self.linux.run("cat /dev/tty1 > /tmp/typed & sleep 1; stty -F /dev/tty1 sane")
        for key in ("shift-h", "e", "l", "l", "o", "spc", "5", "shift-slash", "ret"):
            self.assertEqual(self.monitor(f"sendkey {key} 20"), "")
        deadline = time.monotonic() + guest.PATIENCE
        typed = ""
        while "\n" not in typed and time.monotonic() < deadline:
            typed = self.linux.run("cat /tmp/typed")
            time.sleep(0.1)
        self.assertEqual(typed, "Hello 5?\n")
        self.linux.run("kill %1")

    def test_7_refusals(self):
        self.assertRegex(self.monitor("sendkey foo"), r"no such key: 'foo'")
        self.assertRegex(self.monitor("screendump /nonexistent/x.png"), r"/nonexistent/x.png: ")
        self.assertRegex(self.monitor("mouse_move 1"), r"DX DY")

    def test_8_off(self):
        self.linux.send("poweroff -f\n")
        self.assertEqual(self.linux.wait(), 0)


if __name__ == "__main__":
    guest.main(guest.KERNEL, guest.INITRD, virtio.MODULES)

#!/usr/bin/env python3
"""
Where no window can be had: without a word about it on the command line the serial port
is on the terminal and one line says why; with -display sdl that is an error.
"""

import os
import pathlib
import tempfile
import unittest
from unittest import mock

import guest

NOTICE = rb"^mini-a64: no window \(([^\r\n]+)\); -nographic asks for none\r*\n"


# libdbus, which SDL looks for a session's bus with, keeps a table until the very end.
LEAKS = "leak:libdbus-1.so"


def environment(**those):
    """Nothing but THOSE says where a screen is."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR")
    others = {name: value for name, value in os.environ.items() if name not in names}
    return mock.patch.dict(os.environ, {**others, **those}, clear=True)


class NoWindow(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "leaks").write_text(LEAKS + "\n")
        options = mock.patch.dict(os.environ, LSAN_OPTIONS=f"suppressions={self.folder}/leaks")
        options.start()
        self.addCleanup(options.stop)

    def reason(self, **those):
        """Why there is none; and the machine works, with nothing else said."""
        with environment(**those), guest.Machine("-kernel", guest.ECHO) as m:
            reason = m.expect(NOTICE + guest.READY)[1].decode()
            m.send(b"hello\x04")
            m.expect(b"hello")
            self.assertEqual(m.wait(), 0)
            return reason

    def refusal(self, **those):
        with environment(**those), guest.Machine("-display", "sdl", "-kernel", guest.ECHO) as m:
            reason = m.expect(rb"mini-a64: -display sdl: ([^\r\n]+); -display none would work\r*\n")
            self.assertEqual(m.wait(), 1)
            return reason[1].decode()

    def test_no_display_named(self):
        self.assertIn("DISPLAY", self.reason())

    def test_no_such_display(self):
        self.assertEqual(self.reason(DISPLAY="nowhere.invalid:7"), "no display can be opened")
        self.assertEqual(self.reason(WAYLAND_DISPLAY="none"), "no display can be opened")
        self.assertEqual(self.refusal(DISPLAY="nowhere.invalid:7"), "no display can be opened")

    def test_no_such_driver(self):
        self.assertIn("nonsense", self.reason(SDL_VIDEODRIVER="nonsense"))
        self.assertIn("nonsense", self.refusal(SDL_VIDEODRIVER="nonsense"))

    def test_no_library(self):
        (self.folder / "libSDL2-2.0.so.0").touch()
        paths = {"DISPLAY": ":0", "LD_LIBRARY_PATH": str(self.folder)}
        self.assertIn("libSDL2-2.0.so.0", self.reason(**paths))
        self.assertIn("libSDL2-2.0.so.0", self.refusal(**paths))


if __name__ == "__main__":
    guest.main(guest.ECHO)

#!/usr/bin/env python3
"""
-trace and -d exc on the bare machine: the instructions are the program's, the bytes
written to the UART are what it said, and exceptions are what the program itself
has read from its registers.
"""

import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

import gdb_syscalls
import guest

UART_DATA = 0x09000000
LINE = re.compile(r"(\d+) EL([01]) ([0-9a-f]{16}): ([0-9a-f]{8})  (.{40})(.*)\n")
TARMAC = re.compile(
    r"\d+ clk cpu0 (IT \(\d+\) [0-9a-f]{16} [0-9a-f]{8} O EL[01][th]_n : .+"
    r"|R (X\d+|SP_EL[01]) [0-9a-f]{16}|R Q\d+ [0-9a-f]{32}|R cpsr [0-9a-f]{8}"
    r"|M[RW][1248] [0-9a-f]{16} [0-9a-f]+)\n")


def program_words(path=guest.SVC):
    """The words of the program's segments (gABI): {address: word}."""
    elf = pathlib.Path(path).read_bytes()
    offset, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    words = {}
    for i in range(count):
        kind, _, at, va, _, size = struct.unpack_from("<IIQQQQ", elf, offset + 56 * i)
        if kind == 1:  # PT_LOAD
            words.update((va + n, "%08x" % struct.unpack_from("<I", elf, at + n)[0])
                         for n in range(0, size - size % 4, 4))
    return words


class Trace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "trace"

    def run_machine(self, *options):
        """What the program says, and the file's lines."""
        done = subprocess.run([guest.MINI_A64, "-nographic", "-kernel", guest.SVC, *options],
                              stdin=subprocess.DEVNULL, capture_output=True, check=True,
                              timeout=guest.PATIENCE)
        return done.stdout.decode().replace("\r", ""), self.file.read_text().splitlines(True)

    def trace(self, filters=""):
        said, lines = self.run_machine("-trace", f"{self.file}{filters}")
        rows = [LINE.fullmatch(l) for l in lines]
        self.assertTrue(rows and all(rows), lines[:3])
        return said, rows

    def test_instructions_are_those_of_the_program(self):
        program = program_words()
        _, rows = self.trace()
        for row in rows:
            self.assertEqual(row[4], program[int(row[3], 16)])
        self.assertEqual([int(r[1]) for r in rows], list(range(len(rows))), "one was left out")

    def test_what_is_written_to_the_uart_is_what_it_says(self):
        said, rows = self.trace()
        written = [re.search(r" W\d\[%x\]=([0-9a-f]+)" % UART_DATA, r[6]) for r in rows]
        text = bytes(int(w[1], 16) & 0xFF for w in written if w).decode().replace("\r", "")
        self.assertTrue(text)
        self.assertEqual(text, said)

    def test_registers_and_memory_agree(self):
        """A store writes the register that the trace has last shown, a load shows what it read."""
        _, rows = self.trace()
        x, stores, loads = {}, 0, 0
        for row in rows:
            store = re.match(r"str (x\d+), ", row[5])
            load = re.match(r"ldrb? ([wx])(\d+), ", row[5])
            if store and store[1].upper() in x:
                self.assertEqual(re.search(r"W8\[\w+\]=(\w+)", row[6])[1],
                                 "%016x" % x[store[1].upper()], row[0])
                stores += 1
            changed = {n: int(v, 16) for n, v in re.findall(r" (X\d+)=([0-9a-f]+)", row[6])}
            if load and "X" + load[2] in changed:
                self.assertEqual(int(re.search(r" R\d\[\w+\]=(\w+)", row[6])[1], 16),
                                 changed["X" + load[2]], row[0])
                loads += 1
            x.update(changed)
        self.assertTrue(stores and loads)

    def test_filters(self):
        _, everything = self.trace()
        for el in "01":
            self.assertEqual([r.groups()[2:] for r in self.trace(f",el={el}")[1]],
                             [r.groups()[2:] for r in everything if r[2] == el])
        self.assertEqual(len(self.trace(",count=17")[1]), 17)
        first, last = 0x40200000, 0x40200010
        inside = [r[0] for r in everything if first <= int(r[3], 16) <= last]
        self.assertEqual([r[0] for r in self.trace(f",range={first:#x}-{last:#x}")[1]], inside)

    def test_tarmac(self):
        _, rows = self.trace()
        _, lines = self.run_machine("-trace", f"{self.file},format=tarmac")
        wrong = [l for l in lines if not TARMAC.fullmatch(l)]
        self.assertEqual(wrong, [])
        self.assertEqual([l.split()[5:7] for l in lines if " IT " in l], [[r[3], r[4]] for r in rows])

    @unittest.skipUnless(guest.KERNEL.exists() and os.path.exists(guest.SYSCALLS), "no kernel")
    def test_process(self):
        """The first process of a kernel, from its first instruction in user code."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        subprocess.run([guest.MINI_A64, "-m", "512", "-display", "none", "-monitor", "none",
                        "-serial", "none", "-kernel", guest.KERNEL, "-initrd",
                        gdb_syscalls.initrd(folder.name), "-append", "rdinit=/init",
                        "-trace", f"{self.file},el=0,pid=1,count=300", "-d", "mmu", "-D",
                        folder.name + "/log"],
                       stdin=subprocess.DEVNULL, check=True, timeout=5 * guest.PATIENCE)
        rows = [LINE.fullmatch(l) for l in self.file.read_text().splitlines(True)]
        program, entry = program_words(guest.SYSCALLS), pathlib.Path(guest.SYSCALLS).read_bytes()
        e_entry, = struct.unpack_from("<Q", entry, 24)
        self.assertEqual(int(rows[0][3], 16), e_entry)
        self.assertEqual([r[4] for r in rows], [program[int(r[3], 16)] for r in rows])
        self.assertEqual(len(rows), 300)
        # It is not mapped before it is executed, by a translation fault of some level.
        log = pathlib.Path(folder.name + "/log").read_text()
        self.assertRegex(log, rf"(?m)^instruction abort at {e_entry:#x}, IFSC 0x[4-7]$")
        self.assertRegex(log, r"(?m)^TLBI V[A-Z0-9]+, 0x\w+ at pc 0xffff\w+$")

    def test_logs(self):
        """-d in_asm says each word once, exec each instruction in its turn, int exceptions."""
        program = program_words()
        _, rows = self.trace()
        executed = [(r[2], r[3], r[4]) for r in rows]
        _, lines = self.run_machine("-d", "exec", "-D", str(self.file))
        self.assertEqual([re.match(r"EL([01]) (\w{16}): (\w{8})  ", l).groups() for l in lines],
                         executed)
        _, lines = self.run_machine("-d", "in_asm", "-D", str(self.file))
        decoded = [re.match(r"0x(\w{16}):  (\w{8})  \S", l).groups() for l in lines]
        self.assertEqual(len(set(decoded)), len(decoded))
        self.assertEqual([w for _, w in decoded], [program[int(a, 16)] for a, _ in decoded])
        self.assertLessEqual({e[1:] for e in executed}, set(decoded))
        _, lines = self.run_machine("-d", "int", "-D", str(self.file))
        raised = [r[3] for r in rows if r[6].startswith(" raises") and "svc" in r[5]]
        self.assertEqual([int(re.match(r"exception EC 0x15 .* pc 0x(\w+) ", l)[1], 16)
                          for l in lines], [int(pc, 16) for pc in raised])

    def test_exceptions(self):
        """Its one SVC that it tells about, and the way there and back."""
        said, lines = self.run_machine("-d", "exc", "-D", str(self.file))
        esr, elr, spsr = (int(re.search(r"%s += (\w+)" % n, said)[1], 16)
                          for n in ("ESR_EL1", "ELR_EL1", "SPSR_EL1"))
        vectors = int(re.search(r"VBAR_EL1 = (\w+)", said)[1], 16)
        svc = f"EL0->EL1 SVC #0, ESR_EL1 {esr:#x} (EC 0x15, IL 1, ISS 0); ELR_EL1 {elr:#x}, " \
              f"SPSR_EL1 {spsr:#x}, to {vectors + 0x400:#x} (+0x400)"
        self.assertIn(f"CPU#0 {svc}\n", lines)
        back = lines[lines.index(f"CPU#0 {svc}\n") + 1]
        self.assertRegex(back, rf"^CPU#0 EL1->EL0 eret at 0x\w+; to {elr:#x}, PSTATE {spsr:#x}\n$")


if __name__ == "__main__":
    guest.main(guest.SVC)

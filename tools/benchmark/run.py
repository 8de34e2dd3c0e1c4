#!/usr/bin/env python3
"""
The benchmark: cases, pairs of runs, and what is made of them. tools/bench calls it.
"""

import argparse
import fnmatch
import os
import statistics
import sys
from dataclasses import dataclass, field

import machine
import report

QEMU = "qemu-system-aarch64"


@dataclass
class Case:
    """Something to measure: a guest program, and between which markers."""

    name: str
    what: str
    program: str = ""  # what the guest's /bench/init is told to run
    start: str = machine.BEGIN  # None: the start of the emulator
    end: str = machine.END
    memory: str = "512M"
    full_kernel: bool = False  # it needs what Debian's cloud kernel has not


CASES = [
    Case("boot", "process start to /init's first line", start=None, end=machine.UP),
    Case("boot-off", "process start to power-off", start=None, end="off"),
    Case("compute", "lists, matrices, a state machine, CRC", "compute"),
    Case("float-matrix", "matrices of doubles", "float-matrix"),
    Case("float-nbody", "planets: square roots, divisions", "float-nbody"),
    Case("simd-copy", "copying by Q registers", "simd-copy"),
    Case("simd-length", "ends of strings, 16 bytes at a time", "simd-length"),
    Case("simd-filter", "3 by 3 convolution of bytes", "simd-filter"),
    Case("crypto-c", "SHA-256 without its instructions", "crypto-c"),
    Case("crypto-insn", "SHA-256 by its instructions", "crypto-insn"),
    Case("gzip", "busybox gzip of busybox", "gzip"),
    Case("call-getppid", "the cheapest system call", "call-getppid"),
    Case("call-pipe", "a byte between two processes", "call-pipe"),
    Case("fault-touch", "map, touch, unmap", "fault-touch"),
    Case("fault-fork", "fork, copy on write, exit", "fault-fork"),
    Case("switch-8", "a byte round 8 processes", "switch-8"),
    Case("switch-64", "a byte round 64 processes", "switch-64"),
    Case("timer", "timer interrupt, wake-up, idle", "timer"),
    Case("disk-read", "a disk read in pieces of 1 MiB", "disk-read"),
    Case("disk-write", "a disk written, and flushed", "disk-write"),
    Case("disk-random", "4 KiB of a disk here and there", "disk-random"),
    Case("net-in", "32 MiB by TCP from the host", "net-in"),
    Case("net-out", "32 MiB by TCP to the host", "net-out"),
    Case("net-echo", "a byte by TCP to the host and back", "net-echo"),
    Case("share-read", "a file on 9P, read in pieces of 1 MiB", "share-read", full_kernel=True),
    Case("share-write", "the same written, and flushed", "share-write", full_kernel=True),
    Case("share-files", "1000 small files made, read, removed", "share-files", full_kernel=True),
]

GROWTH = [
    *(Case(f"compute, {size} of RAM", "", "compute", memory=size)
      for size in ("64M", "256M", "1G", "4G", "16G")),
    *(Case(f"boot, {size} of RAM", "", start=None, end=machine.UP, memory=size)
      for size in ("64M", "256M", "1G", "4G", "16G")),
    *(Case(f"{n} processes asleep", "", f"idle-{n}") for n in (1, 10, 100, 1000)),
    *(Case(f"{n} pages of code", "", f"code-{n}", memory="1G")
      for n in (1, 10, 100, 1000, 10000, 100000)),
]


@dataclass
class Sample:
    """One case in one run."""

    wall: float
    cpu: float
    peak_kib: int
    checksum: str
    instructions: int = 0


@dataclass
class Result:
    """All that was seen of a case."""

    case: Case
    ours: list = field(default_factory=list)  # of Sample
    qemu: list = field(default_factory=list)
    instructions: int = 0


def sample(run, case):
    """What RUN says of CASE."""
    zero = machine.Point(0, 0)
    start = run.points[case.start] if case.start else zero
    end = run.points[case.end]
    return Sample(end.wall - start.wall, end.cpu - start.cpu, run.peak_kib, run.checksum,
                  end.instructions - start.instructions)


def groups(cases):
    """Cases that the same run serves."""
    made = {}
    for case in cases:
        made.setdefault((case.program, case.memory), []).append(case)
    return made.values()


def measure(args, cases, with_qemu):
    """The Results of CASES, which one run serves."""
    first = cases[0]
    kernel = args.full_kernel if first.full_kernel and args.own_kernel is None else args.kernel
    guest = machine.Guest(kernel, args.initrd, first.program, args.own_initrd, first.memory)
    results = [Result(case) for case in cases]
    counted = machine.run(args.mini_a64, guest, counting=True)  # the warm-up, too
    for result in results:
        result.instructions = sample(counted, result.case).instructions
    if with_qemu and not args.quick:
        machine.run(QEMU, guest)
    for pair in range(args.pairs):
        order = [(args.mini_a64, "ours")] + ([(QEMU, "qemu")] if with_qemu else [])
        for emulator, who in order if pair % 2 == 0 else reversed(order):
            run = machine.run(emulator, guest)
            for result in results:
                getattr(result, who).append(sample(run, result.case))
    return results


def check(results):
    """Complaints about results that are not the same everywhere."""
    wrong = []
    for r in results:
        sums = {s.checksum for s in r.ours + r.qemu}
        if len(sums) > 1:
            wrong.append(f"{r.case.name}: checksums differ: {' '.join(sorted(sums))}")
    return wrong


def chosen(args):
    """The cases that the options ask for."""
    cases = GROWTH if args.growth else CASES
    if args.own_initrd:
        cases = [c for c in cases if c.name == "boot"]
    if args.case:
        cases = [c for c in cases if any(fnmatch.fnmatch(c.name, g) for g in args.case)]
    return cases


def options():
    """The command line."""
    p = argparse.ArgumentParser(prog="tools/bench")
    for name in ("--mini-a64", "--default-kernel", "--default-initrd", "--default-out",
                 "--full-kernel"):
        p.add_argument(name, help=argparse.SUPPRESS)
    p.add_argument("--quick", action="store_true", help="one pair of each case")
    p.add_argument("--case", action="append", metavar="GLOB", help="only cases with such names")
    p.add_argument("--pairs", type=int, default=0, metavar="N", help="pairs of runs (5)")
    p.add_argument("--growth", action="store_true",
                   help="our own speed with more memory, processes, code")
    p.add_argument("--out", metavar="FOLDER", help="where bench.json and bench.svg go")
    p.add_argument("kernel", nargs="?", metavar="KERNEL")
    p.add_argument("initrd", nargs="?", metavar="INITRD")
    args = p.parse_args()
    args.own_initrd = args.initrd is not None
    args.own_kernel = args.kernel
    args.kernel = args.kernel or args.default_kernel
    args.initrd = args.initrd or args.default_initrd
    args.out = args.out or args.default_out
    args.pairs = args.pairs or (1 if args.quick else 5)
    for name, path in (("KERNEL", args.kernel), ("INITRD", args.initrd)):
        if not os.access(path, os.R_OK):
            p.error(f"{name} {path}: can't read it")
    if args.pairs < 1:
        p.error(f"--pairs {args.pairs}: must be 1 or more")
    if not chosen(args):
        names = ", ".join(c.name for c in (GROWTH if args.growth else CASES))
        p.error(f"--case {' '.join(args.case or [])}: no such case; there are {names}")
    return args


def main():
    args = options()
    results, failures = [], []
    for cases in groups(chosen(args)):
        names = ", ".join(c.name for c in cases)
        print(f"==> {names}", file=sys.stderr)
        try:
            results += measure(args, cases, with_qemu=not args.growth)
        except machine.Broken as why:
            failures.append(f"{names}: {why}")
    failures += check(results)
    rows = [report.row(r, statistics.median) for r in results]
    print(report.growth_table(rows) if args.growth else report.table(rows))
    os.makedirs(args.out, exist_ok=True)
    report.write(args, rows)
    for line in failures:
        print(f"bench: {line}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

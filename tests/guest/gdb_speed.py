#!/usr/bin/env python3
"""
How fast gdb steps, in figures, and on qemu-system-aarch64 beside it if that is there. Not
among the tests, which never depend on how fast a machine is: run it by hand, on an idle one.

    tests/guest/gdb_speed.py [RUNS]

The places are the loop of gdb_step.S on the bare machine and the guest's kernel (guest.py)
at start_kernel: with symbols if VMLINUX in the environment is that kernel's, and then
with tools/gdb/mini-a64.py too; else where FIRST says. gdb is otherwise as it comes (-nx).
Figures are medians of RUNS (5), with both programs on any core of the host and on one:
where an interrupt from core to core is dear, as in many a virtual machine, one is faster.
"""

import itertools
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

import gdb_rsp
import gdb_step
import guest

QEMU = "qemu-system-aarch64"
STEPS, LINES = 10000, 1000
QEMU_SHARE = 10  # as many times fewer of them, since one takes longer

SETTINGS = "set pagination off\nset confirm off\nset debuginfod enabled off\n"
TIMED = """delete
python
import os, time
def counter():  # in instructions with -icount shift=0, which is one of them a nanosecond
    return int(gdb.parse_and_eval("$CNTVCT_EL0")) * 1000000000 // int(gdb.parse_and_eval("$CNTFRQ_EL0"))
def timed(n, command, counts):
    first = counter() if counts else 0
    cpu, start = os.times(), time.monotonic()
    gdb.execute("%s %d" % (command, n), to_string=True)
    end, took = os.times(), time.monotonic() - start
    own = end.user + end.system - cpu.user - cpu.system
    print("TIMED", n / took, own / n * 1e6, (counter() - first) / took if counts else 0, flush=True)
end
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def runs():
    return int(sys.argv[1]) if len(sys.argv) > 1 else 5


def figures(emulator, tcp, command, n, options, symbols, before, counts=False):
    """How many of COMMAND a second; us of gdb's CPU time for each; instructions a second."""
    how = {"gdb": ",server=on,wait=off"} if emulator == QEMU else {}
    if tcp:
        how["port"] = free_port()
    with gdb_rsp.machine(emulator, "-S", *options, **how) as m, \
            tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
        f.write(f"{SETTINGS}target remote {m.path}\n{before}continue\n{TIMED}" +
                f'python timed({n}, "{command}", {counts})\n' * runs() + "kill\n")
        f.flush()
        out = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-x", f.name, *symbols],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True).stdout
    got = [map(float, line.split()) for line in re.findall(r"^TIMED (.*)$", out, re.M)]
    assert got, out[-2000:]
    return [statistics.median(values) for values in zip(*got)]


def report(place, options, symbols, before):
    cores = os.sched_getaffinity(0)
    for emulator in filter(shutil.which, (guest.MINI_A64, QEMU)):
        name, share = os.path.basename(emulator), QEMU_SHARE if emulator == QEMU else 1
        for tcp, where in itertools.product((False, True), (cores, {min(cores)})):
            os.sched_setaffinity(0, where)
            rate, own, _ = figures(emulator, tcp, "stepi", STEPS // share, options, symbols, before)
            os.sched_setaffinity(0, cores)
            print("%s, %s, %s, %s: %.0f stepi a second, gdb's own work for each %.0f us" %
                  (place, name, "tcp" if tcp else "unix",
                   "on any core" if where == cores else "both on one core", rate, own), flush=True)
        if symbols:
            counted = [] if emulator == QEMU else ["-icount", "shift=0"]
            rate, own, instructions = figures(emulator, False, "step", LINES // share,
                                              options + counted, symbols, before, bool(counted))
            print("%s, %s, unix: %.0f step a second, gdb's own work for each %.0f us%s" %
                  (place, name, rate, own, ", %.0f instructions a second" % instructions
                   if counted else ""), flush=True)


def main():
    guest.needs(guest.MINI_A64, guest.KERNEL, guest.INITRD)
    cpu = ["-cpu", "cortex-a57", "-m", "512"]
    with tempfile.TemporaryDirectory() as folder:
        elf, _ = gdb_step.build(folder)
        report("bare machine", [*cpu, "-kernel", elf], [elf], "hbreak *loop\n")
    kernel = [*cpu, "-kernel", str(guest.KERNEL), "-initrd", str(guest.INITRD),
              "-append", "rdinit=/init console=ttyAMA0"]
    vmlinux = os.environ.get("VMLINUX")
    if not vmlinux:
        report("kernel without symbols", kernel, [], "hbreak *($pc + 4)\n")
        return
    first = "hbreak start_kernel\n"
    report("kernel with vmlinux", kernel, [vmlinux], first)
    report("kernel with vmlinux and mini-a64.py", kernel, [vmlinux],
           f"source {guest.ROOT}/tools/gdb/mini-a64.py\n{first}")


if __name__ == "__main__":
    main()

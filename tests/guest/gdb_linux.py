#!/usr/bin/env python3
"""
gdb-multiarch on a kernel without symbols: from its first instruction, before the MMU
is on, through a system call of gdb_syscalls.c with PAN in force, into the memory of
another process, and through ten thousand steps that no interrupt ends.

The script is the test, which starts the machine, and what gdb runs, as its Python
script. Expected values are the kernel Image's (Documentation/arm64/booting.rst), the
program's, and the Arm manual's.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile

try:
    import gdb
except ImportError:
    gdb = None

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest  # noqa: E402

KERNEL_VA = 0xFFFF800008000000  # _text of Linux 6.1 with 48 bits of addresses


def run(command):
    return gdb.execute(command, to_string=True)


def value(expression):
    return int(gdb.parse_and_eval(f"(unsigned long)({expression})"))


def equal(what, got, expected):
    assert got == expected, f"{what} is {got!r}, not {expected!r}"


def refuses(command, words):
    try:
        said = run(command)
    except gdb.error as error:
        said = str(error)
    assert re.search(words, said), f"{command}: {said}"


def first_instructions():
    """A virtual address stops the kernel where it is loaded; the branch there is in its header."""
    loaded = value("$pc")
    with open(guest.KERNEL, "rb") as image:
        branch = struct.unpack("<2I", image.read(8))[1]
    equal("the header's second word", branch >> 26, 0b000101)  # B
    offset = 4 + ((branch & 0x3FFFFFF) << 2)
    run(f"monitor kernel-base {KERNEL_VA:x}")
    run(f"break *{KERNEL_VA + offset:#x}")
    run("continue")
    equal("pc", value("$pc"), loaded + offset)
    equal("SCTLR_EL1.M", value("$SCTLR_EL1") & 1, 0)
    equal("code at the virtual address",
          value(f"*(unsigned *){KERNEL_VA + 4:#x}"), branch)
    assert "rwx" in run("monitor info mem")
    run("delete")


def user_pointer():
    """What user code hands over can be read from the kernel's vector, though the CPU may not."""
    run("catch syscall write")
    run("continue")
    equal("x8", value("$x8"), 64)
    text = "first 1\\n"
    assert text in run("x/s $x1")
    run("stepi")
    equal("offset", value("$pc") - value("$VBAR_EL1"), 0x400)
    equal("EC", value("$ESR_EL1") >> 26, 0x15)
    equal("PSTATE.PAN", value("$PAN") >> 22 & 1, 1)
    assert text in run("x/s $x1")
    assert "EC 0x15, SVC #0" in run("monitor info exceptions")
    walk = run("monitor walk %x" % value("$x1"))
    levels = re.findall(r"^ level (\d) at ([0-9a-f]{10}): ([0-9a-f]{16}) (\w+)$", walk, re.M)
    equal("levels", [(int(l[0]), l[3]) for l in levels],
          [(0, "table"), (1, "table"), (2, "table"), (3, "page")])
    equal("the first table", int(levels[0][1], 16) & ~0xFFF, value("$TTBR0_EL1") & 0xFFFFFFFFF000)
    page = int(levels[3][2], 16) & 0xFFFFFFFFF000
    equal("the address", int(re.search(r" is at ([0-9a-f]+): EL1 rw-, EL0 rw-", walk)[1], 16),
          page | value("$x1") & 0xFFF)
    return page | value("$x1") & 0xFFF, text


def physical(pa, text):
    run("maintenance packet Qqemu.PhyMemMode:1")
    assert 'received: "1"' in run("maintenance packet qqemu.PhyMemMode")
    assert text in run(f"x/s {pa:#x}")
    run("monitor phys off")
    refuses(f"x/s {pa:#x}", "Cannot access memory")


def views():
    """Each of `monitor info` knows what the registers say."""
    mapped = {}
    for line in run("monitor info mem").splitlines():
        row = re.fullmatch(r"(\w{16})-(\w{16}) (\w{16}) [-u]([-rwx]{3})/([-rwx]{3})", line)
        first, end, size = (int(row[i], 16) for i in (1, 2, 3))
        equal("size", end - first, size)
        mapped[first, end] = row[4] + row[5]
    rights = lambda va: [r for (first, end), r in mapped.items() if first <= va < end]
    equal("rights of the stack", rights(value("$SP_EL0")), ["rw-rw-"])
    equal("rights of the vectors", rights(value("$VBAR_EL1")), ["r-x---"])
    assert re.search(r" [0-9a-f]{16} -> [0-9a-f]{10} r$", run("monitor info tlb"), re.M)
    assert "X08=%016x" % 64 in run("monitor info registers")
    assert "pl011" in run("monitor info mtree")
    assert re.search(r"PPI +\d+ \(INTID \d+\): priority 0x\w+, enabled", run("monitor info irq"))


def registers():
    """Written where hardware is, refused where it is not, and obeyed."""
    run("set $x9 = 0x1234")
    equal("x9", value("$x9"), 0x1234)
    run("set $v3.d.u[1] = 0x55")
    equal("v3", value("$v3.d.u[1]"), 0x55)
    equal("an alias", value("$VBAR"), value("$VBAR_EL1"))
    equal("CurrentEL", value("$CurrentEL"), 1 << 2)
    equal("SPSel", value("$SPSel"), 1)
    equal("DAIF", value("$DAIF"), value("(unsigned)$cpsr") & 0x3C0)
    equal("NZCV", value("$NZCV"), value("(unsigned)$cpsr") & 0xF0000000)
    refuses("set $MIDR_EL1 = 1UL", "Could not write|E01")
    tables = value("$TTBR0_EL1")
    run(f"set $TTBR0_EL1 = {tables & ~0xFFFFFFFFF000 | 0x40000000:#x}")  # no tables there
    refuses("x/s $x1", "Cannot access memory")
    run(f"set $TTBR0_EL1 = {tables:#x}")
    assert "first 1" in run("x/s $x1")


def processes():
    """The child's and the parent's memory at one address; a breakpoint of one of them."""
    run("delete")
    run("break ask_time if generation == 2")
    said = run("continue")
    child = int(re.search(r"in pid (\d+), init", said)[1])
    equal("generation", value("generation"), 2)
    assert f"CPU#0 EL0 pid {child} init" in run("info threads")
    listed = dict(re.findall(r"^ +(\d+)  ([0-9a-f]{10}|-) +(?:init|kthreadd)$",
                             run("monitor ps"), re.M))
    equal("pids", set(listed), {"1", "2", str(child)})
    equal("the child's tables", int(listed[str(child)], 16), value("$TTBR0_EL1") & 0xFFFFFFFFF000)
    equal("kthreadd's tables", listed["2"], "-")
    assert "pid 1, init" in run("monitor use-mm 1")
    equal("the parent's generation", value("generation"), 1)
    run("set var generation = 3")
    assert "no process" in run("monitor use-mm 9999")
    equal("generation", value("generation"), 2)
    run("delete")
    run("break ask_time")
    # The child's next is after its exec; out of scope.
    assert "pid 1" in run("monitor scope pid 1")
    said = run("continue")
    assert "in pid 1, init" in said, said
    equal("what was written", value("generation"), 3)
    run("monitor scope all")


def system_calls():
    """Written down from the middle of a run, for as long as is asked."""
    run("monitor strace on")
    run("continue")
    run("monitor strace off")
    with open(os.environ["GUEST_LOG"]) as log:
        lines = log.read().splitlines()
    # From one handler's ask_time to the next one's, as gdb_syscalls.c makes them.
    calls = [re.match(r"\[1 init\] (\w+)\(", line) for line in lines]
    equal("calls", [c[1] for c in calls if c],
          ["gettimeofday", "rt_sigreturn", "write", "rt_sigaction", "pipe2", "clone", "setitimer",
           "read"])
    assert '[1 init] write(1, "interrupted -4\\n", 15) = 15' in lines, lines
    assert "[1 init] read(4 <unfinished ...>" in lines, lines
    run("continue")
    with open(os.environ["GUEST_LOG"]) as log:
        equal("lines", len(log.read().splitlines()), len(lines))


def steps():
    """None lands in an interrupt's vector, unless they are let in."""
    run("delete")
    vectors = value("$VBAR_EL1")
    interrupts = {vectors + 0x280, vectors + 0x480}
    assert "holds back" in run("monitor step-irq")
    for _ in range(3000):
        run("stepi")
        assert value("$pc") not in interrupts, "a step has fallen into an interrupt's handler"
    assert "takes" in run("monitor step-irq on")
    assert "0x1" in run("maintenance packet qqemu.sstep")


def session():
    first_instructions()
    pa, text = user_pointer()
    physical(pa, text)
    views()
    registers()
    processes()
    system_calls()
    steps()


def main():
    import gdb_rsp
    import gdb_syscalls
    import shutil

    guest.needs(guest.MINI_A64, guest.KERNEL, guest.SYSCALLS)
    if not shutil.which("gdb-multiarch"):
        guest.skip("no gdb-multiarch")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GUEST_LOG"] = folder + "/log"
        with gdb_rsp.machine(guest.MINI_A64, "-S", "-cpu", "max", "-m", "512", "-icount",
                             "shift=3", "-D", os.environ["GUEST_LOG"], "-kernel",
                             str(guest.KERNEL), "-initrd", gdb_syscalls.initrd(folder), "-append",
                             "rdinit=/init console=ttyAMA0") as m:
            done = subprocess.run(
                ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                 "set pagination off", "-ex", "set confirm off", "-ex", "set python print-stack full",
                 "-ex", "set width 0", "-ex", f"target remote {m.path}", "-x",
                 os.path.abspath(__file__), "-ex", "kill", guest.SYSCALLS],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, timeout=5 * guest.PATIENCE)
    if "session is over" not in done.stdout:
        sys.exit(done.stdout)
    print("ok")


if gdb:
    session()
    print("session is over")
elif __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""`catch syscall` against a real kernel: every call entered returns, in its process.

    gdb_syscalls.py MINI_A64 IMAGE [VMLINUX]

Runs gdb_syscalls.c as the first process. Without VMLINUX the stub's client is
the test's own; with it, gdb-multiarch, too, and processes have names.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import gdb_rsp
import guest

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
NR = {"gettimeofday": 169, "clone": 220, "execve": 221, "exit_group": 94, "rt_sigreturn": 139,
      "nanosleep": (101, 115), "read": 63, "reboot": 142, "write": 64}
EINTR = 4


def initrd(folder):
    gcc = shutil.which("aarch64-linux-gnu-gcc")
    if not gcc or not shutil.which("cpio"):
        print("skipped: no aarch64-linux-gnu-gcc or no cpio")
        raise SystemExit(SKIPPED)
    os.makedirs(folder + "/root/dev")
    subprocess.run([gcc, "-O1", "-g", "-static", "-w", HERE + "/gdb_syscalls.c", "-o",
                    folder + "/root/init"], check=True)
    archive = folder + "/initrd"
    with open(archive, "wb") as f:
        subprocess.run("find . | cpio --quiet -o -H newc", shell=True, cwd=folder + "/root",
                       stdout=f, check=True)
    return archive


def trace(c):
    """All stops until the machine is switched off: (what, number, stack, pc, x0)."""
    stops = []
    assert c.command("QCatchSyscalls:1") == "OK"
    while True:
        c.send("vCont;c")
        try:
            signal, why = c.wait(120)
        except (AssertionError, EOFError):
            return stops  # W00: it exited
        (what, number), = [(k, v) for k, v in why.items() if k.startswith("syscall")]
        x = c.general()
        assert x[33] >> 2 & 3 == 0, "the stop is not at EL0"
        if what == "syscall_entry":
            assert x[8] == int(number, 16)
            assert c.memory(x[32], 4) == bytes.fromhex("010000d4"), "pc is not at an svc"
        stops.append((what[8:], int(number, 16), c.register("SP_EL1"), x[32], x[0]))


def check(stops):
    open_calls, results = {}, []
    for what, number, stack, pc, x0 in stops:
        calls = open_calls.setdefault(stack, [])
        if what == "entry":
            # A call in a call: only in a signal's handler, while the outer one is interrupted.
            if calls:
                assert calls[-1][0] in (*NR["nanosleep"], NR["read"]), (calls, number)
            if number not in (NR["exit_group"], NR["rt_sigreturn"]):
                calls.append((number, pc))
            if number == NR["exit_group"]:
                assert not calls
            if number == NR["reboot"]:
                break
        else:
            assert calls and calls[-1][0] == number, (calls, number)
            entry = calls.pop()
            assert number == NR["execve"] or pc == entry[1] + 4
            results.append((number, x0 - (1 << 64) if x0 >> 63 else x0))
    count = lambda n: [r for number, r in results if number == n]
    # Three, the forked child's, the executed child's, two handlers', the last.
    assert count(NR["gettimeofday"]) == [0] * 8, count(NR["gettimeofday"])
    assert count(NR["execve"]) == [0]
    assert [r for n in NR["nanosleep"] for r in count(n) if r] == [-EINTR]
    assert count(NR["read"]) == [1], count(NR["read"])
    assert len(count(NR["clone"])) == 2 and min(count(NR["clone"])) > 1
    assert sum(1 for s in stops if s[1] == NR["rt_sigreturn"]) == 2
    assert sum(1 for s in stops if s[1] == NR["exit_group"]) == 3 - 1
    print("%d stops, %d calls returned" % (len(stops), len(results)))


def with_gdb(command, image, vmlinux, archive):
    script = """
set pagination off
set confirm off
target remote %s
catch syscall gettimeofday
continue
printf "entry pc=%%#lx x8=%%d el=%%d\\n", $pc, $x8, ($cpsr >> 2) & 3
x/i $pc
info threads
stepi
printf "vector offset=%%#lx esr=%%#lx elr=%%#lx\\n", $pc - $VBAR_EL1, $ESR_EL1, $ELR_EL1
continue
printf "return x0=%%ld pc=%%#lx\\n", $x0, $pc
delete
break __arm64_sys_gettimeofday
continue
bt
printf "user pointer readable %%d\\n", *(long *)(((struct pt_regs *)$x0)->regs[0]) >= 0 || 1
finish
kill
"""
    with gdb_rsp.machine(command, "-S", "-m", "512", "-kernel", image, "-initrd", archive,
                         "-append", "console=ttyAMA0") as m, \
         tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
        f.write(script % m.path)
        f.flush()
        out = subprocess.run(["gdb-multiarch", "-q", "-batch", "-x", f.name, vmlinux],
                             capture_output=True, text=True, timeout=300).stdout
    wanted = [r"\(call to syscall gettimeofday\)", r"entry pc=(0x\w+) x8=169 el=0",
              r"CPU#0 EL0 pid 1 init", r"vector offset=0x400 esr=0x56000000 elr=0x\w+",
              r"\(returned from syscall gettimeofday\)", r"return x0=0 pc=0x\w+",
              r"__arm64_sys_gettimeofday", r"el0_svc_common", r"el0_svc \(", r"Value returned"]
    for pattern in wanted:
        assert re.search(pattern, out), "%s is not in\n%s" % (pattern, out)
    entry = int(re.search(wanted[1], out)[1], 16)
    assert "elr=%#x" % (entry + 4) in out and "return x0=0 pc=%#x" % (entry + 4) in out, out


def main():
    command, image = sys.argv[1:3]
    guest.needs(image)
    with tempfile.TemporaryDirectory() as folder:
        archive = initrd(folder)
        with gdb_rsp.machine(command, "-S", "-m", "512", "-kernel", image, "-initrd", archive,
                             "-append", "console=ttyAMA0") as m:
            c = gdb_rsp.Client(m.path)
            check(trace(c))
            for line in ("first", "status 3", "interrupted -1", "restarted 1"):
                assert line in m.output(), m.output()[-2000:]
        if len(sys.argv) > 3 and shutil.which("gdb-multiarch"):
            with_gdb(command, image, sys.argv[3], archive)
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""System calls of a real kernel's processes: by `catch syscall`, and by -strace.

Runs gdb_syscalls.c as the first process. Every call entered returns, in its
process. The stub's client is the test's own, then gdb-multiarch with the symbols of
the program, and with those of the kernel if the environment has VMLINUX.
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
    if not shutil.which("cpio"):
        guest.skip("no cpio")
    os.makedirs(folder + "/root/dev")
    shutil.copy(guest.SYSCALLS, folder + "/root/init")
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


def run_gdb(m, symbols, script, wanted):
    """What gdb-multiarch prints for SCRIPT, in which the patterns WANTED are in order."""
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
        f.write(f"set pagination off\nset confirm off\ntarget remote {m.path}\n{script}kill\n")
        f.flush()
        out = subprocess.run(
            ["gdb-multiarch", "-q", "-nx", "-batch", "-ex", "set debuginfod enabled off",
             "-x", f.name, symbols], capture_output=True, text=True,
            timeout=300 * guest.SLOW).stdout
    at = 0
    for pattern in wanted:
        found = re.search(pattern, out[at:])
        assert found, "%s is not behind character %d of\n%s" % (pattern, at, out)
        at += found.end()
    return out


CATCH = """
catch syscall gettimeofday
continue
printf "entry pc=%#lx x8=%d el=%d\\n", $pc, $x8, ($cpsr >> 2) & 3
x/i $pc
bt
info threads
stepi
printf "vector offset=%#lx esr=%#lx elr=%#lx\\n", $pc - $VBAR_EL1, $ESR_EL1, $ELR_EL1
continue
printf "return x0=%ld pc=%#lx\\n", $x0, $pc
delete
"""

CAUGHT = [r"\(call to syscall '?gettimeofday'?\)", r"entry pc=0x\w+ x8=169 el=0", r"svc",
          r"CPU#0 EL0 pid 1 init", r"vector offset=0x400 esr=0x56000000 elr=0x\w+",
          r"\(returned from syscall '?gettimeofday'?\)", r"return x0=0 pc=0x\w+"]


def check_addresses(out):
    """After the SVC, both in ELR_EL1 and at the return."""
    entry = int(re.search(r"entry pc=(\w+)", out)[1], 16)
    assert "elr=%#x" % (entry + 4) in out and "return x0=0 pc=%#x" % (entry + 4) in out, out


def with_program(m):
    """The user's side: names and lines of the program, where the kernel has none."""
    script = CATCH + """
break handler
continue
bt
catch syscall rt_sigreturn
continue
"""
    wanted = CAUGHT[:3] + [r"#\d+ .*ask_time", r"#\d+ .*main"] + CAUGHT[3:] + [
        r"Breakpoint \d, .*handler", r"rt_sigreturn"]
    check_addresses(run_gdb(m, guest.SYSCALLS, script, wanted))


def with_kernel(m, vmlinux):
    script = CATCH + """
break __arm64_sys_gettimeofday
continue
bt
printf "user pointer readable %d\\n", *(long *)(((struct pt_regs *)$x0)->regs[0]) >= 0 || 1
finish
"""
    wanted = CAUGHT + [r"__arm64_sys_gettimeofday", r"el0_svc_common", r"el0_svc \(",
                       r"Value returned"]
    check_addresses(run_gdb(m, vmlinux, script, wanted))


def strace(options):
    """The lines of the program's whole run, and the serial port's."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [guest.MINI_A64, "-display", "none", "-monitor", "none",
             "-serial", f"file:{folder}/serial", "-strace", folder + "/strace", *options],
            stdin=subprocess.DEVNULL, check=True, timeout=300 * guest.SLOW)
        with open(folder + "/strace") as f, open(folder + "/serial", errors="replace") as s:
            return f.read().splitlines(), s.read()


def check_strace(lines):
    """As strace(1) would have it; arguments are those of gdb_syscalls.c."""
    text = "\n".join(lines)
    child = re.search(r"^\[1 init\] clone\(SIGCHLD, NULL, NULL, NULL, NULL\) = (\d+)$", text, re.M)[1]
    for line in [
            '[1 init] write(1, "first 1\\n", 8) = 8',
            f'[{child} init] execve("/init", ["init", "child"], ',
            f"[{child} init] exit_group(3) = ?",
            f"[1 init] wait4({child}, [{{WIFEXITED(s) && WEXITSTATUS(s) == 3}}], 0, NULL) = {child}",
            '[1 init] openat(AT_FDCWD, "/no\\tsuch \\"file\\"", O_RDONLY|O_CLOEXEC) = '
            "-1 ENOENT (No such file or directory)",
            '[1 init] openat(AT_FDCWD, "/new", O_WRONLY|O_CREAT, 0640) = 3',
            '[1 init] newfstatat(AT_FDCWD, "/init", {st_mode=S_IFREG|0755, st_size='
            f"{os.path.getsize(guest.SYSCALLS)}, ...}}, 0) = 0",
            "[1 init] dup3(0, 0, O_RDONLY) = -1 EINVAL (Invalid argument)",
            '[1 init] uname({sysname="Linux", nodename="(none)", ...}) = 0',
            "[1 init] mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x",
            "[1 init] syscall_600(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = "
            "-1 ENOSYS (Function not implemented)",
            "[1 init] rt_sigaction(SIGALRM, {sa_handler=0x",
            "[1 init] setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, "
            "it_value={tv_sec=0, tv_usec=20000}}, NULL) = 0",
            "[1 init] nanosleep({tv_sec=5, tv_nsec=0}, 0x",
            '[1 init] write(1, "interrupted -4\\n", 15) = 15',
            '"x", 1) = 1']:
        assert line in text, f"{line} is not in\n{text}"
    assert len(re.findall(r"^\[\d+ init\] gettimeofday\(\{tv_sec=\d+, tv_usec=\d+\}, NULL\) = 0$",
                          text, re.M)) == 8, text
    # Made before the handler's call, returned after it.
    order = [re.sub(r"^\[1 init\] (\w+).*", r"\1", l) for l in lines if l.startswith("[1 ")]
    at = order.index("nanosleep")
    assert order[at - 2:at] == ["gettimeofday", "rt_sigreturn"], order
    assert "-1 EINTR (Interrupted system call)" in text, text
    assert lines[-1].startswith("[1 init] reboot(") and lines[-1].endswith("<unfinished ...>"), text


def main():
    guest.needs(guest.KERNEL, guest.SYSCALLS)
    vmlinux = os.environ.get("VMLINUX")
    with tempfile.TemporaryDirectory() as folder:
        options = ["-m", "512", "-kernel", str(guest.KERNEL), "-initrd", initrd(folder), "-append",
                   "rdinit=/init console=ttyAMA0", "-icount", "shift=3"]  # who is first is settled
        with gdb_rsp.machine(guest.MINI_A64, "-S", *options) as m:
            check(trace(gdb_rsp.Client(m.path)))
            for line in ("first 1", "status 3", "interrupted -4", "restarted 1"):
                assert line in m.output(), m.output()[-2000:]
        lines, serial = strace(options)
        check_strace(lines)
        assert "restarted 1" in serial, serial[-2000:]
        if shutil.which("gdb-multiarch"):
            with gdb_rsp.machine(guest.MINI_A64, "-S", *options) as m:
                with_program(m)
        if shutil.which("gdb-multiarch") and vmlinux:
            with gdb_rsp.machine(guest.MINI_A64, "-S", *options) as m:
                with_kernel(m, vmlinux)
    print("ok")


if __name__ == "__main__":
    main()

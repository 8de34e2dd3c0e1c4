#!/usr/bin/env python3
"""
What VSCode's cppdbg does, by gdb's machine interface, on the bare machine; and
against a kernel with its symbols if the environment has VMLINUX beside KERNEL.

The order and form of the commands are those of MIEngine: breakpoints by
-break-insert -f before the machine has run, register lists, pause, continue.
"""

import os
import re
import shutil
import subprocess

import gdb_rsp
import guest


class Mi:
    def __init__(self, symbols):
        self.process = subprocess.Popen(
            ["gdb-multiarch", "-nx", "--interpreter=mi", "-q", "-ex", "set debuginfod enabled off",
             symbols], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        self.token = 1000
        self.last = ""

    def until(self, pattern):
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if re.match(pattern, line):
                return line, "".join(seen)
        raise AssertionError("gdb ended: " + "".join(seen))

    def command(self, text, result="done|running|connected"):
        self.token += 1
        self.process.stdin.write("%d%s\n" % (self.token, text))
        self.process.stdin.flush()
        line, self.last = self.until(r"%d\^" % self.token)
        assert re.match(r"%d\^(%s)" % (self.token, result), line), text + ": " + line
        return line

    def stopped(self, pattern):
        if re.search(r"\*stopped", self.last.split("^running")[-1]):
            line = self.last
        else:
            line, _ = self.until(r"\*stopped")
        assert re.search(pattern, line), line

    def attach(self, path):
        for line in ("-gdb-set target-async on", "-gdb-set mi-async on",
                     "-enable-pretty-printing", "-gdb-set stop-on-solib-events 1",
                     "-gdb-set pagination off", "-target-select remote " + path, "-thread-info"):
            self.command(line)

    def look_around(self):
        """What the views of variables, threads and registers ask for."""
        self.command("-thread-info")
        self.command("-stack-list-frames 0 20")
        self.command("-stack-list-variables --simple-values")
        names = self.command("-data-list-register-names")
        values = self.command("-data-list-register-values x")
        assert '"ESR_EL1"' in names and '"VBAR_EL1"' in names, names
        assert values.count("number=") > 200, values
        line = self.command('-data-evaluate-expression "$cpsr"')
        assert "EL=" in line, line

    def end(self):
        self.command("-target-detach")
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()


def bare_machine():
    """firmware/svc.S: from its first instruction at EL1 to EL0 and into the vector."""
    with gdb_rsp.machine(guest.MINI_A64, "-S", "-kernel", guest.SVC) as m:
        mi = Mi(guest.SVC)
        mi.attach(m.path)
        mi.command("-break-insert -f *user_main")
        mi.command("-break-insert -f -h *from_el0")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*bkptno="1"')
        mi.look_around()
        assert '"0x1' not in mi.command('-data-evaluate-expression "($cpsr >> 2) & 3"')
        mi.command("-exec-step-instruction")
        mi.stopped(r'reason="end-stepping-range"')
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*bkptno="2"')
        line = mi.command('-data-evaluate-expression "$ESR_EL1"')
        assert "IL EC=21" in line, line
        mi.command("-break-delete 1 2")
        line = mi.command('-data-evaluate-expression "(long)$sp - 16"')
        mi.command("-break-watch -a *(unsigned*)%s" % re.search(r'value="(\d+)"', line)[1])
        mi.command("-exec-continue")
        mi.stopped(r'reason="access-watchpoint-trigger"')
        mi.command("-break-delete 3")
        mi.end()


def kernel(image, vmlinux):
    with gdb_rsp.machine(guest.MINI_A64, "-S", "-m", "512", "-kernel", image, "-append",
                         "console=ttyAMA0 panic=0") as m:
        mi = Mi(vmlinux)
        mi.attach(m.path)
        mi.command("-break-insert -f start_kernel")
        mi.command("-break-insert -f -h rest_init")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="start_kernel"')
        mi.look_around()
        mi.command('-var-create - * "linux_banner"')
        mi.command("-exec-next")
        mi.stopped(r'reason="end-stepping-range"')
        mi.command("-exec-step")
        mi.stopped(r"\*stopped")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="rest_init"')
        mi.command("-break-watch jiffies_64")
        mi.command("-exec-continue")
        mi.stopped(r'reason="watchpoint-trigger"')
        mi.command("-break-delete 1 2 3")
        mi.command("-exec-continue")
        mi.command("-exec-interrupt")
        mi.stopped(r'signal-name="SIGINT"')
        mi.end()


def main():
    guest.needs(guest.MINI_A64, guest.SVC)
    if not shutil.which("gdb-multiarch"):
        guest.skip("no gdb-multiarch")
    bare_machine()
    if os.environ.get("VMLINUX"):
        kernel(str(guest.KERNEL), os.environ["VMLINUX"])
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What VSCode's cppdbg does, by gdb's machine interface, against a real kernel.

    gdb_mi.py MINI_A64 IMAGE VMLINUX

The order and form of the commands are those of MIEngine: breakpoints by
-break-insert -f before the machine has run, register lists, pause, continue.
"""

import re
import shutil
import subprocess
import sys
import time

import gdb_rsp

SKIPPED = 77


class Mi:
    def __init__(self, vmlinux):
        self.process = subprocess.Popen(
            ["gdb-multiarch", "--interpreter=mi", "-q", vmlinux], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.token = 1000
        self.lines = []

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
        line, seen = self.until(r"%d\^" % self.token)
        assert re.match(r"%d\^(%s)" % (self.token, result), line), text + ": " + line
        self.lines.append(seen)
        return line

    def stopped(self, pattern):
        if re.search(r"\*stopped", self.lines[-1].split("^running")[-1]):
            line = self.lines[-1]
        else:
            line, _ = self.until(r"\*stopped")
        assert re.search(pattern, line), line


def main():
    command, image, vmlinux = sys.argv[1:4]
    if not shutil.which("gdb-multiarch"):
        print("skipped: no gdb-multiarch")
        raise SystemExit(SKIPPED)
    with gdb_rsp.machine(command, "-S", "-m", "512", "-kernel", image, "-append",
                         "console=ttyAMA0 panic=0") as m:
        mi = Mi(vmlinux)
        mi.command("-gdb-set target-async on")
        mi.command("-gdb-set mi-async on")
        mi.command("-enable-pretty-printing")
        mi.command("-gdb-set stop-on-solib-events 1")
        mi.command("-gdb-set pagination off")
        mi.command("-target-select remote " + m.path)
        mi.command("-thread-info")
        mi.command("-break-insert -f start_kernel")
        mi.command("-break-insert -f -h rest_init")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="start_kernel"')
        mi.command("-thread-info")
        mi.command("-stack-list-frames 0 20")
        mi.command("-stack-list-variables --simple-values")
        mi.command("-data-list-register-names")
        start = time.monotonic()
        line = mi.command("-data-list-register-values x")
        took = time.monotonic() - start
        print("all registers: %.0f ms" % (1000 * took))
        assert line.count("number=") > 200
        mi.command('-data-evaluate-expression "$ESR_EL1"')
        mi.command('-var-create - * "linux_banner"')
        mi.command("-break-watch jiffies_64")
        mi.command("-exec-next")
        mi.stopped(r'reason="end-stepping-range"')
        mi.command("-exec-step")
        mi.stopped(r"\*stopped")
        mi.command("-exec-continue")
        mi.stopped(r'reason="watchpoint-trigger".*new="4294892297"')
        mi.command("-break-delete 3")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="rest_init"')
        mi.command("-break-delete 1 2")
        mi.command("-exec-continue")
        time.sleep(3)
        start = time.monotonic()
        mi.command("-exec-interrupt")
        mi.stopped(r'signal-name="SIGINT"')
        took = time.monotonic() - start
        print("pause: %.0f ms" % (1000 * took))
        mi.command("-target-detach")
        mi.process.stdin.close()
        mi.process.wait()
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""
What VSCode's cppdbg does, by gdb's machine interface, on the bare machine; and
against a kernel with its symbols if the environment has VMLINUX beside KERNEL.

The commands, their order and form are those of MIEngine with the launch.json of
tools/gdb/vscode: what its setupCommands say, the entry breakpoint that it sets before it
connects, breakpoints by -break-insert -f before the machine has run, what the views of
call stack, variables, watch, registers, disassembly and memory ask for at a stop, and
-exec in the debug console.
"""

import json
import os
import re
import shutil
import subprocess

import gdb_rsp
import guest


class Mi:
    def __init__(self):
        self.process = subprocess.Popen(
            ["gdb-multiarch", "-nx", "--interpreter=mi", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
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

    def console(self, text):
        """As -exec in the debug console does; what it says."""
        self.command('-interpreter-exec console "%s"' % text.replace('"', '\\"'))
        said = re.findall(r'^[~@](".*")$', self.last, re.M)
        return "".join(json.loads(s) for s in said)

    def evaluate(self, expression):
        line = self.command('-data-evaluate-expression "%s"' % expression)
        return json.loads(re.search(r'value=(".*")', line)[1])

    def launch(self, program, address):
        for line in ("-gdb-set mi-async on", "-list-features"):
            self.command(line)
        for line in setup_commands():
            self.command(line) if line[0] == "-" else self.console(line)
        self.console("set pagination off")
        self.console("set debuginfod enabled off")
        for line in ("-gdb-set auto-solib-add on", "-gdb-set stop-on-solib-events 1",
                     "-environment-cd " + os.path.dirname(program),
                     "-file-exec-and-symbols " + program):
            self.command(line)
        assert "aarch64" in self.console("show architecture")
        self.command("-break-insert -f main")
        self.command("-target-select remote " + address)
        self.stopped("")
        self.command("-gdb-set stop-on-solib-events 0")

    def look_around(self, function):
        """What the views ask for at a stop in FUNCTION."""
        assert 'state="stopped"' in self.command("-thread-info")
        assert 'state="stopped"' in self.command("-thread-info 1")
        self.command("-thread-select 1")
        self.command("-stack-info-depth --thread 1 1000")
        frames = self.command("-stack-list-frames --thread 1 0 20")
        assert 'level="0"' in frames and f'func="{function}"' in frames, frames
        self.command("-stack-list-arguments --thread 1 0 0 0")
        self.command("-stack-list-variables --thread 1 --frame 0 0")
        self.command("-stack-select-frame 0")
        names = re.findall(r'"([^"]*)"', self.command("-data-list-register-names"))
        values = self.command("-data-list-register-values --thread 1 x")
        assert "ESR_EL1" in names and "VBAR_EL1" in names, names
        pc = re.search(r'number="%d",value="(0x\w+)"' % names.index("pc"), values)[1]
        assert values.count("number=") > 200, values
        self.command("-data-list-changed-registers")
        assert "EL=" in self.evaluate("$cpsr")
        line = self.command("-data-disassemble -s %s -e %#x -- 2" % (pc, int(pc, 16) + 64))
        assert line.count("opcodes=") == 16 and 'address="%#018x"' % int(pc, 16) in line, line
        assert 'contents="' in self.command("-data-read-memory-bytes %s 64" % pc)

    def watch(self, expression, child):
        """A variable in the watch view or under the mouse: made, opened, read, gone."""
        line = self.command('-var-create - * "%s"' % expression)
        name = re.search(r'name="(\w+)"', line)[1]
        self.command(f"-var-set-format {name} hexadecimal")
        children = self.command(f'-var-list-children --simple-values "{name}" 0 1000')
        assert f'exp="{child}"' in children, children
        self.command(f"-var-evaluate-expression {name}")
        self.command(f"-var-show-attributes {name}")
        self.command(f"-var-info-path-expression {name}")
        self.command(f"-var-delete {name}")

    def assign(self, expression, value):
        """What is typed over a value in the variables' view."""
        name = re.search(r'name="(\w+)"', self.command(f'-var-create - * "{expression}"'))[1]
        assert f'value="{value}"' in self.command(f'-var-assign {name} "{value}"')
        self.command(f"-var-delete {name}")
        assert self.evaluate(expression) == str(value)

    def pause(self):
        self.command("-exec-continue")
        self.command("-exec-interrupt")
        self.stopped(r'signal-name="SIGINT"')

    def end(self):
        self.command("-target-detach")
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()


def setup_commands():
    """Those of launch.json, which has comments."""
    text = (guest.ROOT / "tools/gdb/vscode/launch.json").read_text()
    launch = json.loads(re.sub(r"^ *//.*$", "", text, flags=re.M))
    configuration, = launch["configurations"]
    assert configuration["miDebuggerServerAddress"] == "localhost:1234"
    return [c["text"] for c in configuration["setupCommands"]]


def bare_machine():
    """firmware/svc.S: from its first instruction at EL1 to EL0 and into the vector."""
    with gdb_rsp.machine(guest.MINI_A64, "-S", "-kernel", guest.SVC) as m:
        mi = Mi()
        mi.launch(guest.SVC, m.path)
        mi.command("-break-insert -f *user_main")
        mi.command("-break-insert -f -h *from_el0")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*bkptno="2"')
        mi.look_around("user_main")
        mi.watch("$v0", "d")
        assert mi.evaluate("($cpsr >> 2) & 3") == "0"
        x28 = mi.evaluate("$x28")
        mi.assign("$x28", 4711)
        mi.assign("$x28", x28)
        for step in ("-exec-step-instruction", "-exec-next-instruction --thread 1"):
            mi.command(step)
            mi.stopped(r'reason="end-stepping-range"')
        mi.command('-break-condition 3 "$x8 == 2"')  # SYS_PRINT: SYS_ADD is the first
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*bkptno="3"')
        assert mi.evaluate("$x8") == "2"
        assert "IL EC=21" in mi.evaluate("$ESR_EL1")
        assert "SVC #0" in mi.console("monitor info exceptions")
        mi.command("-break-delete 2 3")
        mi.command("-break-watch -a *(unsigned*)%s" % mi.evaluate("(long)$sp - 16"))
        mi.command("-exec-continue")
        mi.stopped(r'reason="access-watchpoint-trigger"')
        mi.command("-break-delete 4")
        mi.end()


def kernel(image, vmlinux):
    """A source breakpoint, a conditional one, one that is turned off; a variable that changes."""
    with gdb_rsp.machine(guest.MINI_A64, "-S", "-m", "512", "-kernel", image, "-append",
                         "console=ttyAMA0 panic=0") as m:
        mi = Mi()
        mi.launch(vmlinux, m.path)
        mi.command("-break-insert -f start_kernel")
        mi.command("-break-insert -f -h rest_init")
        mi.command('-break-insert -f -c "scno == 64" el0_svc_common')
        mi.command("-break-disable 4")
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="start_kernel"')
        mi.look_around("start_kernel")
        mi.watch("init_task", "comm")
        assert "Linux version" in mi.evaluate("linux_banner")
        mi.command("-exec-next")
        mi.stopped(r'reason="end-stepping-range"')
        mi.command("-exec-step")
        mi.stopped(r"\*stopped")
        mi.command("-exec-finish --thread 1 --frame 0")
        mi.stopped(r'reason="function-finished"')
        mi.command("-exec-continue")
        mi.stopped(r'reason="breakpoint-hit".*func="rest_init"')
        mi.command("-break-watch *(char(*)[8])(%s)" % mi.evaluate("(long)&jiffies_64"))
        mi.command("-exec-continue")
        mi.stopped(r'reason="watchpoint-trigger"')
        mi.command("-break-delete 2 3 5")
        mi.pause()
        assert "TTBR1_EL1" in mi.console("monitor walk ffff800010081000")
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

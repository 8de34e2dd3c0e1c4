#!/usr/bin/env python3
"""
LLDB attached to the bare machine with gdb_frames.c: breakpoints, steps over an svc,
registers, memory, a watchpoint. Skipped where there is no LLDB.
"""

import shutil
import subprocess
import tempfile

import gdb_client
import gdb_rsp
import gdb_step
import guest

COMMANDS = """
process connect unix-connect://{path}
breakpoint set --name call --skip-prologue false
continue
register read pc cpsr
disassemble --pc --count 1
thread step-inst
register read pc VBAR_EL1 ESR_EL1
memory read --size 4 --format x --count 1 $pc
breakpoint set --name handler --skip-prologue false
continue
register write x5 0x2a
register read x5
target variable init_task.pid
breakpoint delete --force
watchpoint set expression --watch write --size 8 -- $x0
continue
process detach
"""


def main():
    lldb = next(filter(None, map(shutil.which, ("lldb", "lldb-19", "lldb-14"))), None)
    if not lldb:
        guest.skip("no lldb")
    guest.needs(guest.MINI_A64)
    with tempfile.TemporaryDirectory() as folder:
        elf, symbols = gdb_step.build(folder, "gdb_frames")
        with gdb_rsp.machine(guest.MINI_A64, "-S", "-kernel", elf) as m:
            lines = COMMANDS.format(path=m.path).strip().splitlines()
            out = subprocess.run([lldb, "--no-lldbinit", "--batch", elf] +
                                 [word for line in lines for word in ("-o", line)],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, timeout=guest.PATIENCE).stdout
    vectors = symbols["vectors"]
    gdb_client.in_order(out, [
        r"stop reason = breakpoint 1\.1", r"pc = 0x0*%x\b" % symbols["call"],
        r"cpsr = 0x0*3c0\b", r"svc\s+#0", r"stop reason = instruction step into",
        r"pc = 0x0*%x\b" % (vectors + 0x400), r"VBAR_EL1 = 0x0*%x\b" % vectors,
        r"ESR_EL1 = 0x0*56000000", r"0x%x: 0xd10443ff" % (vectors + 0x400),  # SUB sp, sp, #272
        r"stop reason = breakpoint 2\.1", r"handler", r"x5 = 0x0*2a", r"pid = 57",
        r"Watchpoint created", r"stop reason = watchpoint 1", r"detached"])
    print("ok")


if __name__ == "__main__":
    main()

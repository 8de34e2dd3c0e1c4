#!/usr/bin/env python3
"""
gdb-multiarch as a person uses it, on the bare machine: the walk of
tools/gdb/tour.md along firmware/svc.S, and a stop at every kind of exception.

What is expected follows from svc.S, gdb_step.S and the Arm manual (DDI 0487, D1.3).
"""

import re
import shutil
import subprocess
import tempfile

import gdb_rsp
import gdb_step
import guest


def gdb(program, script, *options):
    """What gdb prints, standard error output included: the monitor's answers are there."""
    with gdb_rsp.machine(guest.MINI_A64, "-S", "-kernel", program, *options) as m:
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
            f.write("set pagination off\nset confirm off\nset debuginfod enabled off\n"
                    f"target remote {m.path}\n{script}\n")
            f.flush()
            done = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-x", f.name, program],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True,
                                  timeout=guest.PATIENCE)
        return done.stdout


def in_order(text, patterns):
    at = 0
    for pattern in patterns:
        found = re.compile(pattern).search(text, at)
        assert found, f"{pattern} is not behind character {at} of\n{text}"
        at = found.end()


def walk():
    """There by svc, back by eret, one instruction at a time."""
    out = gdb(guest.SVC, r"""
break *user_svc
continue
info threads
p $cpsr
p/x $VBAR_EL1
x/i $pc
stepi
printf "offset %#x\n", $pc - $VBAR_EL1
p $ESR_EL1
p/x $ELR_EL1
p/x $SPSR_EL1
monitor info exceptions
hbreak *(sys_add - 4)
continue
x/i $pc
stepi
p $cpsr
p/x $pc
p $x0
monitor walk 40200000
kill""")
    in_order(out, [r"Breakpoint 1, ", r"CPU#0 EL0", r"EL=0", r"0x40200800", r"svc\s+#0x0",
                   r"offset 0x400", r"ISS=0 IL EC=21", r"0x[0-9a-f]+", r"0x[0-9a-f]+",
                   r"EC 0x15, SVC #0", r"eret", r"EL=0", r"= 21\b"])
    svc = int(re.search(r"=> (0x\w+) <user_svc>", out)[1], 16)
    assert f"= {svc + 4:#x}" in out, out


def exceptions():
    """`monitor catch exception` of every kind that gdb_step.S raises, at its vector."""
    with tempfile.TemporaryDirectory() as folder:
        elf, _ = gdb_step.build(folder)
        # The word before which its exception is raised, the kind, and EC (D19.2.37).
        for label, kind, ec, offset in (("call", "svc", 0x15, 0x400),
                                        ("undefined", "undef", 0x00, 0x400),
                                        ("breakpoint", "brk", 0x3C, 0x400),
                                        ("abort", "data-abort", 0x24, 0x400),
                                        ("jump", "insn-abort", 0x20, 0x400)):
            # Where gdb has a breakpoint it steps first; a BRK there it would skip.
            there = "" if kind == "brk" else f"break *{label}\ncontinue\n"
            out = gdb(elf, f"""{there}
monitor catch exception {kind}
continue
printf "offset %#x\\n", $pc - $VBAR_EL1
p $ESR_EL1
kill""")
            in_order(out, [f"stops at the vector of: {kind}",
                           rf"caught {kind} from EL0, pc 0x\w+, to VBAR_EL1\+{offset:#x}",
                           rf"offset {offset:#x}\n", r"IL EC=%d\b" % ec if ec else r"IL ISS2=0|IL EC=0"])
        out = gdb(elf, "monitor catch exception nonsense\nkill")
        in_order(out, [r"no such exception: 'nonsense'; there are all, none"])


def in_stub():
    """A condition and a dprintf that the stub evaluates, at a place that is passed often."""
    out = gdb(guest.SVC, r"""
set dprintf-style agent
break print_char if $x0 == '='
dprintf print_hex,"hex %#lx\n", $x0
continue
p/c $x0
info breakpoints
kill""")
    in_order(out, [r"Breakpoint 1, ", r"= 61 '='", r"target evaluates|stop only if"])


def main():
    guest.needs(guest.MINI_A64, guest.SVC)
    if not shutil.which("gdb-multiarch"):
        guest.skip("no gdb-multiarch")
    walk()
    exceptions()
    in_stub()
    print("ok")


if __name__ == "__main__":
    main()

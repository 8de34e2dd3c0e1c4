#!/usr/bin/env python3
"""
gdb-multiarch as a person uses it, on the bare machine: the walk of
tools/gdb/tour.md along firmware/svc.S, and a stop at every kind of exception.

What is expected follows from svc.S, gdb_step.S and the Arm manual (DDI 0487, D1.3).
"""

import re
import shlex
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


# What gdb_catch.S raises: the kind, the label of what raises it, how far behind that
# ELR_EL1 is, and ESR_EL1 (DDI 0487, D19.2.37), of which interrupts have none.
CAUGHT = [
    ("svc", "call", 4, 0x56000123),
    ("undef", "undefined", 0, 0x02000000),
    ("brk", "brk3", 0, 0xF2000003),
    ("data-abort", "abort", 0, 0x92000000),  # address size fault, level 0
    ("insn-abort", 0xF000000000000, 0, 0x82000000),
    ("pc-alignment", "user", 2, 0x8A000000),
    ("sysreg", "sysreg", 0, 0x6232D0E5),  # MRS x7, DAIF: 3, 3, 4, 2, 1
    ("fp", "floating", 0, 0x1FE00000),
    ("wfx", "sleep", 0, 0x07E00000),
    ("sp-alignment", "stack", 0, 0x9A000000),
    ("illegal-state", "illegal", 0, 0x3A000000),
    ("breakpoint", "broken", 0, 0xC2000022),
    ("watchpoint", "stored", 0, 0xD2000062),
    ("step", "stepped", 0, 0xCB000022),
    ("irq", "irq", 4, None),
    ("fiq", "fiq", 4, None),
]


def exceptions():
    """
    `monitor catch exception` of every kind, at its vector. The program goes round: each
    is waited for past all the others, which are not caught, and is there twice.
    """
    with tempfile.TemporaryDirectory() as folder:
        elf, symbols = gdb_step.build(folder, "gdb_catch")
        once = 'continue\nprintf "offset %#x\\n", $pc - $VBAR_EL1\n'
        script = "monitor catch exception nonsense\n" + "".join(
            f"monitor catch exception {kind}\n{once}{once if kind != 'svc' else ''}"
            for kind, *_ in CAUGHT)
        wanted = [r"no such exception: 'nonsense'; there are all, none"]
        for kind, at, behind, esr in CAUGHT:
            offset = {"irq": 0x480, "fiq": 0x500}.get(kind, 0x400)
            elr = symbols.get(at, at) + behind
            hit = rf"caught {kind} from EL0, pc {elr:#x}, to VBAR_EL1\+{offset:#x}"
            hit += rf", ESR_EL1 {esr:#x}\b" if esr is not None else r"\n"
            wanted.append(f"stops at the vector of: {kind}\n")
            wanted += [hit, rf"offset {offset:#x}\n"] * (1 if kind == "svc" else 2)
        in_order(gdb(elf, script + "kill"), wanted)


def branch_targets():
    """The kind that needs a CPU with FEAT_BTI. ISS is PSTATE.BTYPE: 3 behind BR, 2 behind BLR."""
    with tempfile.TemporaryDirectory() as folder:
        elf, symbols = gdb_step.build(folder, "gdb_bti")
        out = gdb(elf, "monitor catch exception bti\n" +
                  'continue\nprintf "offset %#x\\n", $pc - $VBAR_EL1\n' * 3 + "kill",
                  "-cpu", "max")
        wanted = ["stops at the vector of: bti\n"]
        for at, esr in (("after_br", 0x36000003), ("after_blr", 0x36000002)) * 2:
            wanted += [rf"caught bti from EL0, pc {symbols[at]:#x}, to VBAR_EL1\+0x400, "
                       rf"ESR_EL1 {esr:#x}\b", r"offset 0x400\n"]
        in_order(out, wanted[:-2])


def steps_and_interrupts():
    """An interrupt that is due waits while gdb steps, until steps may take it."""
    with tempfile.TemporaryDirectory() as folder:
        elf, symbols = gdb_step.build(folder, "gdb_catch")
        show = 'printf "pc %#lx\\n", $pc\n'
        out = gdb(elf, "break *irq\ncontinue\n" + ("stepi\n" + show) * 3 +
                  "monitor step-irq on\nstepi\n" + show + "maintenance packet Qqemu.sstep=7\n"
                  "maintenance packet Qqemu.sstepbits\nmaintenance packet qOffsets\nkill")
        irq = symbols["irq"]
        in_order(out, [rf"pc {irq + n:#x}\n" for n in (4, 8, 12)] +
                 [rf"pc {symbols['vectors'] + 0x480:#x}\n", 'received: "OK"',
                  "ENABLE=1,NOIRQ=2,NOTIMER=4", 'received: ""'])


def frames():
    """tools/gdb/mini-a64.py: from a kernel's function through the exception to user code's."""
    with tempfile.TemporaryDirectory() as folder:
        elf = gdb_step.build(folder, "gdb_frames")[0]
        script = guest.ROOT / "tools/gdb/mini-a64.py"
        out = gdb(elf, f"source {script}\nbreak handler\ncontinue\ncontinue\nbt\np $lx_current().pid\n"
                  "p $lx_current().comm\nkill")
        user = [r"#2  0x\w+ in call \(\)", r"#3  0x\w+ in inner \(", r"#4  0x\w+ in outer \(",
                r"#5  0x\w+ in user_main \(\)"]
        in_order(out, [r"#0  handler \(", r"#1  0x\w+ in el0_svc \(\)", *user, r"\$1 = 57",
                       r'\$2 = "frames'])


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


def pipe():
    """The stub at its standard input and output; and no stub when there is to be none."""
    command = [guest.MINI_A64, "-display", "none", "-monitor", "none", "-serial", "none", "-kernel",
               guest.SVC]
    done = subprocess.run(
        ["gdb-multiarch", "-nx", "-q", "-batch", "-ex",
         "target remote | " + shlex.join([*command, "-S", "-gdb", "stdio"]), "-ex",
         "break *user_svc", "-ex", "continue", "-ex", "p $cpsr", "-ex", "kill", guest.SVC],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=guest.PATIENCE)
    in_order(done.stdout, [r"Breakpoint 1, ", r"EL=0"])
    subprocess.run([*command, "-gdb", "none"], stdin=subprocess.DEVNULL, check=True,
                   timeout=guest.PATIENCE)


def main():
    guest.needs(guest.MINI_A64, guest.SVC)
    if not shutil.which("gdb-multiarch"):
        guest.skip("no gdb-multiarch")
    walk()
    exceptions()
    branch_targets()
    steps_and_interrupts()
    frames()
    in_stub()
    pipe()
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Stepping, breakpoints, watchpoints and registers through GDB's protocol.

    gdb_step.py MINI_A64

Runs gdb_step.S, which is assembled here, on the bare machine. What is expected
follows from the Arm manual (DDI 0487, D1.3) and from GDB's (appendix E).
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import gdb_rsp

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77


def tool(*names):
    for name in names:
        if shutil.which(name):
            return name
    print("skipped: none of", *names)
    raise SystemExit(SKIPPED)


def build(folder, name="gdb_step"):
    """The program, and its symbols."""
    clang, lld = tool("clang-19", "clang"), tool("ld.lld-19", "ld.lld")
    elf = os.path.join(folder, name + ".elf")
    source, = glob.glob(f"{HERE}/{name}.[cS]")
    subprocess.run([clang, "--target=aarch64-none-elf", "-g", "-O1", "-fno-omit-frame-pointer",
                    "-fno-optimize-sibling-calls", "-c", source, "-o", elf + ".o"], check=True)
    subprocess.run([lld, "-T", HERE + "/gdb_step.ld", elf + ".o", "-o", elf], check=True)
    listing = subprocess.run([tool("llvm-nm-19", "llvm-nm", "aarch64-linux-gnu-nm", "nm"), elf],
                             check=True, capture_output=True, text=True).stdout
    return elf, {m[2]: int(m[1], 16) for m in re.finditer(r"^(\w+) \w (\w+)$", listing, re.M)}


def equal(what, got, expected):
    if got != expected:
        fmt = [hex(v) if isinstance(v, int) else repr(v) for v in (got, expected)]
        raise AssertionError("%s is %s, not %s" % (what, *fmt))


def to_breakpoint(c, va, kind=0):
    equal("Z", c.command("Z%d,%x,4" % (kind, va)), "OK")
    signal, why = c.go()
    equal("signal", signal, 5)
    equal("pc", c.pc, va)
    assert ("hwbreak" if kind else "swbreak") in why, why
    equal("z", c.command("z%d,%x,4" % (kind, va)), "OK")


def check_exceptions(c, s):
    """One stepi from each instruction that raises lands on the vector; one from ERET goes back."""
    vector = s["vectors"] + 0x400
    equal("vector", s["from_el0"], vector)
    to_breakpoint(c, s["to_user"])
    c.step()
    equal("pc after eret", c.pc, s["user"])
    equal("EL after eret", c.register(c.CPSR) >> 2 & 3, 0)
    cases = [  # where, ESR_EL1, ELR_EL1, FAR_EL1
        ("call", 0x56000000, s["behind_call"], None),
        ("undefined", 0x02000000, s["undefined"], None),
        ("breakpoint", 0xf2000003, s["breakpoint"], None),
        ("abort", 0x92000000, s["abort"], 0xf000000000000),
    ]
    for name, esr, elr, far in cases:
        to_breakpoint(c, s[name])
        c.step()
        equal("pc at " + name, c.pc, vector)
        equal("EL at " + name, c.register(c.CPSR) >> 2 & 3, 1)
        equal("ESR_EL1 at " + name, c.register("ESR_EL1"), esr)
        equal("ELR_EL1 at " + name, c.register("ELR_EL1"), elr)
        if far is not None:
            equal("FAR_EL1 at " + name, c.register("FAR_EL1"), far)
        to_breakpoint(c, s["back"])
        c.step()
        equal("pc back from " + name, c.pc, elr if name == "call" else elr + 4)
        equal("EL back from " + name, c.register(c.CPSR) >> 2 & 3, 0)
    to_breakpoint(c, s["jump"])
    c.step()
    equal("pc of a jump to nowhere", c.pc, 0xf000000000000)
    c.step()
    equal("pc of an instruction abort", c.pc, vector)
    equal("ESR_EL1 of an instruction abort", c.register("ESR_EL1") >> 26, 0x20)
    equal("FAR_EL1 of an instruction abort", c.register("FAR_EL1"), 0xf000000000000)


def check_wfi(c, s):
    saved = c.general()
    equal("set cpsr", c.write(c.CPSR, 0x3c5, 4), "OK")
    equal("set pc", c.write(c.PC, s["sleep"]), "OK")
    c.step()
    equal("pc behind wfi", c.pc, s["behind_sleep"])
    c.step(2)
    equal("pc again at wfi", c.pc, s["sleep"])
    equal("set cpsr", c.write(c.CPSR, saved[33], 4), "OK")
    equal("set pc", c.write(c.PC, s["loop"]), "OK")


def check_ranges(c, s):
    equal("set x7", c.write(7, s["buffer"]), "OK")
    equal("set x8", c.write(8, 0), "OK")
    equal("set pc", c.write(c.PC, s["loop"]), "OK")
    c.send("vCont;r%x,%x:p1.1" % (s["loop"], s["exchange"]))
    c.wait()
    equal("pc behind the range", c.pc, s["exchange"])
    equal("Z", c.command("Z0,%x,4" % s["load4"]), "OK")
    c.send("vCont;r%x,%x:p1.1" % (s["loop"], s["exchange"] + 12))
    signal, why = c.wait()
    equal("pc of a break in the range", c.pc, s["load4"])
    assert "swbreak" in why, why
    equal("z", c.command("z0,%x,4" % s["load4"]), "OK")


def check_watch(c, s):
    """Each is reported once, before the access, with the first byte that is watched."""
    b = s["buffer"]
    cases = [  # type, address, length, where, address reported
        (2, b, 8, "store8", b),
        (2, b + 3, 1, "store8", b + 3),
        (2, b + 6, 4, "store8", b + 6),
        (2, b + 11, 1, "store1", b + 11),
        (4, b + 11, 2, "store1", b + 11),
        (3, b + 18, 1, "load4", b + 18),
        (4, b + 13, 5, "load4", b + 16),
        (2, b + 30, 3, "pair", b + 30),
        (2, b + 64, 8, "exchange", b + 64),
    ]
    names = {2: "watch", 3: "rwatch", 4: "awatch"}
    for i, (kind, va, size, where, reported) in enumerate(cases):
        equal("set pc", c.write(c.PC, s["loop"]), "OK")
        equal("set x8", c.write(8, 0x0101010101010101 * (i + 1)), "OK")
        equal("Z", c.command("Z%d,%x,%x" % (kind, va, size)), "OK")
        signal, why = c.go()
        equal("signal", signal, 5)
        equal("pc of " + where, c.pc, s[where])
        equal(where, {n: int(v, 16) for n, v in why.items() if "watch" in n},
              {names[kind]: reported})
        equal("z", c.command("z%d,%x,%x" % (kind, va, size)), "OK")
        before = c.memory(b, 8)
        c.step()
        if where == "store8":
            equal("stored", c.memory(b, 8), c.register(8).to_bytes(8, "little"))
            assert before != c.memory(b, 8), "the stop comes after the store"
    # Sixteen at once, and each is told.
    for i in range(16):
        equal("Z", c.command("Z2,%x,1" % (b + i)), "OK")
    equal("set pc", c.write(c.PC, s["loop"]), "OK")
    for where, reported in (("store8", b), ("store1", b + 11)):
        signal, why = c.go()
        equal("pc of " + where, c.pc, s[where])
        equal("watch", int(why["watch"], 16), reported)
        for i in range(16):
            c.command("z2,%x,1" % (b + i))
        c.step()
        for i in range(16):
            c.command("Z2,%x,1" % (b + i))
    for i in range(16):
        equal("z", c.command("z2,%x,1" % (b + i)), "OK")
    # A read that is not of those bytes stops nothing, nor does a write a read's watch.
    equal("Z", c.command("Z3,%x,8" % b), "OK")
    equal("Z", c.command("Z2,%x,4" % (b + 20)), "OK")
    to_breakpoint(c, s["exchange"])
    equal("z", c.command("z3,%x,8" % b), "OK")
    equal("z", c.command("z2,%x,4" % (b + 20)), "OK")


def check_invisible(c, s):
    text = c.memory(s["user"], 256)
    for i in range(0, 256, 4):
        equal("Z", c.command("Z%d,%x,4" % (i & 4 and 1, s["user"] + i)), "OK")
    equal("code with breakpoints", c.memory(s["user"], 256), text)
    c.go()
    equal("code with breakpoints", c.memory(s["user"], 256), text)
    for i in range(0, 256, 4):
        equal("z", c.command("z%d,%x,4" % (i & 4 and 1, s["user"] + i)), "OK")


def check_registers(c):
    equal("read-only", c.write("MIDR_EL1", 1)[0], "E")
    equal("CurrentEL", c.register("CurrentEL"), (c.register(c.CPSR) >> 2 & 3) << 2)
    equal("cpsr of EL2", c.write(c.CPSR, 0x3c9, 4)[0], "E")
    for name in ("TTBR0_EL1", "VBAR_EL1", "FAR_EL1", "TPIDR_EL0"):
        old = c.register(name)
        equal("set " + name, c.write(name, 0x41234800), "OK")
        equal(name, c.register(name), 0x41234800)
        equal("set " + name, c.write(name, old), "OK")
    equal("an alias", c.register("VBAR"), c.register("VBAR_EL1"))
    value = bytes(range(16))
    equal("set v31", c.command("P%x=%s" % (c.V0 + 31, value.hex())), "OK")
    equal("v31", c.command("p%x" % (c.V0 + 31)), value.hex())
    old = c.general()
    equal("G", c.command("G" + "".join(v.to_bytes(8 if i < 33 else 4, "little").hex()
                                       for i, v in enumerate(old))), "OK")
    equal("g", c.general(), old)
    equal("no such register", c.command("p4000")[0], "E")


def check_memory(c, s):
    b = s["buffer"] + 1024
    equal("M", c.poke(b, b"mini"), "OK")
    equal("X", c.command(b"X%x,4:" % (b + 4) + b"}\x03}\x04}\x5d*"), "OK")
    equal("m", c.memory(b, 8), b"mini#$}*")
    equal("x", c.command("x%x,8" % b), "bmini#$}*")
    equal("m of nothing", c.command("m10000000,4")[0], "E")
    equal("m of a device", c.command("m9000018,4")[0], "E")
    assert "reach" in c.monitor("devices on")
    equal("UARTFR", c.memory(0x9000018, 4)[0] & 0x20, 0)
    c.monitor("devices off")
    equal("phys", c.command("Qqemu.PhyMemMode:1"), "OK")
    equal("phys", c.command("qqemu.PhyMemMode"), "1")
    equal("m", c.memory(b, 4), b"mini")
    equal("phys", c.command("Qqemu.PhyMemMode:0"), "OK")
    # The end of RAM: as much as there is.
    equal("m across the end", len(c.memory(0x48000000 - 8, 64)), 8)


def check_conditions(c, s):
    """A million hits of a condition that fails take no round trip: x8 == 1000000."""
    expression = "260008" + "24000f4240" + "13" + "27"
    equal("Z", c.command("Z0,%x,4;X%x,%s" % (s["loop"], len(expression) // 2, expression)), "OK")
    equal("set x8", c.write(8, 0), "OK")
    equal("set pc", c.write(c.PC, s["loop"]), "OK")
    start = time.monotonic()
    c.go(timeout=120)
    took = time.monotonic() - start
    equal("pc", c.pc, s["loop"])
    equal("x8", c.register(8), 1000000)
    print("a million conditions: %.2f s" % took)
    equal("Z of nonsense", c.command("Z0,%x,4;X2,ff27" % s["loop"])[0], "E")
    equal("Z of half", c.command("Z0,%x,4;X3,2427" % s["loop"])[0], "E")
    # dprintf's commands: printf("x8=%lx\n", $x8), then on.
    text = b"x8=%lx\n\0"
    code = "260008" + "2200" + "2200" + "34" + "01" + "%04x" % len(text) + text.hex() + "27"
    equal("z", c.command("z0,%x,4" % s["loop"]), "OK")
    equal("Z", c.command("Z0,%x,4;cmds:0,X%x,%s" % (s["loop"], len(code) // 2, code)), "OK")
    equal("set x8", c.write(8, 0x4f), "OK")  # the first is passed: the client knows of it
    equal("Z", c.command("Z0,%x,4;X6,2600082253131327" % s["exchange"])[0], "E")
    stop = "260008" + "2252" + "13" + "27"
    equal("Z", c.command("Z0,%x,4;X%x,%s" % (s["exchange"], len(stop) // 2, stop)), "OK")
    c.console = ""
    c.go()
    equal("dprintf", c.console, "x8=50\nx8=51\nx8=52\n")
    equal("z", c.command("z0,%x,4" % s["loop"]), "OK")
    equal("z", c.command("z0,%x,4" % s["exchange"]), "OK")


def check_speed(c, s):
    equal("set pc", c.write(c.PC, s["loop"]), "OK")
    start = time.monotonic()
    c.step(10000)
    rate = 10000 / (time.monotonic() - start)
    print("%d steps a second" % rate)


def same_state(command, elf, s):
    """Ten thousand steps leave what running as far leaves; time counts instructions."""
    states = []
    for stepping in (True, False):
        with gdb_rsp.machine(command, "-S", "-kernel", elf, "-icount", "shift=0") as m:
            c = gdb_rsp.Client(m.path)
            to_breakpoint(c, s["loop"])
            if stepping:
                c.step(10000)
            else:
                code = "260008" + "2303e8" + "13" + "27"  # x8 == 1000: ten instructions a round
                equal("Z", c.command("Z0,%x,4;X8,%s" % (s["loop"], code)), "OK")
                c.go()
            states.append((c.general(), c.memory(s["buffer"], 256), c.register("CNTVCT_EL0")))
            c.close()
    equal("the state after 10,000 steps", states[0], states[1])


def check_disconnect(command, elf, s):
    for policy, runs in ((",on-disconnect=continue", True), (",on-disconnect=stop", False)):
        with gdb_rsp.machine(command, "-S", "-kernel", elf, gdb=policy) as m:
            c = gdb_rsp.Client(m.path)
            to_breakpoint(c, s["loop"])
            c.command("Z0,%x,4" % s["exchange"])
            c.send("vCont;c")
            c.wait()
            x8 = c.register(8)
            c.send("vCont;c")
            c.close()
            for _ in range(600 if runs else 3):
                time.sleep(0.1)
                c = gdb_rsp.Client(m.path)
                moved = c.register(8) > x8 + 1000
                c.close()
                if moved:
                    break
            equal("runs after " + policy, moved, runs)


def check_attach(command, elf, s):
    """Interrupt, detach, come again; a machine that was running goes on."""
    with gdb_rsp.machine(command, "-kernel", elf) as m:
        for _ in range(3):
            c = gdb_rsp.Client(m.path)
            x8 = c.register(8)
            while c.register(8) <= x8:
                c.send("vCont;c")
                time.sleep(0.05)
                equal("signal", c.interrupt()[0], 2)
            x8 = c.register(8)
            equal("D", c.command("D;1"), "OK")
            c.close()
            for _ in range(100):  # detached it goes on
                time.sleep(0.05)
                c = gdb_rsp.Client(m.path)
                if moved := c.register(8) > x8:
                    break
                equal("D", c.command("D;1"), "OK")
                c.close()
            assert moved
            c.close()
        c = gdb_rsp.Client(m.path, no_ack=False)
        c.socket.sendall(b"$g#00")
        equal("a wrong checksum", c.take(1), b"-")
        equal("an unknown packet", c.command("vMustReplyEmpty"), "")
        equal("reason", c.command("?")[:3], "T05")
        c.close()


def main():
    command = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        elf, s = build(folder)
        with gdb_rsp.machine(command, "-S", "-kernel", elf) as m:
            c = gdb_rsp.Client(m.path)
            check_exceptions(c, s)
            check_wfi(c, s)
            check_ranges(c, s)
            check_watch(c, s)
            check_invisible(c, s)
            check_registers(c)
            check_memory(c, s)
            check_conditions(c, s)
            check_speed(c, s)
        check_attach(command, elf, s)
        check_disconnect(command, elf, s)
        same_state(command, elf, s)
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""
What a debugger costs, and the guest's time while it holds the machine, in figures. Not
among the tests, which never depend on how fast a machine is: run it by hand, on an idle
one.

    tests/guest/gdb_time.py [SECONDS]

The guest is as in the tests (guest.py). A pause of SECONDS (60) must leave no RCU stall
and the guest's counter unmoved, and ten thousand steps must enter no interrupt's vector;
after Qqemu.sstep=1 they do. How fast gdb itself steps is gdb_speed.py's.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import gdb_rsp
import gdb_step
import gdb_syscalls
import guest

APPEND = "rdinit=/init console=ttyAMA0"


def wait_for(m, pattern):
    while not re.search(pattern, m.output()):
        assert m.process.poll() is None, m.output()[-1000:]
        time.sleep(0.01)


def cpu_time(run):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def idle_stub(archive):
    """A boot that ends by itself: without a stub, and with a client that only waits."""
    options = ["-m", "512", "-kernel", str(guest.KERNEL), "-initrd", archive, "-append", APPEND]

    def alone():
        subprocess.run([guest.MINI_A64, "-display", "none", "-monitor", "none", "-serial", "none",
                        *options], stdin=subprocess.DEVNULL, check=True)

    def attached():
        with gdb_rsp.machine(guest.MINI_A64, "-S", *options) as m:
            c = gdb_rsp.Client(m.path)
            c.send("vCont;c")
            assert c.receive(600) == "W00"
            m.process.wait()

    times = [(cpu_time(alone), cpu_time(attached)) for _ in range(5)]
    print("a boot without a stub: %.2f s of CPU time, with a client attached: %.2f s" %
          tuple(min(t[i] for t in times) for i in range(2)))


def conditions():
    """The loop of gdb_step.S: ten instructions and a breakpoint a round."""
    with tempfile.TemporaryDirectory() as folder:
        elf, _ = gdb_step.build(folder)
        for what, hits, lines in (
                ("in the stub", 1000000, "set breakpoint condition-evaluation target\n"),
                ("in gdb", 2000, "set breakpoint condition-evaluation host\n")):
            script = (f"{lines}break *loop\ncontinue\ncondition 1 $x8 == {hits}\n"
                      "python import time; start = time.monotonic()\ncontinue\n"
                      "python print('took', time.monotonic() - start)\nkill\n")
            took = float(re.search(r"took (\S+)", run_gdb(elf, script, "-S", "-kernel", elf))[1])
            print(f"a condition that fails {hits} times {what}: {took:.2f} s")


def run_gdb(symbols, script, *options):
    with gdb_rsp.machine(guest.MINI_A64, *options) as m, \
            tempfile.NamedTemporaryFile("w", suffix=".gdb") as f:
        f.write("set pagination off\nset confirm off\nset debuginfod enabled off\n"
                f"target remote {m.path}\n{script}")
        f.flush()
        return subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-x", f.name, symbols],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True).stdout


def pause(seconds):
    with gdb_rsp.machine(guest.MINI_A64, "-m", "512", "-kernel", str(guest.KERNEL), "-initrd",
                         str(guest.INITRD), "-append", APPEND) as m:
        wait_for(m, "/ # ")
        time.sleep(2)
        c = gdb_rsp.Client(m.path)
        stops = []
        for _ in range(20):
            c.send("vCont;c")
            time.sleep(0.1)
            start = time.monotonic()
            c.interrupt()
            stops.append(time.monotonic() - start)
        print("a stop of an idle guest: %.1f ms at most" % (1000 * max(stops)))
        before = c.register("CNTVCT_EL0")
        time.sleep(seconds)
        moved = (c.register("CNTVCT_EL0") - before) / c.register("CNTFRQ_EL0")
        print("the guest's counter moved by %.3f ms in a pause of %g s" % (1000 * moved, seconds))
        assert moved == 0
        c.send("vCont;c")
        time.sleep(3)
        c.interrupt()
        bad = [l for l in m.output().splitlines() if re.search(r"\bstall|soft lockup", l)]
        assert not bad, bad


def interrupts_in_steps():
    """Of a kernel that is busy booting, so that its timer ticks."""
    with gdb_rsp.machine(guest.MINI_A64, "-m", "512", "-kernel", str(guest.KERNEL), "-initrd",
                         str(guest.INITRD), "-append", APPEND) as m:
        wait_for(m, "NET: Registered")
        c = gdb_rsp.Client(m.path)
        vectors = c.register("VBAR_EL1")
        interrupts = {vectors + 0x280, vectors + 0x480}
        assert c.command("qqemu.sstep") == "0x7"
        for want, steps in ((False, 10000), (True, 100000)):
            if want:
                assert c.command("Qqemu.sstep=1") == "OK"
            start = time.monotonic()
            for n in range(1, steps + 1):
                _, why = c.step()
                if int.from_bytes(bytes.fromhex(why["20"]), "little") in interrupts:
                    break
            else:
                n = 0
            assert bool(n) == want, "interrupts %s in steps" % ("seen" if n else "not seen")
            print("an interrupt in step %d" % n if n else "no interrupt in 10000 steps, %.0f a second"
                  % (steps / (time.monotonic() - start)))


def main():
    guest.needs(guest.MINI_A64, guest.KERNEL, guest.INITRD, guest.SYSCALLS)
    with tempfile.TemporaryDirectory() as folder:
        archive = gdb_syscalls.initrd(folder)
        idle_stub(archive)
        conditions()
    interrupts_in_steps()
    pause(float(sys.argv[1]) if len(sys.argv) > 1 else 60)


if __name__ == "__main__":
    main()

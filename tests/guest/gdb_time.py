#!/usr/bin/env python3
"""A debugger and the guest's time: a pause, and interrupts while stepping.

    gdb_time.py MINI_A64 IMAGE INITRD [SECONDS]

INITRD ends in a shell. A pause of SECONDS (60) leaves no RCU stall, and the
guest's counter did not move. Ten thousand steps through the kernel with its timer
ticking enter no interrupt's vector; after Qqemu.sstep=1 they do.
"""

import re
import sys
import time

import gdb_rsp


def main():
    command, image, archive = sys.argv[1:4]
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 60
    with gdb_rsp.machine(command, "-m", "512", "-kernel", image, "-initrd", archive, "-append",
                         "console=ttyAMA0") as m:
        for _ in range(600):
            time.sleep(0.1)
            if "built-in shell" in m.output() or "# " in m.output():
                break
        time.sleep(2)
        c = gdb_rsp.Client(m.path)
        c.send("vCont;c")
        time.sleep(1)
        start = time.monotonic()
        c.interrupt()
        took = time.monotonic() - start
        print("stop of an idle guest: %.0f ms" % (1000 * took))
        assert took < 0.2
        before = c.register("CNTVCT_EL0")
        time.sleep(seconds)
        moved = (c.register("CNTVCT_EL0") - before) / c.register("CNTFRQ_EL0")
        print("the counter moved by %.3f ms in a pause of %g s" % (1000 * moved, seconds))
        assert moved < 0.01
        c.send("vCont;c")
        time.sleep(3)
        c.interrupt()
        bad = [l for l in m.output().splitlines() if re.search(r"\bstall|soft lockup", l)]
        assert not bad, bad

    # A kernel that is busy booting, so that its timer ticks.
    with gdb_rsp.machine(command, "-m", "512", "-kernel", image, "-initrd", archive, "-append",
                         "console=ttyAMA0") as m:
        for _ in range(600):
            time.sleep(0.01)
            if "NET: Registered" in m.output():
                break
        c = gdb_rsp.Client(m.path)
        vectors = c.register("VBAR_EL1")
        interrupts = {vectors + 0x280, vectors + 0x480}
        assert c.command("qqemu.sstep") == "0x7"
        for want, steps in ((False, 10000), (True, 100000)):
            if want:
                assert c.command("Qqemu.sstep=1") == "OK"
            seen = False
            for _ in range(steps):
                signal, why = c.step()
                if int.from_bytes(bytes.fromhex(why["20"]), "little") in interrupts:
                    seen = True
                    break
            assert seen == want, "interrupts %s in steps" % ("seen" if seen else "not seen")
    print("ok")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""reduce.py FUZZ A64TEST REFERENCE QEMU: does fuzz find, reduce and write down a mismatch?

The reference is made to lie about one row (fuzz --falsify): then there must be tests of one
instruction of that row each, from just the two values that the lie depends on, which fail
with the lie's bit the wrong way round and pass with it turned over. Without the lie there
must be none.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROW = "orr_imm"
COUNT = 100000


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def fuzz(program, reference, qemu, cases, *options):
    return run(program, "--rows", "*", "--length", "6", "--count", str(COUNT), "--seed", "3",
               "--reports", "4", "--cases", cases, "--reference", reference, "--qemu", qemu,
               *options)


def check(condition, what, output=""):
    if not condition:
        sys.exit(f"{what}\n{output}")


def check_case(text):
    """The lie is that bit 0 of Xd is turned over if bit 16 of Xn and C were set."""
    lines = dict(line.split(":", 1) for line in text.splitlines()[1:] if ":" in line)
    word = lines["word"].split()
    check(len(word) == 1, "more than the one instruction is left", text)
    value = int(word[0], 16)
    check(value & 0x7f800000 == 0x32000000, "it is not of the row", text)
    d, n = value & 31, value >> 5 & 31
    settings = lines["in"].split()
    check(sorted(settings) == sorted([f"x{n}=0x10000", "nzcv=0010"]),
          "not all that does not matter is gone", text)
    return d


def turn_over(case, d):
    """CASE expecting bit 0 of Xd to be the other way round; Xd is not named if it is as before."""
    out = re.search(r"^out:.*$", case, re.M)[0]
    now = re.search(rf" x{d}=(\S+)", out)
    before = re.search(rf"^in:.* x{d}=(\S+)", case, re.M)
    check(now or before, "the lie is not in the test", case)
    value = int((now or before)[1], 16) ^ 1
    return case.replace(out, re.sub(rf" x{d}=\S+", "", out) + f" x{d}={value:#x}")


def main():
    program, a64test, reference, qemu = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "found.a64t"
        honest = fuzz(program, reference, qemu, path)
        check(honest.returncode == 0 and not path.exists(), "something was found", honest.stdout)
        lying = fuzz(program, reference, qemu, path, "--falsify", ROW)
        check(lying.returncode == 1 and path.exists(), "nothing was found", lying.stdout)
        text = path.read_text()
        cases = re.split(r"^(?=\[)", text, flags=re.M)[1:]
        check(len(cases) == 4, "there are not as many tests as reports", text)
        registers = [check_case(case) for case in cases]
        failing = run(a64test, path)
        check(failing.returncode == 1 and "0 passed, 4 failed" in failing.stdout,
              "the tests do not fail", failing.stdout + failing.stderr)
        for case, d in zip(cases, registers):
            truth = turn_over(case, d)
            path.write_text(truth)
            passing = run(a64test, path)
            check(passing.returncode == 0, "it takes more than the lie to fail",
                  passing.stdout + passing.stderr + truth)
    print(f"{len(cases)} mismatches were found and reduced to one instruction each")


main()

#!/usr/bin/env python3
"""
The disassembler against others, on random words of every row of the instruction table:

    disasm_compare.py DISASM_RECORD A64DIS [COUNT [SEED]]

- binutils: the text is objdump's (-M no-aliases), where a binutils that knows all of the
  rows is installed (2.40). What differs by design is below, with the reason.
- LLVM: llvm-mc makes of our text a word that we write the same: the same one, or one that
  differs in bits that do not matter. What it refuses is below, with the reason.

Each difference that is not listed is a line. Exit status 0, 1, or 77 if neither is installed.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SHOWN = 50

# Ours, binutils', the reason; both sides without what follows the opcode's operands.
OBJDUMP = [
    (r"(yield|wfe|wfi|sev|sevl)", r"hint #0x[1-5]",
     "rows here, so that a trace says what they are; aliases of HINT there"),
    (r"msr (uao|pan|spsel|ssbs|dit), #0x[2-9a-f]", r"msr s0_.*, xzr",
     "an immediate above 1: only its low bit is used (DDI 0487, C5.2), unknown there"),
    (r"ldar[bh]? .*", "undefined",
     "bits that should be one are not (C6.2, LDAR): executed here as CPUs do"),
    (r"ldpsw .*", "undefined", "CONSTRAINED UNPREDICTABLE registers (C6.2, LDPSW): the same"),
    (r"mrs x\w+, s\d_.*|msr s\d_.*", r"mrs .*|msr .*",
     "registers of EL2, EL3, trace and later architectures have no row here"),
    (r"(mrs x\w+, |msr )(il1data|dl1data|l2|cpu|cbar)\w+.*", r"(mrs x\w+, |msr )s3_.*",
     "IMPLEMENTATION DEFINED registers of the Cortex-A53, A57 and A72 (DDI 0488, 4.3)"),
]

# Our text, what llvm-mc says of it, the reason.
ASSEMBLER = [
    (r".*", r"unpredictable .*", "CONSTRAINED UNPREDICTABLE registers (K1.1), refused there"),
    (r"msr .*", r"expected writable system register or pstate",
     "a register that can't be written: UNDEFINED, but a name all the same"),
    (r"mrs .*", r"expected readable system register",
     "a register that can't be read, and IMPLEMENTATION DEFINED ones (DDI 0488, 4.3)"),
]


def find(*names):
    return next((path for name in names if (path := shutil.which(name))), None)


def find_objdump():
    """One that is of binutils 2.40 or later, or None."""
    path = find("aarch64-linux-gnu-objdump")
    if not path:
        return None
    text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)\.(\d+)", text)
    return path if version and (int(version[1]), int(version[2])) >= (2, 40) else None


def plain(text):
    """The text of one word without comments, in one way of writing what is undefined."""
    text = re.sub(r"\s*//.*", "", re.sub(r"\s+", " ", text)).strip()
    return "undefined" if text.startswith(".inst") else text


def ours(a64dis, path):
    out = subprocess.run([a64dis, "--binary", path], capture_output=True, text=True, check=True)
    return [(m[1], plain(m[2]))
            for m in re.finditer(r"^0x[0-9a-f]+: ([0-9a-f]{8})  (.*)$", out.stdout, re.M)]


def listed(table, mine, other):
    return any(re.fullmatch(a, mine) and re.fullmatch(b, other) for a, b, _ in table)


def against_objdump(objdump, path, texts):
    out = subprocess.run([objdump, "-D", "-z", "-b", "binary", "-m", "aarch64", "-M",
                          "no-aliases", path], capture_output=True, text=True, check=True)
    theirs = re.findall(r"^ *[0-9a-f]+:\t([0-9a-f]{8}) \t(.*)$", out.stdout, re.M)
    if len(theirs) != len(texts):
        sys.exit(f"{objdump}: {len(theirs)} lines about {len(texts)} words")
    for (word, mine), (_, text) in zip(texts, theirs):
        other = plain(text)
        if mine != other and not listed(OBJDUMP, mine, other):
            yield f"{word}: {mine}, objdump {other}"


def relative(text, pc):
    """The text with an offset in the place of the address of a label."""
    found = re.fullmatch(r"((?:b|bl|b\.\w+|cbn?z|tbn?z|adrp?|ldr|ldrsw|prfm) (?:.*, )?)"
                         r"0x([0-9a-f]+)", text)
    if not found:
        return text
    offset = int(found[2], 16) - (pc & ~0xfff if text.startswith("adrp ") else pc)
    offset = (offset + (1 << 63)) % (1 << 64) - (1 << 63)
    return f"{found[1]}#{offset}"


def assemble(mc, texts):
    """For each text its word, or what is wrong with it."""
    out = subprocess.run([mc, "--triple=aarch64", "--mattr=+all", "--show-encoding"],
                         input="".join(t + "\n" for t in texts), capture_output=True, text=True)
    wrong = {}
    for m in re.finditer(r"^<stdin>:(\d+):\d+: error: (.*)$", out.stderr, re.M):
        wrong.setdefault(int(m[1]), m[2])
    made = iter(re.findall(r"// encoding: \[(.*?)\]", out.stdout))
    for i in range(1, len(texts) + 1):
        if i in wrong:
            yield None, wrong[i]
        else:
            yield bytes(int(b, 16) for b in next(made).split(",")), None


def against_assembler(mc, a64dis, folder, texts):
    """Assembled and disassembled again, the text is what it was."""
    known = [(4 * i, word, mine) for i, (word, mine) in enumerate(texts) if mine != "undefined"]
    sources = [relative(mine, pc) for pc, _, mine in known]
    again = folder / "again"
    made = list(assemble(mc, sources))
    with open(again, "wb") as f:
        for pc, (code, _) in zip((k[0] for k in known), made):
            if code:
                f.seek(pc)
                f.write(code)
    back = ours(a64dis, again)
    for (pc, word, mine), (code, wrong) in zip(known, made):
        if wrong:
            if not listed(ASSEMBLER, mine, wrong):
                yield f"{word}: {mine}, llvm-mc: {wrong}"
        elif back[pc // 4][1] != mine:
            yield f"{word}: {mine}, llvm-mc {code[::-1].hex()}: {back[pc // 4][1]}"


def main():
    recorder, a64dis = sys.argv[1:3]
    count, seed = [*sys.argv[3:], *["20", "1"][len(sys.argv) - 3:]]
    objdump, mc = find_objdump(), find("llvm-mc-19", "llvm-mc")
    if not objdump and not mc:
        print("neither llvm-mc nor an objdump of binutils 2.40 is installed")
        sys.exit(SKIPPED)
    complaints = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words = folder / "words"
        with open(words, "wb") as f:
            subprocess.run([recorder, count, seed], stdout=f, check=True)
        texts = ours(a64dis, words)
        if objdump:
            complaints += against_objdump(objdump, words, texts)
        if mc:
            complaints += against_assembler(mc, a64dis, folder, texts)
    for line in complaints[:SHOWN]:
        print(line)
    against = ", ".join(p for p in (objdump, mc) if p)
    print(f"{len(texts)} words, {len(complaints)} differences from {against} that are not listed")
    sys.exit(1 if complaints or not texts else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""
Make cases for rows of the instruction table that have less than ten, or for the rows named:

    generate.py BUILD [--rows GLOB,...] [--count N] [--seed S]

BUILD is a build folder, such as build/release. The cases come from generate-suites, their
assembly from llvm-mc, what they expect from qemu-aarch64. They are added to the file of
their chapter here: core/isa/a64_NAME.def's are in NAME.a64t.
"""

import argparse
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

HEADER = """# Instructions of core/isa/a64_{chapter}.def.
# Made by generate.py: words and registers by chance with a liking for limits, expectations
# by qemu-aarch64 {version}.
"""


def tool(*names):
    for name in names:
        if shutil.which(name):
            return name
    sys.exit(f"generate.py: none of {', '.join(names)} is installed")


def disassemble(words):
    """LLVM's text of each word, None where it has none."""
    mc = tool("llvm-mc-19", "llvm-mc")
    text = "".join(" ".join(f"0x{b:02x}" for b in bytes.fromhex(w)[::-1]) + "\n" for w in words)
    out = subprocess.run([mc, "--disassemble", "--triple=aarch64", "--mattr=+all",
                          "--show-encoding"], input=text, capture_output=True, text=True)
    found = {}
    for line in out.stdout.splitlines():
        if m := re.match(r"\s+(.*?)\s*// encoding: \[(.*)\]", line):
            word = bytes(int(b, 16) for b in m[2].split(","))[::-1].hex()
            found[word] = re.sub(r"\s+", " ", m[1])
    return [found.get(w) for w in words]


def assembles(texts):
    """What llvm-mc makes of each text: words, None where it refuses."""
    mc = tool("llvm-mc-19", "llvm-mc")
    words = []
    out = subprocess.run([mc, "--triple=aarch64", "--mattr=+all", "--show-encoding"],
                         input="".join(f"{t or 'nop'}\n" for t in texts), capture_output=True,
                         text=True)
    bad = {int(m[1]) for m in re.finditer(r"^<stdin>:(\d+):\d+: error", out.stderr, re.M)}
    made = iter(re.findall(r"// encoding: \[(.*?)\]", out.stdout))
    for i in range(1, len(texts) + 1):
        if i in bad:
            words.append(None)
            continue
        code = next(made)
        ok = re.fullmatch(r"(0x\w\w,?){4}", code)
        words.append(bytes(int(b, 16) for b in code.split(","))[::-1].hex() if ok else None)
    return words


def with_assembly(cases):
    """The cases' text with asm: lines, where the assembler makes the same word of them."""
    words = re.findall(r"^word: (\w+)$", cases, re.M)
    texts = disassemble(words)
    again = assembles(texts)
    lines = iter((t if w == a else None) for t, w, a in zip(texts, words, again))

    def insert(match):
        text = next(lines)
        return (f"asm:  {text}\n" if text else "") + match[0]

    return re.sub(r"^word: \w+$", insert, cases, flags=re.M)


def without(cases, names):
    return "".join(c for c in re.split(r"(?m)^(?=\[)", cases) if c.split("]")[0][1:] not in names)


def chapters():
    """The rows of each chapter of the table, by the names of their files."""
    return {path.stem.removeprefix("a64_"): re.findall(r"^A64\((\w+),", path.read_text(), re.M)
            for path in sorted((HERE.parents[1] / "core/isa").glob("a64_*.def"))}


def missing(build, fewest):
    """Rows with less than FEWEST cases."""
    out = subprocess.run([build / "a64test", "--coverage", HERE], capture_output=True, text=True)
    rows = out.stdout.split("\n\n")[0]
    return {name for name, n in re.findall(r"^  (\w+) +(\d+)$", rows, re.M) if int(n) < fewest}


def make(build, chapter, rows, o):
    # Rounding modes, NaNs, flush-to-zero: floating point has more to go wrong.
    count = o.count * 3 if chapter.startswith("float") else o.count
    made = subprocess.run([build / "tests/generate-suites", o.seed, str(count), *rows],
                          capture_output=True, text=True, check=True)
    text = with_assembly(made.stdout)
    if not text.strip():
        return
    qemu = tool("qemu-aarch64")
    path = HERE / f"{chapter}.a64t"
    if path.exists():
        head = path.read_text()
        text = without(text, set(re.findall(r"^\[(.*)\]", head, re.M)))
    else:
        version = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
        head = HEADER.format(chapter=chapter, version=version.split()[2])
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "new.a64t"
        new.write_text(text)
        subprocess.run([build / "a64test", "--update", "--oracle", qemu, new], check=True)
        path.write_text(head.rstrip("\n") + "\n\n" + new.read_text().strip("\n") + "\n")
    print(f"{path.name}: {len(re.findall('^word', text, re.M))} more")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--rows", help="those whose names match; without it, those with few cases")
    p.add_argument("--count", type=int, default=12, help="cases for each row")
    p.add_argument("--seed", default="1")
    o = p.parse_args()
    wanted = None if o.rows else missing(o.build, 10)
    for chapter, rows in chapters().items():
        if o.rows:
            rows = [r for r in rows if any(fnmatch.fnmatch(r, g) for g in o.rows.split(","))]
        else:
            rows = [r for r in rows if r in wanted]
        if rows:
            make(o.build, chapter, rows, o)


if __name__ == "__main__":
    main()

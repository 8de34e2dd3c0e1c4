#!/usr/bin/env python3
"""
Make cases for rows of the instruction table that have less than ten, or for the rows named,
and for classes of operands and results that a row has none of (boundaries.py):

    generate.py BUILD [--rows GLOB,...] [--count N] [--seed S] [--candidates N]

BUILD is a build folder, such as build/release. The cases come from generate-suites, their
assembly from llvm-mc, what they expect from qemu-aarch64, their names from what they try
(classes.py). They are added to the file of their chapter here: core/isa/a64_NAME.def's are
in NAME.a64t.
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import boundaries
import classes
import directed

TRIED = 6  # cases that are made of others for a class

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


def pieces(text):
    """What stands before the first case, and the cases."""
    head, *cases = re.split(r"(?m)^(?=\[)", text)
    return head, cases


def exported(build, path):
    """The cases of a file, as --export jsonl has them."""
    with subprocess.Popen([build / "a64test", "--export", "jsonl", path], stdout=subprocess.PIPE,
                          text=True) as export:
        yield from map(json.loads, export.stdout)


def rename(build, path, table):
    """Name each case by what it tries; the same names get numbers, in order."""
    names, seen = [], collections.Counter()
    for case in exported(build, path):
        name = classes.name_of(case, table[case["row"][0]])
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    head, cases = pieces(path.read_text())
    if len(names) != len(cases):
        sys.exit(f"{path}: {len(cases)} cases, of which {len(names)} are exported")
    path.write_text(head + "".join(f"[{name}]" + case.partition("]")[2]
                                   for name, case in zip(names, cases)))


def chapters(table):
    """The rows of each chapter of the table, by the names of their files."""
    found = collections.defaultdict(list)
    for row in table.values():
        found[row.chapter].append(row.name)
    return found


def missing(build, fewest):
    """Rows with less than FEWEST cases."""
    out = subprocess.run([build / "a64test", "--coverage", HERE], capture_output=True, text=True)
    rows = out.stdout.split("\n\n")[0]
    return {name for name, n in re.findall(r"^  (\w+) +(\d+)$", rows, re.M) if int(n) < fewest}


def candidates(build, rows, seed, count, path):
    """Write COUNT cases of each of ROWS, with what the reference makes of them. False: none."""
    made = subprocess.run([build / "tests/generate-suites", str(seed), str(count), *rows],
                          capture_output=True, text=True, check=True)
    if not made.stdout.strip():
        return False
    path.write_text(with_assembly(made.stdout))
    ask(build, path)
    return True


def ask(build, path):
    """Have the reference say what the cases of a file expect."""
    subprocess.run([build / "a64test", "--update", "--oracle", tool("qemu-aarch64"), path],
                   check=True)


def choose(build, chapter, left, path, table):
    """Add those of a file's cases that are of a class that LEFT has for their row."""
    chosen = []
    for case, text in zip(exported(build, path), pieces(path.read_text())[1]):
        name = case["row"][0]
        gain = left.get(name, set()) & classes.of_case(case, table[name])
        if gain:
            left[name] = left[name] - gain
            chosen.append(text)
    if chosen:
        add(build, chapter, chosen, table)


def add(build, chapter, cases, table):
    path = HERE / f"{chapter}.a64t"
    if path.exists():
        text = path.read_text()
    else:
        version = subprocess.run([tool("qemu-aarch64"), "--version"], capture_output=True, text=True)
        text = HEADER.format(chapter=chapter, version=version.stdout.split()[2])
    # Names that nobody has, until they get theirs.
    cases = [f"[new_{i}]\n" + case.partition("]")[2].strip("\n") + "\n"
             for i, case in enumerate(cases)]
    path.write_text(text.rstrip("\n") + "\n\n" + "\n".join(cases))
    rename(build, path, table)
    print(f"{path.name}: {len(cases)} more", flush=True)


def make(build, chapter, rows, o, table):
    # Rounding modes, NaNs, flush-to-zero: floating point has more to go wrong.
    count = o.count * 3 if chapter.startswith("float") else o.count
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "new.a64t"
        if candidates(build, rows, o.seed, count, new):
            add(build, chapter, pieces(new.read_text())[1], table)


def settings_of(text):
    """What stands at a case's in: lines."""
    return " ".join(re.findall(r"^in: *(.*)$", text, re.M)).split()


def direct(build, chapter, left, o, table):
    """Add cases that are made of others for the classes that LEFT has."""
    path = HERE / f"{chapter}.a64t"
    cases = collections.defaultdict(list)
    for case, text in zip(exported(build, path), pieces(path.read_text())[1]):
        if case["row"][0] in left:
            cases[case["row"][0]].append(case | {"settings": settings_of(text)})
    texts = []
    for name, wanted in left.items():
        row = table[name]
        for cls in sorted(wanted):
            tried = sorted(cases[name], key=lambda case: directed.rank(case, row, cls))
            made = (directed.make(case, row, cls) for case in tried)
            texts += [text for text, _ in zip(filter(None, made), range(TRIED))]
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "new.a64t"
        new.write_text(with_assembly("\n".join(f"[new_{i}]\n{t}" for i, t in enumerate(texts))))
        if texts:
            ask(build, new)
            choose(build, chapter, left, new, table)


def fill(build, chapter, left, o, table):
    """Add those of many cases that are of a class that LEFT has for their row."""
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "new.a64t"
        if not candidates(build, sorted(left), f"{o.seed}000{o.candidates}", o.candidates, new):
            return
        choose(build, chapter, left, new, table)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("--rows", default="*", help="those whose names match")
    p.add_argument("--count", type=int, default=12, help="cases for each row that has few")
    p.add_argument("--candidates", type=int, default=200,
                   help="cases to choose from for classes that are missing; 0: leave them")
    p.add_argument("--seed", default="1")
    p.add_argument("--rename", action="store_true", help="only name the cases, by what they try")
    o = p.parse_args()
    table = classes.rows()
    few = missing(o.build, 10)
    for chapter, rows in chapters(table).items():
        path = HERE / f"{chapter}.a64t"
        if o.rename:
            if path.exists():
                rename(o.build, path, table)
            continue
        rows = [r for r in rows if any(fnmatch.fnmatch(r, g) for g in o.rows.split(","))]
        if wanted := [r for r in rows if r in few or o.rows != "*"]:
            make(o.build, chapter, wanted, o, table)
        if o.candidates and path.exists():
            left = boundaries.missing(exported(o.build, path), {r: table[r] for r in rows})
            if left:
                direct(o.build, chapter, left, o, table)
            left = {name: need for name, need in left.items() if need}
            if left:
                fill(o.build, chapter, left, o, table)


if __name__ == "__main__":
    main()

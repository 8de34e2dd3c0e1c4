#!/usr/bin/env python3
"""
Everything that tools/gdb/tour.md tells to type, typed, and what it says is seen, seen:
with Linux 5.4 if the environment has VMLINUX beside KERNEL, and on the bare machine.
Three dots, blanks and hexadecimal numbers stand for any.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile

import gdb_rsp
import gdb_syscalls
import guest

TOUR = guest.ROOT / "tools/gdb/tour.md"
PROMPT = "(gdb) "
MARK = "----- "


def commands(lines):
    """Pairs of what is typed and what is seen."""
    pairs = []
    for line in lines:
        if line.startswith(PROMPT):
            pairs.append((line[len(PROMPT) :], []))
        elif pairs:
            pairs[-1][1].append(line)
    return pairs


def pattern(line):
    words = []
    for word in re.split(r"(\.\.\.|\s+|0x[0-9a-f]+|\b[0-9a-f]{10}\b)", line.strip()):
        if word == "...":
            words.append(".*")
        elif word.startswith("0x") or re.fullmatch("[0-9a-f]{10}", word):
            words.append("(?:0x)?[0-9a-f]+")
        else:
            words.append(r"\s+" if word.isspace() else re.escape(word))
    return "".join(words).replace(r"at\s+", r"at\s+\S*")  # sources may be anywhere


def type_at_gdb(pairs, address, symbols):
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as script:
        script.write("set pagination off\nset confirm off\nset width 0\nset debuginfod enabled off\n")
        for i, (command, _) in enumerate(pairs):
            command = re.sub(r"^target remote .*", f"target remote {address}", command)
            script.write(f"echo \\n{MARK}{i}\\n\n{command}\n")
        script.write("kill\n")
        script.flush()
        out = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-x", script.name, symbols],
                             cwd=guest.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=10 * guest.PATIENCE).stdout
    if "TRANSCRIPT" in os.environ:
        with open(os.environ["TRANSCRIPT"], "a") as f:
            f.write(re.sub(rf"\n*{MARK}(\d+)\n", lambda m: f"\n(gdb) {pairs[int(m[1])][0]}\n", out))
    said = dict(re.findall(rf"{MARK}(\d+)\n(.*?)(?=\n{MARK}|\Z)", out, re.S))
    for i, (command, seen) in enumerate(pairs):
        assert str(i) in said, f"{command} was not reached:\n{out[-2000:]}"
        at = 0
        for line in seen:
            found = re.compile(pattern(line)).search(said[str(i)], at)
            assert found, f"{PROMPT}{command}\n{said[str(i)]}\nis without: {line}"
            at = found.end()
    print(len(pairs), "commands")


def options(line):
    """What the shell is told to start, without what is said here otherwise: files, -s."""
    words = shlex.split(line)
    assert words[0] == "mini-a64" and "-s" in words, line
    return [w for w in words[1:] if w not in ("-s", "-nographic")]


def section(first, last=None):
    text = TOUR.read_text()
    text = text[text.index(first) : text.index(last) if last else None]
    lines = [l[4:] for l in re.findall(r"^    .*$", text, re.M)]
    shell = " ".join(lines[: lines.index(next(l for l in lines if l.startswith("gdb-multiarch")))])
    return options(shell.replace("\\", "")), commands(lines)


def on_linux(vmlinux):
    words, pairs = section("# A system call", "## What else")
    with tempfile.TemporaryDirectory() as folder:
        files = {"-kernel": str(guest.KERNEL), "-initrd": gdb_syscalls.initrd(folder)}
        for option, path in files.items():
            words[words.index(option) + 1] = path
        with gdb_rsp.machine(guest.MINI_A64, *words) as m:
            type_at_gdb(pairs, m.path, vmlinux)


def on_the_bare_machine():
    words, pairs = section("## The same without a kernel")
    words[words.index("-kernel") + 1] = guest.SVC
    with gdb_rsp.machine(guest.MINI_A64, *words) as m:
        type_at_gdb(pairs, m.path, guest.SVC)


def main():
    guest.needs(guest.MINI_A64, guest.SVC)
    if not shutil.which("gdb-multiarch"):
        guest.skip("no gdb-multiarch")
    on_the_bare_machine()
    if os.environ.get("VMLINUX"):
        guest.needs(guest.KERNEL, guest.SYSCALLS)
        on_linux(os.environ["VMLINUX"])
    print("ok")


if __name__ == "__main__":
    main()

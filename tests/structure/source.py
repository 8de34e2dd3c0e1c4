"""
What the structure tests share: the sources of the repository and how a test ends.

A structure test reads sources or a binary and prints one line for each thing that
is not as it should be. It exits with 0, 1, or SKIPPED where it can't be made.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77

# Lowest first: a file includes its own floor and those before it.
FLOORS = ["mmu", "core", "gic", "devices", "firmware", "tools"]


def files(folders, suffixes):
    """Paths below the FOLDERS of ROOT with one of SUFFIXES, in order."""
    found = [p for folder in folders for p in (ROOT / folder).rglob("*")]
    return sorted(p for p in found if p.is_file() and p.suffix in suffixes)


def name(path):
    return str(path.relative_to(ROOT))


def tracked():
    """Names of the files that git keeps, or None outside of a checkout."""
    try:
        out = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [f for f in out.stdout.decode().split("\0") if f]


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def finish(complaints, looked_at):
    """End the test; one that has looked at nothing has failed."""
    for line in complaints:
        print(line)
    if not looked_at:
        print("nothing to look at")
    print(f"{looked_at} looked at, {len(complaints)} complaints")
    sys.exit(1 if complaints or not looked_at else 0)

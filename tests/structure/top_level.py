#!/usr/bin/env python3
"""
The top level holds the floors, the tests and what tools expect there, and no
source is so long that it should be two.
"""

from source import FLOORS, files, finish, name, skip, tracked

TOP_LEVEL = {
    *FLOORS,
    "tests",
    "README.md",
    "DEVELOPERS.md",
    "LICENSE",
    "CMakeLists.txt",
    "CMakePresets.json",
    ".ci",
    ".clang-format",
    ".gitignore",
}
MAX_LINES = 500

complaints = []
for path in files([*FLOORS, "tests"], {".c", ".h"}):
    lines = path.read_bytes().count(b"\n")
    if lines > MAX_LINES:
        complaints.append(f"{name(path)}: {lines} lines, more than {MAX_LINES}")

kept = tracked()
if kept is None:
    skip("not a git checkout" if not complaints else complaints[0])
for entry in sorted({f.split("/")[0] for f in kept} - TOP_LEVEL):
    complaints.append(f"{entry}: does not belong on the top level")
finish(complaints, len(kept))

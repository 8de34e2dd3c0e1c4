#!/usr/bin/env python3
"""
C sources are as clang-format and .clang-format make them. Tables (.def) are not:
their columns are laid out by hand.
"""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from source import FLOORS, ROOT, files, finish, name, skip

# Versions lay out a few things differently; this is the one of Debian 12.
VERSION = 14


def tool():
    for command in (f"clang-format-{VERSION}", "clang-format"):
        if shutil.which(command):
            said = subprocess.run([command, "--version"], capture_output=True, text=True).stdout
            version = re.search(r"version (\d+)", said)
            if version and int(version[1]) == VERSION:
                return command
    return skip(f"there is no clang-format {VERSION}")


def unformatted(path):
    wanted = subprocess.run([command, path], cwd=ROOT, capture_output=True, check=True).stdout
    return wanted != path.read_bytes()


command = tool()
sources = files([*FLOORS, "tests"], {".c", ".h"})
with ThreadPoolExecutor(os.cpu_count()) as pool:
    wrong = [p for p, bad in zip(sources, pool.map(unformatted, sources)) if bad]
finish([f"{name(p)}: clang-format -i it" for p in wrong], len(sources))

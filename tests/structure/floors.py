#!/usr/bin/env python3
"""
No floor includes one above it, and the host is touched only where it may be.
"""

import re

from source import FLOORS, files, finish, name

# On the floor of core, but for everyone: they include nothing else.
FOR_EVERYONE = {"core/types.h", "core/irq.h", "core/clock.h", "core/log.h"}

# Terminal, files, sockets, processes. Elsewhere than in devices/host_* and tools:
HOST_HEADERS = re.compile(
    r"(fcntl|netdb|poll|pthread|pty|signal|spawn|termios|threads|unistd)\.h"
    r"|(sys|netinet|arpa|linux)/.*"
)
HOST_ALLOWED = {
    "mmu/bus.c": {"sys/mman.h"},  # RAM is reserved from the host
    "core/engine/code_memory.c": {"sys/mman.h", "unistd.h"},  # so is memory for code
    # The user's kernels are files:
    "firmware/file.c": {"fcntl.h", "sys/mman.h", "sys/stat.h", "unistd.h"},
    "firmware/boot.c": {"sys/random.h"},  # seeds for the device tree
    "firmware/fdt.c": {"sys/random.h"},
}


def floor_of(path):
    return FLOORS.index(path.split("/")[0])


def check_own(file, included):
    """What is wrong with FILE including INCLUDED, one of our own files; None: nothing."""
    if included.split("/")[0] not in FLOORS:
        return "is on no floor"
    if file in FOR_EVERYONE:
        return None if included in FOR_EVERYONE else f"is not for everyone, as {file} is"
    if included not in FOR_EVERYONE and floor_of(included) > floor_of(file):
        return "is on a floor above"
    return None


def check_host(file, included):
    if file.startswith("tools/") or re.match(r"devices/host_", file):
        return None
    if HOST_HEADERS.fullmatch(included) and included not in HOST_ALLOWED.get(file, ()):
        return "is the host's: devices/host_*.c and tools may touch it"
    return None


complaints = []
sources = files(FLOORS, {".c", ".h", ".def", ".inc"})
for path in sources:
    file = name(path)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not include:
            continue
        check = check_own if include[1] == '"' else check_host
        wrong = check(file, include[2])
        if wrong:
            complaints.append(f"{file}:{number}: {include[2]} {wrong}")
finish(complaints, len(sources))

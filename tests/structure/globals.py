#!/usr/bin/env python3
"""
No floor has a mutable global: a struct machine owns everything.

    globals.py LIBRARY...
"""

import re
import shutil
import subprocess
import sys

from source import finish, skip

# A signal handler is told nothing but the signal's number: whose it is has to be global.
ALLOWED = {("host_signal.c", "current")}

if not shutil.which("objdump"):
    skip("there is no objdump")
complaints = []
members = 0
for library in sys.argv[1:]:
    out = subprocess.run(["objdump", "-t", library], capture_output=True, text=True, check=True)
    member = library
    for line in out.stdout.splitlines():
        header = re.match(r"(\S+):\s+file format", line)
        if header:
            member = header[1].removesuffix(".o")
            members += 1
        # value, flags with O for an object, section, size, name
        object_ = re.match(
            r"[0-9a-f]+ .{6}O (\.t?data|\.t?bss)(\.\S+)?\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", line)
        if not object_ or (object_[2] or "").startswith(".rel.ro"):
            continue
        if (member, object_[3]) not in ALLOWED:
            complaints.append(f"{member}: {object_[3]} can be changed by all machines")
finish(complaints, members)

"""
Cases made of others so that they are of a class that chance has not brought: with another
base register's value, another register, amount of shift, operand or FPCR. What they expect
is for a reference to say.
"""

import re

import classes

DATA = 0x20b47000
TARGETS = {"page_crossing": DATA + 0x1fff, "abort": DATA - 128, "unaligned": DATA + 0x1001}
MODES = {"rp": 1 << 22, "rm": 2 << 22, "rz": 3 << 22, "dn": 1 << 25, "fz": 1 << 24,
         "ahp": 1 << 26, "fz16": 1 << 19}
# What to make them of: a case where the mode makes a difference.
BETTER = {"rp": "ixc", "rm": "ixc", "rz": "ixc", "dn": "nan", "fz": "denormal",
          "fz16": "denormal"}


def floats(name, size):
    """A number of SIZE bits of that class."""
    fraction = classes.FRACTIONS[size]
    top = (1 << size - 1 - fraction) - 1 << fraction
    return {"inf": top, "nan": top | 1 << fraction - 1 | 5, "snan": top | 3, "zero": 0,
            "negzero": 1 << size - 1, "denormal": 3}[name]


def state(case, name, value):
    """The in: line of a case, with NAME=VALUE in the place of what it has of that register."""
    same = {name} | ({f"{letter}{name[1:]}" for letter in "qdshb"} if name[0] == "q" else set())
    kept = [t for t in case["settings"] if t.split("=")[0] not in same]
    return "in:   " + " ".join(kept + [f"{name}={value}"])


def another_word(case, row, cls):
    """The word with a field of ones, or a shift of nothing or of all but one."""
    word = int(case["word"][0], 16)
    if m := re.fullmatch(r"([dnma])31", cls):
        bits, value = row.fields[m[1]], 31
    elif cls in ("shift_0", "shift_max") and "i" in row.fields and row.name.endswith("_shift"):
        bits = row.fields["i"]
        value = 0 if cls == "shift_0" else 63 if word >> 31 else 31
    else:
        return None
    for i, bit in enumerate(bits):
        word = word & ~(1 << bit) | (value >> i & 1) << bit
    return word


def shift_register(case, row, cls):
    """Of LSLV and its kin: the amount."""
    m = row.field(int(case["word"][0], 16), "m")
    width = 64 if int(case["word"][0], 16) >> 31 else 32
    if m == 31 or cls not in ("shift_0", "shift_max"):
        return None
    return state(case, f"x{m}", 0 if cls == "shift_0" else width - 1)


def operand(case, row, cls):
    """A source register full of such numbers."""
    ops = classes.operands(case)
    for reg in ops if row.name.startswith(("fcmp", "fccmp")) else ops[1:]:
        size = classes.lanes(case, reg)[1]
        m = re.match(r"\s*[vbhsdq](\d+)", reg)
        if m and size in classes.FRACTIONS:
            value = sum(floats(cls, size) << at for at in range(0, 128, size))
            return state(case, f"q{m[1]}", f"0x{value:032x}")
    return None


def largest(size):
    """The largest number of SIZE bits that is finite."""
    fraction = classes.FRACTIONS[size]
    return ((1 << size - 1 - fraction) - 2 << fraction) | (1 << fraction) - 1


def extremes(case, row, cls):
    """Sources that make the result leave its range."""
    if cls == "overflow":
        word, width = int(case["word"][0], 16), 64 if int(case["word"][0], 16) >> 31 else 32
        values = {f"x{row.field(word, 'n')}": (1 << width - 1) - 1, f"x{row.field(word, 'm')}": 1}
        values = {name: value for name, value in values.items() if name != "x31"}
    else:
        values = {}
        for reg in classes.operands(case)[1:]:
            size = classes.lanes(case, reg)[1]
            m = re.match(r"\s*[vbhsdq](\d+)", reg)
            if not m or not size:
                continue
            sign = 1 << size - 1 if values or cls == "saturated" else 0
            lane = sign | (largest(size) if cls == "ofc" else 0)
            values[f"q{m[1]}"] = f"0x{sum(lane << at for at in range(0, 128, size)):032x}"
    for name, value in values.items():
        line = state(case, name, value)
        case = case | {"settings": line.split()[1:]}
    return line if values else None


def rank(case, row, cls):
    """Small for cases that are good to start from."""
    found = classes.of_case(case, row)
    return ("exception" in case, BETTER.get(cls, cls) not in found, "sp_base" in found)


def make(case, row, cls):
    """The text of a case that should be of class CLS, or None."""
    word, settings = case["word"][0], "in:   " + " ".join(case["settings"])
    if cls in TARGETS:
        made = classes.access(case)
        if not made or made[0] == "sp":
            return None
        target = (TARGETS[cls] - made[2]) & (1 << 64) - 1
        settings = state(case, made[0], hex(target))
    elif cls in MODES:
        settings = state(case, "fpcr", hex(MODES[cls]))
    elif re.fullmatch(r"(lsl|lsr|asr|ror)v", row.name) and cls.startswith("shift"):
        settings = shift_register(case, row, cls)
    elif cls in ("overflow", "ofc", "saturated"):
        settings = extremes(case, row, cls)
    elif cls == "ioc":
        settings = operand(case, row, "snan")
    elif cls in ("inf", "nan", "snan", "zero", "negzero", "denormal"):
        settings = operand(case, row, cls)
    elif (changed := another_word(case, row, cls)) is not None:
        word = f"{changed:08x}"
    else:
        return None
    return settings and f"word: {word}\n{settings}\n"

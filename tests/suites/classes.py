"""
What a case of the suites tries: the classes of its operands and of what came of it, by its
line of `a64test --export jsonl`. Names of generated cases are made of them, and the report
of boundaries counts them.
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = 4096

SIZES = {"b": 8, "h": 16, "s": 32, "d": 64, "q": 128}
FRACTIONS = {16: 10, 32: 23, 64: 52}
ROUNDING = ("rn", "rp", "rm", "rz")
FPSR = {0: "ioc", 1: "dzc", 2: "ofc", 3: "ufc", 4: "ixc", 7: "idc", 27: "saturated"}
FPCR = {25: "dn", 24: "fz", 26: "ahp", 19: "fz16"}


class Row:
    """A row of the instruction table; its fields by letter, as lists of bits, low first."""

    def __init__(self, chapter, name, form, pattern, assembly, needs):
        self.chapter, self.name, self.form, self.assembly = chapter, name, form, assembly
        self.needs = needs
        self.fields = {}
        position = 31
        for p in re.findall(r"\([01]\)|\S", pattern):
            if p.isalpha():
                self.fields.setdefault(p.lower(), []).insert(0, position)
            position -= 1

    def field(self, word, letter):
        return sum((word >> bit & 1) << i for i, bit in enumerate(self.fields[letter]))


def rows():
    """All rows by name, in order."""
    found = {}
    for path in sorted((ROOT / "core/isa").glob("a64_*.def")):
        for m in re.finditer(r'^A64\((\w+), *\d+, *(\w+), *"([^"]*)", *"([^"]*)", *(.*)\)',
                             path.read_text(), re.M):
            found[m[1]] = Row(path.stem.removeprefix("a64_"), *m.groups())
    return found


def is_float(row):
    """Does the row compute with floating-point numbers?"""
    return row.chapter.startswith("float") and not re.match(
        r"f(mov|abs|neg|csel)(_|$)|dup|ins|[su]mov|[us]*mmla|[us]+dot|sudot", row.name)


def operands(case):
    """The assembly's operands: what stands between commas outside of brackets."""
    text = case["asm"][0] if case["asm"] else ""
    text = text.partition(" ")[2]
    return re.findall(r"(?:\[[^]]*\]!?|\{[^}]*\}(?:\[\d+\])?|[^,\[{])+", text)


def lanes(case, reg):
    """The lanes of an operand such as v3.4s, d7 or v2.h[1], and their size; none for others."""
    m = re.fullmatch(r"\s*(?:v(\d+)\.(\d*)([bhsd])(?:\[(\d+)\])?|([bhsdq])(\d+))\s*", reg)
    if not m:
        return [], 0
    if m[1]:
        value, size = int(case["in"]["v"][int(m[1])], 16), SIZES[m[3]]
        if m[4]:
            return [value >> int(m[4]) * size & (1 << size) - 1], size
        count = int(m[2]) if m[2] else 128 // size
    else:
        value, size, count = int(case["in"]["v"][int(m[6])], 16), SIZES[m[5]], 1
    return [value >> i * size & (1 << size) - 1 for i in range(count)], size


def kinds_of_float(values, size):
    """nan, snan, inf, zero, negzero, denormal: those that are among the values."""
    fraction = FRACTIONS[size]
    found = set()
    for v in values:
        low, top = v & (1 << fraction) - 1, v >> fraction & (1 << size - 1 - fraction) - 1
        if top == (1 << size - 1 - fraction) - 1:
            found.add("inf" if not low else "nan" if low >> fraction - 1 else "snan")
        elif not top:
            found.add("denormal" if low else "negzero" if v >> size - 1 else "zero")
    return found


def changed(case, *path):
    a, b = case["in"], case["out"]
    for key in path:
        a, b = a[key], b[key]
    return a != b


def of_float(case, row):
    found = set()
    fpcr = int(case["in"]["fpcr"], 16)
    for bit, name in FPCR.items():
        if fpcr >> bit & 1:
            found.add(name)
    found.add(ROUNDING[fpcr >> 22 & 3])
    ops = operands(case)
    accumulates = re.search(r"ml[as]|mla|fcm|^b?fdot|bfml|bfmmla|bfdot", row.name)
    for reg in ops if accumulates or row.name.startswith(("fcmp", "fccmp")) else ops[1:]:
        values, size = lanes(case, reg)
        if size in FRACTIONS:
            found |= kinds_of_float(values, size)
    if found & {"nan", "snan"}:
        result, size = lanes({"in": case["out"]}, ops[0]) if ops else ([], 0)
        quiet = {16: 0x7e00, 32: 0x7fc00000, 64: 0x7ff8 << 48}.get(size)
        if quiet in result:
            found.add("default_nan")
    return found


def access(case):
    """Of a load or store: the base register, its value, the offset, how it was written."""
    m = re.search(r"\[(x\d+|sp)(?:, ([wx]\d+|xzr|wzr))?(?:, (\w+))?(?: #(\d+))?(?:, #(-?\w+))?\](!)?"
                  r"(?:, (#-?\w+|x\d+))?", (case["asm"] or [""])[0])
    if not m:
        return None
    base = int(case["in"]["sp"][case["in"]["el"] and case["in"]["spsel"]] if m[1] == "sp"
               else case["in"]["x"][int(m[1][1:])], 16)
    offset, ways = int(m[5], 0) if m[5] else 0, set()
    if m[2]:
        index = 0 if m[2][1:] == "zr" else int(case["in"]["x"][int(m[2][1:])], 16)
        kind = m[3] or "lsl"
        if m[2][0] == "w" or kind in ("uxtw", "sxtw"):
            index &= 0xffffffff
            if kind == "sxtw" and index >> 31:
                index -= 1 << 32
        offset = index << int(m[4] or 0)
        ways.add("index_" + kind)
    if m[1] == "sp":
        ways.add("sp_base")
    if m[6]:
        ways.add("pre")
    if m[7]:
        ways.add("post_register" if m[7][0] == "x" else "post")
    return m[1], base, offset, ways


def of_memory(case):
    """How an address was made, and where it lies."""
    if not (made := access(case)):
        return set()
    _, base, offset, found = made
    address = base + offset & (1 << 56) - 1
    size = access_bytes(case)
    if size > 1:
        if address % size or (size & size - 1 and address % 8):
            found.add("unaligned")
        if address % PAGE + size > PAGE:
            found.add("page_crossing")
    if base >> 56 and base >> 56 != 0xff:
        found.add("tagged")
    return found


def access_bytes(case):
    """How many bytes a load or store moves, about."""
    ops = operands(case)
    regs = [o.strip() for o in ops if re.fullmatch(r"\s*[wxbhsdq](\d+|zr|sp)\s*", o)]
    if ops and ops[0].strip().startswith("{"):
        return structure_bytes(ops[0])
    size = {"w": 4, "x": 8, "b": 1, "h": 2, "s": 4, "d": 8, "q": 16}.get(regs[0][0], 8) if regs else 8
    stem = (case["asm"] or [""])[0].split(" ")[0]
    if re.search(r"b$", stem) and not stem.endswith("sub"):
        size = 1
    elif re.search(r"[^t]h$", stem):
        size = 2
    elif stem.endswith("sw"):
        size = 4
    return size * (2 if re.match(r"(ld|st)n?p|(ldax|ldx|stlx|stx)p", stem) else 1)


def structure_bytes(operand):
    m = re.fullmatch(r"\s*\{ *(v\d+)\.(\d*)([bhsd])(.*)\}(\[\d+\])?\s*", operand)
    if not m:
        return 0
    count = 1 + m[4].count(",")
    if "-" in m[4]:
        last = int(re.search(r"- *v(\d+)", m[4])[1])
        count = (last - int(m[1][1:])) % 32 + 1
    each = SIZES[m[3]] // 8 * (1 if m[5] or not m[2] else int(m[2]))
    return count * each


def of_integer(case, row):
    found = set()
    word = int(case["word"][0], 16)
    if changed(case, "nzcv") or re.match(r"adds|subs|ands|bics|adcs|sbcs|cc?m|f?cc?mp|rmif|setf|"
                                         r"cfinv|[ax]+flag", row.name):
        nzcv = case["out"]["nzcv"]
        for bit, name in ((3, "negative"), (2, "zero_result"), (1, "carry"), (0, "overflow")):
            if nzcv >> bit & 1:
                found.add(name)
    if row.form in ("addsub_shift", "logical_shift", "addsubs_shift") or row.name.endswith("_shift"):
        if "i" in row.fields:
            amount = row.field(word, "i")
            width = 64 if word >> 31 else 32
            found |= {"shift_0"} if not amount else {"shift_max"} if amount == width - 1 else set()
    if re.fullmatch(r"(lsl|lsr|asr|ror)v", row.name):
        width = 64 if word >> 31 else 32
        m = row.field(word, "m")
        amount = 0 if m == 31 else int(case["in"]["x"][m], 16) & width - 1
        found |= {"shift_0"} if not amount else {"shift_max"} if amount == width - 1 else set()
        if m != 31 and int(case["in"]["x"][m], 16) & (1 << width) - 1 >= width:
            found.add("shift_beyond")
    if row.form.startswith(("simd_sh", "scalar_sh", "simd_narrow_sh")) and "h" in row.fields:
        high = row.field(word, "h") << 3 | row.field(word, "i")
        top = 1 << high.bit_length() - 1
        found |= {"shift_min"} if high in (top, 2 * top - 1) else set()
    if row.name in ("sbfm", "bfm", "ubfm", "extr"):
        for letter in "rsi":
            if letter in row.fields:
                value, width = row.field(word, letter), 64 if word >> 31 else 32
                found |= {"field_0"} if not value else {"field_max"} if value == width - 1 else set()
    if row.name in ("sdiv", "udiv"):
        m = row.field(word, "m")
        mask = (1 << (64 if word >> 31 else 32)) - 1
        if m == 31 or not int(case["in"]["x"][m], 16) & mask:
            found.add("by_zero")
    return found


def of_registers(case, row):
    """Register 31 in a field of general registers: zero, or SP."""
    word = int(case["word"][0], 16)
    text = row.assembly
    return {f"{letter}31" for letter in "dnmats" if len(row.fields.get(letter, ())) == 5 and
            re.search(rf"\{{,?[rwxt]{letter}[|?}}]|index", text) and row.field(word, letter) == 31}


# What a name says, in this order, and not more than NAMED of them.
NAMED = 4
SAID = ("undefined abort breakpoint exception branches page_crossing unaligned post_register "
        "index_uxtw index_sxtw index_lsl index_sxtx sp_base tagged shift_0 shift_max shift_min "
        "shift_beyond field_0 field_max by_zero carry overflow negative zero_result saturated "
        "default_nan snan nan inf denormal negzero zero rp rm rz dn fz ahp fz16 dzc ofc ufc ioc idc "
        "d31 n31 m31 a31 t31 s31").split()


def width_of(case, row):
    """32 or 64, an arrangement, a letter: what kind of operands; empty where the row says it."""
    word = int(case["word"][0], 16)
    if "f" in row.fields and len(row.fields["f"]) == 1 and re.search(r"\{,?r[dnmats]", row.assembly):
        return "64" if row.field(word, "f") else "32"
    for operand in operands(case):
        m = re.fullmatch(r"\s*\{? *v\d+\.(\d*[bhsd]).*|\s*([bhsdq])\d+\s*", operand)
        if m:
            kind = m[1] or m[2]
            return "" if row.name.split("_")[-1] == kind else kind
    return ""


def name_of(case, row):
    found = of_case(case, row)
    if "sp_base" in found:
        found.discard("n31")
    said = [c for c in SAID if c in found][:NAMED]
    said = [re.sub(r"^([dnmats])31$", r"r\g<1>31", c) for c in said]
    return "_".join([p for p in (row.name, width_of(case, row)) if p] + said)


def of_case(case, row):
    """All classes of a case of one word."""
    found = of_integer(case, row) | of_registers(case, row) | of_memory(case)
    flags = int(case["out"]["fpsr"], 16) & ~int(case["in"]["fpsr"], 16)
    found |= {name for bit, name in FPSR.items() if flags >> bit & 1}
    if is_float(row):
        found |= of_float(case, row)
    if "exception" in case:
        found.add({0: "undefined", 0x24: "abort", 0x25: "abort", 0x3c: "breakpoint"}
                  .get(case["exception"]["ec"], "exception"))
    if case["out"]["pc"] not in (hex(int(case["in"]["pc"], 16) + 4 * len(case["word"])),) \
            and "exception" not in case:
        found.add("branches")
    return found

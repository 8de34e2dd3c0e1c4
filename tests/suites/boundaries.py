"""
Which classes of operands and results (classes.py) a row of the instruction table has to have
cases of, and which of them it has none of.
"""

import re

import classes

# Classes that can't be, by row, with the reason.
IMPOSSIBLE = [
    (r"fcvt(xn|n|l)?_.*|fcvt[nlx]+2?_.*", {"fz16"},
     "FPCR.FZ16 is not for conversions between precisions (FPConvert)"),
]

ROUNDS = re.compile(r"f(n?m)?(add|sub|mul|div|sqrt|mla|mls|mulx|abd|addp)(_|$)|fn?m(add|sub)|fnmul|"
                    r"f(recps|rsqrts|cadd|cmla|ml[as]l2?)(_|$)|[su]cvtf|fcvt_(h_s|h_d|s_d)|fcvtn|"
                    r"frint(i|x|32x|64x)|bfcvt")
TO_FLOAT = re.compile(r"[su]cvtf")
COMPARES = re.compile(r"fcc?mp|fcm(eq|ge|gt|le|lt)|fac(ge|gt)")
TO_INTEGER = re.compile(r"fcvt([nmpza])[su]|fjcvtzs")
HALF = re.compile(r"fcvt_(\w_h|h_\w)$|fcvtl|fcvtn_")


def of_float(row):
    name = row.name
    half = name.endswith("_h") or "FP16" in row.needs
    need = set()
    if ROUNDS.match(name):
        need |= {"rp", "rm", "rz"} | (set() if name.startswith("frinti") else {"ixc"})
    if TO_FLOAT.match(name) or name.startswith("bf"):
        return need & {"rp", "rm", "rz", "ixc"} if not name.startswith("bf") else set()
    need |= {"nan", "snan", "inf", "zero", "negzero", "denormal", "ioc"}
    if HALF.match(name):
        return need | {"ahp"}
    if "recp" not in name and "rsqrt" not in name:
        need |= {"fz16" if half else "fz"}
    if not COMPARES.match(name) and not TO_INTEGER.match(name) and "frint" not in name:
        need |= {"dn"}
    if re.match(r"f(add|sub|mul|div|madd|mla)(_|$)", name):
        need |= {"ofc"}
    if re.match(r"f(mul|div|madd|mla)(_|$)", name):
        need |= {"ufc"}
    if re.match(r"f(div|recpe|rsqrte)(_|$)", name):
        need |= {"dzc"}
    return need


def of_memory(row):
    name, text = row.name, row.assembly
    need = set()
    if row.chapter != "ldst" or "[" not in text or name.startswith(("prf", "ldra")):
        return need
    need |= {"sp_base", "abort"}
    single = re.search(r"(b|_b)(_|$)", name) and not name.startswith(("ldp", "stp"))
    if not single and "lit" not in name:
        need |= {"unaligned", "page_crossing"}
    if "{index" in text:
        need |= {"index_lsl", "index_uxtw", "index_sxtw", "index_sxtx"}
    return need


def of_integer(row):
    name = row.name
    need = set()
    if re.match(r"(adds|subs|adcs|sbcs)(_|$)", name):
        need |= {"carry", "overflow", "negative", "zero_result"}
    if re.match(r"(ands|bics)_", name):
        need |= {"negative", "zero_result"}
    if row.chapter == "register" and name.endswith("_shift"):
        need |= {"shift_0", "shift_max"}
    if re.fullmatch(r"(lsl|lsr|asr|ror)v", name):
        need |= {"shift_0", "shift_max", "shift_beyond"}
    if name in ("sbfm", "bfm", "ubfm", "extr"):
        need |= {"field_0", "field_max"}
    if name in ("sdiv", "udiv"):
        need |= {"by_zero"}
    if re.match(r"([su]q|suqadd|usqadd)", name) and row.chapter.startswith("simd"):
        need |= {"saturated"}
    if row.chapter in ("register", "immediate"):
        need |= {f"{letter}31" for letter in "dnma" if len(row.fields.get(letter, ())) == 5 and
                 re.search(rf"\{{[rwx]{letter}[|?}}]", row.assembly)}
    return need


def needed(row):
    need = of_memory(row) | of_integer(row)
    if classes.is_float(row):
        need |= of_float(row)
    for pattern, never, _ in IMPOSSIBLE:
        if re.fullmatch(pattern, row.name):
            need -= never
    return need


def missing(cases, table):
    """Row: classes that none of CASES (exported lines) is of, for the rows of TABLE."""
    left = {name: needed(row) for name, row in table.items()}
    for case in cases:
        name = case["row"][0]
        if len(case["word"]) == 1 and left.get(name):
            left[name] -= classes.of_case(case, table[name])
    return {name: need for name, need in left.items() if need}

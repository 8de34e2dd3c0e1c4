#!/usr/bin/env python3
"""
Write system.a64t's counterpart for a whole machine, el1_machine.a64t:

    generate_el1.py BUILD

System instructions and registers at EL1 and EL0, exceptions, returns and traps. What is
tried is said here, what comes of it by qemu-system-aarch64. A case whose answer there is
known to be wrong is left to el1.a64t, where it stands with the manual's section.
"""

import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SYSREG_DEF = HERE.parents[1] / "core/sysreg.def"

SCTLR = 0x405d805  # of the test bed
QARMA = "max,pauth-impdef=off"  # what the reference's max is

HEADER = """# System instructions and registers, exceptions, returns and traps, at EL1 and EL0.
# Made by generate_el1.py; expectations by qemu-system-aarch64 {version}.
"""

# pc+64 with PACIA and PACIB by the test bed's keys and SP_EL1, SP_EL0.
SIGNED = {"a": ("0x5a00002153e05c", "0x4500002153e05c"),
          "b": ("0x6200002153e05c", "0x1100002153e05c")}

cases = {}


def case(name, asm, state=""):
    if name in cases:
        sys.exit(f"generate_el1.py: [{name}] twice")
    cases[name] = (asm, state)


# Where a case starts: a suffix of its name, and what goes to in:.
EL0, EL1, EL1T = ("el0", ""), ("el1", "el=1"), ("el1t", "el=1 spsel=0")
LEVELS = (EL0, EL1, EL1T)


def exceptions():
    """D1.3.3, C6.2: instructions that raise one."""
    for op in ("svc", "brk", "hlt", "smc", "dcps1", "dcps2", "dcps3", "udf"):
        for at, state in LEVELS:
            for imm in (0, 1, 0x5555, 0x8000, 0xffff):
                case(f"{op}_{at}_{imm:x}", f"{op} #{imm}", f"{state} nzcv=1001")
    for imm in (0, 1, 0x5555, 0xffff):  # at EL1 it is the reference's PSCI
        case(f"hvc_el0_{imm:x}", f"hvc #{imm}", "nzcv=1001")
    for at, state in LEVELS:
        case(f"drps_{at}", "drps", state)
        case(f"drps_{at}_max", "drps", f"cpu=max {state}")
    for op in ("svc", "brk"):
        for bit, name in enumerate("fiad"):
            case(f"{op}_el1_masked_{name}", f"{op} #2", f"el=1 daif={1 << bit:04b} nzcv=0110")
        case(f"{op}_el1_with_pan", f"{op} #3", "cpu=max el=1 PAN=0x400000")
        case(f"{op}_el1_with_uao", f"{op} #3", "cpu=max el=1 UAO=0x800000")
        case(f"{op}_el1_with_dit", f"{op} #3", "cpu=max el=1 DIT=0x1000000")
        case(f"{op}_el0_with_ssbs", f"{op} #3", "cpu=max SSBS=0x1000")


def returns():
    """C6.2 ERET, D1.3.4; C5.2.18, SPSR_EL1."""
    targets = {
        "el0_nzcv": ("pc+16", 0xf0000000), "el0_masked": ("pc+16", 0x3c0),
        "el0_n": ("pc+64", 0x80000000), "el0_v": ("pc+64", 0x10000000),
        "el1h": ("pc+16", 0x5), "el1t": ("pc+16", 0x4), "el1h_masked": ("pc+64", 0x200003c5),
        "el1t_f": ("pc+64", 0x44), "el1h_i": ("pc+64", 0x85), "el1h_a": ("pc+64", 0x105),
        "el1h_d": ("pc+64", 0x205), "el0_unaligned": ("pc+18", 0), "el1_unaligned": ("pc+18", 5),
        "el0_unmapped": ("data-4096", 0), "el1_unmapped": ("data-4096", 5),
        "el0_no_execute": ("data", 0), "el1_no_execute": ("data", 5),
        "el0_tagged": ("0x5a0000002153e05c", 0), "el1_tagged": ("0x5a0000002153e05c", 5),
        "illegal_el2": ("pc+16", 0x60000009), "illegal_el3": ("pc+16", 0x6000000d),
        "illegal_el0h": ("pc+16", 0x60000001), "illegal_reserved_6": ("pc+16", 0x60000006),
        "illegal_reserved_7": ("pc+16", 0x7), "illegal_el2t": ("pc+16", 0x8),
        "illegal_aarch32_svc": ("pc+16", 0x13),
        "el0_il": ("pc+16", 0x00100000), "el1_il": ("pc+16", 0x00100005),
    }
    for name, (elr, spsr) in targets.items():
        case(f"eret_to_{name}", "eret", f"el=1 ELR_EL1={elr} SPSR_EL1={spsr:#x}")
    case("eret_el1t_to_el0", "eret", "el=1 spsel=0 ELR_EL1=pc+16 SPSR_EL1=0")
    for at, state in LEVELS[:1]:
        for op in ("eret", "eretaa", "eretab"):
            case(f"{op}_{at}_undefined", op, f"cpu={QARMA} {state}")
    for key in "ab":
        sp_el1, sp_el0 = SIGNED[key]
        start = f"cpu={QARMA} el=1"
        case(f"ereta{key}_signed_el0", f"ereta{key}", f"{start} ELR_EL1={sp_el1} SPSR_EL1=0x60000000")
        case(f"ereta{key}_signed_el1t", f"ereta{key}", f"{start} ELR_EL1={sp_el1} SPSR_EL1=0x4")
        case(f"ereta{key}_signed_el1h", f"ereta{key}", f"{start} ELR_EL1={sp_el1} SPSR_EL1=0x3c5")
        case(f"ereta{key}_signed_illegal", f"ereta{key}", f"{start} ELR_EL1={sp_el1} SPSR_EL1=0x9")
        case(f"ereta{key}_from_el1t", f"ereta{key}",
             f"{start} spsel=0 ELR_EL1={sp_el0} SPSR_EL1=0")
        case(f"ereta{key}_other_modifier", f"ereta{key}", f"{start} ELR_EL1={sp_el0} SPSR_EL1=0")
        other = "b" if key == "a" else "a"
        case(f"ereta{key}_other_key", f"ereta{key}",
             f"{start} ELR_EL1={SIGNED[other][0]} SPSR_EL1=0")
        case(f"ereta{key}_unsigned_unmapped", f"ereta{key}",
             f"cpu={QARMA} el=1 ELR_EL1=data-4096 SPSR_EL1=0")
        case(f"ereta{key}_key_off", f"ereta{key}",
             f"cpu={QARMA} el=1 SCTLR_EL1={SCTLR:#x} ELR_EL1=pc+16 SPSR_EL1=0x80000000")
        case(f"ereta{key}_key_off_illegal", f"ereta{key}",
             f"cpu={QARMA} el=1 SCTLR_EL1={SCTLR:#x} ELR_EL1=pc+16 SPSR_EL1=0x1")
        case(f"ereta{key}_undefined_on_a72", f"ereta{key}", "cpu=cortex-a72 el=1")


def pstate():
    """C5.2, C6.2 MSR (immediate)."""
    for imm in range(16):
        case(f"daifset_el1_{imm}", f"msr daifset, #{imm}", "el=1 daif=0101")
        case(f"daifclr_el1_{imm}", f"msr daifclr, #{imm}", "el=1 daif=1110")
    for imm in (0, 15):
        for op in ("daifset", "daifclr"):
            case(f"{op}_el0_allowed_{imm}", f"msr {op}, #{imm}; mrs x0, daif",
                 f"SCTLR_EL1={SCTLR | 1 << 9:#x} daif=0110")
    bits = {"pan": 22, "uao": 23}
    for field, bit in bits.items():
        for was in (0, 1):
            for imm in (0, 1):
                for at, state in (EL1, EL1T):
                    case(f"{field}_{at}_{was}_to_{imm}", f"msr {field}, #{imm}; mrs x0, {field}",
                         f"cpu=max {state} {field.upper()}={was << bit:#x}")
        case(f"{field}_el0_undefined", f"msr {field}, #0", "cpu=max")
        case(f"{field}_undefined_on_a53", f"msr {field}, #1", "cpu=cortex-a53 el=1")
        for value in (0, 1 << bit, 0xffffffffffffffff):
            case(f"{field}_by_register_{value:x}", f"msr {field}, x1; mrs x0, {field}",
                 f"cpu=max el=1 x1={value:#x}")
    for field, bit in {"dit": 24, "ssbs": 12}.items():
        for was in (0, 1):
            for imm in (0, 1):
                for at, state in LEVELS:
                    case(f"{field}_{at}_{was}_to_{imm}", f"msr {field}, #{imm}; mrs x0, {field}",
                         f"cpu=max {state} {field.upper()}={was << bit:#x}")
    for was, (at, state) in ((1, EL1), (0, EL1T)):
        for imm in (0, 1):
            case(f"spsel_{at}_to_{imm}", f"msr spsel, #{imm}; mov x0, sp; mrs x1, spsel",
                 f"{state} sp_el0=0x1110 sp_el1=0x2220")
            case(f"spsel_{at}_to_{imm}_by_register", "msr spsel, x2; mov x0, sp; mrs x1, spsel",
                 f"{state} x2={imm} sp_el0=0x1110 sp_el1=0x2220")
    case("spsel_el0_undefined", "msr spsel, #0")
    case("spsel_writes_back_by_each", "msr spsel, #0; ldr x0, [sp], #8; msr spsel, #1; "
         "ldr x1, [sp], #16", "el=1 sp_el0=data sp_el1=data+64")
    case("spsel_survives_nzcv", "msr nzcv, x0; msr spsel, #0; mrs x1, nzcv",
         "el=1 x0=0xf0000000")
    case("spsel_and_back", "msr spsel, #0; mov x0, sp; msr spsel, #1; mov x1, sp", "el=1")
    case("spsel_store_by_sp_el0", "msr spsel, #0; str x0, [sp, #-16]!", "el=1 sp_el0=data+64 x0=1")
    for name, asm in (("daif", "daif"), ("nzcv", "nzcv"), ("fpcr", "fpcr"), ("fpsr", "fpsr")):
        for at, state in LEVELS:
            if (name, at) != ("daif", "el0"):
                case(f"mrs_{name}_{at}", f"mrs x3, {asm}", f"{state} nzcv=1011 daif=0011 "
                     "fpcr=0x3c00000 fpsr=0x8000015")
    for value in (0, 0x3c0, 0x240, 0xffffffffffffffff):
        case(f"msr_daif_{value:x}", "msr daif, x0", f"el=1 daif=0110 x0={value:#x}")
    case("pan_load", "msr pan, #1; ldr x0, [x1]", "cpu=max el=1 x1=data")
    case("pan_store", "msr pan, #1; str x0, [x1, #8]", "cpu=max el=1 x1=data")
    case("pan_atomic", "msr pan, #1; ldadd x0, x2, [x1]", "cpu=max el=1 x1=data")
    case("pan_unprivileged_store", "msr pan, #1; sttr x0, [x1, #8]", "cpu=max el=1 x1=data")
    case("pan_uao_unprivileged", "msr pan, #1; msr uao, #1; ldtr x0, [x1]",
         "cpu=max el=1 x1=data")
    case("pan_off_again", "msr pan, #1; msr pan, #0; ldr x0, [x1]", "cpu=max el=1 x1=data")
    case("pan_at_el0", "ldr x0, [x1]", "cpu=max PAN=0x400000 x1=data")
    case("uao_ldtr_kernel_page", "ldtr xzr, [x1]", "cpu=max el=1 UAO=0x800000 x1=0x20300000")
    case("ldtr_kernel_page", "ldtr x0, [x1]", "cpu=max el=1 x1=0x20300000")
    case("ldr_kernel_page_el0", "ldr x0, [x1]", "x1=0x20300000")
    case("str_kernel_text", "str x0, [x1]", "el=1 x1=0x20300000")
    case("cfinv_el1", "cfinv", "cpu=max el=1 nzcv=0010")


def registers():
    """Every register: read at both levels; most written (D19). From core/sysreg.def."""
    text = SYSREG_DEF.read_text()
    names = re.findall(r"^SYSREG\((\w+), +\d, +\d, +\d+, +\d+, +\d+, +(\w+), .*?(A64_\w+)\)", text, re.M)
    names += [(n, "EL1_R", "A64_BASE") for n in re.findall(r"^ID\( *(\w+),", text, re.M)]
    values = re.compile(r"^(CNT(P|V)CT|CNT[PV]_(TVAL|CTL)|PM(CCNTR|XEV|EVCNTR)|DBGDTR|OSDTR|RNDR|"
                        r"ID_|MVFR|CCSIDR|CLIDR|CTR|MIDR|REVIDR|AIDR|MPIDR|CBAR|L2|CPU|PMCEID|PMCR|"
                        r"RVBAR|DCZID|ISR|MDRAR|OSLSR|OSECCR|DBGAUTH|IL1|DL1|SP_EL1|CNTFRQ|ACTLR|"
                        r"ID_AA64|LOR|MDCCSR|S3)")
    dangerous = re.compile(r"^(SCTLR|TCR|TTBR|VBAR|MAIR|SPSel|CurrentEL|PAN|UAO|OSLAR|OSDLR|"
                           r"DBGPRCR|PMSWINC|PMCR|SPSR|ELR|CPACR|CNT[PV]_(TVAL|CTL)|PMCCNTR|MDSCR)")
    dontcare = re.compile(r"^(MDCCINT|NZCV|DAIF|FPCR|FPSR|IL1|DL1|L2|CPU|SP_EL1|CBAR|LOR|RNDR|DBGDTR|OSDTR|DBGCLAIM|OSECCR|"
                          r"DBGPRCR|OSDLR|PMXEV|ID_AA64(PFR2|FPFR0|ISAR3|MMFR[34]|DFR2)|PMEV|DBGB|DBGW)")
    for name, access, needs in names:
        if dontcare.match(name):
            continue
        low, cpu = name.lower(), "" if needs == "A64_BASE" else f"cpu={QARMA} "
        if not access.endswith("_W") and not values.match(name):
            case(f"mrs_{low}_el1", f"mrs x7, {low}", f"{cpu}el=1")
        if access in ("EL1_R", "EL1_RW", "EL1_W"):
            if access != "EL1_W":
                case(f"mrs_{low}_el0_undefined", f"mrs x7, {low}",
                     f"cpu={cpu and QARMA or 'cortex-a57'}")
            if access != "EL1_R":
                case(f"msr_{low}_el0_undefined", f"msr {low}, x7", cpu)
        if access in ("EL1_RW", "EL01_RW", "EL1_RW_EL0_R") and not dangerous.match(name):
            for value in (0, 0x5):
                case(f"msr_{low}_{value:x}", f"msr {low}, x7; mrs x8, {low}",
                     f"{cpu}el=1 x7={value:#x}")
    for name in ("tpidr_el0", "tpidr_el1", "tpidrro_el0", "elr_el1", "far_el1", "par_el1",
                 "mair_el1", "sp_el0"):
        for value in (0xffffffffffffffff, 0x8000000000000000, 0x123456789abcdef0):
            if name != "mair_el1":
                case(f"msr_{name}_64_{value:x}", f"msr {name}, x0; mrs x1, {name}",
                     f"el=1 x0={value:#x}")
    for name, value in (("cpacr_el1", 0x100000), ("cpacr_el1", 0x200000), ("mdscr_el1", 0x1000),
                        ("mdscr_el1", 0x8000), ("elr_el1", 0x1234), ("spsr_el1", 0x600003c5),
                        ("mair_el1", 0x4404ff), ("cntp_ctl_el0", 2), ("cntv_ctl_el0", 2)):
        case(f"msr_{name}_{value:x}", f"msr {name}, x0; mrs x1, {name}",
             f"el=1 x0={value:#x}")
    case("msr_tpidr_el0_at_el0", "msr tpidr_el0, x0; mrs x1, tpidr_el0", "x0=0x77")
    case("msr_tpidrro_el0_at_el0", "msr tpidrro_el0, x0", "x0=0x77")
    case("mrs_tpidrro_el0_at_el0", "mrs x0, tpidrro_el0", "TPIDRRO_EL0=0x1234")
    case("mrs_xzr_discards", "mrs xzr, tpidr_el1", "el=1 TPIDR_EL1=1")
    case("msr_sp_el0_el1t_undefined", "msr sp_el0, x0", "el=1 spsel=0")
    case("msr_vbar_and_svc", "mrs x0, vbar_el1; svc #1", "el=1")
    case("mrs_reserved_id", "mrs x0, s3_0_c0_c7_7", "el=1 x0=5")
    for name, word in (("sctlr_el2", "s3_4_c1_c0_0"), ("unallocated", "s3_0_c11_c7_7"),
                       ("implementation_defined", "s3_7_c15_c7_7"), ("vbar_el3", "s3_6_c12_c0_0"),
                       ("trace", "s2_1_c0_c3_4")):
        for at, state in LEVELS:
            case(f"mrs_{name}_{at}", f"mrs x0, {word}", f"cpu=cortex-a57 {state}")
            case(f"msr_{name}_{at}", f"msr {word}, x0", f"cpu=cortex-a57 {state}")
    for name in ("midr_el1", "ctr_el0", "currentel", "dczid_el0", "clidr_el1", "isr_el1"):
        case(f"msr_{name}_read_only", f"msr {encoding(text, name)}, x0", "el=1")
    for n in range(4):
        for reg in ("dbgbvr", "dbgwvr"):
            case(f"msr_{reg}{n}", f"msr {reg}{n}_el1, x0; mrs x1, {reg}{n}_el1; msr {reg}{n}_el1, xzr",
                 "el=1 x0=0x1234560")


def encoding(text, name):
    """s3_... of a register of the table, for what an assembler refuses by name."""
    m = re.search(rf"^SYSREG\({name}, +(\d), +(\d), +(\d+), +(\d+), +(\d+),", text, re.M | re.I)
    if m:
        return "s{}_{}_c{}_c{}_{}".format(*m.groups())
    m = re.search(rf"^ID\( +{name}, +(\d+), +(\d+), +(\d+)\)", text, re.M | re.I)
    return "s3_{}_c0_c{}_{}".format(*m.groups())


def maintenance():
    """C5.3 caches, C5.4 AT, C5.5 TLBI."""
    tlbi = "vmalle1 vae1 aside1 vaae1 vale1 vaale1".split()
    for op in tlbi + [t + "is" for t in tlbi]:
        arg = "" if op.startswith("vmalle1") else ", x2"
        case(f"tlbi_{op}", f"tlbi {op}{arg}; ldr x1, [x0]", "el=1 x0=data x2=0x20b47")
        case(f"tlbi_{op}_el0_undefined", f"tlbi {op}{arg}", "x2=0x20b47")
    for op in [t + "os" for t in tlbi]:
        arg = "" if op.startswith("vmalle1") else ", x2"
        case(f"tlbi_{op}", f"tlbi {op}{arg}; ldr x1, [x0]", f"cpu={QARMA} el=1 x0=data x2=0x20b47")
        case(f"tlbi_{op}_el0_undefined", f"tlbi {op}{arg}", f"cpu={QARMA}")
    for base in "rvae1 rvaae1 rvale1 rvaale1".split():
        for op in (base, base + "is", base + "os"):
            case(f"tlbi_{op}", f"tlbi {op}, x2; ldr x1, [x0]",
                 f"cpu={QARMA} el=1 x0=data x2=0x400000020b47")
            case(f"tlbi_{op}_el0_undefined", f"tlbi {op}, x2", f"cpu={QARMA}")
            case(f"tlbi_{op}_undefined_on_a57", f"tlbi {op}, x2", "cpu=cortex-a57 el=1")
    addresses = {"data": "data+0x123", "rodata": "rodata+0xff8", "code": "pc", "text": "0x20300000",
                 "unmapped": "data-4096", "unmapped_level1": "0x7f80000000",
                 "unmapped_level2": "0x30000000", "beyond": "0x1000000000000",
                 "high": "0xffff000000000000", "tagged": "0x3300000020b47008"}
    for op in ("s1e1r", "s1e1w", "s1e0r", "s1e0w"):
        for where, address in addresses.items():
            case(f"at_{op}_{where}", f"at {op}, x0; mrs x1, par_el1", f"el=1 x0={address}")
        case(f"at_{op}_el0_undefined", f"at {op}, x0")
    for op in ("s1e1rp", "s1e1wp"):
        for pan in (0, 1):
            for where in ("data", "text", "unmapped"):
                case(f"at_{op}_pan{pan}_{where}", f"at {op}, x0; mrs x1, par_el1",
                     f"cpu=max el=1 PAN={pan << 22:#x} x0={addresses[where]}")
        case(f"at_{op}_el0_undefined", f"at {op}, x0", "cpu=max")
        case(f"at_{op}_undefined_on_a72", f"at {op}, x0", "cpu=cortex-a72 el=1")
    for op in ("ivac", "isw", "csw", "cisw", "cvac", "cvau", "civac"):
        case(f"dc_{op}_el1", f"dc {op}, x0", f"el=1 x0={'0' if op.endswith('sw') else 'data+8'}")
        if op in ("ivac", "isw", "csw", "cisw"):
            case(f"dc_{op}_el0_undefined", f"dc {op}, x0", "x0=data")
    case("ic_iallu_el1", "ic iallu", "el=1")
    case("ic_ialluis_el1", "ic ialluis", "el=1")
    case("ic_ivau_el1", "ic ivau, x0", "el=1 x0=pc")
    case("ic_iallu_el0_undefined", "ic iallu")
    case("ic_ialluis_el0_undefined", "ic ialluis")
    for offset in (0, 1, 63, 64, 0xfff):
        case(f"dc_zva_el1_{offset}", "dc zva, x0", f"cpu=cortex-a57 el=1 x0=data+{offset}")
        case(f"dc_zva_el0_{offset}", "dc zva, x0", f"cpu=cortex-a57 x0=data+{offset}")
    case("dc_zva_read_only", "dc zva, x0", "el=1 x0=rodata")
    case("dc_zva_unmapped", "dc zva, x0", "el=1 x0=data-64")
    for i, word in enumerate(("#0, c7, c0, #0", "#3, c15, c2, #1", "#7, c0, c0, #0",
                              "#0, c8, c7, #0", "#3, c7, c5, #1", "#6, c11, c15, #7")):
        for at, state in (EL0, EL1):
            case(f"sysl_{at}_{i}", f"sysl x0, {word}", f"cpu=cortex-a57 {state}")
            if i in (0, 2, 5):
                case(f"sys_unallocated_{at}_{i}", f"sys {word}, x0", f"cpu=cortex-a57 {state}")


def traps():
    """D19.2.118 SCTLR_EL1, D19.2.30 CPACR_EL1, D19.12.7 CNTKCTL_EL1, D19.5.11 PMUSERENR_EL0."""
    for bit, name, asm in ((15, "uct", "mrs x5, ctr_el0"), (14, "dze", "dc zva, x1"),
                           (26, "uci", "dc cvac, x1"), (26, "uci", "dc cvau, x1"),
                           (26, "uci", "dc civac, x1"), (26, "uci", "ic ivau, x1"),
                           (9, "uma", "mrs x1, daif"), (9, "uma", "msr daif, x1")):
        what = re.sub(r"\W+", "_", asm.split(", x")[0])
        for at, state in (EL0, EL1):
            for on in (0, 1):
                if asm == "mrs x5, ctr_el0" and (on or at == "el1"):
                    continue
                value = SCTLR & ~(1 << bit) | on << bit
                case(f"{name}{on}_{what}_{at}", asm,
                     f"cpu=cortex-a57 {state} x1=data SCTLR_EL1={value:#x}")
    fp = {"fadd": "fadd d0, d1, d2", "load": "ldr q0, [x0]", "store": "st1 {{v0.4s}}, [x0]",
          "fmov": "fmov x1, d0", "mrs_fpcr": "mrs x1, fpcr", "msr_fpsr": "msr fpsr, xzr",
          "simd": "add v0.4s, v1.4s, v2.4s", "aes": "aese v0.16b, v1.16b", "fcsel": "fcsel s0, s1, s2, eq",
          "ldp": "ldp d0, d1, [x0]", "movi": "movi v0.2d, #0", "scvtf": "scvtf d0, x0"}
    for fpen in range(4):
        for at, state in (EL0, EL1):
            for what, asm in fp.items():
                if fpen < 3 and (what in ("fadd", "load", "mrs_fpcr") or (fpen, at) == (0, "el1")
                                 or (fpen, at) == (1, "el0")):
                    case(f"fpen{fpen}_{what}_{at}", asm.replace("{{", "{").replace("}}", "}"),
                         f"{state} x0=data d1=1.0 d2=2.0 CPACR_EL1={fpen << 20:#x}")
    timer = {"cntpct_el0": 0, "cntvct_el0": 1, "cntp_ctl_el0": 9, "cntv_ctl_el0": 8,
             "cntp_cval_el0": 9, "cntv_cval_el0": 8, "cntp_tval_el0": 9, "cntv_tval_el0": 8,
             "cntfrq_el0": None}
    for reg, bit in timer.items():
        for name, control in (("none", 0), ("all", 0x303),
                              ("others", 0x303 & ~(1 << bit if bit is not None else 3))):
            if name == "all" and reg[4] != "_" or (name == "others" and bit is None):
                continue
            if reg == "cntfrq_el0" and name == "all" or "tval" in reg and name == "all":
                continue
            case(f"cntkctl_{name}_mrs_{reg}", f"mrs x0, {reg}",
                 f"CNTKCTL_EL1={control:#x} {reg.upper()}=0" if "cval" in reg
                 else f"CNTKCTL_EL1={control:#x}")
            if "_c" in reg and name != "all":
                case(f"cntkctl_{name}_msr_{reg}", f"msr {reg}, x0", f"CNTKCTL_EL1={control:#x} x0=0")
    pmu = ("pmcr_el0 pmcntenset_el0 pmcntenclr_el0 pmovsclr_el0 pmselr_el0 pmceid0_el0 pmccntr_el0 "
           "pmuserenr_el0 pmovsset_el0 pmccfiltr_el0 pmxevtyper_el0 pmxevcntr_el0 pmevcntr0_el0 "
           "pmevtyper0_el0").split()
    for reg in pmu:
        case(f"pmuserenr0_mrs_{reg}", f"mrs x0, {reg}", "")
        if not reg.startswith("pmceid"):
            case(f"pmuserenr0_msr_{reg}", f"msr {reg}, x0", "")
    case("pmuserenr0_msr_pmswinc_el0", "msr pmswinc_el0, x0", "")
    for value, reg in ((2, "pmcr_el0"), (4, "pmcr_el0"), (8, "pmcntenset_el0"), (8, "pmovsset_el0"),
                       (0xe, "pmccfiltr_el0"), (0xe, "pmcntenclr_el0")):
        case(f"pmuserenr{value:x}_mrs_{reg}", f"mrs x0, {reg}", f"PMUSERENR_EL0={value:#x}")
    for value, reg in ((1, "pmcntenset_el0"), (1, "pmselr_el0"), (8, "pmselr_el0"),
                       (1, "pmovsclr_el0")):
        case(f"pmuserenr{value:x}_allows_mrs_{reg}", f"mrs x0, {reg}", f"PMUSERENR_EL0={value:#x}")
    for at, state in LEVELS:
        a = SCTLR | 2
        for name, asm in (("ldr", "ldr x1, [x0]"), ("strh", "strh w1, [x0]"),
                          ("ldp", "ldp w1, w2, [x0]"), ("ldr_q", "ldr q1, [x0]")):
            case(f"sctlr_a_{name}_{at}", asm, f"{state} x0=data+3 SCTLR_EL1={a:#x}")
        case(f"sctlr_a_ldrb_{at}", "ldrb w1, [x0]", f"{state} x0=data+3 SCTLR_EL1={a:#x}")
    for at, state in LEVELS:
        for name, asm, address in (("ldr", "ldr w1, [x0]", "data-4"), ("strb", "strb w1, [x0]", "rodata"),
                                   ("ldp_crosses", "ldp x1, x2, [x0]", "rodata+0xff8"),
                                   ("ldr_crosses", "ldr x1, [x0]", "rodata+0xffc"),
                                   ("ldxr_unaligned", "ldxr x1, [x0]", "data+4"),
                                   ("stlr_unaligned", "stlr w1, [x0]", "data+2"),
                                   ("ldar_unmapped", "ldar x1, [x0]", "data-8"),
                                   ("swp_read_only", "swp x1, x2, [x0]", "rodata"),
                                   ("ld1_unmapped", "ld1 {v0.16b}, [x0]", "data-16"),
                                   ("ldr_high", "ldr x1, [x0]", "0xffff000000000000"),
                                   ("ldr_noncanonical", "ldr x1, [x0]", "0x1000000000000"),
                                   ("ldr_tagged_unmapped", "ldr x1, [x0]", "0x7700000020b46000"),
                                   ("str_pre_unmapped", "str x1, [x0, #-8]!", "data")):
            cpu = f"cpu={QARMA} " if name.startswith("swp") else ""
            case(f"abort_{name}_{at}", asm, f"{cpu}{state} x0={address}")
        for name, address in (("no_execute", "data"), ("unmapped", "data-4096"),
                              ("unaligned", "pc+2"), ("high", "0xffff000000000000")):
            case(f"fetch_{name}_{at}", "br x0", f"{state} x0={address}")
    case("pc_misaligned_ret", "ret x3", "x3=pc+7")
    for tdcc in (0, 1):
        case(f"tdcc{tdcc}_mrs_mdccsr_el1", "mrs x0, mdccsr_el0", f"el=1 MDSCR_EL1={tdcc << 12:#x}")


def main():
    build = pathlib.Path(sys.argv[1])
    qemu = shutil.which("qemu-system-aarch64")
    if not qemu:
        sys.exit("generate_el1.py: qemu-system-aarch64 is not installed")
    for part in (exceptions, returns, pstate, registers, maintenance, traps):
        part()
    version = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    path = HERE / "el1_machine.a64t"
    path.write_text(HEADER.format(version=version.split()[3]) + "".join(
        f"\n[{name}]\nasm:  {asm}\n" + (f"in:   {' '.join(state.split())}\n" if state.strip() else "")
        for name, (asm, state) in cases.items()))
    subprocess.run([build / "a64test", "--update", "--oracle", qemu, path], check=True)
    print(f"{path.name}: {len(cases)} cases")


if __name__ == "__main__":
    main()

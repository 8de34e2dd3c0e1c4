#!/usr/bin/env python3
"""
In a release build by clang 19 on x86-64 threaded dispatch is what it should be:

    handlers.py MINI-A64

Each handler ends by jumping to the next; none calls it, none returns, but those
that leave the engine; and the handlers of everyday instructions, and of pairs
of them, neither call anything nor save a register.
"""

import platform
import re
import shutil
import subprocess
import sys

from source import finish, skip

# Rows of a64.def whose handlers must do without the stack. Each has to be there.
HOT = """
add_imm adds_imm sub_imm subs_imm add_shift adds_shift sub_shift subs_shift add_ext sub_ext
and_imm orr_imm eor_imm ands_imm and_shift bic_shift orr_shift orn_shift eor_shift ands_shift
movn movz movk adr adrp sbfm bfm ubfm extr adc sbc csel csinc csinv csneg ccmp_reg ccmp_imm
madd msub umaddl smaddl umulh udiv sdiv lslv lsrv asrv rbit rev_w rev_x clz
b_uncond bl b_cond cbz cbnz tbz tbnz br blr ret hint
ldrb_imm ldrh_imm ldr_w_imm ldr_x_imm ldrsb_x_imm ldrsh_x_imm ldrsw_imm ldr_x_post ldr_x_pre
ldrb_reg ldr_w_reg ldr_x_reg ldr_x_lit ldur_x ldtr_x
strb_imm strh_imm str_w_imm str_x_imm str_x_post str_x_pre strb_reg str_w_reg str_x_reg stur_x
ldp_x_off ldp_x_pre ldp_x_post stp_x_off stp_x_pre stp_x_post ldxr stxr ldar stlr
""".split()

# Not an instruction's. Those in LEAVING give the CPU back to the run loop.
OTHERS = {"op_decode", "op_exit", "op_far_miss", "op_fp_trap", "op_leave", "op_missing",
          "op_page_end", "op_profile", "op_raise", "op_step_end", "op_switch", "op_undefined"}
LEAVING = OTHERS - {"op_decode", "op_missing", "op_profile"}

# They call something that was handed in, which is not a handler: the firmware.
CALLS_BACK = {"op_hvc_0", "op_hlt_0"}

INSTRUCTION_HANDLER = re.compile(r"op_\w+_\d+(_slow)?")


def disassemble(binary):
    """The handlers of BINARY: name -> [(instruction, operands)]."""
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", binary],
                         capture_output=True, text=True, check=True).stdout
    handlers, body = {}, None
    for line in out.splitlines():
        label = re.match(r"[0-9a-f]+ <(\w+)>:$", line)
        if label:
            handler = label[1] in OTHERS or INSTRUCTION_HANDLER.fullmatch(label[1])
            body = handlers.setdefault(label[1], []) if handler else None
        elif body is not None and line.count("\t") > 1:
            words = line.split("\t", 2)[1:]
            body.append((words[0].strip(), words[1].strip()))
        elif body is not None and "\t" in line:
            words = line.split("\t", 1)[1].split(None, 1)
            body.append((words[0], words[1] if len(words) > 1 else ""))
    return handlers


def check_end(handler, body):
    """What stands last, padding aside, is a jump, or nothing that comes back."""
    code = [i for i in body if not re.match(r"nop|xchg|data16|cs$|int3", i[0])]
    last = code[-1][0]
    if last.startswith("jmp") or (last.startswith("ret") and handler in LEAVING):
        return None
    if last.startswith("call") and re.search(r"<(__assert_fail|abort)", code[-1][1]):
        return None
    return f"ends in {' '.join(code[-1])}"


def check_dispatch(handler, body):
    for word, operands in body:
        if word.startswith("call") and operands.startswith("*") and handler not in CALLS_BACK:
            return f"calls through a pointer: {operands}"
        if word.startswith("ret") and handler not in LEAVING:
            return "returns"
    return None


def check_hot(body):
    for word, operands in body:
        if re.match(r"push|pop|call", word):
            return f"is hot, and has a {word} {operands}"
    return None


if platform.machine() != "x86_64":
    skip("this reads x86-64 code")
if not shutil.which("objdump"):
    skip("there is no objdump")
handlers = disassemble(sys.argv[1])
complaints = [f"{h}: not found" for h in sorted(OTHERS - handlers.keys())]
hot = set()
for handler, body in handlers.items():
    wrong = [check_end(handler, body), check_dispatch(handler, body)]
    row = re.fullmatch(r"op_(\w+)_\d+", handler)
    if row and (row[1] in HOT or row[1].startswith("fused_")):
        hot.add(row[1])
        wrong.append(check_hot(body))
    complaints += [f"{handler}: {w}" for w in wrong if w]
complaints += [f"{row}: has no handler" for row in HOT if row not in hot]
finish(complaints, len(handlers))

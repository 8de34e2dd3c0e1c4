# For gdb with a Linux vmlinux (5.4 and later) on mini-a64 or any other machine:
#
#   (gdb) source tools/gdb/mini-a64.py
#
# tour.md beside it shows what it is good for.
#
# - `bt` goes on from the kernel through the exception to the code it came from:
#   the registers that the entry code has saved are in the struct pt_regs at the
#   top of the task's kernel stack (arch/arm64/kernel/entry.S).
# - $lx_current() is the running task, which 5.4's own script cannot find on
#   arm64: SP_EL0 holds it while the kernel runs.
# - Between two stops gdb reads a line of the kernel's memory only once. It asks for
#   the same few instructions ten times for each `stepi`, which then takes half
#   as long.

import gdb
import gdb.unwinder

# Functions that the entry code calls with pt_regs in the frame above theirs; what
# calls them is assembly without unwind information. Names of 5.4 to 6.x.
ENTRY_LABELS = (
    "el0_sync", "el0_svc", "el0_irq", "el0_da", "el0_ia", "el0_undef", "el0_dbg", "el0_error",
    "el1_sync", "el1_irq", "el1_da", "el1_undef", "el1_dbg", "el1_error", "work_pending",
    "ret_to_user", "ret_from_fork", "el0t_64_sync", "el0t_64_irq", "el1h_64_sync", "el1h_64_irq",
)


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


def pt_regs_type():
    try:
        return gdb.lookup_type("struct pt_regs")
    except gdb.error:
        return None


class ExceptionUnwinder(gdb.unwinder.Unwinder):
    """From the entry code, whose SP is at pt_regs, to what was interrupted."""

    def __init__(self):
        super().__init__("mini-a64 exception")

    def __call__(self, pending):
        pc = int(pending.read_register("pc"))
        block = gdb.execute("info symbol %#x" % pc, to_string=True).split()
        if not block or block[0].split("+")[0] not in ENTRY_LABELS:
            return None
        regs = pt_regs_type()
        if regs is None:
            return None
        sp = int(pending.read_register("sp"))
        # At the vector itself nothing is saved yet.
        frame = gdb.Value(sp).cast(regs.pointer()).dereference()
        try:
            saved_pc, saved_sp = int(frame["pc"]), int(frame["sp"])
        except gdb.MemoryError:
            return None
        if not saved_pc or saved_pc & 3:
            return None
        unwind = pending.create_unwind_info(
            FrameId(pending.read_register("sp"), pending.read_register("pc")))
        for i in range(31):
            unwind.add_saved_register("x%d" % i, frame["regs"][i])
        unwind.add_saved_register("sp", frame["sp"])
        unwind.add_saved_register("pc", frame["pc"])
        unwind.add_saved_register("cpsr", frame["pstate"].cast(gdb.lookup_type("unsigned int")))
        return unwind


class LxCurrent(gdb.Function):
    """$lx_current(): the struct task_struct that the CPU executes for."""

    def __init__(self):
        super().__init__("lx_current")

    def invoke(self, cpu=-1):
        task = gdb.lookup_type("struct task_struct").pointer()
        address = int(gdb.parse_and_eval("(unsigned long)$SP_EL0"))
        if not address >> 63:  # user code runs: the entry code's copy
            offset = int(gdb.parse_and_eval("(unsigned long)$TPIDR_EL1"))
            entry = int(gdb.parse_and_eval("(unsigned long)&__entry_task"))
            pointer = gdb.Value(entry + offset & (1 << 64) - 1).cast(task.pointer())
            return pointer.dereference().dereference()
        return gdb.Value(address).cast(task).dereference()


def cache_kernel(event=None):
    """Once vmlinux is there. What is read is forgotten whenever anything runs."""
    try:
        first, end = (int(gdb.parse_and_eval("(unsigned long)&%s" % s)) for s in ("_text", "_end"))
    except gdb.error:
        return
    if "%016x" % first not in gdb.execute("info mem", to_string=True):
        gdb.execute("set mem inaccessible-by-default off")
        gdb.execute("mem %#x %#x rw cache" % (first, end), to_string=True)


def define_current(event=None):
    """The kernel's scripts, loaded later, would put one that fails in its place."""
    LxCurrent()


gdb.unwinder.register_unwinder(None, ExceptionUnwinder(), replace=True)
define_current()
cache_kernel()
gdb.events.new_objfile.connect(cache_kernel)
gdb.events.stop.connect(define_current)

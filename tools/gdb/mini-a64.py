# For gdb with a Linux vmlinux (5.4 and later) on mini-a64 or any other machine:
#
#   (gdb) source tools/gdb/mini-a64.py
#
# tour.md beside it shows what it is good for.
#
# - `bt` goes on from the kernel through the exception to the code it came from:
#   the registers that the entry code has saved are in the struct pt_regs at the
#   top of the task's kernel stack (arch/arm64/kernel/entry.S). From user code it
#   goes on along the frame records of x29 (Arm's AAPCS64), as compilers leave them.
# - $lx_current() is the running task, which 5.4's own script cannot find on
#   arm64: SP_EL0 holds it while the kernel runs.
# - Between two stops gdb reads a line of the kernel's memory only once. It asks for
#   the same few instructions five times for each `stepi`, which then takes a quarter
#   less time.

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


def is_user(address):
    return not address >> 55 & 1


def read_memory(first, end):
    """Nothing, if it can't be read."""
    try:
        return bytes(gdb.selected_inferior().read_memory(first, end - first))
    except gdb.MemoryError:
        return b""


class ExceptionUnwinder(gdb.unwinder.Unwinder):
    """From the entry code, whose SP is at pt_regs, to what was interrupted."""

    def __init__(self, user):
        super().__init__("mini-a64 exception")
        self.user = user
        self.find_code()
        gdb.events.new_objfile.connect(self.find_code)

    def find_code(self, event=None):
        """Where entry code is, so that everything else can be told from it in no time."""
        try:
            self.first, end, fork = (int(gdb.parse_and_eval("(unsigned long)&" + s)) for s in
                                     ("__entry_text_start", "__entry_text_end", "ret_from_fork"))
            self.end = max(end, fork + 256)
        except gdb.error:
            self.first, self.end = 0, 1 << 64

    def __call__(self, pending):
        pc = int(pending.read_register("pc")) & (1 << 64) - 1
        if not self.first <= pc <= self.end:
            return None
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
        if is_user(saved_pc):
            self.user.add(saved_pc, saved_sp, True)
        unwind = pending.create_unwind_info(
            FrameId(pending.read_register("sp"), pending.read_register("pc")))
        for i in range(31):
            unwind.add_saved_register("x%d" % i, frame["regs"][i])
        unwind.add_saved_register("sp", frame["sp"])
        unwind.add_saved_register("pc", frame["pc"])
        unwind.add_saved_register("cpsr", frame["pstate"].cast(gdb.lookup_type("unsigned int")))
        return unwind


class UserUnwinder(gdb.unwinder.Unwinder):
    """
    User code that the kernel was entered from. gdb's own unwinders would stop at its
    first frame, since the stack seems to go down from the kernel's there.
    """

    RET = 0xD65F03C0
    FURTHEST = 4096  # bytes that are looked through for a prologue

    def __init__(self):
        super().__init__("mini-a64 user code")
        self.frames = {}  # (pc, sp) of those that are behind an exception: is it the first?
        gdb.events.cont.connect(lambda event: self.frames.clear())

    def add(self, pc, sp, first):
        self.frames[pc, sp] = first

    def has_record(self, pc):
        """Whether the code before PC has saved x29 and x30 and has not returned."""
        data = read_memory(pc - self.FURTHEST, pc) or read_memory(pc & ~0xFFF, pc)
        for at in range(len(data) - 4, -1, -4):
            word = int.from_bytes(data[at:at + 4], "little")
            if word == self.RET:
                return False
            if word & 0xFEC07FFF == 0xA8807BFD:  # STP x29, x30, [sp, ...]
                return True
        return False

    def __call__(self, pending):
        if not self.frames:
            return None
        read = lambda name: int(pending.read_register(name)) & (1 << 64) - 1
        pc, sp = read("pc"), read("sp")
        first = self.frames.get((pc, sp))
        if first is None or not pending.level():
            return None
        fp = read("x29")
        # Higher than the kernel's stack, or gdb takes it for a corrupt one.
        unwind = pending.create_unwind_info(
            FrameId(gdb.Value(sp | 0xFFFF << 48), pending.read_register("pc")))
        if first and not self.has_record(pc):
            caller, caller_fp, caller_sp = read("x30"), fp, sp
        else:
            record = read_memory(fp, fp + 16) if fp else b""
            caller_fp, caller = (int.from_bytes(record[i:i + 8], "little") for i in (0, 8))
            caller_sp = fp + 16
        caller &= (1 << 48) - 1  # an authentication code may be above
        if caller & 3 or not first and caller_sp <= sp:
            caller, caller_sp = 0, sp + 16  # gdb ends there
        self.add(caller, caller_sp, False)
        for name, value in (("pc", caller), ("x29", caller_fp), ("sp", caller_sp)):
            unwind.add_saved_register(
                name, gdb.Value(value).cast(gdb.lookup_type("unsigned long")))
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


user = UserUnwinder()
gdb.unwinder.register_unwinder(None, user, replace=True)
gdb.unwinder.register_unwinder(None, ExceptionUnwinder(user), replace=True)
define_current()
cache_kernel()
gdb.events.new_objfile.connect(cache_kernel)
gdb.events.stop.connect(define_current)

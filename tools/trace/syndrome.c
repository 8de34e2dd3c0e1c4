/*
 * Syndromes in words (syndrome.h).
 */
#include "tools/trace/syndrome.h"

#include "core/exception.h"

const char *syndrome_class(u32 ec)
{
    static const struct {
        u8 ec;
        const char *words;
    } classes[] = {
        {EC_UNKNOWN, "unknown reason: an undefined instruction"},
        {EC_WFX, "trapped WFI or WFE"},
        {EC_FP_ACCESS, "SIMD or floating point, trapped by CPACR_EL1.FPEN"},
        {EC_ILLEGAL_STATE, "illegal execution state"},
        {EC_SVC, "SVC"},
        {EC_HVC, "HVC"},
        {EC_SMC, "SMC"},
        {EC_SYSREG, "trapped MSR, MRS or system instruction"},
        {EC_INSN_ABORT, "instruction abort from EL0"},
        {EC_INSN_ABORT + 1, "instruction abort from EL1"},
        {EC_PC_ALIGNMENT, "PC alignment fault"},
        {EC_DATA_ABORT, "data abort from EL0"},
        {EC_DATA_ABORT + 1, "data abort from EL1"},
        {EC_SP_ALIGNMENT, "SP alignment fault"},
        {EC_FP_TRAP, "trapped floating-point exception"},
        {EC_SERROR, "SError"},
        {EC_BREAKPOINT, "breakpoint from EL0"},
        {EC_BREAKPOINT + 1, "breakpoint from EL1"},
        {EC_SOFTWARE_STEP, "software step from EL0"},
        {EC_SOFTWARE_STEP + 1, "software step from EL1"},
        {EC_WATCHPOINT, "watchpoint from EL0"},
        {EC_WATCHPOINT + 1, "watchpoint from EL1"},
        {EC_BRK, "BRK"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(classes); i++)
        if (classes[i].ec == ec)
            return classes[i].words;
    return "reserved";
}

/* DFSC and IFSC, ISS<5:0> of an abort. */
static void add_fault(u32 iss, bool data, struct text *out)
{
    static const char *const faults[] = {"address size", "translation", "access flag",
                                         "permission"};
    u32 status = iss & 0x3f;
    if (status < FAULT_EXTERNAL)
        text_printf(out, ": %s fault, level %u", faults[status >> 2], status & 3);
    else if (status == FAULT_ALIGNMENT)
        text_puts(out, ": alignment fault");
    else if (status == FAULT_EXTERNAL)
        text_puts(out, ": external abort");
    else if ((status & ~3u) == FAULT_EXTERNAL_WALK)
        text_printf(out, ": external abort of the walk, level %u", status & 3);
    else
        text_printf(out, ": fault status %#x", status);
    if (iss & ISS_S1PTW)
        text_puts(out, ", of the walk");
    if (data)
        text_puts(out, iss & ISS_CM    ? ", by cache maintenance"
                       : iss & ISS_WNR ? ", a write"
                                       : ", a read");
}

/* The MSR, MRS or system instruction of class 0x18, by name when it has one. */
static void add_access(u32 iss, struct text *out)
{
    u32 op0 = iss >> 20 & 3, op2 = iss >> 17 & 7, op1 = iss >> 14 & 7, crn = iss >> 10 & 15;
    u32 crm = iss >> 1 & 15;
    int row = sysreg_find(SYSREG_ENCODING(op0, op1, crn, crm, op2), !(iss & 1));
    text_puts(out, iss & 1 ? " read of " : " write of ");
    if (row >= 0)
        text_puts(out, sysreg_rows[row].name);
    else
        text_printf(out, "S%u_%u_C%u_C%u_%u", op0, op1, crn, crm, op2);
    text_printf(out, ", X%u", iss >> 5 & 31);
}

void syndrome_describe(u64 esr, struct text *out)
{
    u32 ec = (u32)bits(esr, 31, 26), iss = (u32)bits(esr, 24, 0);
    switch (ec) {
    case EC_SVC:
    case EC_HVC:
    case EC_SMC:
    case EC_BRK:
        text_printf(out, " #%u", iss & 0xffff);
        break;
    case EC_INSN_ABORT:
    case EC_INSN_ABORT + 1:
    case EC_DATA_ABORT:
    case EC_DATA_ABORT + 1:
        add_fault(iss, (ec & ~1u) == EC_DATA_ABORT, out);
        break;
    case EC_SYSREG:
        add_access(iss, out);
        break;
    case EC_WFX:
        text_puts(out, iss & 1 ? " WFE" : " WFI");
        break;
    default:
        break;
    }
}

/*
 * Starting the reference machine and having it run a case (machine.h).
 */
#include "tools/a64test/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/exception.h"
#include "tools/a64test/run.h"

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE UINT64_C(0x04000000)

enum { ANSWER_MS = 10000, PAUSE_NS = 20000 };
enum {
    MSR_X1 = (int)0xd5000001,
    MRS_X1 = (int)0xd5200001,
    ENCODING_SHIFT = 5,
    WORD_RET = (int)0xd65f03c0
};

bool machine_is_meant(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !strncmp(slash ? slash + 1 : path, "qemu-system", strlen("qemu-system"));
}

void machine_init(struct machine *m, const char *qemu, const char *image)
{
    *m = (struct machine){.qemu = qemu, .image = image, .file = -1};
}

/* The memory at VA of the machine's map. */
static void *at(struct machine *m, u64 va)
{
    return m->ram + (va + MACHINE_OFFSET - RAM_BASE);
}

/* Registers that each case finds as the test bed has them. */
static const u16 restored[] = {
    MAIR_EL1,      TCR_EL1,       TTBR0_EL1,     VBAR_EL1,      CPACR_EL1,
    SCTLR_EL1,     ESR_EL1,       FAR_EL1,       ELR_EL1,       SPSR_EL1,
    PAR_EL1,       TPIDR_EL0,     TPIDR_EL1,     TPIDRRO_EL0,   CONTEXTIDR_EL1,
    CNTKCTL_EL1,   PMUSERENR_EL0, MDSCR_EL1,     TTBR1_EL1,     CSSELR_EL1,
    PAN,           UAO,           DIT,           SSBS,          APIAKeyLo_EL1,
    APIAKeyHi_EL1, APIBKeyLo_EL1, APIBKeyHi_EL1, APDAKeyLo_EL1, APDAKeyHi_EL1,
    APDBKeyLo_EL1, APDBKeyHi_EL1, APGAKeyLo_EL1, APGAKeyHi_EL1,
};

static bool is_restored(unsigned row)
{
    for (unsigned i = 0; i < ARRAY_LEN(restored); i++)
        if (restored[i] == row)
            return true;
    return false;
}

/* Registers that hold time, whose reading does something, or that are compared by themselves. */
static bool is_special(unsigned row)
{
    static const u16 special[] = {
        SP_EL0,
        SP_EL1,
        SPSel,
        CurrentEL,
        PAN,
        UAO,
        DIT,
        SSBS,
        NZCV,
        DAIF,
        FPCR,
        FPSR,
        RNDR,
        RNDRRS,
        ELR_EL1,
        SPSR_EL1,
        ESR_EL1,
        FAR_EL1,
        CNTPCT_EL0,
        CNTVCT_EL0,
        CNTP_TVAL_EL0,
        CNTV_TVAL_EL0,
        PMCCNTR_EL0,
        PMXEVCNTR_EL0,
        PMXEVTYPER_EL0,
        PMEVCNTR0_EL0,
        PMEVCNTR1_EL0,
        PMEVCNTR2_EL0,
        PMEVCNTR3_EL0,
        PMEVCNTR4_EL0,
        PMEVCNTR5_EL0,
        DBGDTR_EL0,
        DBGDTRRX_EL0,
        DBGBVR4_EL1,
        DBGBVR5_EL1,
        OSDTRRX_EL1,
        OSDTRTX_EL1,
        DBGCLAIMSET_EL1,
        CNTP_CTL_EL0,
        CNTV_CTL_EL0,
    };
    for (unsigned i = 0; i < ARRAY_LEN(special); i++)
        if (special[i] == row)
            return true;
    return false;
}

static void choose_registers(struct machine *m)
{
    struct machine_shared *s = m->shared;
    s->gets = 0;
    for (unsigned i = 0; i < SYS_ROWS && s->gets < MACHINE_GETS; i++) {
        const struct sysreg_row *r = &sysreg_rows[i];
        if (!(r->access & EL1_R) || (r->needs & ~m->model->features) || is_special(i))
            continue;
        m->row[s->gets] = i;
        s->get_word[s->gets++] = (u32)MRS_X1 | (u32)r->encoding << ENCODING_SHIFT;
    }
}

/* The machine's memory, before it starts: program, tables, what tells it of them. */
static bool fill(struct machine *m)
{
    int file = open(m->image, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, at(m, MACHINE_IMAGE), MACHINE_IMAGE_SIZE);
    if (file >= 0)
        close(file);
    if (got <= 0)
        return false;
    m->shared = at(m, MACHINE_SHARED);
    const u64 page = RECORD_PAGE, code = MACHINE_CASE & ~(page - 1);
    testbed_map(m->bed, MACHINE_IMAGE, MACHINE_IMAGE + MACHINE_OFFSET,
                MACHINE_IMAGE_SIZE + MACHINE_ROUTINES_SIZE, false);
    testbed_map(m->bed, MACHINE_SHARED, MACHINE_SHARED + MACHINE_OFFSET, MACHINE_SHARED_SIZE, true);
    testbed_map(m->bed, MACHINE_CODE, code + MACHINE_OFFSET, page, true);
    testbed_map(m->bed, MACHINE_BUILDER, MACHINE_ROUTINES + MACHINE_OFFSET, MACHINE_ROUTINES_SIZE,
                true);
    memcpy(m->ram + (TESTBED_TABLES - RAM_BASE),
           bus_host(&m->bed->bus, TESTBED_TABLES, TESTBED_TABLE_PAGES * page),
           TESTBED_TABLE_PAGES * page);
    /* The first exception comes before there are routines. */
    *(u32 *)at(m, MACHINE_ROUTINES + MACHINE_GETTER) = (u32)WORD_RET;
    static const u16 boot[] = {MAIR_EL1, TCR_EL1, TTBR0_EL1, VBAR_EL1, CPACR_EL1, SCTLR_EL1};
    for (unsigned i = 0; i < ARRAY_LEN(boot); i++)
        m->shared->boot[i] = m->bed->baseline[boot[i]];
    choose_registers(m);
    return true;
}

/* In the child. It ends with us, for the machine waits without an end. */
__attribute__((noreturn)) static void become_machine(const struct machine *m)
{
    char memory[96], start[64];
    fcntl(m->file, F_SETFD, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(memory, sizeof(memory),
             "memory-backend-file,id=ram,share=on,size=%llu,mem-path=/proc/self/fd/%d",
             (unsigned long long)RAM_SIZE, m->file);
    snprintf(start, sizeof(start), "loader,cpu-num=0,addr=0x%x",
             MACHINE_IMAGE + MACHINE_OFFSET + MACHINE_ENTRY);
    execlp(m->qemu, m->qemu, "-machine", "virt,memory-backend=ram", "-m", "64M", "-cpu",
           m->model->name, "-nodefaults", "-display", "none", "-serial", "none", "-monitor", "none",
           "-object", memory, "-device", start, (char *)NULL);
    fprintf(stderr, "cannot run %s: %s; install qemu-system-arm or name it with --oracle\n",
            m->qemu, strerror(errno));
    _exit(127);
}

static u64 now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/* Until the machine has done COUNT requests. */
static bool wait_done(struct machine *m, u64 count)
{
    const struct timespec pause = {0, PAUSE_NS};
    u64 limit = now_ms() + ANSWER_MS;
    while (now_ms() < limit) {
        if (__atomic_load_n(&m->shared->done, __ATOMIC_ACQUIRE) >= count)
            return true;
        if (waitpid(m->pid, NULL, WNOHANG) == m->pid) {
            m->pid = 0;
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

void machine_stop(struct machine *m)
{
    if (m->pid > 0) {
        kill(m->pid, SIGKILL);
        waitpid(m->pid, NULL, 0);
    }
    if (m->ram)
        munmap(m->ram, RAM_SIZE);
    if (m->file >= 0)
        close(m->file);
    if (m->bed)
        testbed_destroy(m->bed);
    machine_init(m, m->qemu, m->image);
}

static const char *start(struct machine *m, const struct cpu_model *model)
{
    m->model = model;
    m->bed = testbed_create(model);
    m->file = memfd_create("a64-machine", MFD_CLOEXEC);
    if (!m->bed || m->file < 0 || ftruncate(m->file, (off_t)RAM_SIZE))
        return "there is no memory for the reference machine";
    void *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, 0);
    if (ram == MAP_FAILED)
        return "there is no memory for the reference machine";
    m->ram = ram;
    if (!fill(m))
        return "the program of the reference machine can't be read (--reference names it)";
    m->pid = fork();
    if (m->pid == 0)
        become_machine(m);
    return m->pid > 0 && wait_done(m, 1) ? NULL : "the reference machine does not start";
}

static bool add_set(struct machine *m, unsigned row, u64 value)
{
    struct machine_shared *s = m->shared;
    if (s->sets == MACHINE_SETS)
        return false;
    s->set_word[s->sets] = (u32)MSR_X1 | (u32)sysreg_rows[row].encoding << ENCODING_SHIFT;
    s->set_value[s->sets++] = value;
    return true;
}

static void add_restored(struct machine *m)
{
    for (unsigned i = 0; i < ARRAY_LEN(restored); i++)
        if (!(sysreg_rows[restored[i]].needs & ~m->model->features))
            add_set(m, restored[i], m->bed->baseline[restored[i]]);
}

/* What a setting of PSTATE's own registers is in SPSR_EL1: the bits have the same places. */
static u64 pstate_bit(const struct setting *s)
{
    bool of_pstate = s->index == PAN || s->index == UAO || s->index == DIT || s->index == SSBS;
    return of_pstate ? s->value[0] & sysreg_rows[s->index].writable : 0;
}

static const char *prepare(struct machine *m, const struct test_case *c,
                           const struct case_state *start)
{
    struct machine_shared *s = m->shared;
    s->sets = 0;
    s->pstate = (u64)start->nzcv << 28 | (u64)start->daif << 6 | (u64)start->el << 2 |
                (start->el && start->sp_sel);
    add_restored(m);
    for (unsigned i = 0; i < c->in.count; i++) {
        const struct setting *t = &c->in.item[i];
        if (t->kind != SET_SYSREG)
            continue;
        s->pstate |= pstate_bit(t);
        if (!(sysreg_rows[t->index].access & EL1_W) || !add_set(m, t->index, t->value[0]))
            return "the reference machine can't set one of its system registers";
    }
    memcpy(s->x, start->x, sizeof(start->x));
    memcpy(s->sp, start->sp, sizeof(start->sp));
    memcpy(s->v, start->v, sizeof(start->v));
    s->pc = start->pc;
    s->fpcr = start->fpcr;
    s->fpsr = start->fpsr;
    memset(s->word, 0, sizeof(s->word));
    memcpy(s->word, c->word, 4 * c->words);
    memcpy(at(m, RECORD_DATA), start->data, sizeof(start->data));
    return NULL;
}

static const struct exception_name *name_of(u64 esr)
{
    const struct exception_name *e = NULL;
    for (unsigned i = 0; (e = case_exception_at(i)); i++)
        if (bits(esr, 31, 26) == e->ec_el0 || bits(esr, 31, 26) == e->ec_el1)
            break;
    return e;
}

/* Does FAR_EL1 say something (D19.2.40)? */
static bool has_far(u64 esr)
{
    switch (bits(esr, 31, 26) & ~1u) {
    case EC_INSN_ABORT:
    case EC_PC_ALIGNMENT:
    case EC_DATA_ABORT:
    case EC_WATCHPOINT:
        return true;
    default:
        return false;
    }
}

static const char *take_exception(struct machine *m, const struct test_case *c, struct observed *is)
{
    const struct machine_shared *s = m->shared;
    struct raised raised = {true, s->esr, s->far, s->pstate, s->vector};
    is->has_syndrome = true;
    is->esr = s->esr;
    is->far = s->far;
    is->spsr = s->pstate;
    if (run_raised_behind(c, &raised, s->pc))
        return NULL;
    is->exception = name_of(s->esr);
    is->has_far = has_far(s->esr);
    return is->exception ? NULL : "the reference machine takes an exception that has no name here";
}

/* What system registers it changed. */
static const char *take_system(struct machine *m, struct observed *is)
{
    const struct machine_shared *s = m->shared;
    is->systems = 0;
    for (unsigned i = 0; i < s->gets; i++) {
        m->changed |= s->after[i] != m->usual[i] && !is_restored(m->row[i]);
        if (s->before[i] == s->after[i] || s->after[i] == MACHINE_MISSING)
            continue;
        if (is->systems == OBSERVED_SYSTEM)
            return "too many system registers change";
        is->system[is->systems].row = m->row[i];
        is->system[is->systems++].value = s->after[i];
    }
    return NULL;
}

static const char *take(struct machine *m, const struct test_case *c, struct observed *is)
{
    const struct machine_shared *s = m->shared;
    struct case_state *to = &is->state;
    memcpy(to->x, s->x, sizeof(to->x));
    memcpy(to->sp, s->sp, sizeof(to->sp));
    memcpy(to->v, s->v, sizeof(to->v));
    memcpy(to->data, at(m, RECORD_DATA), sizeof(to->data));
    to->pc = s->pc;
    to->nzcv = (u8)bits(s->pstate, 31, 28);
    to->daif = (u8)bits(s->pstate, 9, 6);
    to->el = (u8)bits(s->pstate, 3, 2);
    to->sp_sel = (u8)bit(s->pstate, 0);
    to->fpcr = (u32)s->fpcr;
    to->fpsr = (u32)s->fpsr;
    const char *why = take_exception(m, c, is);
    return why ? why : take_system(m, is);
}

static bool execute(struct machine *m)
{
    u64 request = m->shared->request + 1;
    __atomic_store_n(&m->shared->request, request, __ATOMIC_RELEASE);
    return wait_done(m, request + 1);
}

/* What the registers hold around a case that does nothing. */
static const char *learn_usual(struct machine *m)
{
    static const struct test_case nothing = {.words = 0};
    struct case_state state;
    case_default_state(&state);
    const char *why = prepare(m, &nothing, &state);
    if (!why && !execute(m))
        why = "the reference machine does not answer";
    memcpy(m->usual, m->shared->after, sizeof(m->usual));
    m->changed = false;
    return why;
}

const char *machine_observe(struct machine *m, const struct cpu_model *model,
                            const struct test_case *c, const struct case_state *state,
                            struct observed *is)
{
    const char *why = NULL;
    memset(is, 0, sizeof(*is));
    if (m->model != model || m->changed) {
        machine_stop(m);
        why = start(m, model);
        if (!why)
            why = learn_usual(m);
    }
    if (!why)
        why = prepare(m, c, state);
    if (!why && !execute(m)) {
        machine_stop(m);
        return "it does not end on the reference machine";
    }
    if (!why)
        why = take(m, c, is);
    return why;
}

/*
 * Instructions that are not understood, with what is behind them that isn't either, make
 * one raw piece.
 */
#include "core/stencil/anatomy.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/cpu.h"

enum { BASE_CPU = 12 /* r12: core/engine/uop.h */ };

static bool is_register_hole(enum stencil_hole hole)
{
    return hole >= HOLE_X_D && hole <= HOLE_X_LR;
}

static const char *mnemonic(const char *text)
{
    return text + strspn(text, " \t");
}

static bool starts_with(const char *text, const char *what)
{
    return strncmp(text, what, strlen(what)) == 0;
}

/* Where a line jumps to inside the stencil; -1 if it doesn't: it has a place, or is no jump. */
static long jump_target(const struct listing_line *l, bool has_place)
{
    const char *text = mnemonic(l->text);
    if (*text != 'j' || has_place || strchr(text, '*'))
        return -1;
    return strtol(text + strcspn(text, " \t"), NULL, 16);
}

/* The number in front of BASE, the parenthesis of an operand in TEXT; 0 if there is none. */
static long displacement_of(const char *text, const char *base)
{
    const char *digit = base;
    while (digit > text && strchr("0123456789abcdefx-", digit[-1]))
        digit--;
    return strtol(digit, NULL, 16);
}

/* Whether the instruction names r12 only as what something behind cpu.x is reached by. */
static bool is_behind_x(const char *text)
{
    const long behind = (long)(offsetof(struct cpu, x) + sizeof(((struct cpu *)0)->x));
    const char *base = strstr(text, "(%r12");
    if (!base || strstr(base + 2, "%r12") || strstr(text, "%r12") != base + 1)
        return !strstr(text, "%r12");
    return displacement_of(text, base) >= behind;
}

/* The flag that is at DISPLACEMENT of r12, as 1 << FLAG_*. */
static u8 flag_at(long displacement)
{
    static const size_t places[] = {
        [FLAG_N] = offsetof(struct cpu, flag_n),
        [FLAG_Z] = offsetof(struct cpu, flag_z),
        [FLAG_C] = offsetof(struct cpu, flag_c),
        [FLAG_V] = offsetof(struct cpu, flag_v),
    };
    for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (displacement == (long)places[i])
            return (u8)(1 << i);
    return 0;
}

/* The flags that TEXT gets at: all that it might, should it be written in another way. */
static u8 flags_in(const char *text)
{
    const char *base = strstr(text, "(%r12");
    if (!base)
        return 0;
    long displacement = displacement_of(text, base);
    bool inside = displacement >= (long)offsetof(struct cpu, flag_n) &&
                  displacement <= (long)offsetof(struct cpu, flag_v);
    u8 flag = flag_at(displacement);
    return flag ? flag : inside ? FLAGS_ALL : 0;
}

/* The place between two offsets, + 1; 0: none. */
static unsigned place_between(const struct anatomy_place *places, unsigned count, unsigned from,
                              unsigned to)
{
    for (unsigned i = 0; i < count; i++)
        if (places[i].offset >= from && places[i].offset < to)
            return i + 1;
    return 0;
}

static void note_flags(struct anatomy *a, struct x86_insn *i, const char *text)
{
    u8 flags = flags_in(text);
    bool byte = i->form.memory & INSN_BYTE, wide = i->form.shape & INSN_WIDE;
    bool exact = flags & (1 << FLAG_N | 1 << FLAG_Z) ? wide : byte;
    if (!flags || flags == FLAGS_ALL || i->form.kind != INSN_PLIABLE || !exact) {
        a->flags_read |= flags ? FLAGS_ALL : 0;
    } else if (i->is_memory && i->rm_use == X86_WRITES) {
        i->form.stores = flags;
        a->flags_written |= flags;
    } else {
        a->flags_read |= flags;
    }
}

/* Instructions that use no register but those that they name. */
static bool names_all(const char *text)
{
    static const char *const known[] = {"v", "j", "nop", "mov", "prefetch", "crc32"};
    for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (starts_with(mnemonic(text), known[i]))
            return true;
    return false;
}

static void take_apart(struct anatomy *a, unsigned at, const u8 *code, unsigned size,
                       const struct listing_line *l, struct anatomy_place *place, unsigned index)
{
    struct x86_insn *i = &a->insns[at];
    if (!x86_decode(code, size, i)) {
        memset(i, 0, sizeof(*i));
        i->form.size = (u8)size;
        i->form.kind = INSN_RAW;
        a->touched[at] = names_all(l->text) ? listing_registers(l, 1) : UINT16_MAX;
        a->parts[at] =
            starts_with(mnemonic(l->text), "j") || starts_with(mnemonic(l->text), "call");
    }
    note_flags(a, i, l->text);
    if (place && place->is_x && i->form.kind == INSN_PLIABLE) {
        place->form = x86_form(i);
        i->form.place = place->form == FORM_MEMORY ? 0 : (u8)index;
    }
}

/* Whether line L is understood not to look at cpu.x, but for PLACE. */
static bool is_open(const struct listing_line *l, const struct anatomy_place *place)
{
    return is_behind_x(l->text) || (place && is_register_hole(place->hole));
}

static void note_jump(struct anatomy *a, unsigned from, unsigned to)
{
    a->insns[from].form.kind = INSN_JUMP;
    a->insns[from].form.target = (u8)to;
    a->parts[from] = a->meets[to] = a->jumps = true;
}

/* More than there is room for: nothing but what the code as a whole does. */
static void give_up(struct anatomy *a, struct anatomy_place *places, unsigned place_count)
{
    for (unsigned i = 0; i < place_count; i++)
        places[i].form = FORM_MEMORY;
    a->insn_count = 0;
    a->flags_read = FLAGS_ALL;
    a->flags_written = 0;
}

void anatomy_find(struct anatomy *a, const u8 *code, unsigned size,
                  const struct listing_line *lines, size_t line_count, struct anatomy_place *places,
                  unsigned place_count)
{
    long targets[ANATOMY_INSNS];
    unsigned number[UINT8_MAX + 1] = {0}; /* of the instruction at an offset */
    bool fits = line_count <= ANATOMY_INSNS && size <= UINT8_MAX;
    memset(a, 0, sizeof(*a));
    a->registers = listing_registers(lines, line_count);
    for (unsigned i = 0; i < line_count; i++) {
        unsigned at = lines[i].offset, end = i + 1 < line_count ? lines[i + 1].offset : size;
        unsigned place = place_between(places, place_count, at, end);
        if (!is_open(&lines[i], place ? &places[place - 1] : NULL))
            a->registers = UINT16_MAX;
        if (!fits)
            continue;
        number[at] = i;
        targets[i] = jump_target(&lines[i], place);
        take_apart(a, i, code + at, end - at, &lines[i], place ? &places[place - 1] : NULL, place);
    }
    if (!fits) {
        give_up(a, places, place_count);
        return;
    }
    a->insn_count = (unsigned)line_count;
    for (unsigned i = 0; i < line_count; i++)
        if (targets[i] >= 0)
            note_jump(a, i, number[targets[i]]);
    if (a->jumps)
        a->flags_written = 0; /* perhaps not by every way */
    a->commutes = anatomy_commutes(a, places, place_count);
    anatomy_find_values(a);
}

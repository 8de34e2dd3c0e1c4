/*
 * Results and cases for other programs: TAP, JUnit, JSON lines (suite.h).
 */
#include <inttypes.h>
#include <string.h>

#include "core/isa/disasm.h"
#include "tools/a64test/suite.h"

void suite_print_tap(const struct suite *s, FILE *to)
{
    fprintf(to, "TAP version 13\n1..%u\n", s->count);
    for (unsigned i = 0; i < s->count; i++) {
        const struct suite_case *t = &s->item[i];
        fprintf(to, "%sok %u - %s\n", t->failure ? "not " : "", i + 1, t->c->name);
        if (t->failure)
            fprintf(to, "# %s:%u:%s\n", t->file->path, t->c->line, t->failure);
    }
}

/* TEXT with what XML, or JSON, gives a meaning to escaped. */
static void print_xml(const char *text, FILE *to)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc((u8)*text < ' ' ? ' ' : *text, to);
        }
}

static void print_json(const char *text, FILE *to)
{
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', to);
        if ((u8)*text < ' ')
            fprintf(to, "\\u%04x", *text);
        else
            fputc(*text, to);
    }
    fputc('"', to);
}

void suite_print_junit(const struct suite *s, FILE *to)
{
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"a64test\" tests=\"%u\" failures=\"%u\">\n",
            s->count, s->failed);
    for (unsigned i = 0; i < s->count; i++) {
        const struct suite_case *t = &s->item[i];
        fputs("  <testcase classname=\"", to);
        print_xml(t->file->path, to);
        fprintf(to, "\" name=\"%s\"", t->c->name);
        if (!t->failure) {
            fputs("/>\n", to);
            continue;
        }
        fputs(">\n    <failure message=\"", to);
        print_xml(t->failure + (*t->failure == ' '), to);
        fprintf(to, "\">line %u</failure>\n  </testcase>\n", t->c->line);
    }
    fputs("</testsuite>\n", to);
}

static void export_state(const struct case_state *s, const struct case_state *other, FILE *to)
{
    fprintf(to, "{\"pc\":\"%#" PRIx64 "\",\"el\":%u,\"spsel\":%u,\"nzcv\":%u,\"daif\":%u", s->pc,
            s->el, s->sp_sel, s->nzcv, s->daif);
    fprintf(to, ",\"fpcr\":\"%#x\",\"fpsr\":\"%#x\",\"sp\":[\"%#" PRIx64 "\",\"%#" PRIx64 "\"]",
            s->fpcr, s->fpsr, s->sp[0], s->sp[1]);
    for (unsigned i = 0; i < 31; i++)
        fprintf(to, "%s\"%#" PRIx64 "\"", i ? "," : ",\"x\":[", s->x[i]);
    for (unsigned i = 0; i < 32; i++)
        fprintf(to, "%s\"0x%016" PRIx64 "%016" PRIx64 "\"", i ? "," : "],\"v\":[", s->v[i][1],
                s->v[i][0]);
    fputs("],\"mem\":{", to);
    bool first = true;
    for (unsigned i = 0; i < RECORD_DATA_BYTES;) {
        unsigned end = i;
        while (end < RECORD_DATA_BYTES && s->data[end] != other->data[end])
            end++;
        if (end > i) {
            fprintf(to, "%s\"%#" PRIx64 "\":\"", first ? "" : ",", CASE_DATA + i);
            for (; i < end; i++)
                fprintf(to, "%02x", s->data[i]);
            fputc('"', to);
            first = false;
        } else {
            i++;
        }
    }
    fputc('}', to);
}

static void export_system(const struct settings *settings, FILE *to)
{
    bool first = true;
    fputs(",\"system\":{", to);
    for (unsigned i = 0; i < settings->count; i++) {
        const struct setting *s = &settings->item[i];
        if (s->kind != SET_SYSREG)
            continue;
        fprintf(to, "%s\"%s\":\"%#" PRIx64 "\"", first ? "" : ",", sysreg_rows[s->index].name,
                s->value[0]);
        first = false;
    }
    fputs("}}", to);
}

static void export_exception(const struct expected_exception *e, unsigned el, FILE *to)
{
    fprintf(to, ",\"exception\":{\"ec\":%u", el ? e->name->ec_el1 : e->name->ec_el0);
    if (e->has_esr)
        fprintf(to, ",\"esr\":\"%#" PRIx64 "\"", e->esr);
    if (e->has_far)
        fprintf(to, ",\"far\":\"%#" PRIx64 "\"", e->far);
    if (e->has_spsr)
        fprintf(to, ",\"spsr\":\"%#" PRIx64 "\"", e->spsr);
    fputc('}', to);
}

static void export_case(const struct suite_case *t, const struct decoder *d, FILE *to)
{
    struct case_state in, out, blank;
    const struct test_case *c = t->c;
    case_default_state(&blank);
    case_start(c, &in);
    case_expected(c, &in, &out);
    fputs("{\"file\":", to);
    print_json(t->file->path, to);
    fprintf(to, ",\"name\":\"%s\",\"line\":%u,\"cpu\":", c->name, c->line);
    print_json(c->cpu ? c->cpu->name : "", to);
    fputs(",\"asm\":[", to);
    for (unsigned i = 0; i < c->assembly_lines; i++) {
        fputs(i ? "," : "", to);
        print_json(c->assembly[i], to);
    }
    for (unsigned i = 0; i < c->words; i++)
        fprintf(to, "%s\"%08x\"", i ? "," : "],\"word\":[", c->word[i]);
    for (unsigned i = 0; i < c->words; i++) {
        int row = decode_row(d, c->word[i]);
        fprintf(to, "%s\"%s\"", i ? "," : "],\"row\":[", row < 0 ? "" : a64_rows[row].name);
    }
    fprintf(to, "],\"steps\":%u,\"in\":", c->steps);
    export_state(&in, &blank, to);
    export_system(&c->in, to);
    fputs(",\"out\":", to);
    export_state(&out, &in, to);
    export_system(&c->out, to);
    if (c->exception.name)
        export_exception(&c->exception, out.el, to);
    fputs("}\n", to);
}

bool suite_export(const struct suite *s, FILE *to)
{
    struct decoder d;
    if (!decoder_init(&d, ~(u64)0))
        return false;
    for (unsigned i = 0; i < s->count; i++)
        if (s->item[i].c->words)
            export_case(&s->item[i], &d, to);
    decoder_destroy(&d);
    return true;
}

/*
 * Messages of the 9P server (p9_internal.h): little-endian numbers and counted
 * strings, scattered over the client's memory.
 */
#include <string.h>

#include "devices/p9_internal.h"

static u64 number(const u8 *at, unsigned bytes)
{
    u64 v = 0;
    memcpy(&v, at, bytes);
    return v;
}

bool p9_parse(struct p9_request *r, u8 *in, u32 len, const char *format)
{
    u32 at = 0;
    u8 *end = NULL; /* of the string before, whose zero comes when the length behind was read */
    for (unsigned i = 0; format[i]; i++) {
        bool text = format[i] == 's';
        u32 size = text ? 2 : (u32)(format[i] - '0');
        if (size > len - at)
            return false;
        u64 value = number(in + at, size);
        if (end)
            *end = 0;
        end = NULL;
        at += size;
        if (!text) {
            r->a[i].number = value;
            continue;
        }
        if (value > len - at)
            return false;
        r->a[i].text = (struct p9_text){(const char *)in + at, (u16)value};
        at += (u32)value;
        end = in + at;
    }
    r->rest = at;
    r->rest_len = len - at;
    if (end && r->rest_len == 0)
        *end = 0; /* there is room for it behind the message */
    return !end || r->rest_len == 0;
}

void p9_put_bytes(struct p9_request *r, const void *data, size_t len)
{
    if (r->len <= r->room && len <= r->room - r->len)
        memcpy(r->out + r->len, data, len);
    r->len += (u32)len; /* beyond the room: see p9_serve */
}

void p9_put(struct p9_request *r, unsigned bytes, u64 value)
{
    p9_put_bytes(r, &value, bytes);
}

void p9_put_text(struct p9_request *r, const char *text, size_t len)
{
    p9_put(r, 2, len);
    p9_put_bytes(r, text, len);
}

unsigned p9_slice(const struct share_span *span, unsigned spans, u64 at, u64 len,
                  struct share_span *piece)
{
    unsigned n = 0;
    for (unsigned i = 0; i < spans && len; i++) {
        u64 skip = at < span[i].len ? at : span[i].len;
        u64 some = span[i].len - skip < len ? span[i].len - skip : len;
        at -= skip;
        len -= some;
        if (some)
            piece[n++] = (struct share_span){span[i].host + skip, some};
    }
    return n;
}

/* Copy between DATA and the bytes of SPAN from AT on. */
static u64 copy(const struct share_span *span, unsigned spans, u64 at, u8 *data, u64 len, bool in)
{
    u64 done = 0;
    for (unsigned i = 0; i < spans && done < len; i++) {
        struct share_span piece;
        if (p9_slice(&span[i], 1, at, len - done, &piece)) {
            memcpy(in ? piece.host : data + done, in ? data + done : piece.host, piece.len);
            done += piece.len;
        }
        at -= at < span[i].len ? at : span[i].len;
    }
    return done;
}

u64 p9_gather(const struct p9_exchange *x, u64 at, void *to, u64 len)
{
    return copy(x->out, x->outs, at, to, len, false);
}

void p9_scatter(const struct p9_exchange *x, u64 at, const void *from, u64 len)
{
    copy(x->in, x->ins, at, (u8 *)from, len, true);
}

/*
 * A file server of the protocol 9P2000.L, which is Plan 9's 9P2000 (manual section
 * 5) with the messages that Linux' v9fs uses in addition (Linux:
 * include/net/9p/9p.h; diod: protocol.md), on a share (share.h). It knows neither
 * host nor transport: a message goes in, its reply comes out.
 *
 * Whatever a client sends is answered, errors by Rlerror. Its references to files
 * (fids) and what they hold are limited in number.
 */
#ifndef DEVICES_P9_H
#define DEVICES_P9_H

#include "devices/share.h"

struct p9;

enum {
    P9_HEADER = 7,      /* bytes: size[4] type[1] tag[2] */
    P9_LEAST_ROOM = 11, /* what a reply may take at least: Rlerror */
    P9_SPANS_MAX = 256,
};

/*
 * A message of OUT_LEN bytes, its header at least, and room for IN_LEN of a reply,
 * P9_LEAST_ROOM at least; in at most P9_SPANS_MAX stretches each. The memory is the
 * guest's, and may change at any time.
 */
struct p9_exchange {
    const struct share_span *out, *in;
    unsigned outs, ins;
    u64 out_len, in_len;
};

/* A server of S, which outlives it. NULL without memory. */
struct p9 *p9_create(struct share *s);
void p9_destroy(struct p9 *p);

/* Carry out a message, within a job of the share's. Returns the reply's length in bytes. */
u64 p9_serve(struct p9 *p, const struct p9_exchange *x);

/* Forget the client and all its fids, with no job under way. */
void p9_reset(struct p9 *p);

#endif

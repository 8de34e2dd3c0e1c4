/*
 * Frames of the remote protocol (packet.h).
 */
#include "tools/gdbstub/packet.h"

enum { INTERRUPT = 0x03, ESCAPE = '}', ESCAPE_XOR = 0x20 };

static void keep(struct packet_reader *r, u8 byte)
{
    if (r->len < PACKET_SIZE)
        r->data[r->len++] = (char)byte;
    else
        r->too_long = true;
}

static void begin(struct packet_reader *r)
{
    r->state = INSIDE;
    r->len = 0;
    r->sum = 0;
    r->too_long = false;
}

static enum packet_event outside(struct packet_reader *r, u8 byte)
{
    switch (byte) {
    case '$':
        begin(r);
        return PACKET_MORE;
    case INTERRUPT:
        return PACKET_INTERRUPT;
    case '+':
        return PACKET_ACK;
    case '-':
        return PACKET_NAK;
    default:
        return PACKET_MORE;
    }
}

static enum packet_event inside(struct packet_reader *r, u8 byte)
{
    if (byte == '$') { /* what came before was cut off */
        begin(r);
        return PACKET_MORE;
    }
    if (byte == '#') {
        r->state = SUM_HIGH;
        return PACKET_MORE;
    }
    r->sum += byte;
    if (r->state == ESCAPED) {
        keep(r, byte ^ ESCAPE_XOR);
        r->state = INSIDE;
    } else if (byte == ESCAPE) {
        r->state = ESCAPED;
    } else {
        keep(r, byte);
    }
    return PACKET_MORE;
}

enum packet_event packet_feed(struct packet_reader *r, u8 byte)
{
    switch (r->state) {
    case OUTSIDE:
        return outside(r, byte);
    case INSIDE:
    case ESCAPED:
        return inside(r, byte);
    case SUM_HIGH:
        r->high = hex_digit((char)byte);
        r->state = SUM_LOW;
        return PACKET_MORE;
    case SUM_LOW:
    default:
        r->state = OUTSIDE;
        r->data[r->len] = '\0';
        int low = hex_digit((char)byte);
        bool right = r->high >= 0 && low >= 0 && r->sum == (r->high << 4 | low);
        return right && !r->too_long ? PACKET_READY : PACKET_BAD;
    }
}

void packet_frame(struct text *to, const void *data, size_t len)
{
    const u8 *p = data;
    u8 sum = 0;
    text_puts(to, "$");
    for (size_t i = 0, from = 0; i <= len; i++) {
        bool special = i < len && (p[i] == '#' || p[i] == '$' || p[i] == ESCAPE || p[i] == '*');
        if (special || i == len) {
            text_add(to, p + from, i - from);
            from = i + 1;
        }
        if (special) {
            u8 escaped[2] = {ESCAPE, p[i] ^ ESCAPE_XOR};
            text_add(to, escaped, 2);
            sum += escaped[0] + escaped[1];
        } else if (i < len) {
            sum += p[i];
        }
    }
    text_printf(to, "#%02x", sum);
}

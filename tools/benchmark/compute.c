/*
 * Integer work of the four kinds that CoreMark mixes: walking and sorting a linked
 * list, multiplying matrices, scanning text with a state machine, and a CRC over
 * the results. The programs and their data are our own.
 */
#include "tools/benchmark/guest.h"

enum { ROUNDS = 4000, NODES = 256, SIZE = 20, TEXT = 2048 };

struct node {
    struct node *next;
    s32 key;
    u32 data;
};

/* Merge sort of a list by key; equal keys keep their order. */
static struct node *merge(struct node *a, struct node *b)
{
    struct node head, *last = &head;
    while (a && b) {
        struct node **from = a->key <= b->key ? &a : &b;
        last->next = *from;
        last = *from;
        *from = (*from)->next;
    }
    last->next = a ? a : b;
    return head.next;
}

static struct node *sort(struct node *list)
{
    if (!list || !list->next)
        return list;
    struct node *middle = list, *end = list->next;
    while (end && end->next) {
        middle = middle->next;
        end = end->next->next;
    }
    struct node *second = middle->next;
    middle->next = NULL;
    return merge(sort(list), sort(second));
}

static u16 crc16(u16 crc, u32 value)
{
    for (unsigned i = 0; i < 32; i++, value >>= 1)
        crc = (u16)((crc ^ value) & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
    return crc;
}

static u16 list_work(u64 *seed, u16 crc)
{
    static struct node nodes[NODES];
    for (unsigned i = 0; i < NODES; i++)
        nodes[i] = (struct node){i + 1 < NODES ? &nodes[i + 1] : NULL,
                                 (s32)(next_random(seed) & 0x3ff), i};
    struct node *list = sort(nodes);
    for (s32 wanted = 0; wanted < 0x400; wanted += 37) { /* find and count */
        u32 steps = 0;
        for (const struct node *n = list; n && n->key < wanted; n = n->next)
            steps += n->data & 3;
        crc = crc16(crc, steps);
    }
    return crc16(crc, list->data);
}

static u16 matrix_work(u64 *seed, u16 crc)
{
    static s32 a[SIZE][SIZE], b[SIZE][SIZE], product[SIZE][SIZE];
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned k = 0; k < SIZE; k++) {
            a[i][k] = (s32)(next_random(seed) & 0xff) - 128;
            b[i][k] = (s32)(next_random(seed) & 0xff) - 128;
        }
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned k = 0; k < SIZE; k++) {
            s32 sum = 0;
            for (unsigned j = 0; j < SIZE; j++)
                sum += a[i][j] * b[j][k];
            product[i][k] = sum;
        }
    s32 trace = 0;
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned k = 0; k < SIZE; k++)
            trace += product[i][k] >> (i & 7);
    return crc16(crc, (u32)trace);
}

enum state { BETWEEN, SIGN, WHOLE, POINT, FRACTION, EXPONENT, WORD, STATES };

static enum state next_state(enum state s, u8 ch)
{
    bool digit = ch >= '0' && ch <= '9';
    if (ch == ',')
        return BETWEEN;
    switch (s) {
    case BETWEEN:
        return digit ? WHOLE : ch == '+' || ch == '-' ? SIGN : ch == '.' ? POINT : WORD;
    case SIGN:
        return digit ? WHOLE : ch == '.' ? POINT : WORD;
    case WHOLE:
        return digit ? WHOLE : ch == '.' ? POINT : ch == 'e' ? EXPONENT : WORD;
    case POINT:
    case FRACTION:
        return digit ? FRACTION : ch == 'e' ? EXPONENT : WORD;
    case EXPONENT:
        return digit || ch == '-' ? EXPONENT : WORD;
    default:
        return WORD;
    }
}

static u16 state_work(u64 *seed, u16 crc)
{
    static const u8 alphabet[32] = "0123456789012345.,,,e-+0123456,7";
    static u8 text[TEXT];
    u32 visits[STATES] = {0};
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = alphabet[next_random(seed) & 31];
    enum state s = BETWEEN;
    for (unsigned i = 0; i < TEXT; i++) {
        s = next_state(s, text[i]);
        visits[s]++;
    }
    for (unsigned i = 0; i < STATES; i++)
        crc = crc16(crc, visits[i]);
    return crc;
}

u64 measure(const char *argument)
{
    u64 seed = 1, sum = MIX_START;
    u16 crc = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        crc = list_work(&seed, crc);
        crc = matrix_work(&seed, crc);
        crc = state_work(&seed, crc);
        sum = mix(sum, crc);
    }
    return sum;
}

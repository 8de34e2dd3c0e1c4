/*
 * The keys of a keyboard, whatever it is connected by: keys.def as a table.
 */
#ifndef DEVICES_KEYS_H
#define DEVICES_KEYS_H

#include "core/types.h"

/* In place of a scan code: those two keys send sequences of their own. */
enum { KEY_SET2_PRINT = 1 << 16, KEY_SET2_PAUSE = 2 << 16 };

/* Codes that the emulator itself has to know. */
enum {
    KEY_CODE_F = 33,
    KEY_CODE_G = 34,
    KEY_CODE_LEFT_CTRL = 29,
    KEY_CODE_LEFT_ALT = 56,
    KEY_CODE_RIGHT_CTRL = 97,
    KEY_CODE_COUNT = 256, /* all are below */
};

/* A row of keys.def. */
struct key {
    u16 code;
    const char *name;
    u16 usage;
    u32 set2;
};

/* The key with this code, this name of LEN bytes, or this usage; NULL when there is none. */
const struct key *key_by_code(unsigned code);
const struct key *key_by_name(const char *name, size_t len);
const struct key *key_by_usage(unsigned usage);

#endif

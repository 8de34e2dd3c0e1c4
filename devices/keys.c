/*
 * Looking keys up (keys.h). There are few, and people press them: a scan will do.
 */
#include "devices/keys.h"

#include <string.h>

static const struct key keys[] = {
#define KEY(code, name, usage, set2) {code, name, usage, set2},
#include "devices/keys.def"
#undef KEY
};

const struct key *key_by_code(unsigned code)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].code == code)
            return &keys[i];
    return NULL;
}

const struct key *key_by_name(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0)
            return &keys[i];
    return NULL;
}

const struct key *key_by_usage(unsigned usage)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].usage == usage)
            return &keys[i];
    return NULL;
}

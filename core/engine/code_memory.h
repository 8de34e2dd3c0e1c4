/*
 * Memory for machine code of the host, mapped twice: never is a page writable and
 * executable at the same address.
 */
#ifndef CORE_ENGINE_CODE_MEMORY_H
#define CORE_ENGINE_CODE_MEMORY_H

#include <stddef.h>

#include "core/types.h"

struct code_memory {
    u8 *code;     /* executable; NULL: there is none */
    u8 *writable; /* the same bytes */
    size_t size;
};

/* SIZE bytes that are committed as they are touched, within 1 GiB of NEAR; or none. */
struct code_memory code_memory_reserve(size_t size, const void *near);
void code_memory_release(struct code_memory *m);

#endif

/*
 * A file in memory and two views of it. By mmap(2) and memfd_create(2) of Linux.
 */
#include "core/engine/code_memory.h"

#include <sys/mman.h>
#include <unistd.h>

/* The executable view, where a 32-bit distance reaches from NEAR. */
static u8 *map_near(const void *near, size_t size, int file)
{
    const uintptr_t step = 16 << 20, reach = 1 << 30;
    uintptr_t around = (uintptr_t)near & ~(step - 1);
    for (uintptr_t away = step; away < reach; away += step)
        for (int above = 0; above < 2; above++) {
            void *at = (void *)(above ? around + away : around - away);
            void *p =
                mmap(at, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
            if (p == at)
                return p;
            if (p != MAP_FAILED)
                munmap(p, size); /* a kernel that doesn't know MAP_FIXED_NOREPLACE */
        }
    return NULL;
}

static void map_both(struct code_memory *m, const void *near, int file)
{
    if (ftruncate(file, (off_t)m->size))
        return;
    void *writable = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (writable == MAP_FAILED)
        return;
    m->code = map_near(near, m->size, file);
    if (m->code)
        m->writable = writable;
    else
        munmap(writable, m->size);
}

struct code_memory code_memory_reserve(size_t size, const void *near)
{
    struct code_memory m = {NULL, NULL, size};
    int file = memfd_create("code", MFD_CLOEXEC);
    if (file < 0)
        return m;
    map_both(&m, near, file);
    close(file);
    return m;
}

void code_memory_release(struct code_memory *m)
{
    if (!m->code)
        return;
    munmap(m->code, m->size);
    munmap(m->writable, m->size);
    m->code = m->writable = NULL;
}

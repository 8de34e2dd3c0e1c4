/*
 * A CPU on a map of the pages that record.h names, with the rights that the reference
 * process has there, and nothing else: no devices, no time. What EL0 may execute EL1 may,
 * too. Physical addresses are the virtual ones and TESTBED_OFFSET, where a `virt` board
 * has its RAM.
 */
#ifndef TOOLS_A64TEST_TESTBED_H
#define TOOLS_A64TEST_TESTBED_H

#include "core/engine/engine.h"
#include "core/model.h"
#include "tools/a64test/record.h"

#define TESTBED_VECTORS UINT64_C(0x20300000) /* VBAR_EL1; each vector is a loop */
#define TESTBED_OFFSET  UINT64_C(0x20000000)
#define TESTBED_TABLES  UINT64_C(0x40200000) /* physical, one page each: */
enum { TESTBED_TABLE_PAGES = 6 };            /* levels 0 to 2, three of level 3 */

struct testbed {
    struct bus bus;
    struct clock clock;
    struct engine engine;
    struct cpu *cpu;
    u64 baseline[SYS_COUNT]; /* the system registers as testbed_create left them */
};

/* NULL when the host has no memory. */
struct testbed *testbed_create(const struct cpu_model *model);
void testbed_destroy(struct testbed *b);

/* Map SIZE bytes at VA of the 2 MiB of the vectors to PA, for EL1: to execute, or to write. */
void testbed_map(struct testbed *b, u64 va, u64 pa, u64 size, bool writable);

/* Put the system registers and PSTATE back as they were, should they have changed. */
void testbed_restore(struct testbed *b);

/* Replace LEN bytes of the code area at VA. */
void testbed_set_code(struct testbed *b, u64 va, const void *code, u64 len);

/* Replace the data area. */
void testbed_set_data(struct testbed *b, const u8 *data);

/* The data area as it is now. */
const u8 *testbed_data(const struct testbed *b);

#endif

/*
 * The keys of pointer authentication that qemu-aarch64 gives its process: it draws them
 * from GLib's generator, the Mersenne Twister, whose seed we choose.
 */
#ifndef TOOLS_A64TEST_KEYS_H
#define TOOLS_A64TEST_KEYS_H

#include "core/cpu.h"

/* In the environment of QEMU, so that it draws what keys_set expects. */
void keys_announce(void);

/* Give C the same keys, and turn on what they are for, if it has them. */
void keys_set(struct cpu *c);

#endif

/*
 * The words that the two sides cannot be expected to agree on, each with its reason.
 */
#ifndef TESTS_FUZZ_EXCLUDE_H
#define TESTS_FUZZ_EXCLUDE_H

#include "core/types.h"

struct exclusion {
    u32 mask, value; /* words W with (W & mask) == value */
    const char *what, *reason;
};

/* The exclusion that W falls under on a model with FEATURES, or NULL. */
const struct exclusion *exclude_find(u32 w, u64 features);

/* The I-th exclusion, NULL behind the last. */
const struct exclusion *exclude_at(unsigned i);

/*
 * Whether W names registers that Arm leaves CONSTRAINED UNPREDICTABLE (DDI 0487, K1.1): both
 * sides do the same, but it is nobody's expectation.
 */
bool exclude_is_unpredictable(u32 w);

#endif

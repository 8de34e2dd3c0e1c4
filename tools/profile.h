/*
 * -profile: what the engine counted (core/engine/profile.h), for people.
 */
#ifndef TOOLS_PROFILE_H
#define TOOLS_PROFILE_H

#include <stdio.h>

struct engine;

/* Print what E's profile holds, most frequent first. */
void profile_print(const struct engine *e, FILE *to);

#endif

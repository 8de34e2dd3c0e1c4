/*
 * Agent expressions (GDB manual, appendix F): conditions and commands of
 * breakpoints that the stub evaluates itself, so that a breakpoint that does not
 * apply costs no round trip. They come from the client and are checked as they
 * run: no stack over- or underflow, no jump out, no endless loop.
 */
#ifndef TOOLS_GDBSTUB_AGENT_H
#define TOOLS_GDBSTUB_AGENT_H

#include "core/types.h"

struct agent_list;
struct breakpoint;
struct cpu;
struct gdbstub;

/*
 * What follows a Z packet's kind: ";X len,bytes" conditions, one of which has to
 * hold, and ";cmds:persist,X len,bytes..." commands. False if it is malformed or has a bytecode
 * that there is none of: a condition is never dropped. The lists are the caller's.
 */
bool agent_parse_break(const char *args, struct agent_list **conditions,
                       struct agent_list **commands);
void agent_free(struct agent_list *list);

/* C has come to B: run its commands; true if it is to stop there. */
bool agent_break(struct gdbstub *g, struct cpu *c, const struct breakpoint *b);

#endif

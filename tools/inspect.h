/*
 * What a look into the machine shows: translation, interrupts, exceptions. Each
 * adds lines to OUT, changes nothing in the machine, and is a monitor command.
 */
#ifndef TOOLS_INSPECT_H
#define TOOLS_INSPECT_H

struct machine;
struct text;

/* The walk for virtual address ARGS (hex): each level, what results, the ASID. */
void inspect_walk(struct machine *m, const char *args, struct text *out);

/* What is mapped by both tables, adjoining ranges with equal rights together. */
void inspect_mem(struct machine *m, const char *args, struct text *out);

/* The pages that the TLB serves inline. */
void inspect_tlb(struct machine *m, const char *args, struct text *out);

/* The interrupt controller's interrupts that are enabled, pending or active. */
void inspect_irq(struct machine *m, const char *args, struct text *out);

/* What the last exception left behind, in words. */
void inspect_exceptions(struct machine *m, const char *args, struct text *out);

#endif

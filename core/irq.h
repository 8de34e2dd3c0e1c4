/*
 * An interrupt line as a value: who listens, and which of his inputs it is.
 * A device holds one, was handed it by the board, and knows no number. A line
 * nobody listens to is all zeros and may be driven.
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include <stdbool.h>

struct irq_line {
    void (*set)(void *owner, unsigned input, bool level);
    void *owner;
    unsigned input;
};

/* Drive the line; repeating a level is allowed and means nothing. */
static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->owner, line->input, level);
}

#endif

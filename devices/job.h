/*
 * Work that takes its time, because the host is asked: done on a thread of its
 * back end's, in the order of submission, and heard of on the machine's thread.
 */
#ifndef DEVICES_JOB_H
#define DEVICES_JOB_H

/* Embedded in a front end's request, which leaves it alone until it is done. */
struct job {
    void (*work)(struct job *j); /* elsewhere, while the CPUs go on */
    void (*done)(struct job *j); /* on the machine's thread, afterwards; J may be freed */
    struct job *next;            /* the back end's */
};

#endif

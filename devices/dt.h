/*
 * For devices that write their own node of the device tree, by libfdt's
 * sequential-write calls.
 */
#ifndef DEVICES_DT_H
#define DEVICES_DT_H

/* Any error of libfdt's sequential writing is final: return it from here. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        int try_error = (call);                                                                    \
        if (try_error)                                                                             \
            return try_error;                                                                      \
    } while (0)

#endif

/*
 * Random numbers of the host's kernel (host_random.h).
 */
#include "devices/host_random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void host_random(void *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = getrandom((char *)to + done, len - done, 0);
        if (n < 0 && errno != EINTR)
            abort(); /* a kernel without it is older than the C library allows */
        done += n > 0 ? (size_t)n : 0;
    }
}

/*
 * A file that holds a flash bank's content: read when the machine is built, and
 * written, where the guest programs or erases, before the guest sees it done. It
 * is locked, so that no two machines write it, and has a bank's size exactly.
 */
#ifndef DEVICES_HOST_FLASH_H
#define DEVICES_HOST_FLASH_H

#include "devices/flash.h"

enum { HOST_FLASH_ERROR = 4096 + 256 };

struct host_flash {
    const char *path; /* the caller's, which must outlive this; NULL when closed */
    int fd;
    bool readonly;
    bool complained; /* that it can't be written: once is enough */
};

/* False with a line, "PATH: reason", in MESSAGE. */
bool host_flash_open(struct host_flash *h, const char *path, bool readonly,
                     char message[HOST_FLASH_ERROR]);

/* Where a bank is to keep its content. */
struct flash_store host_flash_store(struct host_flash *h);

/* Put the file's content into FLASH. */
bool host_flash_load(struct host_flash *h, struct flash *flash, char message[HOST_FLASH_ERROR]);

/* Have the host write it out, and close it; closing twice is allowed. */
void host_flash_close(struct host_flash *h);

#endif

/*
 * A folder of the host that a guest may use files in, and nothing outside it:
 * neither `..` nor symbolic links nor a race between the two lead out of it
 * (openat2 with RESOLVE_BENEATH). Names are relative to it, with or without a
 * slash in front. Every function returns -1 with errno where it fails.
 */
#ifndef DEVICES_HOST_FOLDER_H
#define DEVICES_HOST_FOLDER_H

#include <sys/types.h>

#include "core/types.h"

/* Open the folder at PATH: a descriptor for the functions below, and for close(). */
int host_folder_open(const char *path);

/* How a file is opened: a set. */
enum host_folder_flags {
    HOST_FOLDER_READ = 1,
    HOST_FOLDER_WRITE = 2,
    HOST_FOLDER_CREATE = 4, /* unless it is there */
    HOST_FOLDER_EMPTY = 8,  /* without what was in it */
};

/* Open a regular file, a new one with mode 0666; never waits. */
int host_folder_open_file(int folder, const char *name, unsigned flags);

int host_folder_remove(int folder, const char *name);
int host_folder_rename(int folder, const char *from, const char *to);

/* The whole of a transfer or as much as there is of the file; the bytes transferred. */
ssize_t host_folder_read(int fd, void *to, size_t len, u64 offset);
ssize_t host_folder_write(int fd, const void *from, size_t len, u64 offset);

/* The length of an open file in bytes. */
s64 host_folder_length(int fd);

void host_folder_close(int fd);

#endif

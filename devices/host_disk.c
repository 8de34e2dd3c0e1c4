/*
 * A disk on an image (host_disk.h): requests are jobs of one worker. Because there
 * is one thread and one order, a flush covers every write that was submitted
 * before it.
 */
#include "devices/host_disk.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/host_worker.h"

struct host_disk {
    struct disk disk;
    struct host_image image;
    struct host_worker *worker;
    char *name;
    bool failed;         /* to write, and it was said */
    atomic_bool abandon; /* reads end at once */
};

static int perform(struct host_disk *d, const struct disk_request *r)
{
    struct host_image *i = &d->image;
    switch (r->action) {
    case DISK_READ:
        return host_image_read(i, r->offset, r->span, r->spans, &d->abandon);
    case DISK_WRITE:
        return host_image_write(i, r->offset, r->span, r->spans);
    case DISK_FLUSH:
        return host_image_flush(i);
    case DISK_DISCARD:
        return host_image_discard(i, r->offset, r->len);
    case DISK_WRITE_ZEROES:
        return host_image_write_zeroes(i, r->offset, r->len, r->unmap);
    }
    return EINVAL;
}

/* The user hears once what the guest hears of each time. */
static void report(struct host_disk *d, int error)
{
    if (!d->failed)
        fprintf(stderr, "mini-a64: %s: can't be written: %s\n", d->name, strerror(error));
    d->failed = true;
}

static void work(struct job *j)
{
    struct disk_request *r = container_of(j, struct disk_request, job);
    struct host_disk *d = container_of(r->disk, struct host_disk, disk);
    r->error = perform(d, r);
    if (!r->error && r->sync)
        r->error = host_image_flush(&d->image);
    if (r->error && r->action != DISK_READ)
        report(d, r->error);
}

static void done(struct job *j)
{
    struct disk_request *r = container_of(j, struct disk_request, job);
    r->done(r);
}

static void submit(struct disk *disk, struct disk_request *r)
{
    r->disk = disk;
    r->job = (struct job){.work = work, .done = done};
    host_worker_submit(container_of(disk, struct host_disk, disk)->worker, &r->job);
}

static void drain(struct disk *disk, bool abandon)
{
    struct host_disk *d = container_of(disk, struct host_disk, disk);
    atomic_store(&d->abandon, abandon);
    host_worker_drain(d->worker);
    atomic_store(&d->abandon, false);
}

static void free_disk(struct host_disk *d)
{
    host_image_close(&d->image);
    free(d->name);
    free(d);
}

static void destroy(struct disk *disk)
{
    struct host_disk *d = container_of(disk, struct host_disk, disk);
    host_worker_destroy(d->worker);
    int error = disk->readonly ? 0 : host_image_flush(&d->image);
    if (error)
        report(d, error);
    free_disk(d);
}

static const struct disk_ops ops = {.submit = submit, .drain = drain, .destroy = destroy};

struct disk *host_disk_open(struct host_loop *loop, const struct host_disk_options *o,
                            char error[HOST_IMAGE_ERROR])
{
    struct host_disk *d = calloc(1, sizeof(*d));
    if (!d)
        abort();
    if (!host_image_open(&d->image, &o->image, error)) {
        free_disk(d);
        return NULL;
    }
    d->disk = (struct disk){
        .ops = &ops,
        .size = d->image.size,
        .readonly = o->image.readonly,
        .writethrough = o->writethrough,
        .discards = o->image.discards,
        .physical_block = d->image.block,
    };
    d->name = strdup(o->image.file);
    d->worker = d->name ? host_worker_create(loop) : NULL;
    if (!d->worker) {
        snprintf(error, HOST_IMAGE_ERROR, "%s: %s", o->image.file, strerror(errno));
        free_disk(d);
        return NULL;
    }
    return &d->disk;
}

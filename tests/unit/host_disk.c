/*
 * A disk's thread: requests are done in order, on the machine's thread, and none
 * is lost at the end.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/host_disk.h"

enum { SECTORS = 64, REQUESTS = 200 };

static char path[] = "/tmp/host_disk.XXXXXX";
static struct host_loop *loop;
static struct disk *disk;
static pthread_t machine;
static unsigned done_count;
static struct disk_request request[REQUESTS];
static struct disk_span span[REQUESTS];
static u8 bytes[REQUESTS][DISK_SECTOR];

static void set_up(void)
{
    char error[HOST_IMAGE_ERROR];
    struct host_disk_options o = {.image = {.file = path}};
    int fd = mkstemp(path);
    cr_assert_eq(ftruncate(fd, SECTORS * DISK_SECTOR), 0);
    close(fd);
    loop = host_loop_create(NULL, NULL);
    disk = host_disk_open(loop, &o, error);
    cr_assert(disk, "%s", error);
    machine = pthread_self();
    done_count = 0;
}

static void tear_down(void)
{
    if (disk)
        disk->ops->destroy(disk);
    host_loop_destroy(loop);
    unlink(path);
}

TestSuite(host_disk, .init = set_up, .fini = tear_down);

static void done(struct disk_request *r)
{
    cr_assert(pthread_equal(pthread_self(), machine));
    cr_assert_eq(r, &request[done_count], "in order");
    cr_assert_eq(r->error, 0);
    done_count++;
}

static void submit(unsigned i, enum disk_action action, u64 sector)
{
    bool moves = action == DISK_READ || action == DISK_WRITE;
    span[i] = (struct disk_span){bytes[i], DISK_SECTOR};
    request[i] = (struct disk_request){.action = action,
                                       .offset = sector * DISK_SECTOR,
                                       .len = action == DISK_FLUSH ? 0 : DISK_SECTOR,
                                       .span = &span[i],
                                       .spans = moves,
                                       .done = done};
    disk->ops->submit(disk, &request[i]);
}

static void wait_for(unsigned count)
{
    while (done_count < count)
        host_loop_wait(loop, CLOCK_NEVER);
}

Test(host_disk, reads_see_the_writes_before_them)
{
    for (unsigned i = 0; i < REQUESTS; i += 2) {
        memset(bytes[i], (int)i, DISK_SECTOR);
        submit(i, DISK_WRITE, i % SECTORS);
        submit(i + 1, DISK_READ, i % SECTORS);
    }
    wait_for(REQUESTS);
    for (unsigned i = 0; i < REQUESTS; i += 2)
        cr_assert_eq(memcmp(bytes[i], bytes[i + 1], DISK_SECTOR), 0);
}

Test(host_disk, all_actions)
{
    memset(bytes[0], 7, DISK_SECTOR);
    memset(bytes[4], 7, DISK_SECTOR);
    submit(0, DISK_WRITE, 1);
    submit(1, DISK_FLUSH, 0);
    submit(2, DISK_DISCARD, 2);
    submit(3, DISK_WRITE_ZEROES, 1);
    submit(4, DISK_READ, 1);
    wait_for(5);
    for (unsigned i = 0; i < DISK_SECTOR; i++)
        cr_assert_eq(bytes[4][i], 0);
}

Test(host_disk, drain_waits_for_all)
{
    for (unsigned i = 0; i < REQUESTS; i++)
        submit(i, DISK_WRITE, i % SECTORS);
    disk->ops->drain(disk, false);
    cr_assert_eq(done_count, REQUESTS);
    submit(0, DISK_READ, 0);
    done_count = 0;
    wait_for(1);
}

Test(host_disk, the_end_loses_nothing)
{
    u8 seen[DISK_SECTOR];
    for (unsigned i = 0; i < SECTORS; i++) {
        memset(bytes[i], (int)i + 1, DISK_SECTOR);
        submit(i, DISK_WRITE, i);
    }
    disk->ops->destroy(disk);
    disk = NULL;
    cr_assert_eq(done_count, SECTORS);
    FILE *f = fopen(path, "r");
    for (unsigned i = 0; i < SECTORS; i++) {
        cr_assert_eq(fread(seen, 1, sizeof(seen), f), sizeof(seen));
        cr_assert_eq(memcmp(seen, bytes[i], sizeof(seen)), 0);
    }
    fclose(f);
}

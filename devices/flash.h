/*
 * A bank of NOR flash as on QEMU's virt: two 16-bit devices side by side on a
 * 32-bit bus, with the Common Flash Interface (JESD68) and the Intel command set
 * (Intel StrataFlash manuals). Both devices get the same commands at the same
 * time, so one state stands for both, and the low byte of a write is the command.
 *
 * Reads and instruction fetches find the bank's memory; while a command's answer
 * is to be read, reads (not fetches) find that. Commands finish at once.
 */
#ifndef DEVICES_FLASH_H
#define DEVICES_FLASH_H

#include "core/log.h"
#include "mmu/bus.h"

enum {
    FLASH_SIZE = 64 << 20,
    FLASH_BLOCK = 256 << 10, /* what is erased at once */
    FLASH_BUFFER = 4096,     /* what is programmed at once */
    FLASH_BANKS = 2,
};

/*
 * What keeps a bank's content when the machine is gone. Called before the memory
 * changes; false, and it does not change, if DATA can't be kept. Zeroed: a bank
 * that forgets.
 */
struct flash_store {
    bool (*write)(void *owner, u64 offset, const void *data, u64 len);
    void *owner;
    bool readonly; /* programming and erasing fail, as with the protection pin low */
};

struct flash {
    struct bus *bus;
    struct ram *ram;
    struct flash_store store;
    const struct log *log;
    u8 answer; /* what reads find */
    u8 cycle;  /* what the next write is */
    u8 status; /* SR: FLASH_SR_* */
    u32 count; /* of a buffered program: words that are to come, then that came */
    u64 start; /* its lowest address */
    u8 buffer[FLASH_BUFFER];
};

/* The status register. */
enum {
    FLASH_SR_PROTECTED = 1 << 1,
    FLASH_SR_PROGRAM_ERROR = 1 << 4,
    FLASH_SR_ERASE_ERROR = 1 << 5, /* with the one above: a wrong sequence of commands */
    FLASH_SR_READY = 1 << 7,
};

extern const struct mmio_ops flash_ops;

/*
 * Put a bank, all zeros, at BASE of BUS. False when there is no memory. The
 * device tree has one node for two banks: this one's, and dt_place.base2.
 */
bool flash_init(struct flash *f, struct bus *bus, u64 base, struct flash_store store,
                const struct log *log);

/* Put LEN bytes at OFFSET into it, as a programmer at the factory would. */
void flash_fill(struct flash *f, u64 offset, const void *from, u64 len);

#endif

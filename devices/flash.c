/*
 * The flash bank's commands, status and tables; see flash.h.
 *
 * A command takes one to several writes; `cycle` says what the next one is. All
 * numbers a guest writes are offsets that the bus has checked against the window,
 * or counts that are compared with the buffer.
 */
#include "devices/flash.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

enum { BANK_WIDTH = 4, DEVICES = 2, DEVICE_BITS = 16 };

/* What reads find. */
enum answer { ANSWER_ARRAY, ANSWER_STATUS, ANSWER_ID, ANSWER_QUERY };

/* What the next write is. */
enum cycle {
    CYCLE_COMMAND,
    CYCLE_PROGRAM_DATA,
    CYCLE_ERASE_CONFIRM,
    CYCLE_LOCK_CONFIRM,
    CYCLE_BUFFER_COUNT,
    CYCLE_BUFFER_DATA,
    CYCLE_BUFFER_CONFIRM,
};

enum command {
    CMD_RESET = 0x00, /* not Intel's, but common */
    CMD_LOCK = 0x01,
    CMD_PROGRAM_ALTERNATE = 0x10,
    CMD_ERASE = 0x20,
    CMD_LOCK_DOWN = 0x2f,
    CMD_PROGRAM = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK_SETUP = 0x60,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_QUERY = 0x98,
    CMD_SUSPEND = 0xb0,
    CMD_CONFIRM = 0xd0, /* also: unlock, resume */
    CMD_BUFFERED_PROGRAM = 0xe8,
    CMD_RESET_AMD = 0xf0,
    CMD_READ_ARRAY = 0xff,
};

enum { SEQUENCE_ERROR = FLASH_SR_PROGRAM_ERROR | FLASH_SR_ERASE_ERROR };

/* Manufacturer and device; what follows (lock states) is zero: nothing is locked. */
static const u8 identification[] = {0x89, 0x18};

enum { DEVICE_BLOCK_256 = FLASH_BLOCK / DEVICES / 256, BLOCKS = FLASH_SIZE / FLASH_BLOCK };

/* JESD68, and Intel's primary table at 0x31; of one device. Times are log2. */
static const u8 query[] = {
    [0x10] = 'Q',
    [0x11] = 'R',
    [0x12] = 'Y',
    [0x13] = 0x01, /* the Intel and Sharp extended command set, */
    [0x15] = 0x31, /* whose table is there */
    [0x1b] = 0x45, /* VCC from 4.5 V */
    [0x1c] = 0x55, /* to 5.5 V; no VPP */
    [0x1f] = 7,    /* programming a word, in us, */
    [0x20] = 7,    /* a buffer, */
    [0x21] = 10,   /* and erasing a block, in ms */
    [0x23] = 4,    /* the longest, as a multiple of these */
    [0x24] = 4,
    [0x25] = 4,
    [0x27] = 25,   /* log2 of the size: 32 MiB */
    [0x28] = 0x02, /* 8 and 16 bits wide */
    [0x2a] = 11,   /* log2 of the buffer's size */
    [0x2c] = 1,    /* one kind of blocks: how many less 1, and how large */
    [0x2d] = (BLOCKS - 1) & 0xff,
    [0x2e] = (BLOCKS - 1) >> 8,
    [0x2f] = DEVICE_BLOCK_256 & 0xff,
    [0x30] = DEVICE_BLOCK_256 >> 8,
    [0x31] = 'P',
    [0x32] = 'R',
    [0x33] = 'I',
    [0x34] = '1', /* version 1.0, none of the optional features */
    [0x35] = '0',
    [0x3f] = 1, /* protection register fields */
};

static void answer_with(struct flash *f, enum answer answer)
{
    f->answer = answer;
    bus_show_array(f->bus, f->ram, answer == ANSWER_ARRAY);
}

/* Always false. */
static bool fail(struct flash *f, u8 errors, const char *what, u64 offset)
{
    f->status |= errors;
    log_line(f->log, LOG_GUEST_ERRORS, "flash: %s at offset %#llx", what,
             (unsigned long long)offset);
    return false;
}

/* Put bytes into the store and the memory; false, with ERROR in the status, if that can't be. */
static bool change(struct flash *f, u64 offset, const u8 *data, u32 len, u8 error)
{
    if (f->store.readonly)
        return fail(f, error | FLASH_SR_PROTECTED, "write to a protected bank", offset);
    if (f->store.write && !f->store.write(f->store.owner, offset, data, len))
        return fail(f, error, "the host can't keep what is written", offset);
    bus_program(f->bus, f->ram, offset, data, len);
    return true;
}

/* Programming can only clear bits. */
static void program(struct flash *f, u64 offset, u8 *data, u32 len)
{
    for (u32 i = 0; i < len; i++)
        data[i] &= f->ram->host[offset + i];
    change(f, offset, data, len, FLASH_SR_PROGRAM_ERROR);
}

static void erase(struct flash *f, u64 offset)
{
    u8 erased[FLASH_BUFFER];
    u64 block = offset & ~(u64)(FLASH_BLOCK - 1);
    memset(erased, 0xff, sizeof(erased));
    for (u64 at = 0; at < FLASH_BLOCK; at += sizeof(erased))
        if (!change(f, block + at, erased, sizeof(erased), FLASH_SR_ERASE_ERROR))
            return;
}

static void command(struct flash *f, u64 offset, u8 cmd)
{
    static const struct {
        u8 cmd, cycle, answer;
    } rows[] = {
        {CMD_RESET, CYCLE_COMMAND, ANSWER_ARRAY},
        {CMD_RESET_AMD, CYCLE_COMMAND, ANSWER_ARRAY},
        {CMD_READ_ARRAY, CYCLE_COMMAND, ANSWER_ARRAY},
        {CMD_CLEAR_STATUS, CYCLE_COMMAND, ANSWER_ARRAY},
        {CMD_READ_STATUS, CYCLE_COMMAND, ANSWER_STATUS},
        {CMD_SUSPEND, CYCLE_COMMAND, ANSWER_STATUS},
        {CMD_CONFIRM, CYCLE_COMMAND, ANSWER_STATUS},
        {CMD_READ_ID, CYCLE_COMMAND, ANSWER_ID},
        {CMD_QUERY, CYCLE_COMMAND, ANSWER_QUERY},
        {CMD_PROGRAM, CYCLE_PROGRAM_DATA, ANSWER_STATUS},
        {CMD_PROGRAM_ALTERNATE, CYCLE_PROGRAM_DATA, ANSWER_STATUS},
        {CMD_ERASE, CYCLE_ERASE_CONFIRM, ANSWER_STATUS},
        {CMD_LOCK_SETUP, CYCLE_LOCK_CONFIRM, ANSWER_STATUS},
        {CMD_BUFFERED_PROGRAM, CYCLE_BUFFER_COUNT, ANSWER_STATUS},
    };
    if (cmd == CMD_CLEAR_STATUS)
        f->status = FLASH_SR_READY;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].cmd == cmd) {
            f->cycle = rows[i].cycle;
            answer_with(f, rows[i].answer);
            return;
        }
    }
    fail(f, 0, "unknown command", offset);
    answer_with(f, ANSWER_ARRAY);
}

/* The second write of erasing and locking; READ_ARRAY gives up. */
static void confirm(struct flash *f, u64 offset, u8 cmd, enum cycle cycle)
{
    bool lock = cycle == CYCLE_LOCK_CONFIRM && (cmd == CMD_LOCK || cmd == CMD_LOCK_DOWN);
    if (cmd == CMD_READ_ARRAY)
        answer_with(f, ANSWER_ARRAY);
    else if (cycle == CYCLE_ERASE_CONFIRM && cmd == CMD_CONFIRM)
        erase(f, offset);
    else if (cmd != CMD_CONFIRM && !lock)
        fail(f, SEQUENCE_ERROR, "wrong sequence of commands", offset);
}

static void buffer_count(struct flash *f, u64 offset, u64 value)
{
    u32 words = (u32)(value & ones(DEVICE_BITS)) + 1;
    if (words > FLASH_BUFFER / BANK_WIDTH) {
        fail(f, SEQUENCE_ERROR, "more than the buffer holds is to be written", offset);
        return;
    }
    memset(f->buffer, 0xff, sizeof(f->buffer));
    f->start = FLASH_SIZE; /* until data come */
    f->count = words;
    f->cycle = CYCLE_BUFFER_DATA;
}

/* The buffer stands for an aligned stretch of the bank, which the first address chooses. */
static void buffer_data(struct flash *f, u64 offset, unsigned size, u64 value)
{
    if (f->start == FLASH_SIZE)
        f->start = offset & ~(u64)(FLASH_BUFFER - 1);
    if (offset - f->start >= FLASH_BUFFER) {
        fail(f, SEQUENCE_ERROR, "buffered data for another place", offset);
        return;
    }
    memcpy(f->buffer + (offset - f->start), &value, size);
    f->cycle = --f->count ? CYCLE_BUFFER_DATA : CYCLE_BUFFER_CONFIRM;
}

static u64 flash_read(void *dev, u64 offset, unsigned size)
{
    const struct flash *f = dev;
    u64 index = offset / BANK_WIDTH;
    u32 device = f->status;
    if (f->answer == ANSWER_ID)
        device = (index & 0xff) < ARRAY_LEN(identification) ? identification[index & 0xff] : 0;
    else if (f->answer == ANSWER_QUERY)
        device = index < ARRAY_LEN(query) ? query[index] : 0;
    u32 bank = device | device << DEVICE_BITS;
    return bank >> (8 * (offset % BANK_WIDTH));
}

static void flash_write(void *dev, u64 offset, unsigned size, u64 value)
{
    struct flash *f = dev;
    u8 cmd = (u8)value;
    enum cycle cycle = f->cycle;
    f->cycle = CYCLE_COMMAND;
    switch (cycle) {
    case CYCLE_COMMAND:
        command(f, offset, cmd);
        break;
    case CYCLE_PROGRAM_DATA:
        program(f, offset, (u8 *)&value, size);
        break;
    case CYCLE_ERASE_CONFIRM:
    case CYCLE_LOCK_CONFIRM:
        confirm(f, offset, cmd, cycle);
        break;
    case CYCLE_BUFFER_COUNT:
        buffer_count(f, offset, value);
        break;
    case CYCLE_BUFFER_DATA:
        buffer_data(f, offset, size, value);
        break;
    case CYCLE_BUFFER_CONFIRM:
        if (cmd == CMD_CONFIRM)
            program(f, f->start, f->buffer, FLASH_BUFFER);
        else
            fail(f, SEQUENCE_ERROR, "buffered data were not confirmed", offset);
        break;
    }
}

static void flash_reset(void *dev)
{
    struct flash *f = dev;
    f->cycle = CYCLE_COMMAND;
    f->status = FLASH_SR_READY;
    answer_with(f, ANSWER_ARRAY);
}

static int flash_fdt(const void *dev, void *fdt, const struct dt_place *at)
{
    const fdt64_t reg[] = {cpu_to_fdt64(at->base), cpu_to_fdt64(at->size), cpu_to_fdt64(at->base2),
                           cpu_to_fdt64(at->size2)};
    char name[32];
    int r;
    if (!at->size2)
        return 0; /* shares the other bank's node */
    snprintf(name, sizeof(name), "flash@%llx", (unsigned long long)at->base);
    r = fdt_begin_node(fdt, name);
    r = r ? r : fdt_property_string(fdt, "compatible", "cfi-flash");
    r = r ? r : fdt_property(fdt, "reg", reg, sizeof(reg));
    r = r ? r : fdt_property_u32(fdt, "bank-width", BANK_WIDTH);
    return r ? r : fdt_end_node(fdt);
}

const struct mmio_ops flash_ops = {
    .name = "flash",
    .size = FLASH_SIZE,
    .min_access = 1,
    .max_access = BANK_WIDTH,
    .read = flash_read,
    .write = flash_write,
    .reset = flash_reset,
    .fdt = flash_fdt,
};

bool flash_init(struct flash *f, struct bus *bus, u64 base, struct flash_store store,
                const struct log *log)
{
    *f = (struct flash){.bus = bus, .store = store, .log = log};
    f->ram = bus_add_flash(bus, base, &flash_ops, f);
    return f->ram;
}

void flash_fill(struct flash *f, u64 offset, const void *from, u64 len)
{
    bus_program(f->bus, f->ram, offset, from, len);
}

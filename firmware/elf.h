/*
 * AArch64 ELF executables, as far as a loader cares: the PT_LOAD segments and
 * the entry point (System V gABI chapters 4 and 5, ELF for the Arm 64-bit
 * Architecture). What elf_identify accepts is sound: segments lie inside the
 * file, addresses do not wrap, the entry point lies in a segment.
 */
#ifndef FIRMWARE_ELF_H
#define FIRMWARE_ELF_H

#include "core/types.h"
#include "firmware/file.h"

struct bus;

enum { ELF_MAX_SEGMENTS = 32 };

struct elf_segment {
    u64 offset, file_size; /* in the file */
    u64 address, size;     /* p_paddr, p_memsz; what the file does not hold is zero */
};

struct elf {
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    unsigned count;
    u64 low, size; /* from the lowest segment's address to the end of the highest */
    u64 entry;     /* made physical: where e_entry is when every segment is at its p_paddr */
};

/* True when LEN bytes at HEAD start with ELF's magic. */
bool elf_recognise(const u8 *head, u64 len);

/* Read FILE's headers into ELF. */
bool elf_identify(struct elf *elf, const struct file *file, struct load_error *e);

/* Put the segments into guest RAM, the lowest at AT and the others as far from it as linked. */
bool elf_load(const struct elf *elf, const struct file *file, struct bus *bus, u64 at,
              struct load_error *e);

#endif

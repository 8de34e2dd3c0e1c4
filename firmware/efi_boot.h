/*
 * EFI's boot services, as far as the stub in an arm64 Linux Image needs them: it is
 * started as a UEFI firmware starts a program, asks for the screen, the device tree
 * and memory, takes its leave by ExitBootServices and goes on into the kernel. For
 * kernels that can't be told of the screen in any other way (efi_reads_screen).
 *
 * The services are answered here; in the guest there is only the HVC that asks, a
 * flat map of its memory and a stack. When the stub gives up instead, the kernel is
 * started without EFI, which is as good but for the screen.
 */
#ifndef FIRMWARE_EFI_BOOT_H
#define FIRMWARE_EFI_BOOT_H

#include "core/cpu.h"
#include "firmware/efi.h"

/* Bytes at the end of RAM, below EFI_SIZE more, until the stub leaves; a multiple of 64 KiB. */
enum { EFI_BOOT_SIZE = 0x30000 };

enum { EFI_SPANS = 128, EFI_MESSAGE = 256 };

/* A stretch of RAM and what it is used for (7.2). */
struct efi_span {
    u64 start, end; /* multiples of a page */
    u32 type;
};

/* Physical addresses and sizes in bytes. */
struct efi_boot_config {
    u64 at; /* from efi_place */
    u64 ram_base, ram_size;
    u64 kernel, kernel_size; /* loaded there, BSS included */
    u64 kernel_entry;        /* where it starts without EFI */
    u64 stub_entry;          /* and with it */
    u64 initrd, initrd_size; /* size 0 for none */
    u64 dtb, dtb_size;
};

/* Zeroed: no stub is to be started. */
struct efi_boot {
    struct efi_boot_config config;
    struct bus *bus;
    bool ready;                      /* the stub is to be started */
    bool active;                     /* boot services are there */
    struct efi_span span[EFI_SPANS]; /* all of RAM, in order, without gaps */
    unsigned spans;
    u64 map_key; /* of the memory map as it is now */
    unsigned tables;
    char message[EFI_MESSAGE]; /* the last line that the stub has written */
    unsigned message_len;
    bool message_ended;
};

/*
 * Write what the stub needs to the end of BUS's RAM, below and above AT. The kernel,
 * the initrd and the tree lie elsewhere. False when that is not RAM.
 */
bool efi_boot_prepare(struct efi_boot *b, struct bus *bus, const struct efi_boot_config *config,
                      const struct efi_screen *screen);

/* Have C, at EL1 after its reset, start the stub; nothing unless that was prepared. */
void efi_boot_enter(struct efi_boot *b, struct cpu *c);

/* The answer to a vendor's HVC (psci.h): a boot service. B is a struct efi_boot. */
s64 efi_boot_call(void *b, struct cpu *c);

#endif

/*
 * PSCI 1.1 (DEN 0022) and the SMC calling convention 1.1 (DEN 0028), by HVC: how
 * an operating system asks the firmware to power the machine and its CPUs up and
 * down. There is no code of it in the guest; the HVC is answered here.
 */
#ifndef FIRMWARE_PSCI_H
#define FIRMWARE_PSCI_H

#include "core/cpu.h"

enum psci_request { PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET };

struct psci {
    struct cpu *const *cpu; /* all CPUs of the machine, by index */
    unsigned cpus;
    /* The machine is to be switched off or reset, once the CPU has left the engine. */
    void (*system)(void *owner, enum psci_request request);
    void *owner;
    /* The vendor's range of functions (DEN 0028, 6): the result, for x0. NULL: there are none. */
    s64 (*vendor)(void *owner, struct cpu *c);
    void *vendor_owner;
};

/* Answer the HVCs of P's CPUs. P must outlive them. */
void psci_attach(struct psci *p);

#endif

/*
 * Boot services (efi_boot.h), after the UEFI specification 2.10: 4.4 (which there
 * are), 7.2 to 7.4 (what they do).
 *
 * A service's code moves its first argument from x0 to x8 and does an HVC of the
 * vendor's range (DEN 0028) that says which one it is. Pointers are physical
 * addresses, as memory is mapped flat; what is no RAM is EFI_INVALID_PARAMETER.
 */
#include "firmware/efi_internal.h"

#include "core/log.h"
#include "firmware/file.h"
#include "mmu/bus.h"

/* Appendix D; errors have the highest bit. */
#define EFI_ERROR(n) ((s64)(BIT(63) | (n)))
static const s64 SUCCESS = 0, INVALID_PARAMETER = EFI_ERROR(2), UNSUPPORTED = EFI_ERROR(3),
                 BUFFER_TOO_SMALL = EFI_ERROR(5), OUT_OF_RESOURCES = EFI_ERROR(9),
                 NOT_FOUND = EFI_ERROR(14);

static const u64 PAGE = BIT(EFI_PAGE_SHIFT);

/* 7.2, 7.3. */
enum { ALLOCATE_ANY = 0, ALLOCATE_BELOW = 1, ALLOCATE_AT = 2, BY_PROTOCOL = 2 };

enum { ARGUMENTS = 5, TEXT_MAX = 4096, FUNCTION_BITS = 0xffff };

static const u8 LOADED_IMAGE[EFI_GUID_SIZE] = {0xa1, 0x31, 0x1b, 0x5b, 0x62, 0x95, 0xd2, 0x11,
                                               0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b};
static const u8 GRAPHICS_OUTPUT[EFI_GUID_SIZE] = {0xde, 0xa9, 0x42, 0x90, 0xdc, 0x23, 0x38, 0x4a,
                                                  0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a};
/* A call in progress. */
struct call {
    struct efi_boot *b;
    struct cpu *cpu;
    u64 a[ARGUMENTS];
};

/* A handle is the address of its only protocol. */
static const struct protocol {
    const u8 *guid;
    u64 handle; /* in the data region */
} protocols[] = {
    {LOADED_IMAGE, EFI_LOADED_IMAGE},
    {GRAPHICS_OUTPUT, EFI_GRAPHICS},
};

static bool get(const struct call *k, u64 pa, void *to, u64 len)
{
    return bus_dma_read(k->b->bus, pa, to, len);
}

static bool put64(const struct call *k, u64 pa, u64 value)
{
    return bus_dma_write(k->b->bus, pa, &value, sizeof(value));
}

/* Add a stretch to the COUNT of TO; free memory is never in two pieces. */
static unsigned add_span(struct efi_span *to, unsigned count, u64 start, u64 end, u32 type)
{
    if (start == end)
        return count;
    if (count && type == EFI_CONVENTIONAL && to[count - 1].type == type) {
        to[count - 1].end = end;
        return count;
    }
    to[count] = (struct efi_span){start, end, type};
    return count + 1;
}

/* The span that START to END lies in, or NULL. */
static const struct efi_span *span_around(const struct efi_boot *b, u64 start, u64 end)
{
    for (const struct efi_span *s = b->span; s < b->span + b->spans; s++)
        if (start >= s->start && start < end && end <= s->end)
            return s;
    return NULL;
}

bool efi_use(struct efi_boot *b, u64 start, u64 end, u32 type)
{
    struct efi_span span[EFI_SPANS + 2];
    unsigned n = 0;
    for (const struct efi_span *s = b->span; s < b->span + b->spans; s++) {
        bool here = start >= s->start && start < s->end;
        n = add_span(span, n, s->start, here ? start : s->end, s->type);
        if (here) {
            n = add_span(span, n, start, end, type);
            n = add_span(span, n, end, s->end, s->type);
        }
    }
    if (n > EFI_SPANS)
        return false;
    memcpy(b->span, span, n * sizeof(span[0]));
    b->spans = n;
    b->map_key++;
    return true;
}

/* SIZE bytes, whole pages, as high as they can be and not beyond END; 0 when there are none. */
static u64 highest_free(const struct efi_boot *b, u64 size, u64 end)
{
    for (unsigned i = b->spans; i-- > 0;) {
        const struct efi_span *s = &b->span[i];
        u64 top = s->end < end ? s->end : end;
        if (s->type == EFI_CONVENTIONAL && top > s->start && top - s->start >= size)
            return top - size;
    }
    return 0;
}

/* Take SIZE bytes from anywhere below END, or from *AT if END is 0, and say in *AT where. */
static s64 allocate(struct efi_boot *b, u64 type, u64 size, u64 end, u64 *at)
{
    if (type >= EFI_MEMORY_TYPES || type == EFI_CONVENTIONAL)
        return INVALID_PARAMETER;
    u64 start = end ? highest_free(b, size, end) : *at;
    const struct efi_span *s = span_around(b, start, start + size);
    if (!s || s->type != EFI_CONVENTIONAL)
        return end ? OUT_OF_RESOURCES : NOT_FOUND;
    if (!efi_use(b, start, start + size, (u32)type))
        return OUT_OF_RESOURCES;
    *at = start;
    return SUCCESS;
}

static bool is_firmware(u32 type)
{
    return type == EFI_RUNTIME_CODE || type == EFI_RUNTIME_DATA || type == EFI_BOOT_DATA;
}

/* AllocatePages(how, type, pages, &memory) */
static s64 allocate_pages(struct call *k)
{
    u64 at, size = k->a[2] << EFI_PAGE_SHIFT, end = 0;
    if (k->a[0] > ALLOCATE_AT || !get(k, k->a[3], &at, sizeof(at)) ||
        (k->a[0] == ALLOCATE_AT && at % PAGE))
        return INVALID_PARAMETER;
    if (!k->a[2] || k->a[2] > k->b->config.ram_size >> EFI_PAGE_SHIFT)
        return OUT_OF_RESOURCES;
    if (k->a[0] == ALLOCATE_ANY)
        end = UINT64_MAX & ~(PAGE - 1);
    else if (k->a[0] == ALLOCATE_BELOW)
        end = at < UINT64_MAX ? (at + 1) & ~(PAGE - 1) : at & ~(PAGE - 1);
    if (k->a[0] == ALLOCATE_BELOW && !end)
        return OUT_OF_RESOURCES;
    s64 status = allocate(k->b, k->a[1], size, end, &at);
    return status == SUCCESS && !put64(k, k->a[3], at) ? INVALID_PARAMETER : status;
}

/* FreePages(memory, pages) */
static s64 free_pages(struct call *k)
{
    u64 start = k->a[0], size = k->a[1] << EFI_PAGE_SHIFT;
    const struct efi_span *s = span_around(k->b, start, start + size);
    if (start % PAGE || k->a[1] > k->b->config.ram_size >> EFI_PAGE_SHIFT)
        return INVALID_PARAMETER;
    if (!s || s->type == EFI_CONVENTIONAL || is_firmware(s->type))
        return NOT_FOUND;
    return efi_use(k->b, start, start + size, EFI_CONVENTIONAL) ? SUCCESS : OUT_OF_RESOURCES;
}

/* AllocatePool(type, size, &buffer): whole pages, which are there for little else. */
static s64 allocate_pool(struct call *k)
{
    u64 at;
    if (!k->a[1] || k->a[1] > k->b->config.ram_size)
        return OUT_OF_RESOURCES;
    s64 status = allocate(k->b, k->a[0], align_up(k->a[1], PAGE), UINT64_MAX & ~(PAGE - 1), &at);
    return status == SUCCESS && !put64(k, k->a[2], at) ? INVALID_PARAMETER : status;
}

/* FreePool(buffer) */
static s64 free_pool(struct call *k)
{
    const struct efi_span *s = span_around(k->b, k->a[0], k->a[0] + 1);
    if (!s || s->start != k->a[0] || s->type == EFI_CONVENTIONAL || is_firmware(s->type))
        return INVALID_PARAMETER;
    return efi_use(k->b, s->start, s->end, EFI_CONVENTIONAL) ? SUCCESS : OUT_OF_RESOURCES;
}

/* GetMemoryMap(&size, map, &key, &descriptor_size, &descriptor_version) */
static s64 get_memory_map(struct call *k)
{
    const struct efi_boot *b = k->b;
    const u32 version = EFI_DESCRIPTOR_VERSION;
    u64 room, size = b->spans * (u64)EFI_DESCRIPTOR_SIZE;
    if (!get(k, k->a[0], &room, sizeof(room)) || !put64(k, k->a[0], size) ||
        (k->a[3] && !put64(k, k->a[3], EFI_DESCRIPTOR_SIZE)) ||
        (k->a[4] && !bus_dma_write(b->bus, k->a[4], &version, sizeof(version))))
        return INVALID_PARAMETER;
    if (room < size)
        return BUFFER_TOO_SMALL;
    for (unsigned i = 0; i < b->spans; i++) {
        const struct efi_span *s = &b->span[i];
        u8 descriptor[EFI_DESCRIPTOR_SIZE];
        efi_put_memory(descriptor, s->type, s->start, s->end, 0);
        if (!bus_dma_write(b->bus, k->a[1] + i * (u64)EFI_DESCRIPTOR_SIZE, descriptor,
                           sizeof(descriptor)))
            return INVALID_PARAMETER;
    }
    return put64(k, k->a[2], b->map_key) ? SUCCESS : INVALID_PARAMETER;
}

static const struct protocol *find_protocol(const struct call *k, u64 guid_at)
{
    u8 guid[EFI_GUID_SIZE];
    if (!get(k, guid_at, guid, sizeof(guid)))
        return NULL;
    for (unsigned i = 0; i < ARRAY_LEN(protocols); i++)
        if (memcmp(protocols[i].guid, guid, sizeof(guid)) == 0)
            return &protocols[i];
    return NULL;
}

/* HandleProtocol(handle, guid, &interface), and OpenProtocol likewise with more behind it. */
static s64 handle_protocol(struct call *k)
{
    const struct protocol *p = find_protocol(k, k->a[1]);
    if (!p || efi_data_at(k->b) + p->handle != k->a[0])
        return UNSUPPORTED;
    return put64(k, k->a[2], k->a[0]) ? SUCCESS : INVALID_PARAMETER;
}

/* LocateProtocol(guid, registration, &interface) */
static s64 locate_protocol(struct call *k)
{
    const struct protocol *p = find_protocol(k, k->a[0]);
    if (!p)
        return NOT_FOUND;
    return put64(k, k->a[2], efi_data_at(k->b) + p->handle) ? SUCCESS : INVALID_PARAMETER;
}

/* LocateHandle(how, guid, key, &size, buffer): of each protocol there is one. */
static s64 locate_handle(struct call *k)
{
    u64 room;
    const struct protocol *p = k->a[0] == BY_PROTOCOL ? find_protocol(k, k->a[1]) : NULL;
    if (!p)
        return NOT_FOUND;
    if (!get(k, k->a[3], &room, sizeof(room)) || !put64(k, k->a[3], sizeof(p->handle)))
        return INVALID_PARAMETER;
    if (room < sizeof(p->handle))
        return BUFFER_TOO_SMALL;
    return put64(k, k->a[4], efi_data_at(k->b) + p->handle) ? SUCCESS : INVALID_PARAMETER;
}

static s64 locate_device_path(struct call *k)
{
    return NOT_FOUND;
}

/* InstallConfigurationTable(guid, table): new, in place of another, or with NULL away with it. */
static s64 install_table(struct call *k)
{
    struct efi_boot *b = k->b;
    u8 data[EFI_VENDOR], guid[EFI_GUID_SIZE], *entry = data + EFI_CONFIGURATION;
    if (!get(k, k->a[0], guid, sizeof(guid)) || !get(k, efi_data_at(b), data, sizeof(data)))
        return INVALID_PARAMETER;
    u8 *end = entry + (u64)b->tables * EFI_TABLE_SIZE;
    while (entry < end && memcmp(entry, guid, sizeof(guid)) != 0)
        entry += EFI_TABLE_SIZE;
    if (entry == end && !k->a[1])
        return NOT_FOUND;
    if (entry == end && b->tables == EFI_TABLES_MAX)
        return OUT_OF_RESOURCES;
    if (entry == end)
        b->tables++;
    if (k->a[1])
        efi_put_configuration(entry, guid, k->a[1]);
    else
        memmove(entry, data + EFI_CONFIGURATION + (u64)--b->tables * EFI_TABLE_SIZE,
                EFI_TABLE_SIZE);
    efi_put(data + EFI_SYSTEM_TABLE + EFI_SYSTEM_TABLE_COUNT, 8, b->tables);
    efi_put_header(data + EFI_SYSTEM_TABLE, EFI_SYSTEM_SIGNATURE, EFI_SYSTEM_SIZE);
    return bus_dma_write(b->bus, efi_data_at(b), data, sizeof(data)) ? SUCCESS : INVALID_PARAMETER;
}

/* ExitBootServices(handle, key): what we used until now is free. */
static s64 exit_boot_services(struct call *k)
{
    if (k->a[1] != k->b->map_key)
        return INVALID_PARAMETER;
    k->b->active = false;
    return SUCCESS;
}

static s64 nothing_to_do(struct call *k)
{
    return SUCCESS;
}

/* CopyMem(to, from, size), which return nothing; the two may overlap. */
static s64 copy_mem(struct call *k)
{
    const u8 *from = bus_host(k->b->bus, k->a[1], k->a[2]);
    u8 *to = from ? ram_for_loading(k->b->bus, k->a[0], k->a[2]) : NULL;
    if (to)
        memmove(to, from, k->a[2]);
    return SUCCESS;
}

/* SetMem(to, size, value) */
static s64 set_mem(struct call *k)
{
    u8 *to = ram_for_loading(k->b->bus, k->a[0], k->a[1]);
    if (to)
        memset(to, (u8)k->a[2], k->a[1]);
    return SUCCESS;
}

/* OutputString(console, string): the last line is kept, in case it is the reason of a failure. */
static s64 output_string(struct call *k)
{
    struct efi_boot *b = k->b;
    u16 c;
    for (u64 i = 0; i < TEXT_MAX && get(k, k->a[1] + i * sizeof(c), &c, sizeof(c)) && c; i++) {
        if (c == '\n') {
            b->message_ended = true;
        } else if (c >= ' ' && c < 0x7f && b->message_len < EFI_MESSAGE - 1) {
            if (b->message_ended)
                b->message_len = 0;
            b->message_ended = false;
            b->message[b->message_len++] = (char)c;
            b->message[b->message_len] = '\0';
        }
    }
    return SUCCESS;
}

/* The stub has given up, and its code goes on to where x9 says, with the MMU as x10 has it. */
static s64 leave(struct call *k)
{
    const struct efi_boot_config *w = &k->b->config;
    struct cpu *c = k->cpu;
    log_line(c->log, LOG_GUEST_ERRORS, "the kernel's EFI stub gave up: %s", k->b->message);
    k->b->active = false;
    c->x[1] = c->x[2] = c->x[3] = 0;
    c->x[9] = w->kernel_entry;
    c->x[10] = sysreg_peek(c, SCTLR_EL1) & ~EFI_MMU_AND_CACHES;
    return (s64)w->dtb;
}

s64 efi_boot_call(void *b, struct cpu *c)
{
    static s64 (*const services[EFI_CALLS])(struct call * k) = {
        [EFI_CALL_ALLOCATE_PAGES] = allocate_pages,
        [EFI_CALL_FREE_PAGES] = free_pages,
        [EFI_CALL_GET_MEMORY_MAP] = get_memory_map,
        [EFI_CALL_ALLOCATE_POOL] = allocate_pool,
        [EFI_CALL_FREE_POOL] = free_pool,
        [EFI_CALL_HANDLE_PROTOCOL] = handle_protocol,
        [EFI_CALL_LOCATE_HANDLE] = locate_handle,
        [EFI_CALL_LOCATE_DEVICE_PATH] = locate_device_path,
        [EFI_CALL_INSTALL_CONFIGURATION_TABLE] = install_table,
        [EFI_CALL_EXIT] = leave,
        [EFI_CALL_EXIT_BOOT_SERVICES] = exit_boot_services,
        [EFI_CALL_STALL] = nothing_to_do,
        [EFI_CALL_SET_WATCHDOG_TIMER] = nothing_to_do,
        [EFI_CALL_OPEN_PROTOCOL] = handle_protocol,
        [EFI_CALL_LOCATE_PROTOCOL] = locate_protocol,
        [EFI_CALL_COPY_MEM] = copy_mem,
        [EFI_CALL_SET_MEM] = set_mem,
        [EFI_CALL_OUTPUT_STRING] = output_string,
    };
    struct call k = {b, c, {c->x[8], c->x[1], c->x[2], c->x[3], c->x[4]}};
    u32 service = (u32)c->x[0] & FUNCTION_BITS;
    if (!k.b->active || service >= EFI_CALLS)
        return UNSUPPORTED;
    if (!services[service]) {
        log_line(c->log, LOG_UNIMP, "EFI boot service %u: not served", service);
        return UNSUPPORTED;
    }
    return services[service](&k);
}

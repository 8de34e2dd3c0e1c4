/*
 * Semihosting: the calls of Arm's "Semihosting for AArch32 and AArch64" (release
 * 2.0), made by HLT #0xf000 in a program, and that they reach no file but those
 * in the folder.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/exception.h"
#include "devices/host_folder.h"
#include "firmware/semihosting.h"
#include "tests/unit/harness.h"

#define BLOCK  HARNESS_DATA
#define TEXT   (HARNESS_DATA + 0x100)
#define TEXT2  (HARNESS_DATA + 0x200)
#define BUFFER (HARNESS_DATA + 0x1000)

static const u32 HLT_F000 = 0xd45e0000, HLT_F001 = 0xd45e0020, B_SELF = 0x14000000;

struct rig {
    struct harness *h;
    struct semihosting s;
    struct chardev console;
    char printed[256], dir[32];
    size_t printed_len;
    int exits, status;
};

static struct rig *rig;

static void print(void *owner, const void *data, size_t len)
{
    struct rig *r = owner;
    cr_assert_lt(r->printed_len + len, sizeof(r->printed));
    memcpy(r->printed + r->printed_len, data, len);
    r->printed_len += len;
}

static size_t console_write(struct chardev *c, const u8 *data, size_t len, bool must)
{
    print(container_of(c, struct rig, console), data, len);
    return len;
}

static void program_exit(void *owner, int status)
{
    struct rig *r = owner;
    r->exits++;
    r->status = status;
}

static void set_up(void)
{
    rig = calloc(1, sizeof(*rig));
    rig->h = harness_create("cortex-a57");
    rig->s = (struct semihosting){.clock = &rig->h->clock,
                                  .epoch = UINT64_C(1700000000) * 1000000000,
                                  .command = "program one two",
                                  .print = print,
                                  .exit = program_exit,
                                  .owner = rig,
                                  .folder = -1,
                                  .free_start = HARNESS_DATA,
                                  .free_end = HARNESS_RAM + HARNESS_SIZE};
    semihosting_attach(&rig->s, rig->h->cpu, false);
}

/* Let there be a folder, with a folder and a file in it. */
static void open_folder(void)
{
    char path[64];
    strcpy(rig->dir, "/tmp/mini-a64-test-XXXXXX");
    cr_assert_not_null(mkdtemp(rig->dir));
    snprintf(path, sizeof(path), "%s/inner", rig->dir);
    cr_assert_eq(mkdir(path, 0777), 0);
    snprintf(path, sizeof(path), "%s/file", rig->dir);
    int fd = open(path, O_CREAT | O_WRONLY, 0666);
    cr_assert_eq(write(fd, "0123456789", 10), 10);
    close(fd);
    rig->s.folder = host_folder_open(rig->dir);
    cr_assert_geq(rig->s.folder, 0);
}

static void open_console(void)
{
    static const struct chardev_ops ops = {.write = console_write};
    rig->console.ops = &ops;
    rig->s.console = &rig->console;
    semihosting_connect(&rig->s);
}

static void tear_down(void)
{
    char command[64];
    semihosting_close(&rig->s);
    host_folder_close(rig->s.folder);
    harness_destroy(rig->h);
    snprintf(command, sizeof(command), "rm -r %s", rig->dir);
    if (rig->dir[0])
        cr_assert_eq(system(command), 0);
    free(rig);
}

TestSuite(semihosting, .init = set_up, .fini = tear_down);

/* Execute the HLT with OPERATION and X1. */
static s64 call_with(u32 operation, u64 x1)
{
    struct cpu *c = rig->h->cpu;
    harness_code(rig->h, (u32[]){HLT_F000, B_SELF}, 2);
    c->x[0] = 0xdead00000000 | operation; /* the operation is W0 */
    c->x[1] = x1;
    harness_run(rig->h, 1);
    return (s64)c->x[0];
}

#define CALL(operation, ...)                                                                       \
    (harness_write(rig->h, BLOCK, (u64[]){__VA_ARGS__}, sizeof((u64[]){__VA_ARGS__})),             \
     call_with(operation, BLOCK))

static u64 put_text(u64 at, const char *text)
{
    harness_write(rig->h, at, text, strlen(text) + 1);
    return strlen(text);
}

static s64 open_name(const char *name, unsigned mode)
{
    return CALL(0x01, TEXT, mode, put_text(TEXT, name));
}

static int error(void)
{
    return (int)call_with(0x13, 0);
}

static const char *buffer(void)
{
    return (const char *)bus_host(&rig->h->bus, BUFFER, 4096);
}

Test(semihosting, goes_on_behind_the_instruction)
{
    for (unsigned i = 0; i < 2; i++) {
        harness_code(rig->h, (u32[]){HLT_F000, B_SELF}, 2);
        rig->h->cpu->x[0] = 0x31;
        if (i)
            harness_step(rig->h, 1);
        else
            harness_run(rig->h, 10);
        cr_expect_eq(rig->h->cpu->pc, HARNESS_CODE + 4);
        cr_expect_eq(rig->h->cpu->x[0], 1000000000);
    }
}

static void expect_undefined(u32 word)
{
    harness_code(rig->h, &word, 1);
    rig->h->cpu->x[0] = 0x31;
    harness_run(rig->h, 1);
    cr_expect_eq(rig->h->cpu->sys[ELR_EL1], HARNESS_CODE);
    cr_expect_eq(rig->h->cpu->sys[ESR_EL1], UINT64_C(1) << 25, "EC 0, IL");
    cr_expect_eq(rig->h->cpu->x[0], 0x31);
}

Test(semihosting, other_numbers_are_undefined)
{
    expect_undefined(HLT_F001);
}

Test(semihosting, is_undefined_unless_asked_for)
{
    rig->h->cpu->semihosting = NULL;
    expect_undefined(HLT_F000);
}

Test(semihosting, is_undefined_at_el0)
{
    harness_mmu_on(rig->h, true);
    cpu_set_pstate(rig->h->cpu, 0);
    expect_undefined(HLT_F000);
}

Test(semihosting, serves_el0_on_request)
{
    harness_mmu_on(rig->h, true);
    cpu_set_pstate(rig->h->cpu, 0);
    semihosting_attach(&rig->s, rig->h->cpu, true);
    cr_expect_eq(call_with(0x31, 0), 1000000000);
}

Test(semihosting, writes_characters)
{
    put_text(TEXT, "hello");
    call_with(0x03, TEXT + 1);
    call_with(0x04, TEXT);
    cr_expect_str_eq(rig->printed, "ehello");
    s64 tty = open_name(":tt", 4);
    cr_expect_gt(tty, 0);
    cr_expect_eq(CALL(0x09, (u64)tty), 1, "ISTTY");
    put_text(TEXT, "more");
    cr_expect_eq(CALL(0x05, (u64)tty, TEXT, 4), 0, "all was written");
    cr_expect_str_eq(rig->printed, "ehellomore");
    cr_expect_eq(CALL(0x02, (u64)tty), 0);
    cr_expect_eq(CALL(0x02, (u64)tty), -1);
    cr_expect_eq(error(), EBADF);
}

Test(semihosting, a_string_of_many_pieces)
{
    open_console();
    char text[220];
    memset(text, 'x', sizeof(text));
    text[219] = '\0';
    put_text(HARNESS_DATA + 0xfc0, text); /* across a page */
    call_with(0x04, HARNESS_DATA + 0xfc0);
    cr_expect_eq(rig->printed_len, 219);
}

Test(semihosting, without_a_console_input_has_ended)
{
    cr_expect_eq(call_with(0x07, 0), -1);
    s64 tty = open_name(":tt", 0);
    cr_expect_eq(CALL(0x06, (u64)tty, BUFFER, 10), 10, "none of it was read");
}

Test(semihosting, readc_waits_for_input)
{
    struct cpu *c = rig->h->cpu;
    open_console();
    harness_code(rig->h, (u32[]){HLT_F000, B_SELF}, 2);
    c->x[0] = 0x07;
    cr_expect_eq(cpu_run(c, 10), STOP_WFI);
    cr_expect_eq(c->pc, HARNESS_CODE, "interrupts and debuggers find it there");
    cr_expect_eq(cpu_run(c, 10), STOP_WFI);
    cr_expect_eq(c->x[0], 0x07);
    chardev_receive(&rig->console, (const u8 *)"ab", 2);
    harness_run(rig->h, 1);
    cr_expect_eq(c->x[0], 'a');
    cr_expect_eq(c->pc, HARNESS_CODE + 4);
    cr_expect_eq(call_with(0x07, 0), 'b');
}

Test(semihosting, reads_what_was_typed)
{
    open_console();
    s64 tty = open_name(":tt", 0);
    chardev_receive(&rig->console, (const u8 *)"line\n", 5);
    cr_expect_eq(CALL(0x06, (u64)tty, BUFFER, 80), 75);
    cr_expect_arr_eq(buffer(), "line\n", 5);
    chardev_send_event(&rig->console, CHARDEV_CLOSED);
    cr_expect_eq(CALL(0x06, (u64)tty, BUFFER, 80), 80, "the end");
}

Test(semihosting, room_for_input_is_limited)
{
    open_console();
    cr_expect_eq(chardev_room(&rig->console), SEMIHOSTING_INPUT);
    u8 many[SEMIHOSTING_INPUT] = {1};
    chardev_receive(&rig->console, many, sizeof(many));
    cr_expect_eq(chardev_room(&rig->console), 0);
    cr_expect_eq(call_with(0x07, 0), 1);
    cr_expect_eq(chardev_room(&rig->console), 1);
}

Test(semihosting, time)
{
    rig->h->now = UINT64_C(12345678901);
    cr_expect_eq(call_with(0x10, 0), 1234, "centiseconds");
    cr_expect_eq(call_with(0x11, 0), 1700000012);
    cr_expect_eq(call_with(0x31, 0), 1000000000);
    cr_expect_eq(call_with(0x30, BUFFER), 0);
    cr_expect_eq(harness_read64(rig->h, BUFFER), 12345678901);
}

Test(semihosting, exit_status)
{
    static const struct {
        u32 operation;
        u64 reason, code;
        int status;
    } cases[] = {
        {0x18, 0x20026, 0, 0},  {0x18, 0x20026, 42, 42}, {0x20, 0x20026, 7, 7},
        {0x18, 0x20023, 42, 1}, {0x20, 0x20024, 0, 1},
    };
    for (int i = 0; i < (int)ARRAY_LEN(cases); i++) {
        rig->h->cpu->halted = false;
        CALL(cases[i].operation, cases[i].reason, cases[i].code);
        cr_expect_eq(rig->exits, i + 1);
        cr_expect_eq(rig->status, cases[i].status, "%d", i);
        cr_expect(rig->h->cpu->halted);
    }
}

Test(semihosting, command_line)
{
    cr_expect_eq(CALL(0x15, BUFFER, 16), 0);
    cr_expect_str_eq(buffer(), "program one two");
    cr_expect_eq(harness_read64(rig->h, BLOCK + 8), 15);
    cr_expect_eq(CALL(0x15, BUFFER, 15), -1, "no room for the NUL");
}

Test(semihosting, heap)
{
    cr_expect_eq(CALL(0x16, BUFFER), 0);
    cr_expect_eq(harness_read64(rig->h, BUFFER), HARNESS_DATA);
    cr_expect_eq(harness_read64(rig->h, BUFFER + 8), HARNESS_RAM + HARNESS_SIZE);
    cr_expect_eq(harness_read64(rig->h, BUFFER + 16), HARNESS_RAM + HARNESS_SIZE);
}

Test(semihosting, iserror)
{
    cr_expect_eq(CALL(0x08, (u64)-1), 1);
    cr_expect_eq(CALL(0x08, 5), 0);
}

Test(semihosting, features)
{
    s64 f = open_name(":semihosting-features", 0);
    cr_expect_gt(f, 0);
    cr_expect_eq(CALL(0x0c, (u64)f), 5);
    cr_expect_eq(CALL(0x06, (u64)f, BUFFER, 8), 3);
    cr_expect_arr_eq(buffer(), "SHFB\3", 5);
    cr_expect_eq(CALL(0x0a, (u64)f, 4), 0);
    cr_expect_eq(CALL(0x06, (u64)f, BUFFER, 1), 0);
    cr_expect_eq(buffer()[0], 3);
    cr_expect_eq(CALL(0x05, (u64)f, BUFFER, 1), 1, "can't be written");
}

Test(semihosting, unknown_calls_and_bad_addresses)
{
    cr_expect_eq(call_with(0x99, 0), -1);
    cr_expect_eq(error(), ENOSYS);
    cr_expect_eq(call_with(0x12, BLOCK), -1, "SYSTEM is not served");
    cr_expect_eq(call_with(0x01, UINT64_MAX - 4), -1);
    cr_expect_eq(error(), EFAULT);
    call_with(0x03, 0);
    call_with(0x04, 0);
    cr_expect_eq(CALL(0x01, 0, 0, 4), -1);
    cr_expect_eq(CALL(0x01, TEXT, 0, UINT64_MAX), -1);
    cr_expect_eq(error(), ENAMETOOLONG);
    cr_expect_eq(CALL(0x01, TEXT, 12, 1), -1);
    cr_expect_eq(CALL(0x06, UINT64_MAX, BUFFER, 8), 8);
    s64 tty = open_name(":tt", 4);
    cr_expect_eq(CALL(0x05, (u64)tty, 0, 8), 8);
    cr_expect_eq(rig->printed_len, 0);
}

Test(semihosting, no_folder_no_files)
{
    cr_expect_eq(open_name("/etc/hostname", 0), -1);
    cr_expect_eq(error(), EACCES);
    cr_expect_eq(CALL(0x0e, TEXT, put_text(TEXT, "/tmp/x")), -1);
    cr_expect_eq(CALL(0x0f, TEXT, 4, TEXT, 4), -1);
    cr_expect_eq(error(), EACCES);
}

Test(semihosting, files_in_the_folder)
{
    open_folder();
    s64 f = open_name("/file", 0);
    cr_assert_gt(f, 0);
    cr_expect_eq(CALL(0x09, (u64)f), 0, "no terminal");
    cr_expect_eq(CALL(0x0c, (u64)f), 10);
    cr_expect_eq(CALL(0x06, (u64)f, BUFFER, 4), 0);
    cr_expect_arr_eq(buffer(), "0123", 4);
    cr_expect_eq(CALL(0x06, (u64)f, BUFFER, 100), 94);
    cr_expect_arr_eq(buffer(), "456789", 6);
    cr_expect_eq(CALL(0x05, (u64)f, BUFFER, 3), 3, "opened for reading");
    cr_expect_eq(CALL(0x0a, (u64)f, 8), 0);
    cr_expect_eq(CALL(0x06, (u64)f, BUFFER, 2), 0);
    cr_expect_arr_eq(buffer(), "89", 2);
    cr_expect_eq(CALL(0x02, (u64)f), 0);

    f = open_name("inner/new", 6); /* w+ */
    cr_assert_gt(f, 0);
    put_text(BUFFER, "abc");
    cr_expect_eq(CALL(0x05, (u64)f, BUFFER, 3), 0);
    cr_expect_eq(CALL(0x02, (u64)f), 0);
    f = open_name("inner/new", 8); /* a */
    cr_expect_eq(CALL(0x05, (u64)f, BUFFER, 3), 0);
    cr_expect_eq(CALL(0x0c, (u64)f), 6);
    u64 to = put_text(TEXT2, "moved");
    cr_expect_eq(CALL(0x0f, TEXT, 9, TEXT2, to), 0);
    cr_expect_eq(open_name("inner/new", 0), -1);
    cr_expect_eq(error(), ENOENT);
    cr_expect_eq(CALL(0x0e, TEXT2, to), 0);
    cr_expect_eq(CALL(0x0e, TEXT2, to), -1);
    cr_expect_eq(CALL(0x0d, BUFFER, 7, 16), 0);
    cr_expect_str_eq(buffer(), "tmp007");
}

/* Neither .. nor links lead out, and nothing but files is opened. */
Test(semihosting, nothing_outside_the_folder)
{
    static const char *const names[] = {
        "../../etc/passwd", "link", "folder/passwd", "inner", "fifo", "", "..", "/../etc/passwd"};
    char path[64];
    open_folder();
    snprintf(path, sizeof(path), "%s/link", rig->dir);
    cr_assert_eq(symlink("/etc/passwd", path), 0);
    snprintf(path, sizeof(path), "%s/folder", rig->dir);
    cr_assert_eq(symlink("/etc", path), 0);
    snprintf(path, sizeof(path), "%s/fifo", rig->dir);
    cr_assert_eq(mkfifo(path, 0666), 0);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        for (unsigned mode = 0; mode < 12; mode += 2)
            cr_expect_eq(open_name(names[i], mode), -1, "%s, %u", names[i], mode);
    cr_expect_eq(CALL(0x0e, TEXT, put_text(TEXT, "folder/mini-a64-none")), -1);
    cr_expect_eq(error(), EXDEV);
    u64 from = put_text(TEXT, "file"), to = put_text(TEXT2, "../mini-a64-out");
    cr_expect_eq(CALL(0x0f, TEXT, from, TEXT2, to), -1);
    cr_expect_gt(open_name("file", 0), 0);
}

Test(semihosting, handles_are_limited)
{
    open_folder();
    for (unsigned i = 0; i < SEMIHOSTING_HANDLES; i++)
        cr_assert_gt(open_name("file", 0), 0);
    cr_expect_eq(open_name("file", 0), -1);
    cr_expect_eq(error(), EMFILE);
    semihosting_close(&rig->s);
    cr_expect_gt(open_name("file", 0), 0);
}

/*
 * The GDB stub against hostile clients: frames, packets and agent expressions of
 * every malformed kind. What it may answer is known from the protocol (GDB
 * manual, appendix E): nothing but frames, and nothing that was not asked for.
 */
#include "tools/gdbstub/gdbstub.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/gdbstub_rig.h"

/* The body of the answer to PACKET; valid until the next. */
static const char *ask(struct rig *r, const char *packet)
{
    struct text frame = {0};
    packet_frame(&frame, packet, strlen(packet));
    text_clear(&r->out);
    feed(r, frame.data, frame.len);
    text_free(&frame);
    char *body = r->out.data ? strchr(r->out.data, '$') : NULL;
    char *end = body ? strrchr(body, '#') : NULL;
    if (end)
        *end = '\0';
    return body ? body + 1 : "(none)";
}

Test(gdbstub, frames)
{
    struct rig *r = rig_create();
    feed(r, "$qC#b4", 6);
    cr_assert_str_eq(r->out.data, "+$QC1#c5");
    text_clear(&r->out);
    feed(r, "$qC#b5", 6); /* a wrong checksum */
    cr_assert_str_eq(r->out.data, "-");
    text_clear(&r->out);
    feed(r, "junk$junk$qC#b4", 15); /* one that was cut off */
    cr_assert_str_eq(r->out.data, "+$QC1#c5");
    text_clear(&r->out);
    feed(r, "-", 1); /* once more */
    cr_assert_str_eq(r->out.data, "$QC1#c5");
    rig_destroy(r);
}

Test(gdbstub, a_frame_that_is_too_long)
{
    struct rig *r = rig_create();
    feed(r, "$", 1);
    for (unsigned i = 0; i < 3 * PACKET_SIZE / 8; i++)
        feed(r, "mmmmmmmm", 8);
    feed(r, "#00", 3);
    cr_assert_str_eq(r->out.data, "-");
    cr_assert_str_eq(ask(r, "qC"), "QC1");
    rig_destroy(r);
}

/* What is wrong gets an error, or the empty answer of what there is not. */
Test(gdbstub, malformed_packets)
{
    static const char *const errors[] = {
        "m",
        "mzz,4",
        "m1000",
        "m1000,",
        "m1000,zz",
        "m10000000,4",
        "mffffffffffffffff,ffffffffffffffff",
        "m11111111111111111,1",
        "M40000000,4",
        "M40000000,4:00",
        "M40000000,2:0000ff",
        "M40000000,ffffffff:00",
        "X40000000,9:x",
        "x",
        "p",
        "pffffffff",
        "p40000000000000000",
        "P",
        "P0",
        "P0=",
        "P0=00",
        "P21=ffffffff",
        "G00",
        "Gzz",
        "Hq1",
        "Hg9",
        "Hgp2.1",
        "Hg-2",
        "T9",
        "T",
        "Z0",
        "Z0,",
        "Z0,1000",
        "Z0,1000,4;X",
        "Z0,1000,4;X1",
        "Z0,1000,4;X1,",
        "Z0,1000,4;X1,ff",
        "Z0,1000,4;Xffffffffffffffff,27",
        "Z0,1000,4;X2,22",
        "Z0,1000,4;X4,34010002",
        "Z0,1000,4;X6,340100024141",
        "Z0,1000,4;cmds:0,Xzz",
        "Z0,1000,4;bogus",
        "Z2,1000,0",
        "Z2,ffffffffffffffff,2",
        "z0,zz,4",
        "vCont;",
        "vCont;q",
        "vCont;r1000",
        "vCont;r1000,2000:9",
        "vCont;s:p9.9",
        "vCont;c:1;z",
        "Qqemu.sstep=",
        "Qqemu.sstep=99",
        "Qqemu.PhyMemMode:7",
        "QCatchSyscalls:",
        "QCatchSyscalls:2",
        "QCatchSyscalls:1;zz",
        "QCatchSyscalls:0;1",
        "qXfer:features:read:target.xml:",
        "qXfer:features:read:target.xml:zz,10",
        "qXfer:features:read:other.xml:0,10",
        "qThreadExtraInfo,",
        "qThreadExtraInfo,77",
        "qRcmd,1",
        "qRcmd,zz",
        "qRcmd,00",
        "C",
        "Szz",
        "czz",
        "szz",
    };
    static const char *const empty[] = {
        "",  "vMustReplyEmpty", "vFile:open:", "qTStatus", "Z9,1000,4", "b",
        "i", "QNonStop:1",      "qCRC:0,1",    "R00",      "_M100,5"};
    struct rig *r = rig_create();
    for (unsigned i = 0; i < ARRAY_LEN(errors); i++) {
        const char *reply = ask(r, errors[i]);
        cr_expect_eq(reply[0], 'E', "%s is answered %s", errors[i], reply);
        cr_expect(!r->m.gdb->running, "%s resumes", errors[i]);
    }
    for (unsigned i = 0; i < ARRAY_LEN(empty); i++) {
        cr_expect_str_eq(ask(r, empty[i]), "", "%s", empty[i]);
    }
    rig_destroy(r);
}

/* Any expression: it may fail, but only so. */
Test(gdbstub, random_agent_expressions)
{
    static const char *const parts[] = {"02", "05", "06", "07", "08", "0e", "13",     "16",
                                        "17", "1a", "20", "21", "22", "23", "24",     "25",
                                        "26", "27", "28", "29", "2a", "2b", "32",     "33",
                                        "34", "00", "01", "ff", "7f", "40", "002025", "25647300"};
    struct rig *r = rig_create();
    struct cpu *c = r->m.virt.cpu[0];
    u32 nop = 0xd503201f;
    srand(1);
    for (unsigned pc = 0x40000000; pc < 0x40000100; pc += 4)
        bus_dma_write(&r->m.virt.bus, pc, &nop, 4);
    unsigned accepted = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct text code = {0}, packet = {0};
        for (int n = rand() % 12 + 1; n; n--)
            text_puts(&code, parts[(unsigned)rand() % ARRAY_LEN(parts)]);
        text_printf(&packet, "Z0,40000010,4;%sX%zx,%s", rand() % 4 ? "" : "cmds:0,", code.len / 2,
                    code.data);
        if (strcmp(ask(r, packet.data), "OK") == 0) {
            accepted++;
            c->pc = 0x40000000;
            ask(r, "c"); /* runs until somebody looks; here until the budget is over */
            virt_run(&r->m.virt, 8);
            if (r->m.gdb->running)
                feed(r, "\x03", 1);
        }
        text_free(&code);
        text_free(&packet);
    }
    cr_expect_gt(accepted, 500u);
    rig_destroy(r);
}

static const char *const seeds[] = {
    "?",
    "g",
    "G",
    "p20",
    "P0=0000000000000000",
    "m40000000,10",
    "M40000000,2:0000",
    "X40000000,2:ab",
    "x40000000,4",
    "Z0,40000000,4",
    "z0,40000000,4",
    "Z1,40000000,4;X3,220127",
    "Z2,40000000,8",
    "Z3,40000000,8",
    "Z4,40000000,8",
    "z4,40000000,8",
    "vCont;s:p1.1;c",
    "vCont;r40000000,40000010:1",
    "vCont;c",
    "c",
    "s",
    "C05",
    "S05;40000000",
    "Hgp1.2",
    "Hc-1",
    "T1",
    "D;1",
    "qSupported:multiprocess+;swbreak+",
    "QStartNoAckMode",
    "qfThreadInfo",
    "qsThreadInfo",
    "qThreadExtraInfo,p1.1",
    "qC",
    "qSymbol::",
    "qSymbol:40000000:5f74657874",
    "qXfer:features:read:target.xml:0,100",
    "QCatchSyscalls:1;a9",
    "Qqemu.sstep=1",
    "Qqemu.PhyMemMode:1",
    "qRcmd,68656c70",
    "qRcmd,77616c6b2030",
    "qRcmd,696e666f206d656d",
    "qRcmd,63617463682065786365 7074696f6e20616c6c",
    "vAttach;1",
    "!",
    "P21=c5030000",
};

/* Packets that are nearly right, and the machine running whenever they let it. */
Test(gdbstub, mutated_packets)
{
    struct rig *r = rig_create();
    srand(2);
    for (unsigned round = 0; round < 200000; round++) {
        char packet[300];
        size_t len = (size_t)snprintf(packet, sizeof(packet) - 8, "%s",
                                      seeds[(unsigned)rand() % ARRAY_LEN(seeds)]);
        for (int n = rand() % 4; n && len; n--) {
            size_t at = (size_t)rand() % len;
            switch (rand() % 4) {
            case 0:
                packet[at] = (char)rand();
                break;
            case 1:
                packet[at] = "0123456789abcdef;:,-p"[rand() % 21];
                break;
            case 2:
                memmove(packet + at, packet + at + 1, --len - at);
                break;
            default:
                memmove(packet + at + 1, packet + at, len++ - at);
            }
        }
        struct text frame = {0};
        packet_frame(&frame, packet, len);
        text_clear(&r->out);
        feed(r, frame.data, frame.len);
        text_free(&frame);
        rig_run(r, 3);
        if (rand() % 1000 == 0) {
            chardev_send_event(&r->port, CHARDEV_CLOSED);
            chardev_send_event(&r->port, CHARDEV_OPENED);
        }
    }
    rig_destroy(r);
}

/*
 * Unpacking gzip streams out of files: exact bytes in pieces of any size, and a
 * refusal for whatever is cut or damaged. Streams are made by zlib's deflate and
 * one by hand after RFC 1951 and 1952.
 */
#include "firmware/gunzip.h"

#include "load_rig.h"

/* RFC 1952: no name, no time; RFC 1951: one stored block "hi!"; CRC-32 and length. */
static const u8 by_hand[] = {0x1f, 0x8b, 8,   0,   0,   0,    0,    0,    0,    3, 1, 3, 0,
                             0xfc, 0xff, 'h', 'i', '!', 0x3a, 0x83, 0xd3, 0x41, 3, 0, 0, 0};

static bool unpack(const struct rig_file *from, u8 *to, u64 room, u64 piece, u64 *total,
                   struct load_error *e)
{
    struct file f;
    struct gunzip *g;
    u64 done = 1;
    bool ok = file_open(&f, from->path, e);

    cr_assert(ok, "%s", e->line);
    g = gunzip_open(&f, 0, f.size, e);
    for (*total = 0; ok && done > 0 && *total < room; *total += done) {
        u64 len = piece < room - *total ? piece : room - *total;

        done = 0;
        ok = gunzip_read(g, to + *total, len, &done, e);
        if (ok)
            cr_assert(done == len || g->ended);
    }
    gunzip_close(g);
    file_close(&f);
    return ok;
}

Test(gunzip, recognises_its_magic)
{
    cr_assert(gunzip_recognise(by_hand, sizeof by_hand));
    cr_assert_not(gunzip_recognise(by_hand, 2));
    cr_assert_not(gunzip_recognise((const u8 *)"\x1f\x8b\x01", 3));
    cr_assert_not(gunzip_recognise((const u8 *)"\x1f\x9d\x08", 3));
}

Test(gunzip, unpacks_a_stream_made_by_hand)
{
    struct rig_file f = rig_file(by_hand, sizeof by_hand);
    struct load_error e;
    u8 out[16];
    u64 total;

    cr_assert(unpack(&f, out, sizeof out, sizeof out, &total, &e), "%s", e.line);
    cr_assert_eq(total, 3);
    cr_assert_arr_eq(out, "hi!", 3);
}

Test(gunzip, unpacks_in_pieces_of_any_size)
{
    enum { SIZE = 300000 };
    static u8 in[SIZE], out[SIZE + 1];
    static const u64 pieces[] = {1, 7, 4096, 65536, SIZE - 1, SIZE, SIZE + 1};
    u64 seed = 1, total;
    size_t packed;
    u8 *gz;

    /* Hard to compress, so that the input buffer is filled more than once. */
    for (int i = 0; i < SIZE; i++)
        in[i] = (u8)(rig_random(&seed) >> 40);
    gz = rig_gzip(in, SIZE, &packed);
    cr_assert(packed > 4 * 65536);
    struct rig_file f = rig_file(gz, packed);

    for (unsigned i = 0; i < ARRAY_LEN(pieces); i++) {
        struct load_error e;

        memset(out, 0, sizeof out);
        cr_assert(unpack(&f, out, sizeof out, pieces[i], &total, &e), "%s", e.line);
        cr_assert_eq(total, SIZE);
        cr_assert(memcmp(in, out, SIZE) == 0);
    }
    free(gz);
}

Test(gunzip, knows_the_stated_length)
{
    struct rig_file from = rig_file(by_hand, sizeof by_hand);
    struct load_error e;
    struct file f;
    u64 length;

    cr_assert(file_open(&f, from.path, &e));
    cr_assert(gunzip_length(&f, 0, f.size, &length, &e));
    cr_assert_eq(length, 3);
    cr_assert_not(gunzip_length(&f, 0, 19, &length, &e));
    rig_expect_line(&e, from.path, "truncated");
    file_close(&f);
}

Test(gunzip, refuses_a_stream_cut_anywhere)
{
    u8 out[16];
    u64 total;

    for (size_t size = 1; size < sizeof by_hand; size++) {
        struct rig_file f = rig_file(by_hand, size);
        struct load_error e;

        cr_assert_not(unpack(&f, out, sizeof out, sizeof out, &total, &e), "cut to %zu", size);
        rig_expect_line(&e, f.path, "truncated");
        close(f.fd);
    }
}

Test(gunzip, ignores_what_follows_the_stream)
{
    u8 longer[sizeof by_hand + 5] = {0}, out[16];
    struct load_error e;
    u64 total;

    memcpy(longer, by_hand, sizeof by_hand);
    struct rig_file f = rig_file(longer, sizeof longer);
    cr_assert(unpack(&f, out, sizeof out, sizeof out, &total, &e), "%s", e.line);
    cr_assert_eq(total, 3);
}

/* Any wrong bit in block header, data, checksum or length is noticed. */
Test(gunzip, notices_every_flipped_bit)
{
    u8 hurt[sizeof by_hand], out[64];
    u64 total;

    for (size_t i = 10; i < sizeof by_hand; i++)
        for (unsigned b = 0; b < 8; b++) {
            struct load_error e;

            memcpy(hurt, by_hand, sizeof hurt);
            hurt[i] ^= (u8)(1u << b);
            struct rig_file f = rig_file(hurt, sizeof hurt);
            /* The padding bits of a stored block's header are nobody's. */
            bool ok = unpack(&f, out, sizeof out, sizeof out, &total, &e);
            cr_assert(!ok || (i == 10 && b >= 3), "byte %zu bit %u", i, b);
            close(f.fd);
        }
}

Test(gunzip, survives_mutated_streams)
{
    static u8 in[5000], hurt[8000], out[20000];
    u64 seed = 42, total;
    size_t packed;
    u8 *gz;

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (u8)(i % 91 * (i / 400));
    gz = rig_gzip(in, sizeof in, &packed);
    struct rig_file f = rig_file(gz, packed);
    for (int i = 0; i < 3000; i++) {
        struct load_error e;
        size_t size = rig_mutate(&seed, hurt, gz, packed, 40);

        rig_rewrite(&f, hurt, size);
        if (unpack(&f, out, sizeof out, 1 + rig_random(&seed) % sizeof out, &total, &e))
            cr_assert(total <= sizeof out);
        else
            rig_expect_line(&e, f.path, "");
    }
    free(gz);
}

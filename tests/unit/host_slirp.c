/*
 * The user's network by frames, as a guest would send them: ARP (RFC 826), IPv4 (RFC
 * 791) and UDP (RFC 768) to a server on this host. The router's Ethernet address is
 * 52:55 and its IPv4 address, as QEMU's guests know it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/host_slirp.h"
#include "tests/unit/frame_rig.h"

static const u8 guest_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const u8 router_mac[6] = {0x52, 0x55, 10, 0, 2, 2};
static const u8 guest_ip[4] = {10, 0, 2, 15}, router_ip[4] = {10, 0, 2, 2};

static struct card card;
static char error[HOST_SLIRP_ERROR];

static void set_up(void)
{
    struct host_slirp_options o = host_slirp_defaults();
    card_plug(&card, host_loop_create(NULL, NULL));
    card.net = host_slirp_open(card.loop, &o, error);
    cr_assert(card.net, "%s", error);
    card_connect(&card);
}

static void tear_down(void)
{
    card_destroy(&card);
}

TestSuite(host_slirp, .init = set_up, .fini = tear_down);

static void ask_for_router(void)
{
    static const u8 arp[] = {0, 1, 8, 0, 6, 4, 0, 1}; /* Ethernet, IPv4, request */
    u8 frame[42] = {0};
    memset(frame, 0xff, 6);
    memcpy(frame + 6, guest_mac, 6);
    memcpy(frame + 12, (const u8[]){8, 6}, 2);
    memcpy(frame + 14, arp, sizeof(arp));
    memcpy(frame + 22, guest_mac, 6);
    memcpy(frame + 28, guest_ip, 4);
    memcpy(frame + 38, router_ip, 4);
    cr_assert(card.net->ops->room(card.net));
    card.net->ops->send(card.net, frame, sizeof(frame));
}

static bool is_answer(const u8 *frame, size_t len)
{
    return len >= 42 && !memcmp(frame, guest_mac, 6) && frame[12] == 8 && frame[13] == 6 &&
           frame[21] == 2 && !memcmp(frame + 22, router_mac, 6) &&
           !memcmp(frame + 28, router_ip, 4);
}

Test(host_slirp, the_router_answers)
{
    ask_for_router();
    card_await(&card, is_answer);
}

Test(host_slirp, a_frame_waits_for_the_card)
{
    card.full = true;
    ask_for_router();
    while (!card.refused)
        host_loop_wait(card.loop, NS_PER_SEC);
    cr_assert_eq(card.frames, 0);
    card.full = false;
    card.wanted = is_answer;
    card.net->ops->accept(card.net);
    card_await(&card, is_answer);
}

Test(host_slirp, frames_that_nobody_took_are_freed)
{
    card.full = true;
    ask_for_router();
    ask_for_router();
    while (!card.refused)
        host_loop_wait(card.loop, NS_PER_SEC);
}

static u16 sum_of(const u8 *p, size_t len)
{
    u32 sum = 0;
    for (size_t i = 0; i < len; i += 2)
        sum += (u32)p[i] << 8 | p[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}

static bool is_reply(const u8 *frame, size_t len)
{
    return len >= 47 && frame[12] == 8 && frame[13] == 0 && frame[23] == 17 &&
           !memcmp(frame + 42, "hello", 5) && !memcmp(frame + 26, router_ip, 4);
}

Test(host_slirp, datagrams_reach_this_host)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in from;
    socklen_t size = sizeof(here);
    char text[16];
    u8 frame[47] = {0};
    int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(server, (struct sockaddr *)&here, sizeof(here)), 0);
    getsockname(server, (struct sockaddr *)&here, &size);

    ask_for_router(); /* it learns our address by that */
    card_await(&card, is_answer);
    memcpy(frame, router_mac, 6);
    memcpy(frame + 6, guest_mac, 6);
    memcpy(frame + 12, (const u8[]){8, 0, 0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17}, 12);
    memcpy(frame + 26, guest_ip, 4);
    memcpy(frame + 30, router_ip, 4);
    u16 sum = htons(sum_of(frame + 14, 20));
    memcpy(frame + 24, &sum, 2);
    memcpy(frame + 34, (const u8[]){4, 0xd2}, 2);
    memcpy(frame + 36, &here.sin_port, 2);
    memcpy(frame + 38, (const u8[]){0, 13, 0, 0}, 4); /* no checksum */
    memcpy(frame + 42, "hello", 5);
    card.net->ops->send(card.net, frame, sizeof(frame));

    size = sizeof(from);
    cr_assert_eq(recvfrom(server, text, sizeof(text), 0, (struct sockaddr *)&from, &size), 5);
    cr_assert_eq(memcmp(text, "hello", 5), 0);
    sendto(server, text, 5, 0, (struct sockaddr *)&from, size);
    card_await(&card, is_reply);
    close(server);
}

Test(host_slirp, a_port_that_is_taken)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(here);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(server, (struct sockaddr *)&here, sizeof(here)), 0);
    cr_assert_eq(listen(server, 1), 0);
    getsockname(server, (struct sockaddr *)&here, &size);
    const struct host_slirp_forward taken = {.host = INADDR_LOOPBACK,
                                             .host_port = ntohs(here.sin_port),
                                             .guest_port = 22,
                                             .text = "tcp::1-:22"};
    struct host_slirp_options o = host_slirp_defaults();
    o.forward = &taken;
    o.forwards = 1;
    cr_assert_null(host_slirp_open(card.loop, &o, error));
    cr_assert(strstr(error, "hostfwd=tcp::1-:22: port ") && strstr(error, "in use"), "%s", error);
    close(server);
}

/*
 * TAP interfaces, by frames to and from a socket on the same interface. Making one
 * takes root's rights; without them there is only the refusal to be seen.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/host_tap.h"
#include "tests/unit/frame_rig.h"

enum { ETHERTYPE_TEST = 0x88b5 }; /* IEEE 802's for experiments */

static const u8 frame[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5, 'h', 'i'};
static char name[IFNAMSIZ], error[HOST_TAP_ERROR];
static struct card card;
static int peer = -1;

static bool is_frame(const u8 *got, size_t len)
{
    return len == sizeof(frame) && !memcmp(got, frame, len);
}

/* A socket on the interface, which is up then. */
static void open_peer(void)
{
    struct ifreq request = {0};
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETHERTYPE_TEST),
                                  .sll_ifindex = (int)if_nametoindex(name)};
    peer = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE_TEST));
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    request.ifr_flags = IFF_UP | IFF_PROMISC;
    cr_assert_geq(peer, 0);
    cr_assert_eq(ioctl(peer, SIOCSIFFLAGS, &request), 0);
    cr_assert_eq(bind(peer, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void set_up(void)
{
    snprintf(name, sizeof(name), "a64t%d", (int)getpid());
    card_plug(&card, host_loop_create(NULL, NULL));
    card.net = host_tap_open(card.loop, name, error);
    if (!card.net) {
        cr_assert(strstr(error, name) && strstr(error, "ip tuntap add"), "%s", error);
        return;
    }
    card_connect(&card);
    open_peer();
}

static void tear_down(void)
{
    if (peer >= 0)
        close(peer);
    card_destroy(&card);
}

TestSuite(host_tap, .init = set_up, .fini = tear_down);

Test(host_tap, frames_from_the_guest)
{
    u8 got[200];
    if (!card.net)
        cr_skip("no right to make an interface");
    cr_assert(card.net->ops->room(card.net));
    card.net->ops->send(card.net, frame, sizeof(frame));
    cr_assert_eq(recv(peer, got, sizeof(got), 0), sizeof(frame));
    cr_assert(is_frame(got, sizeof(frame)));
}

Test(host_tap, frames_to_the_guest)
{
    if (!card.net)
        cr_skip("no right to make an interface");
    card.full = true;
    cr_assert_eq(send(peer, frame, sizeof(frame), 0), sizeof(frame));
    while (!card.refused)
        host_loop_wait(card.loop, NS_PER_SEC);
    card.full = false;
    card.wanted = is_frame;
    card.net->ops->accept(card.net);
    card_await(&card, is_frame);
    cr_assert_eq(send(peer, frame, sizeof(frame), 0), sizeof(frame));
    card_await(&card, is_frame);
}

Test(host_tap, an_interface_that_is_in_use)
{
    if (!card.net)
        cr_skip("no right to make an interface");
    cr_assert_null(host_tap_open(card.loop, name, error));
    cr_assert(strstr(error, name) && strstr(error, "busy"), "%s", error);
}

static void note(void *owner)
{
    ((struct card *)owner)->full = true;
}

/* What is no longer there is not looked at again and again. */
Test(host_tap, an_interface_that_is_removed)
{
    char command[64];
    struct alarm late = {.fire = note, .owner = &card};
    if (!card.net)
        cr_skip("no right to make an interface");
    snprintf(command, sizeof(command), "ip link delete %s", name);
    if (system(command))
        cr_skip("there is no ip command");
    host_loop_wait(card.loop, NS_PER_SEC); /* here it is noticed */
    struct clock *clock = host_loop_clock(card.loop);
    clock_set_alarm(clock, &late, clock_now(clock) + NS_PER_SEC / 10);
    host_loop_wait(card.loop, CLOCK_NEVER);
    cr_assert(card.full, "the wait has ended for the alarm and nothing else");
    card.net->ops->send(card.net, frame, sizeof(frame));
}

Test(host_tap, a_name_that_is_too_long)
{
    cr_assert_null(host_tap_open(card.loop, "an-interface-of-more-than-15", error));
    cr_assert(strstr(error, "an-interface-of-more-than-15: File name too long"), "%s", error);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What it is all for: an application that never heard of keepalive waits for a
 * peer that is gone. Its read gets ETIMEDOUT after keepidle + keepintvl *
 * keepcnt seconds; without the module it waits on. All waits run side by side.
 */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "ka.h"

#define HANDSHAKE 2		/* SYN and ACK are empty, and all others are probes */
#define PROBES 2
#define SECONDS 3		/* keepidle=1 + keepintvl=1 * keepcnt=2 */

FIXTURE(dead_peer) {
	struct ka_env env;
};

FIXTURE_SETUP(dead_peer)
{
	KA_SETUP("keepidle=1 keepintvl=1 keepcnt=2");
}

FIXTURE_TEARDOWN(dead_peer)
{
	KA_TEARDOWN();
}

/* From here on the socket hears nothing any more, so it answers nothing. */
static int make_deaf(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

/* A connection whose server end has no keepalive of its own. */
static int open_living(struct ka_conn *c, int family)
{
	c->listener = socket(family, SOCK_STREAM, 0);
	c->client = socket(family, SOCK_STREAM, 0);
	return ka_set_on(c->listener, 0) ?: ka_connect(c, family);
}

static int open_dead(struct ka_conn *c, int family)
{
	return open_living(c, family) ?: make_deaf(c->server);
}

/* Whether a read would return within that time. */
static bool readable(int fd, long ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms > 0 ? ms : 0) == 1;
}

static int read_error(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 ? errno : 0;
}

/* What arrives over the loopback, before any socket's filter sees it. */
static int capture_open(void)
{
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
}

/* Of what one port sent to another: empty segments, and whether a reset came. */
static void capture_read(int fd, int from, int to, int *probes, int *resets)
{
	unsigned char buf[256];
	struct tcphdr *tcp;
	struct iphdr *ip;
	ssize_t n;

	*probes = 0;
	*resets = 0;
	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			return;
		ip = (struct iphdr *)buf;
		tcp = (struct tcphdr *)(buf + ip->ihl * 4);
		if (ip->protocol != IPPROTO_TCP || ntohs(tcp->source) != from ||
		    ntohs(tcp->dest) != to)
			continue;
		if (tcp->rst)
			++*resets;
		else if (ntohs(ip->tot_len) == ip->ihl * 4 + tcp->doff * 4)
			++*probes;
	}
}

static int own_port(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	return getsockname(fd, (struct sockaddr *)&in, &len) ? -errno : ntohs(in.sin_port);
}

TEST_F(dead_peer, found_out)
{
	struct ka_conn tcp4, tcp6, declined, untouched, living;
	int capture[3], probes, resets;
	size_t i;
	long begin;

	/* Two that must go on waiting: without a policy, and by own choice. */
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, open_dead(&untouched, AF_INET));
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	ASSERT_EQ(0, open_dead(&declined, AF_INET));
	ASSERT_EQ(0, ka_set_on(declined.client, 0));
	for (i = 0; i < ARRAY_SIZE(capture); i++) {
		capture[i] = capture_open();
		ASSERT_LE(0, capture[i]);
	}

	/* One whose peer answers the probes, and two whose peers do not. */
	ASSERT_EQ(0, open_living(&living, AF_INET));
	begin = ka_ms();
	ASSERT_EQ(0, open_dead(&tcp6, AF_INET6));
	ASSERT_EQ(0, open_dead(&tcp4, AF_INET));

	EXPECT_TRUE(readable(tcp4.client, SECONDS * 1000 + KA_CAP_MS));
	EXPECT_EQ(ETIMEDOUT, read_error(tcp4.client));
	/* The timers count in jiffies: a little less than the seconds is right. */
	EXPECT_LE(SECONDS * 1000 - 100, ka_ms() - begin);
	EXPECT_TRUE(readable(tcp6.client, KA_CAP_MS));
	EXPECT_EQ(ETIMEDOUT, read_error(tcp6.client));
	capture_read(capture[0], own_port(tcp4.client), tcp4.port, &probes, &resets);
	EXPECT_EQ(HANDSHAKE + PROBES, probes);
	EXPECT_EQ(1, resets);

	EXPECT_FALSE(readable(untouched.client, 0));
	EXPECT_FALSE(readable(declined.client, 0));
	capture_read(capture[1], own_port(untouched.client), untouched.port, &probes, &resets);
	EXPECT_GE(HANDSHAKE, probes + resets);

	capture_read(capture[2], own_port(living.client), living.port, &probes, &resets);
	EXPECT_LT(HANDSHAKE, probes);
	EXPECT_EQ(0, resets);
	EXPECT_FALSE(readable(living.client, 0));
	EXPECT_EQ(0, ka_exchange(living.client, living.server));
	EXPECT_EQ(0, ka_exchange(living.server, living.client));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * socket(2): a TCP socket has keepalive on while the module is loaded, with
 * the policy's values, and not before and not after. Others are left alone.
 */
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <sys/un.h>

#include "ka.h"

static const struct kind {
	const char *name;
	int family;
	int type;
	int protocol;
} kinds[] = {
	{ "TCP over IPv4", AF_INET, SOCK_STREAM, 0 },
	{ "TCP over IPv4, by its number", AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP },
	{ "TCP over IPv6", AF_INET6, SOCK_STREAM, 0 },
	{ "MPTCP over IPv4", AF_INET, SOCK_STREAM, IPPROTO_MPTCP },
	{ "MPTCP over IPv6", AF_INET6, SOCK_STREAM, IPPROTO_MPTCP },
};

#define FIRST_MPTCP 3

static int make(const struct kind *k)
{
	return socket(k->family, k->type, k->protocol);
}

FIXTURE(socket) {
	struct ka_env env;
};

FIXTURE_VARIANT(socket) {
	size_t first;
	size_t end;
};

FIXTURE_VARIANT_ADD(socket, tcp) {
	.first = 0, .end = FIRST_MPTCP,
};

FIXTURE_VARIANT_ADD(socket, mptcp) {
	.first = FIRST_MPTCP, .end = ARRAY_SIZE(kinds),
};

FIXTURE_SETUP(socket)
{
	int fd;

	KA_SETUP(NULL);
	fd = make(&kinds[variant->first]);
	if (fd < 0)
		KA_SKIP(return, "the kernel makes no such socket: %s", strerror(errno));
	close(fd);
}

FIXTURE_TEARDOWN(socket)
{
	KA_TEARDOWN();
}

/* All kinds in one go: a load and an unload take long. */
TEST_F(socket, off_on_off)
{
	int loaded[ARRAY_SIZE(kinds)], fd;
	size_t i;

	for (i = variant->first; i < variant->end; i++) {
		fd = make(&kinds[i]);
		ASSERT_LE(0, fd) TH_LOG("%s", kinds[i].name);
		EXPECT_KA(fd, 0, 7200, 75, 9);
	}
	ASSERT_EQ(0, ka_load("keepidle=600 keepintvl=30 keepcnt=5"));
	for (i = variant->first; i < variant->end; i++) {
		loaded[i] = make(&kinds[i]);
		EXPECT_KA(loaded[i], 1, 600, 30, 5);
	}
	ASSERT_EQ(0, ka_unload());
	for (i = variant->first; i < variant->end; i++) {
		EXPECT_KA(make(&kinds[i]), 0, 7200, 75, 9);
		/* What was made under the module stays as it is. */
		EXPECT_KA(loaded[i], 1, 600, 30, 5);
	}
}

TEST_F(socket, on_without_parameters)
{
	size_t i;

	ASSERT_EQ(0, ka_load(""));
	for (i = variant->first; i < variant->end; i++)
		EXPECT_KA(make(&kinds[i]), 1, 7200, 75, 9);
}

FIXTURE(other) {
	struct ka_env env;
};

FIXTURE_VARIANT(other) {
	int family;
	int type;
	int protocol;
	bool stays;	/* its module, once loaded, cannot be unloaded */
};

FIXTURE_VARIANT_ADD(other, udp4) {
	.family = AF_INET, .type = SOCK_DGRAM,
};

FIXTURE_VARIANT_ADD(other, udp6) {
	.family = AF_INET6, .type = SOCK_DGRAM,
};

FIXTURE_VARIANT_ADD(other, raw) {
	.family = AF_INET, .type = SOCK_RAW, .protocol = IPPROTO_ICMP,
};

FIXTURE_VARIANT_ADD(other, raw_tcp) {
	.family = AF_INET, .type = SOCK_RAW, .protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(other, unix_stream) {
	.family = AF_UNIX, .type = SOCK_STREAM,
};

FIXTURE_VARIANT_ADD(other, unix_datagram) {
	.family = AF_UNIX, .type = SOCK_DGRAM,
};

FIXTURE_VARIANT_ADD(other, netlink) {
	.family = AF_NETLINK, .type = SOCK_RAW, .protocol = NETLINK_ROUTE,
};

FIXTURE_VARIANT_ADD(other, sctp) {
	.family = AF_INET, .type = SOCK_STREAM, .protocol = IPPROTO_SCTP, .stays = true,
};

FIXTURE_SETUP(other)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(other)
{
	KA_TEARDOWN();
}

TEST_F(other, untouched)
{
	struct ka_sock s;
	int fd;

	if (variant->stays && access("/proc/net/sctp", F_OK) && !getenv("KA_NO_SKIP"))
		KA_SKIP(return, "sctp is not loaded, and would stay if it were");
	fd = socket(variant->family, variant->type, variant->protocol);
	ASSERT_LE(0, fd);
	s = ka_get(fd);
	EXPECT_EQ(0, s.on);
	/* The module is there: it is this socket that it leaves alone. */
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
}

TEST_HARNESS_MAIN

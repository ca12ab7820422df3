// SPDX-License-Identifier: GPL-2.0
/*
 * Mode enforce, by every way in: the application's setsockopt() of what the
 * policy says returns 0 and changes nothing, on sockets of every kind; what the
 * policy does not say is the application's; and back in mode default all of it.
 */
#include <netinet/tcp.h>

#include "ka_peer.h"
#include "ka_way.h"

FIXTURE(enforce) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_VARIANT(enforce) {
	int family;
	int protocol;
	enum ka_way way;
};

FIXTURE_VARIANT_ADD(enforce, tcp4) {
	.family = AF_INET, .way = KA_WAY_64,
};

FIXTURE_VARIANT_ADD(enforce, tcp6) {
	.family = AF_INET6, .way = KA_WAY_64,
};

FIXTURE_VARIANT_ADD(enforce, mptcp4) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP, .way = KA_WAY_64,
};

FIXTURE_VARIANT_ADD(enforce, mptcp6) {
	.family = AF_INET6, .protocol = IPPROTO_MPTCP, .way = KA_WAY_64,
};

FIXTURE_VARIANT_ADD(enforce, tcp4_of_32_bit) {
	.family = AF_INET, .way = KA_WAY_32,
};

FIXTURE_VARIANT_ADD(enforce, mptcp4_of_32_bit) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP, .way = KA_WAY_32,
};

FIXTURE_VARIANT_ADD(enforce, tcp4_by_io_uring) {
	.family = AF_INET, .way = KA_WAY_RING,
};

FIXTURE_VARIANT_ADD(enforce, tcp6_by_a_worker_of_io_uring) {
	.family = AF_INET6, .way = KA_WAY_RING_WORKER,
};

FIXTURE_VARIANT_ADD(enforce, mptcp4_by_io_uring) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP, .way = KA_WAY_RING,
};

FIXTURE_SETUP(enforce)
{
	const char *why;

	KA_SETUP("mode=enforce keepidle=600 keepintvl=30 keepcnt=5 user_timeout=9000");
	why = ka_way_open(variant->way);
	if (why)
		KA_SKIP(return, "%s", why);
	self->c.listener = socket(variant->family, SOCK_STREAM, variant->protocol);
	self->c.client = socket(variant->family, SOCK_STREAM, variant->protocol);
	if (self->c.client < 0)
		KA_SKIP(return, "the kernel does not make this socket: %s", strerror(errno));
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	ASSERT_EQ(0, ka_exchange(self->c.client, self->c.server));
	ASSERT_EQ(0, ka_exchange(self->c.server, self->c.client));
}

FIXTURE_TEARDOWN(enforce)
{
	KA_TEARDOWN();
}

#define EXPECT_SET(_ret, _fd, _level, _name, _value) \
	EXPECT_EQ(_ret, ka_way_set(variant->way, _fd, _level, _name, _value))

/* All five options, to other values than the policy's. */
#define EXPECT_DEAF(_fd) do { \
	EXPECT_SET(0, _fd, SOL_SOCKET, SO_KEEPALIVE, 0); \
	EXPECT_SET(0, _fd, SOL_TCP, TCP_KEEPIDLE, 41); \
	EXPECT_SET(0, _fd, SOL_TCP, TCP_KEEPINTVL, 7); \
	EXPECT_SET(0, _fd, SOL_TCP, TCP_KEEPCNT, 3); \
	EXPECT_SET(0, _fd, SOL_TCP, TCP_USER_TIMEOUT, 1234); \
	EXPECT_KA(_fd, 1, 600, 30, 5); \
	if (variant->protocol != IPPROTO_MPTCP) \
		EXPECT_EQ(9000, ka_user_timeout(_fd)); \
} while (0)

TEST_F(enforce, changes_nothing)
{
	int fd = socket(variant->family, SOCK_STREAM, variant->protocol);

	EXPECT_DEAF(fd);
	EXPECT_DEAF(self->c.listener);
	EXPECT_DEAF(self->c.client);
	EXPECT_DEAF(self->c.server);
	/* What is in force runs: the timers, and what the listener hands on. */
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
	close(self->c.client);
	close(self->c.server);
	self->c.client = fd;
	ASSERT_EQ(0, ka_connect_more(&self->c, variant->family));
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_DEAF(self->c.server);
}

/* Only keepidle: the others are the application's, with the errors they have. */
TEST_F(enforce, a_field_at_zero_is_the_applications)
{
	int fd = self->c.client;

	ASSERT_EQ(0, ka_param_set("keepintvl", 0));
	ASSERT_EQ(0, ka_param_set("keepcnt", 0));
	ASSERT_EQ(0, ka_param_set("user_timeout", 0));
	EXPECT_SET(0, fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	EXPECT_SET(0, fd, SOL_TCP, TCP_KEEPIDLE, 41);
	EXPECT_SET(0, fd, SOL_TCP, TCP_KEEPINTVL, 7);
	EXPECT_KA(fd, 1, 600, 7, 5);
	EXPECT_SET(0, fd, SOL_TCP, TCP_KEEPCNT, 3);
	EXPECT_KA(fd, 1, 600, 7, 3);
	EXPECT_SET(-EINVAL, fd, SOL_TCP, TCP_KEEPINTVL, 0);
	EXPECT_SET(-EINVAL, fd, SOL_TCP, TCP_KEEPCNT, 128);
	EXPECT_KA(fd, 1, 600, 7, 3);
	if (variant->protocol != IPPROTO_MPTCP) {
		EXPECT_SET(0, fd, SOL_TCP, TCP_USER_TIMEOUT, 1234);
		EXPECT_EQ(1234, ka_user_timeout(fd));
	}

	/* And with nothing enforced, all of them at once. */
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_SET(0, fd, SOL_TCP, TCP_KEEPIDLE, 41);
	EXPECT_KA(fd, 1, 41, 7, 3);
	EXPECT_SET(-EINVAL, fd, SOL_TCP, TCP_KEEPIDLE, 0);
	EXPECT_SET(0, fd, SOL_SOCKET, SO_KEEPALIVE, 0);
	EXPECT_KA(fd, 0, 41, 7, 3);
}

TEST_HARNESS_MAIN

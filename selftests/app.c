// SPDX-License-Identifier: GPL-2.0
/*
 * In mode default the application's own setsockopt(2) wins, whenever it comes:
 * every value, and switching off.
 */
#include <netinet/tcp.h>

#include "ka.h"

FIXTURE(app) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_VARIANT(app) {
	int family;
	int protocol;
};

FIXTURE_VARIANT_ADD(app, tcp4) {
	.family = AF_INET, .protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(app, tcp6) {
	.family = AF_INET6, .protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(app, mptcp4) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP,
};

FIXTURE_VARIANT_ADD(app, mptcp6) {
	.family = AF_INET6, .protocol = IPPROTO_MPTCP,
};

FIXTURE_SETUP(app)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	self->c.listener = socket(variant->family, SOCK_STREAM, variant->protocol);
	self->c.client = socket(variant->family, SOCK_STREAM, variant->protocol);
	if (self->c.client < 0)
		KA_SKIP(return, "the kernel does not make this socket: %s", strerror(errno));
}

FIXTURE_TEARDOWN(app)
{
	ka_conn_close(&self->c);
	KA_TEARDOWN();
}

TEST_F(app, values_before_connect)
{
	int fd = self->c.client;

	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 41));
	EXPECT_KA(fd, 1, 41, 30, 5);
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPINTVL, 7));
	EXPECT_KA(fd, 1, 41, 7, 5);
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPCNT, 3));
	EXPECT_KA(fd, 1, 41, 7, 3);
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPIDLE, 41));
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(fd, 1, 41, 7, 3);
	EXPECT_KA(self->c.server, 1, 41, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 41);
}

TEST_F(app, values_while_connected)
{
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_EQ(0, ka_set_tcp(self->c.client, TCP_KEEPIDLE, 41));
	EXPECT_EQ(0, ka_set_tcp(self->c.server, TCP_KEEPIDLE, 42));
	EXPECT_KA(self->c.client, 1, 41, 30, 5);
	EXPECT_KA(self->c.server, 1, 42, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 42);
}

TEST_F(app, off_before_connect)
{
	EXPECT_EQ(0, ka_set_on(self->c.client, 0));
	EXPECT_EQ(0, ka_set_on(self->c.listener, 0));
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	EXPECT_KA(self->c.server, 0, 600, 30, 5);
	EXPECT_EQ(0, ka_exchange(self->c.client, self->c.server));
	EXPECT_TIMERS(self->c.port, 2, 0);
}

TEST_F(app, off_and_on_while_connected)
{
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_EQ(0, ka_set_on(self->c.client, 0));
	EXPECT_EQ(0, ka_set_on(self->c.server, 0));
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	EXPECT_EQ(0, ka_exchange(self->c.server, self->c.client));
	EXPECT_TIMERS(self->c.port, 2, 0);
	/* A write of the policy does not bring it back. */
	EXPECT_EQ(0, ka_param_set("keepidle", 700));
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	EXPECT_EQ(0, ka_set_on(self->c.client, 1));
	EXPECT_EQ(0, ka_set_on(self->c.server, 1));
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

TEST_HARNESS_MAIN

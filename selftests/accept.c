// SPDX-License-Identifier: GPL-2.0
/*
 * Both ends of a connection run the keepalive timer: the one that connected
 * and the one that accept(2) returned, which takes after its listener.
 */
#include <netinet/tcp.h>

#include "ka.h"

FIXTURE(accept) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_VARIANT(accept) {
	int family;
};

FIXTURE_VARIANT_ADD(accept, tcp4) {
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(accept, tcp6) {
	.family = AF_INET6,
};

FIXTURE_SETUP(accept)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	self->c.listener = socket(variant->family, SOCK_STREAM, 0);
	self->c.client = socket(variant->family, SOCK_STREAM, 0);
}

FIXTURE_TEARDOWN(accept)
{
	ka_conn_close(&self->c);
	KA_TEARDOWN();
}

TEST_F(accept, both_ends)
{
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
	EXPECT_EQ(0, ka_exchange(self->c.client, self->c.server));
	EXPECT_EQ(0, ka_exchange(self->c.server, self->c.client));
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

/* Under a flood the kernel makes the accepted socket out of a cookie. */
TEST_F(accept, by_syn_cookie)
{
	int err = ka_sysctl_set("tcp_syncookies", 2);

	if (err == -ENOENT)
		KA_SKIP(return, "this kernel has no SYN cookies (CONFIG_SYN_COOKIES)");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

TEST_F(accept, listener_of_the_application)
{
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPIDLE, 50));
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPCNT, 2));
	ASSERT_EQ(0, ka_set_on(self->c.client, 0));
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 50, 30, 2);
	EXPECT_TIMERS(self->c.port, 2, 1);
}

TEST_F(accept, listener_switched_off)
{
	ASSERT_EQ(0, ka_set_on(self->c.listener, 0));
	ASSERT_EQ(0, ka_connect(&self->c, variant->family));
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 0, 600, 30, 5);
	EXPECT_TIMERS(self->c.port, 2, 1);
}

FIXTURE(unload) {
	struct ka_env env;
};

FIXTURE_SETUP(unload)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(unload)
{
	KA_TEARDOWN();
}

/* The module gone, sockets that were made with it go on as they are. */
TEST_F(unload, listeners_and_clients_go_on)
{
	static const int kinds[][2] = {
		{ AF_INET, IPPROTO_TCP }, { AF_INET6, IPPROTO_TCP }, { AF_INET, IPPROTO_MPTCP },
	};
	struct ka_conn c[ARRAY_SIZE(kinds)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		c[i].listener = socket(kinds[i][0], SOCK_STREAM, kinds[i][1]);
		c[i].client = socket(kinds[i][0], SOCK_STREAM, kinds[i][1]);
	}
	ASSERT_EQ(0, ka_unload());
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (c[i].client < 0)
			continue;
		ASSERT_EQ(0, ka_connect(&c[i], kinds[i][0]));
		EXPECT_KA(c[i].client, 1, 600, 30, 5);
		EXPECT_KA(c[i].server, 1, 600, 30, 5);
		EXPECT_EQ(0, ka_exchange(c[i].client, c[i].server));
		if (kinds[i][1] == IPPROTO_TCP)
			EXPECT_TIMERS_IDLE(c[i].port, 2, 600);
	}
}

TEST_HARNESS_MAIN

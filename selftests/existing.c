// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that were there before the module, or before the policy: listeners
 * and connections come under it at load, and when apply is written to. What a
 * program has set itself stays, unless the policy enforces.
 */
#include <netinet/tcp.h>

#include "ka_peer.h"

#define POLICY "keepidle=600 keepintvl=30 keepcnt=5"

FIXTURE(existing) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_VARIANT(existing) {
	int family;
	int protocol;
};

FIXTURE_VARIANT_ADD(existing, tcp4) {
	.family = AF_INET,
};

FIXTURE_VARIANT_ADD(existing, tcp6) {
	.family = AF_INET6,
};

FIXTURE_VARIANT_ADD(existing, mptcp4) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP,
};

FIXTURE_VARIANT_ADD(existing, mptcp6) {
	.family = AF_INET6, .protocol = IPPROTO_MPTCP,
};

/* A connection of which the module knows nothing. */
FIXTURE_SETUP(existing)
{
	int fd;

	KA_SETUP("mode=off");
	fd = socket(variant->family, SOCK_STREAM, variant->protocol);
	if (fd < 0)
		KA_SKIP(return, "the kernel does not make this socket: %s", strerror(errno));
	close(fd);
	ASSERT_EQ(0, ka_conn_open(&self->c, variant->family, variant->protocol,
				  variant->protocol));
	ASSERT_EQ(0, ka_exchange(self->c.client, self->c.server));
	ASSERT_EQ(0, ka_exchange(self->c.server, self->c.client));
	EXPECT_KA(self->c.listener, 0, 7200, 75, 9);
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
	EXPECT_KA(self->c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(self->c.port, 2, 0);
}

FIXTURE_TEARDOWN(existing)
{
	ka_conn_close(&self->c);
	KA_TEARDOWN();
}

static int adopt(const char *params)
{
	return ka_policy(params) ?: ka_apply();
}

/* Both ends run the timer, and it fires within the idle time. */
#define EXPECT_ADOPTED_TIMERS(_port, _ends, _idle) do { \
	struct ka_timers __t = ka_timers_wait(_port, _ends, _ends); \
	EXPECT_EQ(_ends, __t.ends); \
	EXPECT_EQ(_ends, __t.keepalive); \
	EXPECT_LE(0, __t.soonest); \
	EXPECT_GE(_idle, __t.latest); \
} while (0)

TEST_F(existing, listener_and_connection)
{
	struct ka_timers t;
	struct ka_conn next;

	ASSERT_EQ(0, adopt(POLICY));
	EXPECT_KA(self->c.listener, 1, 600, 30, 5);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 600);
	EXPECT_EQ(0, ka_exchange(self->c.client, self->c.server));
	EXPECT_EQ(0, ka_exchange(self->c.server, self->c.client));

	/* What the listener accepts from now on has it from the listener alone. */
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	next = self->c;
	next.client = socket(variant->family, SOCK_STREAM, variant->protocol);
	ASSERT_EQ(0, ka_connect_more(&next, variant->family));
	EXPECT_EQ(0, ka_exchange(next.client, next.server));
	EXPECT_EQ(0, ka_exchange(next.server, next.client));
	EXPECT_KA(next.server, 1, 600, 30, 5);
	EXPECT_KA(next.client, 0, 7200, 75, 9);
	t = ka_timers_wait(self->c.port, 4, 3);
	EXPECT_EQ(4, t.ends);
	EXPECT_EQ(3, t.keepalive);
	close(next.client);
	close(next.server);
}

/* Three programs, of which each has asked for something. */
static int set_some(struct ka_conn *c)
{
	return ka_set_tcp(c->client, TCP_KEEPIDLE, 41) ?: ka_set_on(c->client, 1) ?:
		ka_set_tcp(c->server, TCP_KEEPCNT, 3) ?: ka_set_on(c->server, 1) ?:
		ka_set_tcp(c->listener, TCP_KEEPINTVL, 7);
}

TEST_F(existing, what_programs_have_set_stays)
{
	ASSERT_EQ(0, set_some(&self->c));
	ASSERT_EQ(0, adopt(POLICY));
	EXPECT_KA(self->c.client, 1, 41, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 3);
	EXPECT_KA(self->c.listener, 1, 600, 7, 5);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 600);
}

TEST_F(existing, enforce_replaces_it)
{
	ASSERT_EQ(0, set_some(&self->c));
	ASSERT_EQ(0, adopt(POLICY " mode=enforce"));
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_KA(self->c.listener, 1, 600, 30, 5);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 600);
}

/* A timer that runs already is not left at the old time. */
TEST_F(existing, a_running_timer_follows)
{
	ASSERT_EQ(0, ka_set_on(self->c.client, 1));
	ASSERT_EQ(0, ka_set_on(self->c.server, 1));
	EXPECT_TIMERS_IDLE(self->c.port, 2, 7200);
	ASSERT_EQ(0, adopt("keepidle=500"));
	EXPECT_KA(self->c.client, 1, 500, 75, 9);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 500);
	ASSERT_EQ(0, adopt("mode=enforce keepidle=60"));
	EXPECT_KA(self->c.client, 1, 60, 75, 9);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 60);
}

TEST_F(existing, zero_follows_the_sysctl)
{
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_probes", 4));
	ASSERT_EQ(0, adopt(""));
	EXPECT_KA(self->c.client, 1, 800, 75, 4);
	EXPECT_KA(self->c.listener, 1, 800, 75, 4);
	EXPECT_ADOPTED_TIMERS(self->c.port, 2, 800);
}

TEST_F(existing, off_leaves_all_alone)
{
	ASSERT_EQ(0, adopt("mode=off keepidle=600"));
	EXPECT_KA(self->c.listener, 0, 7200, 75, 9);
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
	EXPECT_KA(self->c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(self->c.port, 2, 0);
}

/* All kinds at once at the load of the module, which takes long. */
FIXTURE(load) {
	struct ka_env env;
	struct ka_conn tcp4;
	struct ka_conn tcp6;
	struct ka_conn mptcp;
	bool has_mptcp;
};

static int open_with_some(struct ka_conn *c, int family, int protocol)
{
	return ka_conn_open(c, family, protocol, protocol) ?:
		ka_exchange(c->client, c->server) ?: ka_exchange(c->server, c->client) ?:
		set_some(c);
}

FIXTURE_SETUP(load)
{
	int fd;

	KA_SETUP(NULL);
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	self->has_mptcp = fd >= 0;
	close(fd);
	ASSERT_EQ(0, open_with_some(&self->tcp4, AF_INET, 0));
	ASSERT_EQ(0, open_with_some(&self->tcp6, AF_INET6, 0));
	if (self->has_mptcp)
		ASSERT_EQ(0, open_with_some(&self->mptcp, AF_INET, IPPROTO_MPTCP));
}

FIXTURE_TEARDOWN(load)
{
	KA_TEARDOWN();
}

static void expect_some(struct __test_metadata *_metadata, struct ka_conn *c)
{
	EXPECT_KA(c->client, 1, 41, 30, 5);
	EXPECT_KA(c->server, 1, 600, 30, 3);
	EXPECT_KA(c->listener, 1, 600, 7, 5);
	EXPECT_ADOPTED_TIMERS(c->port, 2, 600);
}

TEST_F(load, adopts)
{
	ASSERT_EQ(0, ka_load(POLICY));
	EXPECT_STREQ("Y", ka_param_read("existing"));
	EXPECT_LE(self->has_mptcp ? 9 : 6, ka_stat("adopted"));
	expect_some(_metadata, &self->tcp4);
	expect_some(_metadata, &self->tcp6);
	if (self->has_mptcp)
		expect_some(_metadata, &self->mptcp);
}

static void expect_policy(struct __test_metadata *_metadata, struct ka_conn *c)
{
	EXPECT_KA(c->client, 1, 600, 30, 5);
	EXPECT_KA(c->server, 1, 600, 30, 5);
	EXPECT_KA(c->listener, 1, 600, 30, 5);
	EXPECT_ADOPTED_TIMERS(c->port, 2, 600);
}

TEST_F(load, adopts_by_force)
{
	ASSERT_EQ(0, ka_load("mode=enforce " POLICY));
	expect_policy(_metadata, &self->tcp4);
	expect_policy(_metadata, &self->tcp6);
	if (self->has_mptcp)
		expect_policy(_metadata, &self->mptcp);
	/* Unloading leaves them as they are. */
	ASSERT_EQ(0, ka_unload());
	expect_policy(_metadata, &self->tcp4);
	if (self->has_mptcp)
		expect_policy(_metadata, &self->mptcp);
}

TEST_F(load, refuses_what_is_neither_yes_nor_no)
{
	static const char * const bad[] = { "existing=maybe", "existing=2", "existing=\"\"" };
	int log = ka_log_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, ka_load(bad[i])) TH_LOG("%s", bad[i] ?: "");
		EXPECT_LOGGED(log, "existing");
	}
	EXPECT_KA(self->tcp4.listener, 0, 7200, 7, 9);
}

/* Not what is there, but what comes. */
TEST_F(load, adopts_nothing_if_told_so)
{
	ASSERT_EQ(0, ka_load("existing=N " POLICY));
	EXPECT_STREQ("N", ka_param_read("existing"));
	EXPECT_EQ(0, ka_stat("adopted"));
	EXPECT_KA(self->tcp4.listener, 0, 7200, 7, 9);
	EXPECT_KA(self->tcp4.client, 1, 41, 75, 9);
	EXPECT_KA(self->tcp6.listener, 0, 7200, 7, 9);
	if (self->has_mptcp)
		EXPECT_KA(self->mptcp.listener, 0, 7200, 7, 9);
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
	/* Until asked to. */
	ASSERT_EQ(0, ka_apply());
	EXPECT_KA(self->tcp4.listener, 1, 600, 7, 5);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * A listener that was made in one cgroup ("l") and is accepted from in another
 * ("s"). The accepted socket comes under the policy of the task that accepts,
 * where that has one of a cgroup: its options, and the timer that runs.
 */
#include <netinet/tcp.h>

#include "ka_accept.h"

FIXTURE(cgroup_accept) {
	struct ka_env env;
	struct ka_job *job;
	struct ka_conn c;
};

FIXTURE_VARIANT(cgroup_accept) {
	int family;
	int protocol;
};

FIXTURE_VARIANT_ADD(cgroup_accept, tcp4) {
	.family = AF_INET, .protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(cgroup_accept, tcp6) {
	.family = AF_INET6, .protocol = IPPROTO_TCP,
};

/* With a client that does not speak it. */
FIXTURE_VARIANT_ADD(cgroup_accept, mptcp4) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP,
};

/*
 * A policy that waits for its cgroup and stays to the end: the hook is armed with the
 * first one and disarmed with the last, which is dear and not what is tested here.
 */
static int keep_armed(void)
{
	int ret = ka_cg_add_path("/ka_waits");

	return ret == -EEXIST ? 0 : ret;
}

FIXTURE_SETUP(cgroup_accept)
{
	int fd;

	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	ASSERT_EQ(0, keep_armed());
	fd = socket(variant->family, SOCK_STREAM, variant->protocol);
	if (fd < 0)
		KA_SKIP(return, "the kernel makes no such socket: %s", strerror(errno));
	close(fd);
	self->job = ka_cg_shared(sizeof(*self->job));
	self->job->family = variant->family;
	self->job->protocol = variant->protocol;
	self->c = (struct ka_conn) { -1, -1, -1, -1 };
	ASSERT_EQ(0, ka_cg_make("l"));
	ASSERT_EQ(0, ka_cg_make("s"));
	ASSERT_EQ(0, ka_cg_make("other"));
}

FIXTURE_TEARDOWN(cgroup_accept)
{
	ka_conn_close(&self->c);
	KA_CG_TEARDOWN();
}

/* The counters, of which a host has others' in it: taken until they are right. */
#define EXPECT_COUNTED(_name, _accepted, _off, _sockets) do { \
	long long __a, __o, __s; \
	int __try = 0; \
	do { \
		OPEN(); \
		__a = ka_stat("accepted"); \
		__o = ka_stat("skipped_off"); \
		__s = ka_cg_sockets("s"); \
		ACCEPT_IN(_name); \
		__a = ka_stat("accepted") - __a; \
		__o = ka_stat("skipped_off") - __o; \
		__s = ka_cg_sockets("s") - __s; \
	} while ((__a != (_accepted) || __o != (_off)) && ++__try < 10); \
	EXPECT_EQ(_accepted, __a); \
	EXPECT_EQ(_off, __o); \
	EXPECT_EQ(_sockets, __s); \
} while (0)

TEST_F(cgroup_accept, other_values)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	EXPECT_KA(self->c.listener, 1, 300, 20, 2);
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(1200, 40, 7);
	/* The listener is whose it was. */
	EXPECT_KA(self->c.listener, 1, 300, 20, 2);
	EXPECT_COUNTED("s", 1, 0, 1);
	/* And the other way round, so that the timer comes sooner. */
	ASSERT_EQ(0, ka_cg_set("s", "keepidle", "100"));
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(100, 40, 7);
}

TEST_F(cgroup_accept, zero_follows_the_sysctl)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 0, 0, 0));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(800, 75, 9);
}

TEST_F(cgroup_accept, into_off)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "off", 0, 0, 0));
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_OFF(7200, 75, 9);
	EXPECT_KA(self->c.listener, 1, 300, 20, 2);
	EXPECT_COUNTED("s", 0, 1, 0);
}

/* What the application has said of the listener is not the module's to take. */
TEST_F(cgroup_accept, into_off_of_an_application)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "off", 0, 0, 0));
	OPEN();
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPIDLE, 50));
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(50, 20, 2);
	ASSERT_EQ(0, ka_cg_set("l", "mode", "off"));
	OPEN();
	ASSERT_EQ(0, ka_set_on(self->c.listener, 1));
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(7200, 75, 9);
}

TEST_F(cgroup_accept, out_of_off)
{
	ASSERT_EQ(0, ka_cg_policy("l", "off", 0, 0, 0));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	EXPECT_KA(self->c.listener, 0, 7200, 75, 9);
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(1200, 40, 7);
	EXPECT_KA(self->c.listener, 0, 7200, 75, 9);
	EXPECT_COUNTED("s", 1, 0, 1);
}

/* The listener under the default policy, in each of its modes. */
TEST_F(cgroup_accept, from_the_default_policy)
{
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	EXPECT_KA(self->c.listener, 1, 600, 30, 5);
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(1200, 40, 7);
	EXPECT_COUNTED("s", 1, 0, 1);
	ASSERT_EQ(0, ka_cg_set("s", "mode", "off"));
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_OFF(7200, 75, 9);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_cg_set("s", "mode", "default"));
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(1200, 40, 7);
}

/* A task under no cgroup's policy changes nothing. */
TEST_F(cgroup_accept, by_a_task_without)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "inherit", 1200, 40, 7));
	OPEN();
	ACCEPT_IN("other");
	EXPECT_SERVER_ON(300, 20, 2);
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(300, 20, 2);
	EXPECT_COUNTED("s", 0, 0, 0);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	OPEN();
	ACCEPT_IN("other");
	EXPECT_SERVER_ON(300, 20, 2);
	/* Off stays off. */
	ASSERT_EQ(0, ka_cg_set("l", "mode", "off"));
	OPEN();
	ACCEPT_IN("other");
	EXPECT_SERVER_OFF(7200, 75, 9);
	EXPECT_COUNTED("other", 0, 0, 0);
}

/* What one policy governs inherits, whatever the application has said. */
TEST_F(cgroup_accept, under_the_same)
{
	ASSERT_EQ(0, ka_cg_policy("", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_add("s"));
	OPEN();
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPIDLE, 200));
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(200, 20, 2);
	OPEN();
	ASSERT_EQ(0, ka_set_on(self->c.listener, 0));
	ACCEPT_IN("l");
	EXPECT_SERVER_OFF(300, 20, 2);
	EXPECT_COUNTED("s", 0, 0, 0);
	EXPECT_COUNTED("l", 0, 0, 0);
}

/* The nearest one of the accepting task's cgroups decides, too. */
TEST_F(cgroup_accept, nearest_ancestor)
{
	ASSERT_EQ(0, ka_cg_make("s/a/b"));
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	ACCEPT_IN("s/a/b");
	EXPECT_SERVER_ON(1200, 40, 7);
	ASSERT_EQ(0, ka_cg_policy("s/a", "off", 0, 0, 0));
	OPEN();
	ACCEPT_IN("s/a/b");
	EXPECT_SERVER_OFF(7200, 75, 9);
}

/* It is an application's like any other afterwards. */
TEST_F(cgroup_accept, application_has_the_last_word)
{
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	ACCEPT_IN("s");
	ASSERT_EQ(0, ka_set_on(self->c.server, 0));
	EXPECT_KA(self->c.server, 0, 1200, 40, 7);
	EXPECT_TIMERS(self->c.port, 2, 0);
	ASSERT_EQ(0, ka_set_on(self->c.server, 1));
	EXPECT_EQ(0, ka_exchange(self->c.client, self->c.server));
	EXPECT_SERVER_ON(1200, 40, 7);
}

/* Accepted by a task of the kind before and after the last policy goes. */
TEST_F(cgroup_accept, while_there_is_a_policy)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7));
	OPEN();
	ACCEPT_IN("s");
	ASSERT_EQ(0, ka_cg_drop("l"));
	ASSERT_EQ(0, ka_cg_drop("s"));
	EXPECT_SERVER_ON(1200, 40, 7);
	OPEN();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(600, 30, 5);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * MPTCP sockets that are made in a cgroup: they have its policy, and so have
 * the subflows, which the kernel makes: the first one and those that join.
 */
#include "ka_cgroup.h"

FIXTURE(cgroup_mptcp) {
	struct ka_env env;
	struct ka_conn c;
};

static int ip_mptcp(const char *what)
{
	char command[128];

	snprintf(command, sizeof(command), "ip mptcp %s >/dev/null 2>&1", what);
	return system(command);
}

FIXTURE_SETUP(cgroup_mptcp)
{
	int fd;

	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	self->c = (struct ka_conn) { -1, -1, -1, -1 };
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	ip_mptcp("limits set subflows 8 add_addr_accepted 8");
	ASSERT_EQ(0, ka_cg_make("l"));
	ASSERT_EQ(0, ka_cg_make("c"));
}

FIXTURE_TEARDOWN(cgroup_mptcp)
{
	ka_conn_close(&self->c);
	KA_CG_TEARDOWN();
}

#define OPEN(_listener, _client) do { \
	ka_conn_close(&self->c); \
	self->c.server = -1; \
	self->c.listener = ka_cg_socket(_listener, AF_INET, IPPROTO_MPTCP); \
	self->c.client = ka_cg_socket(_client, AF_INET, IPPROTO_MPTCP); \
	ASSERT_LE(0, self->c.client); \
} while (0)

/* By this process, which is in no cgroup with a policy. */
#define CONNECT() do { \
	ASSERT_EQ(0, ka_connect(&self->c, AF_INET)); \
	ASSERT_EQ(0, ka_exchange(self->c.client, self->c.server)); \
	ASSERT_EQ(0, ka_exchange(self->c.server, self->c.client)); \
} while (0)

TEST_F(cgroup_mptcp, values)
{
	ASSERT_EQ(0, ka_cg_policy("c", "default", 100, 20, 2));
	OPEN("c", "c");
	EXPECT_KA(self->c.listener, 1, 100, 20, 2);
	EXPECT_KA(self->c.client, 1, 100, 20, 2);
	EXPECT_EQ(2, ka_cg_sockets("c"));
	CONNECT();
	EXPECT_KA(self->c.client, 1, 100, 20, 2);
	EXPECT_KA(self->c.server, 1, 100, 20, 2);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 100);
	/* Subflows are no sockets of their own. */
	EXPECT_EQ(2, ka_cg_sockets("c"));
}

TEST_F(cgroup_mptcp, off)
{
	ASSERT_EQ(0, ka_cg_policy("c", "off", 0, 0, 0));
	OPEN("c", "c");
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
	CONNECT();
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
	EXPECT_KA(self->c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(self->c.port, 2, 0);
}

/* "For selected cgroups only": the other end has none. */
TEST_F(cgroup_mptcp, only_this_end)
{
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_cg_policy("c", "default", 100, 20, 2));
	OPEN("l", "c");
	CONNECT();
	EXPECT_KA(self->c.client, 1, 100, 20, 2);
	EXPECT_KA(self->c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(self->c.port, 2, 1);
}

#define JOIN(_skip, _endpoint) do { \
	if (ip_mptcp("endpoint add " _endpoint)) \
		KA_SKIP(_skip, "no ip(8) that knows mptcp"); \
} while (0)

TEST_F(cgroup_mptcp, subflow_that_the_client_adds)
{
	ASSERT_EQ(0, ka_cg_policy("c", "default", 100, 20, 2));
	OPEN("c", "c");
	CONNECT();
	JOIN(return, "127.0.0.2 subflow");
	EXPECT_TIMERS_IDLE(self->c.port, 4, 100);
	EXPECT_KA(self->c.client, 1, 100, 20, 2);
	EXPECT_KA(self->c.server, 1, 100, 20, 2);
}

TEST_F(cgroup_mptcp, subflow_that_the_server_announces)
{
	ASSERT_EQ(0, ka_cg_policy("c", "default", 100, 20, 2));
	OPEN("c", "c");
	CONNECT();
	JOIN(return, "127.0.0.3 signal");
	EXPECT_TIMERS_IDLE(self->c.port, 4, 100);
}

TEST_F(cgroup_mptcp, subflow_while_off)
{
	ASSERT_EQ(0, ka_cg_policy("c", "off", 0, 0, 0));
	OPEN("c", "c");
	CONNECT();
	JOIN(return, "127.0.0.2 subflow");
	EXPECT_TIMERS(self->c.port, 4, 0);
}

/* The policy of when it was made: the kernel makes subflows much later. */
TEST_F(cgroup_mptcp, policy_of_when_it_was_made)
{
	ASSERT_EQ(0, ka_cg_policy("c", "default", 100, 20, 2));
	OPEN("c", "c");
	ASSERT_EQ(0, ka_cg_set("c", "keepidle", "3000"));
	CONNECT();
	EXPECT_TIMERS_IDLE(self->c.port, 2, 100);
	ASSERT_EQ(0, ka_cg_drop("c"));
	JOIN(return, "127.0.0.2 subflow");
	EXPECT_TIMERS_IDLE(self->c.port, 4, 100);
	EXPECT_KA(self->c.client, 1, 100, 20, 2);
}

TEST_HARNESS_MAIN

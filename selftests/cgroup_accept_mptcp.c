// SPDX-License-Identifier: GPL-2.0
/*
 * As cgroup_accept, between two ends that both speak MPTCP: the accepted socket
 * comes under the accepting task's policy before accept(2) returns, and so does
 * the subflow that runs the timer.
 */
#include <netinet/tcp.h>

#include "ka_accept.h"

FIXTURE(cgroup_accept_mptcp) {
	struct ka_env env;
	struct ka_job *job;
	struct ka_conn c;
};

FIXTURE_SETUP(cgroup_accept_mptcp)
{
	int fd;

	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	self->job = ka_cg_shared(sizeof(*self->job));
	self->job->family = AF_INET;
	self->job->protocol = IPPROTO_MPTCP;
	self->c = (struct ka_conn) { -1, -1, -1, -1 };
	ASSERT_EQ(0, ka_cg_make("l"));
	ASSERT_EQ(0, ka_cg_make("s"));
}

FIXTURE_TEARDOWN(cgroup_accept_mptcp)
{
	ka_conn_close(&self->c);
	KA_CG_TEARDOWN();
}

/* OPEN(), with a client that speaks MPTCP and keeps silent. */
#define OPEN_MPTCP() do { \
	OPEN(); \
	close(self->c.client); \
	self->c.client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP); \
	ASSERT_LE(0, self->c.client); \
	ASSERT_EQ(0, ka_set_on(self->c.client, 0)); \
} while (0)

TEST_F(cgroup_accept_mptcp, other_values)
{
	long long accepted = ka_stat("accepted");

	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 200, 21, 3));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(200, 21, 3);
	EXPECT_EQ(1, ka_cg_sockets("s"));
	EXPECT_LT(accepted, ka_stat("accepted"));
	/* They really speak it: else this were cgroup_accept once more. */
	EXPECT_EQ(0, ka_exchange(self->c.client, self->c.server));
}

/* An option cannot be set to 0: it gets what the sysctl is at that moment. */
TEST_F(cgroup_accept_mptcp, zero_takes_the_sysctl)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 0, 0, 0));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(800, 75, 9);
}

TEST_F(cgroup_accept_mptcp, into_off)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "off", 0, 0, 0));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_OFF(300, 20, 2);
	EXPECT_EQ(0, ka_cg_sockets("s"));
}

TEST_F(cgroup_accept_mptcp, out_of_off)
{
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_cg_policy("s", "default", 200, 21, 3));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(200, 21, 3);
}

/* The module's own calls get through where the program's would not. */
TEST_F(cgroup_accept_mptcp, into_enforce)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("s", "enforce", 200, 21, 3));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(200, 21, 3);
}

TEST_F(cgroup_accept_mptcp, task_without_a_policy)
{
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2));
	OPEN_MPTCP();
	ACCEPT_IN("s");
	EXPECT_SERVER_ON(300, 20, 2);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Every network namespace, whoever lives there. A field of the policy that is
 * 0 follows the sysctl of the socket's own namespace, also when that changes.
 */
#include <sched.h>

#include "ka.h"

FIXTURE(netns) {
	struct ka_env env;
};

FIXTURE_SETUP(netns)
{
	KA_SETUP("");
}

FIXTURE_TEARDOWN(netns)
{
	KA_TEARDOWN();
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int set_sysctls(int idle, int intvl, int cnt)
{
	return ka_sysctl_set("tcp_keepalive_time", idle) ?:
		ka_sysctl_set("tcp_keepalive_intvl", intvl) ?:
		ka_sysctl_set("tcp_keepalive_probes", cnt);
}

TEST_F(netns, zero_follows_the_sysctl)
{
	int fd = tcp();
	int mfd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	EXPECT_KA(fd, 1, 7200, 75, 9);
	ASSERT_EQ(0, set_sysctls(800, 80, 8));
	EXPECT_KA(fd, 1, 800, 80, 8);
	EXPECT_KA(tcp(), 1, 800, 80, 8);
	if (mfd >= 0)
		EXPECT_KA(mfd, 1, 800, 80, 8);
	ASSERT_EQ(0, set_sysctls(900, 90, 7));
	EXPECT_KA(fd, 1, 900, 90, 7);
}

/* The timer, too, takes the sysctl as it is when the connection begins. */
TEST_F(netns, timer_follows_the_sysctl)
{
	struct ka_conn c;

	c.listener = tcp();
	c.client = tcp();
	ASSERT_EQ(0, set_sysctls(800, 80, 8));
	ASSERT_EQ(0, ka_connect(&c, AF_INET));
	EXPECT_TIMERS_IDLE(c.port, 2, 800);
	ka_conn_close(&c);
}

TEST_F(netns, each_its_own)
{
	int first, second;

	ASSERT_EQ(0, set_sysctls(800, 80, 8));
	first = tcp();
	ASSERT_EQ(0, ka_netns_new());
	second = tcp();
	EXPECT_KA(second, 1, 7200, 75, 9);
	ASSERT_EQ(0, set_sysctls(900, 90, 7));
	EXPECT_KA(second, 1, 900, 90, 7);
	EXPECT_KA(first, 1, 800, 80, 8);
	/* One policy for all of them. */
	ASSERT_EQ(0, ka_param_set("keepintvl", 33));
	EXPECT_KA(tcp(), 1, 900, 33, 7);
	ASSERT_EQ(0, ka_netns_new());
	EXPECT_KA(tcp(), 1, 7200, 33, 9);
}

/* The namespace in which the tests were started, in all likelihood the first. */
TEST_F(netns, the_initial_one)
{
	char path[64];
	int ns;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", getppid());
	ns = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, ns);
	ASSERT_EQ(0, setns(ns, CLONE_NEWNET));
	EXPECT_EQ(1, ka_get(tcp()).on);
	EXPECT_EQ(ka_sysctl_get("tcp_keepalive_time"), ka_get(tcp()).idle);
}

static int is_on(int idle)
{
	struct ka_sock s = ka_get(tcp());

	return s.on == 1 && s.idle == idle && s.intvl == 75 && s.cnt == 9 ? KSFT_PASS : KSFT_FAIL;
}

static int as_nobody(void)
{
	if (setgid(65534) || setuid(65534))
		return KSFT_FAIL;
	return is_on(800);
}

/* A user namespace with a network namespace of its own, as containers have. */
static int in_user_namespace(void)
{
	if (as_nobody())
		return KSFT_FAIL;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) ? KSFT_SKIP : is_on(7200);
}

TEST_F(netns, of_a_user_without_rights)
{
	int ret;

	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	EXPECT_EQ(KSFT_PASS, ka_in_child(as_nobody));
	ret = ka_in_child(in_user_namespace);
	if (ret == KSFT_SKIP)
		KA_SKIP(return, "users may not make namespaces here");
	EXPECT_EQ(KSFT_PASS, ret);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_USER_TIMEOUT by the policy: a number or auto, for sockets that are new,
 * accepted by another cgroup, or adopted. That it ends a connection with data
 * on the way is in existing_peer.
 */
#include <netinet/tcp.h>

#include "ka_cgroup.h"
#include "ka_peer.h"

#define POLICY "keepidle=600 keepintvl=30 keepcnt=5 "
#define AUTO 750000		/* (600 + 30 * 5) * 1000 */

FIXTURE(user_timeout) {
	struct ka_env env;
};

FIXTURE_SETUP(user_timeout)
{
	KA_CG_SETUP("");
}

FIXTURE_TEARDOWN(user_timeout)
{
	KA_CG_TEARDOWN();
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

#define EXPECT_TIMEOUT(_ms, _fd) EXPECT_EQ(_ms, ka_user_timeout(_fd))

TEST_F(user_timeout, number)
{
	int old, fd;

	EXPECT_TIMEOUT(0, tcp());
	ASSERT_EQ(0, ka_param_write("user_timeout", "9000"));
	EXPECT_STREQ("9000", ka_param_read("user_timeout"));
	old = tcp();
	fd = tcp();
	EXPECT_TIMEOUT(9000, old);
	EXPECT_TIMEOUT(9000, socket(AF_INET6, SOCK_STREAM, 0));
	/* The application's word stays the last one. */
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_USER_TIMEOUT, 1234));
	EXPECT_TIMEOUT(1234, fd);
	ASSERT_EQ(0, ka_param_write("user_timeout", "2147483647"));
	EXPECT_TIMEOUT(2147483647, tcp());
	ASSERT_EQ(0, ka_param_write("user_timeout", "0"));
	EXPECT_STREQ("0", ka_param_read("user_timeout"));
	EXPECT_TIMEOUT(0, tcp());
	EXPECT_TIMEOUT(9000, old);
	ASSERT_EQ(0, ka_param_write("user_timeout", "9000"));
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_TIMEOUT(0, tcp());
}

TEST_F(user_timeout, automatic)
{
	ASSERT_EQ(0, ka_policy(POLICY "user_timeout=auto"));
	EXPECT_STREQ("auto", ka_param_read("user_timeout"));
	EXPECT_TIMEOUT(AUTO, tcp());
	EXPECT_TIMEOUT(AUTO, socket(AF_INET6, SOCK_STREAM, 0));
	/* It goes with the other fields. */
	ASSERT_EQ(0, ka_param_set("keepcnt", 7));
	EXPECT_TIMEOUT(810000, tcp());
	/* At most what setsockopt(2) would take. */
	ASSERT_EQ(0, ka_param_set("keepidle", KA_MAX_IDLE));
	ASSERT_EQ(0, ka_param_set("keepintvl", KA_MAX_INTVL));
	ASSERT_EQ(0, ka_param_set("keepcnt", KA_MAX_CNT));
	EXPECT_TIMEOUT(2147483647, tcp());
}

/* Where the policy has 0 the namespace's sysctls count, as for the probes. */
TEST_F(user_timeout, automatic_follows_the_sysctls)
{
	ASSERT_EQ(0, ka_param_write("user_timeout", "auto"));
	EXPECT_TIMEOUT(7875000, tcp());
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_intvl", 80));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_probes", 8));
	EXPECT_TIMEOUT(1440000, tcp());
	ASSERT_EQ(0, ka_param_set("keepintvl", 30));
	EXPECT_TIMEOUT(1040000, tcp());
	ASSERT_EQ(0, ka_netns_new());
	EXPECT_TIMEOUT(7470000, tcp());
}

static const struct refusal {
	const char *value;
	int err;
} refused[] = {
	{ "", EINVAL }, { " ", EINVAL }, { "autox", EINVAL }, { "AUTO", EINVAL },
	{ "auto 1", EINVAL }, { "auto ", EINVAL }, { "aut", EINVAL }, { "5s", EINVAL },
	{ "5 ", EINVAL }, { "0x10", EINVAL }, { "1.5", EINVAL }, { "-1", ERANGE },
	{ "2147483648", ERANGE }, { "4294967295", ERANGE }, { "4294967296", ERANGE },
	{ "99999999999999999999", ERANGE },
};

TEST_F(user_timeout, refused)
{
	size_t i;

	ASSERT_EQ(0, ka_param_write("user_timeout", "9000"));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_policy("a", "default", 0, 0, 0));
	ASSERT_EQ(0, ka_cg_set("a", "user_timeout", "auto"));
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_EQ(-refused[i].err, ka_param_write("user_timeout", refused[i].value))
			TH_LOG("number %zu", i);
		EXPECT_EQ(-refused[i].err, ka_cg_set("a", "user_timeout", refused[i].value))
			TH_LOG("number %zu", i);
	}
	EXPECT_STREQ("9000", ka_param_read("user_timeout"));
	EXPECT_STREQ("auto", ka_cg_get("a", "user_timeout"));
	EXPECT_TIMEOUT(9000, tcp());
	EXPECT_TIMEOUT(7875000, ka_cg_socket("a", AF_INET, 0));
}

TEST_F(user_timeout, at_load)
{
	int log = ka_log_open();

	EXPECT_EQ(-EINVAL, ka_load("user_timeout=autox"));
	EXPECT_LOGGED(log, "user_timeout");
	EXPECT_EQ(-ERANGE, ka_load("user_timeout=2147483648"));
	EXPECT_LOGGED(log, "user_timeout");
	EXPECT_FALSE(ka_loaded());
	EXPECT_TIMEOUT(0, tcp());
	ASSERT_EQ(0, ka_load(POLICY "user_timeout=auto"));
	EXPECT_STREQ("auto", ka_param_read("user_timeout"));
	EXPECT_TIMEOUT(AUTO, tcp());
}

struct acceptor {
	int listener;
	int server;
};

static int accept_it(void *arg)
{
	struct acceptor *a = arg;

	a->server = accept(a->listener, NULL, NULL);
	return a->server < 0 ? -errno : a->server;
}

/* What a task in the cgroup gets from accept(2). */
static int accept_in(const char *name, int listener, int port)
{
	struct acceptor a = { .listener = listener };
	struct sockaddr_storage ss;
	socklen_t len = ka_addr(&ss, AF_INET, port);

	if (connect(tcp(), (struct sockaddr *)&ss, len))
		return -errno;
	return ka_cg_run(name, accept_it, &a);
}

/* From the listener, unless the accepting task is under another policy. */
TEST_F(user_timeout, accepted)
{
	int listener, port;

	ASSERT_EQ(0, ka_cg_make("listen"));
	ASSERT_EQ(0, ka_cg_make("accept"));
	ASSERT_EQ(0, ka_cg_make("none"));
	ASSERT_EQ(0, ka_cg_policy("listen", "default", 600, 30, 5));
	ASSERT_EQ(0, ka_cg_set("listen", "user_timeout", "5000"));
	ASSERT_EQ(0, ka_cg_policy("accept", "default", 100, 20, 2));
	ASSERT_EQ(0, ka_cg_set("accept", "user_timeout", "7000"));
	listener = ka_cg_socket("listen", AF_INET, 0);
	EXPECT_TIMEOUT(5000, listener);
	port = ka_listen(listener, AF_INET);
	EXPECT_TIMEOUT(5000, accept_in("none", listener, port));
	EXPECT_TIMEOUT(5000, accept_in("listen", listener, port));
	EXPECT_TIMEOUT(7000, accept_in("accept", listener, port));
	ASSERT_EQ(0, ka_cg_set("accept", "user_timeout", "auto"));
	EXPECT_TIMEOUT(140000, accept_in("accept", listener, port));
}

TEST_F(user_timeout, adopted)
{
	struct ka_conn c, set;

	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	ASSERT_EQ(0, ka_conn_open(&set, AF_INET6, 0, 0));
	ASSERT_EQ(0, ka_set_tcp(set.client, TCP_USER_TIMEOUT, 1234));
	ASSERT_EQ(0, ka_set_tcp(set.server, TCP_KEEPIDLE, 41));
	EXPECT_TIMEOUT(0, c.client);

	ASSERT_EQ(0, ka_policy(POLICY "user_timeout=0"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_TIMEOUT(0, c.client);
	EXPECT_TIMEOUT(1234, set.client);
	ASSERT_EQ(0, ka_param_write("user_timeout", "auto"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_TIMEOUT(AUTO, c.client);
	EXPECT_TIMEOUT(AUTO, c.server);
	EXPECT_TIMEOUT(AUTO, c.listener);
	EXPECT_TIMEOUT(1234, set.client);
	/* Of the values in force on that socket. */
	EXPECT_TIMEOUT(191000, set.server);

	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_param_write("user_timeout", "9000"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_TIMEOUT(9000, c.client);
	EXPECT_TIMEOUT(9000, set.client);
	EXPECT_TIMEOUT(9000, set.server);
	/* 0 leaves what is there. */
	ASSERT_EQ(0, ka_param_write("user_timeout", "0"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_TIMEOUT(9000, set.client);
}

TEST_HARNESS_MAIN

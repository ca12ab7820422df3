// SPDX-License-Identifier: GPL-2.0
/*
 * The counters, to the unit, where cgroups have policies: those of the module
 * and each policy's "sockets". They count for the whole machine: where others
 * make sockets meanwhile, the count is taken again.
 */
#include "ka_cgroup.h"

#define TRIES 10
#define SOCKETS 25

FIXTURE(cgroup_stats) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_stats)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_stats)
{
	KA_CG_TEARDOWN();
}

struct counts {
	long long created;
	long long skipped_off;
	long long accepted;
	long long a;		/* sockets of "a" and of "a/b" */
	long long b;
};

static struct counts counts(void)
{
	return (struct counts) {
		ka_stat("created"), ka_stat("skipped_off"), ka_stat("accepted"),
		ka_cg_sockets("a"), ka_cg_sockets("a/b"),
	};
}

static int make_sockets(void *arg)
{
	int *protocol = arg;
	int i, fd;

	for (i = 0; i < SOCKETS; i++) {
		fd = socket(i % 2 ? AF_INET : AF_INET6, SOCK_STREAM, *protocol);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	return 0;
}

/* A connection with a listener of "a", accepted in a cgroup. */
static int accept_one(void *arg)
{
	int server = accept(*(int *)arg, NULL, NULL);

	return server < 0 ? -errno : close(server);
}

static int make_connection(const char *accepted_in)
{
	struct sockaddr_storage ss;
	int listener, client, ret;
	socklen_t len;

	listener = ka_cg_socket("a", AF_INET, 0);
	client = ka_cg_socket("a", AF_INET, 0);
	len = ka_addr(&ss, AF_INET, ka_listen(listener, AF_INET));
	ret = connect(client, (struct sockaddr *)&ss, len) ? -errno : 0;
	ret = ret ?: ka_cg_run(accepted_in, accept_one, &listener);
	close(client);
	close(listener);
	return ret;
}

/* With a protocol: sockets made in the cgroup; without: one accepted there. */
static struct counts moved(const char *name, int protocol, const struct counts *want)
{
	struct counts before, now = { -1 };
	int try, ret;

	for (try = 0; try < TRIES; try++) {
		before = counts();
		ret = protocol ? ka_cg_run(name, make_sockets, &protocol) : make_connection(name);
		if (ret)
			return (struct counts) { ret };
		now = counts();
		now.created -= before.created;
		now.skipped_off -= before.skipped_off;
		now.accepted -= before.accepted;
		now.a -= before.a;
		now.b -= before.b;
		if (!memcmp(&now, want, sizeof(now)))
			break;
	}
	return now;
}

#define EXPECT_MOVED(_name, _protocol, _created, _off, _accepted, _a, _b) do { \
	struct counts ka_want = { _created, _off, _accepted, _a, _b }; \
	struct counts ka_seen = moved(_name, _protocol, &ka_want); \
	EXPECT_EQ(ka_want.created, ka_seen.created); \
	EXPECT_EQ(ka_want.skipped_off, ka_seen.skipped_off); \
	EXPECT_EQ(ka_want.accepted, ka_seen.accepted); \
	EXPECT_EQ(ka_want.a, ka_seen.a); \
	EXPECT_EQ(ka_want.b, ka_seen.b); \
} while (0)

TEST_F(cgroup_stats, created)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b", "inherit", 0, 0, 0);
	EXPECT_MOVED("a", IPPROTO_TCP, SOCKETS, 0, 0, SOCKETS, 0);
	/* By the one that it came under, not those on the way. */
	EXPECT_MOVED("a/b", IPPROTO_TCP, SOCKETS, 0, 0, SOCKETS, 0);
	ASSERT_EQ(0, ka_cg_set("a/b", "mode", "default"));
	EXPECT_MOVED("a/b", IPPROTO_TCP, SOCKETS, 0, 0, 0, SOCKETS);
	ASSERT_EQ(0, ka_cg_set("a", "mode", "inherit"));
	EXPECT_MOVED("a", IPPROTO_TCP, SOCKETS, 0, 0, 0, 0);
	EXPECT_MOVED("", IPPROTO_TCP, SOCKETS, 0, 0, 0, 0);
}

TEST_F(cgroup_stats, skipped)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b", "off", 0, 0, 0);
	EXPECT_MOVED("a/b", IPPROTO_TCP, 0, SOCKETS, 0, 0, 0);
	/* Off by default does not count for those of a policy. */
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_MOVED("a", IPPROTO_TCP, SOCKETS, 0, 0, SOCKETS, 0);
	EXPECT_MOVED("", IPPROTO_TCP, 0, SOCKETS, 0, 0, 0);
}

TEST_F(cgroup_stats, mptcp)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b", "off", 0, 0, 0);
	EXPECT_MOVED("a", IPPROTO_MPTCP, SOCKETS, 0, 0, SOCKETS, 0);
	EXPECT_MOVED("a/b", IPPROTO_MPTCP, 0, SOCKETS, 0, 0, 0);
	/* A subflow is not the kernel's own, however it looks at first. */
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	EXPECT_MOVED("a", IPPROTO_MPTCP, SOCKETS, 0, 0, SOCKETS, 0);
	EXPECT_MOVED("a/b", IPPROTO_MPTCP, 0, SOCKETS, 0, 0, 0);
}

/* Listener and client count for "a", what was accepted for whom it came under. */
TEST_F(cgroup_stats, accepted)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b", "default", 200, 21, 3);
	ASSERT_EQ(0, ka_cg_make("c"));
	EXPECT_MOVED("a", 0, 2, 0, 0, 2, 0);
	EXPECT_MOVED("c", 0, 2, 0, 0, 2, 0);
	EXPECT_MOVED("a/b", 0, 2, 0, 1, 2, 1);
	ASSERT_EQ(0, ka_cg_set("a/b", "mode", "inherit"));
	EXPECT_MOVED("a/b", 0, 2, 0, 0, 2, 0);
	ASSERT_EQ(0, ka_cg_set("a/b", "mode", "off"));
	EXPECT_MOVED("a/b", 0, 2, 1, 0, 2, 0);
	ASSERT_EQ(0, ka_cg_set("a", "mode", "off"));
	ASSERT_EQ(0, ka_cg_set("a/b", "mode", "default"));
	EXPECT_MOVED("a/b", 0, 0, 2, 1, 0, 1);
}

/* Its counter is the policy's: it stays with a path, and goes with the policy. */
TEST_F(cgroup_stats, sockets_of_a_policy)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_CG("a", 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_set("a", "keepidle", "200"));
	EXPECT_CG("a", 1, 200, 20, 2);
	ASSERT_EQ(0, ka_cg_remove("a"));
	ASSERT_EQ(0, ka_cg_make("a"));
	EXPECT_CG("a", 1, 200, 20, 2);
	EXPECT_EQ(3, ka_cg_sockets("a"));
	ASSERT_EQ(0, ka_cg_drop("a"));
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_EQ(0, ka_cg_sockets("a"));
}

TEST_HARNESS_MAIN

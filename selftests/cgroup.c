// SPDX-License-Identifier: GPL-2.0
/*
 * Which policy a socket comes under: that of the nearest cgroup that has one,
 * from the one its maker is in up to the root, else the default policy.
 */
#include <netinet/tcp.h>

#include "ka_cgroup.h"

#define DEPTH 32
#define DEEP 70			/* 63 levels have a bit each in the module */

FIXTURE(cgroup) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup)
{
	KA_CG_TEARDOWN();
}

/* A new policy is in mode inherit and all zero, and changes nothing. */
TEST_F(cgroup, starts_as_inherit)
{
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_STREQ("inherit", ka_cg_get("a", "mode"));
	EXPECT_STREQ("0", ka_cg_get("a", "keepidle"));
	EXPECT_STREQ("0", ka_cg_get("a", "keepintvl"));
	EXPECT_STREQ("0", ka_cg_get("a", "keepcnt"));
	EXPECT_STREQ("0", ka_cg_get("a", "sockets"));
	EXPECT_CG("a", 1, 600, 30, 5);
	EXPECT_STREQ("0", ka_cg_get("a", "sockets"));
}

TEST_F(cgroup, values)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_CG("a", 1, 100, 20, 2);
	/* Nobody else's. */
	EXPECT_CG("", 1, 600, 30, 5);
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
	/* Until it is removed. */
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_CG("a", 1, 600, 30, 5);
}

TEST_F(cgroup, maximum_values)
{
	ASSERT_POLICY("a", "default", KA_MAX_IDLE, KA_MAX_INTVL, KA_MAX_CNT);
	EXPECT_CG("a", 1, KA_MAX_IDLE, KA_MAX_INTVL, KA_MAX_CNT);
}

TEST_F(cgroup, off)
{
	ASSERT_POLICY("a", "off", 100, 20, 2);
	EXPECT_CG("a", 0, 7200, 75, 9);
	EXPECT_CG("", 1, 600, 30, 5);
}

/* "For selected cgroups only". */
TEST_F(cgroup, only_these)
{
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("b", "default", 200, 21, 3);
	ASSERT_EQ(0, ka_cg_make("c"));
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_CG("b", 1, 200, 21, 3);
	EXPECT_CG("c", 0, 7200, 75, 9);
	EXPECT_CG("", 0, 7200, 75, 9);
}

/* "Everything but these". */
TEST_F(cgroup, all_but_these)
{
	ASSERT_POLICY("a", "off", 0, 0, 0);
	ASSERT_POLICY("b", "off", 0, 0, 0);
	ASSERT_EQ(0, ka_cg_make("c"));
	EXPECT_CG("a", 0, 7200, 75, 9);
	EXPECT_CG("b", 0, 7200, 75, 9);
	EXPECT_CG("c", 1, 600, 30, 5);
}

/* A write holds for the sockets made after it, those made before stay. */
TEST_F(cgroup, change)
{
	int old;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	old = ka_cg_socket("a", AF_INET, 0);
	ASSERT_LE(0, old);
	ASSERT_EQ(0, ka_cg_set("a", "keepidle", "101"));
	EXPECT_CG("a", 1, 101, 20, 2);
	ASSERT_EQ(0, ka_cg_set("a", "keepintvl", "21"));
	EXPECT_CG("a", 1, 101, 21, 2);
	ASSERT_EQ(0, ka_cg_set("a", "keepcnt", "3"));
	EXPECT_CG("a", 1, 101, 21, 3);
	ASSERT_EQ(0, ka_cg_set("a", "mode", "off"));
	EXPECT_CG("a", 0, 7200, 75, 9);
	ASSERT_EQ(0, ka_cg_set("a", "mode", "inherit"));
	EXPECT_CG("a", 1, 600, 30, 5);
	ASSERT_EQ(0, ka_cg_set("a", "mode", "default"));
	EXPECT_CG("a", 1, 101, 21, 3);
	EXPECT_KA(old, 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_KA(old, 1, 100, 20, 2);
}

/* Removed and added again, it starts anew. */
TEST_F(cgroup, added_again)
{
	ASSERT_POLICY("a", "off", 100, 20, 2);
	ASSERT_EQ(0, ka_cg_drop("a"));
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_STREQ("inherit", ka_cg_get("a", "mode"));
	EXPECT_STREQ("0", ka_cg_get("a", "keepidle"));
	EXPECT_CG("a", 1, 600, 30, 5);
}

/* 0 is the sysctl of the socket's own network namespace, of when it counts. */
TEST_F(cgroup, zero_follows_the_sysctl)
{
	int fd;

	ASSERT_POLICY("a", "default", 0, 20, 0);
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 1234));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_probes", 4));
	EXPECT_CG("a", 1, 1234, 20, 4);
	ASSERT_EQ(0, ka_cg_set("a", "keepintvl", "0"));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_intvl", 17));
	EXPECT_CG("a", 1, 1234, 17, 4);
	fd = ka_cg_socket("a", AF_INET, 0);
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 4321));
	EXPECT_KA(fd, 1, 4321, 17, 4);
}

TEST_F(cgroup, ipv6)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("b", "off", 0, 0, 0);
	EXPECT_KA(ka_cg_socket("a", AF_INET6, IPPROTO_TCP), 1, 100, 20, 2);
	EXPECT_KA(ka_cg_socket("b", AF_INET6, IPPROTO_TCP), 0, 7200, 75, 9);
}

/* The application may change all of it afterwards. */
TEST_F(cgroup, application_has_the_last_word)
{
	int fd;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	fd = ka_cg_socket("a", AF_INET, 0);
	ASSERT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 50));
	ASSERT_EQ(0, ka_set_on(fd, 0));
	EXPECT_KA(fd, 0, 50, 20, 2);
}

/* Siblings whose names begin alike are not each other's. */
TEST_F(cgroup, names_that_begin_alike)
{
	ASSERT_POLICY("web", "default", 100, 20, 2);
	ASSERT_POLICY("web.slice", "default", 200, 21, 3);
	ASSERT_EQ(0, ka_cg_make("we"));
	ASSERT_EQ(0, ka_cg_make("web2"));
	ASSERT_EQ(0, ka_cg_make("x/web"));
	EXPECT_CG("web", 1, 100, 20, 2);
	EXPECT_CG("web.slice", 1, 200, 21, 3);
	EXPECT_CG("we", 1, 600, 30, 5);
	EXPECT_CG("web2", 1, 600, 30, 5);
	EXPECT_CG("x/web", 1, 600, 30, 5);
}

TEST_F(cgroup, nearest_ancestor)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b/c", "default", 300, 22, 4);
	ASSERT_EQ(0, ka_cg_make("a/b/c/d"));
	ASSERT_EQ(0, ka_cg_make("a/x"));
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_CG("a/b", 1, 100, 20, 2);
	EXPECT_CG("a/x", 1, 100, 20, 2);
	EXPECT_CG("a/b/c", 1, 300, 22, 4);
	EXPECT_CG("a/b/c/d", 1, 300, 22, 4);
	/* Between the two, and of another mode. */
	ASSERT_EQ(0, ka_cg_policy("a/b", "off", 0, 0, 0));
	EXPECT_CG("a/b", 0, 7200, 75, 9);
	EXPECT_CG("a/b/c/d", 1, 300, 22, 4);
	ASSERT_EQ(0, ka_cg_drop("a/b/c"));
	EXPECT_CG("a/b/c/d", 0, 7200, 75, 9);
	/* As if it were not there. */
	ASSERT_EQ(0, ka_cg_set("a/b", "mode", "inherit"));
	EXPECT_CG("a/b/c/d", 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_CG("a/b/c/d", 1, 600, 30, 5);
}

/* The cgroup of level n, the run's own being the first, below the root. */
static const char *of_level(int level)
{
	static char name[2 * DEEP];
	int i;

	name[0] = '\0';
	for (i = 2; i <= level; i++)
		strcat(name, i == 2 ? "d" : "/d");
	return name;
}

/* One policy, on each level in turn, seen from there and from the deepest. */
TEST_F(cgroup, depth_of_one)
{
	int level;

	ASSERT_EQ(0, ka_cg_make(of_level(DEPTH)));
	/* Holds the hooks, which take long to come and go. */
	ASSERT_EQ(0, ka_cg_add("other"));
	for (level = 1; level <= DEPTH; level++) {
		ASSERT_EQ(0, ka_cg_policy(of_level(level), "default", 1000 + level, level, 2));
		EXPECT_CG(of_level(level), 1, 1000 + level, level, 2);
		EXPECT_CG(of_level(DEPTH), 1, 1000 + level, level, 2);
		if (level > 1)
			EXPECT_CG(of_level(level - 1), 1, 600, 30, 5);
		ASSERT_EQ(0, ka_cg_drop(of_level(level)));
	}
}

/* A policy on every level: each has its own, then the next one above. */
TEST_F(cgroup, depth_of_all)
{
	int level, ret = 0;

	ASSERT_EQ(0, ka_cg_make(of_level(DEPTH)));
	for (level = 1; level <= DEPTH && !ret; level++)
		ret = ka_cg_policy(of_level(level), "default", 1000 + level, level, 2);
	ASSERT_EQ(0, ret);
	for (level = 1; level <= DEPTH; level++)
		EXPECT_CG(of_level(level), 1, 1000 + level, level, 2);
	for (level = DEPTH; level >= 1; level--) {
		EXPECT_CG(of_level(DEPTH), 1, 1000 + level, level, 2);
		if (level % 2)
			ret = ka_cg_set(of_level(level), "mode", "inherit");
		else
			ret = ka_cg_drop(of_level(level));
		ASSERT_EQ(0, ret);
	}
	EXPECT_CG(of_level(DEPTH), 1, 600, 30, 5);
}

/* Below the levels that the module tells apart, and from there up again. */
TEST_F(cgroup, deeper_than_that)
{
	ASSERT_EQ(0, ka_cg_make(of_level(DEEP)));
	ASSERT_EQ(0, ka_cg_policy(of_level(3), "default", 300, 20, 2));
	EXPECT_CG(of_level(DEEP), 1, 300, 20, 2);
	ASSERT_EQ(0, ka_cg_policy(of_level(66), "default", 660, 21, 3));
	ASSERT_EQ(0, ka_cg_policy(of_level(DEEP), "default", 700, 22, 4));
	EXPECT_CG(of_level(DEEP), 1, 700, 22, 4);
	EXPECT_CG(of_level(DEEP - 1), 1, 660, 21, 3);
	EXPECT_CG(of_level(66), 1, 660, 21, 3);
	EXPECT_CG(of_level(65), 1, 300, 20, 2);
	EXPECT_CG(of_level(2), 1, 600, 30, 5);
	ASSERT_EQ(0, ka_cg_drop(of_level(DEEP)));
	EXPECT_CG(of_level(DEEP), 1, 660, 21, 3);
	ASSERT_EQ(0, ka_cg_set(of_level(66), "mode", "inherit"));
	EXPECT_CG(of_level(DEEP), 1, 300, 20, 2);
	ASSERT_EQ(0, ka_cg_drop(of_level(3)));
	EXPECT_CG(of_level(DEEP), 1, 600, 30, 5);
}

static int move_here(void *arg)
{
	return ka_write(arg, "0\n");
}

static int socket_after_move(void *arg)
{
	int ret = move_here(arg);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return ret ?: fd;
}

static int socket_before_move(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return move_here(arg) ?: fd;
}

/* A task that is moved makes the next socket under the policy of the new place. */
TEST_F(cgroup, moved_task)
{
	char procs[256];

	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("b", "default", 200, 21, 3);
	snprintf(procs, sizeof(procs), "%s", ka_cg_fs("b", "cgroup.procs"));
	EXPECT_KA(ka_cg_run("a", socket_after_move, procs), 1, 200, 21, 3);
	EXPECT_KA(ka_cg_run("a", socket_before_move, procs), 1, 100, 20, 2);
}

/* Sockets stay as they are, policies do not. */
TEST_F(cgroup, unloaded)
{
	int fd;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	fd = ka_cg_socket("a", AF_INET, 0);
	ASSERT_EQ(0, ka_unload());
	EXPECT_KA(fd, 1, 100, 20, 2);
	EXPECT_CG("a", 0, 7200, 75, 9);
	ASSERT_EQ(0, ka_load(""));
	EXPECT_EQ(0, ka_cg_count());
	EXPECT_CG("a", 1, 7200, 75, 9);
}

TEST_HARNESS_MAIN

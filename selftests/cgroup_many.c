// SPDX-License-Identifier: GPL-2.0
/*
 * As many policies as there may be: one more is refused, each of those that are
 * bound is found, and they go one by one or with the module.
 */
#include <sys/stat.h>

#include "ka_cgroup.h"

#define MAX 16384
#define GROUPS 64		/* cgroups of the second level */
#define BOUND 256		/* policies whose cgroups exist, in all */

FIXTURE(cgroup_many) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_many)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

/* A kernel that looks at every access is told to take fewer, and not to the limit. */
static int how_many(void)
{
	const char *many = getenv("KA_MANY");

	return many ? atoi(many) : MAX;
}

FIXTURE_TEARDOWN(cgroup_many)
{
	KA_CG_TEARDOWN();
}

/* The name of policy @i; those below BOUND get a cgroup. */
static const char *name_of(int i)
{
	static char name[32];

	snprintf(name, sizeof(name), "%d/%d", i % GROUPS, i);
	return name;
}

/* Opens and closes nothing: there are many. */
static int tell(int fd, int i)
{
	char text[64];
	int len;

	len = snprintf(text, sizeof(text), "%s/%s\n", ka_cg_path(""), name_of(i));
	return write(fd, text, len) == len ? 0 : -errno;
}

static int idle_of(int i)
{
	return 1000 + i;
}

static int describe(int i)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", idle_of(i));
	return ka_cg_set(name_of(i), "keepidle", text) ?:
		ka_cg_set(name_of(i), "mode", "default");
}

/* How many of the bound ones, every @step, a socket is not under. */
static int count_wrong(int step)
{
	int i, wrong = 0;

	for (i = 0; i < BOUND; i += step)
		wrong += ka_cg_sock(name_of(i)).idle != idle_of(i);
	return wrong;
}

TEST_F(cgroup_many, as_many_as_there_may_be)
{
	int add = open(KA_CGROUPS "add", O_WRONLY);
	int drop = open(KA_CGROUPS "remove", O_WRONLY);
	int i, ret = 0, many = how_many();
	bool full = many == MAX;

	ASSERT_GE(many, 4 * BOUND);
	ASSERT_LE(many, MAX);
	/* Half of the cgroups are there before their policies are. */
	for (i = 0; i < BOUND && !ret; i += 2)
		ret = ka_cg_make(name_of(i));
	ASSERT_EQ(0, ret);
	for (i = 0; i < many && !ret; i++)
		ret = tell(add, i);
	ASSERT_EQ(0, ret) TH_LOG("policy %d", i);
	EXPECT_EQ(many, ka_cg_count());
	if (full) {
		EXPECT_EQ(-ENOSPC, tell(add, many));
		EXPECT_EQ(-ENOSPC, ka_cg_add("one-more"));
	}
	EXPECT_EQ(many, ka_cg_count());
	/* What is wrong about a path is said first. */
	EXPECT_EQ(-EEXIST, tell(add, 0));
	EXPECT_EQ(-EINVAL, ka_cg_add_path("none"));

	for (i = 1; i < BOUND && !ret; i += 2)
		ret = ka_cg_make(name_of(i));
	for (i = 0; i < BOUND && !ret; i++)
		ret = describe(i);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(0, count_wrong(1));
	EXPECT_CG("", 1, 600, 30, 5);
	EXPECT_CG("1", 1, 600, 30, 5);
	EXPECT_EQ(1, ka_cg_sockets(name_of(BOUND - 1)));

	/* One goes and another one comes, at the limit. */
	ASSERT_EQ(0, tell(drop, many - 1));
	EXPECT_EQ(0, ka_cg_policy("1", "off", 0, 0, 0));
	EXPECT_CG("1", 0, 7200, 75, 9);
	EXPECT_EQ(0, count_wrong(16));
	if (full)
		EXPECT_EQ(-ENOSPC, tell(add, many - 1));
	ASSERT_EQ(0, ka_cg_drop("1"));

	/* Half of them go one by one, those that are bound among them. */
	for (i = many - 2; i >= many / 2 + BOUND && !ret; i--)
		ret = tell(drop, i);
	EXPECT_EQ(many / 2 + BOUND, ka_cg_count());
	EXPECT_EQ(0, count_wrong(16));
	for (i = BOUND - 1; i > 0 && !ret; i--)
		ret = tell(drop, i);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(many / 2 + 1, ka_cg_count());
	EXPECT_CG(name_of(1), 1, 600, 30, 5);
	EXPECT_CG(name_of(0), 1, idle_of(0), 75, 9);
	EXPECT_EQ(0, tell(add, 1));
	close(add);
	close(drop);

	/* The others are in place when the module goes. */
	ASSERT_EQ(0, ka_unload());
	EXPECT_EQ(-1, access("/sys/kernel/ka_default", F_OK));
	ASSERT_EQ(0, ka_load(""));
	EXPECT_EQ(0, ka_cg_count());
	EXPECT_EQ(0, ka_cg_add(name_of(0)));
	EXPECT_STREQ("bound", ka_cg_get(name_of(0), "state"));
}

TEST_HARNESS_MAIN

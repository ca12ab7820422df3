// SPDX-License-Identifier: GPL-2.0
/*
 * The hook on accepted sockets is armed while some cgroup has a policy, and
 * only then: the kernel's own lists of what is traced and probed tell.
 */
#include "ka_cgroup.h"

#define TRACED "/sys/kernel/tracing/enabled_functions"
#define PROBED "/sys/kernel/debug/kprobes/list"
#define HOOKED "security_sock_graft"
#define ROUNDS 10

FIXTURE(cgroup_hook) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_hook)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_hook)
{
	KA_CG_TEARDOWN();
}

static const char *list;

/* 1 or 0; and -1 where the kernel does not tell. */
static int is_hooked(void)
{
	char *line = NULL;
	size_t size = 0;
	int found = 0;
	FILE *f;

	f = fopen(list, "re");
	if (!f)
		return -1;
	while (getline(&line, &size, f) > 0)
		found |= !!strstr(line, HOOKED);
	free(line);
	fclose(f);
	return found;
}

#define NEED_LIST(_skip) do { \
	list = strcmp(ka_param_read("hook"), "ftrace") ? PROBED : TRACED; \
	if (is_hooked() < 0) \
		KA_SKIP(_skip, "no %s", list); \
} while (0)

TEST_F(cgroup_hook, from_the_first_policy_to_the_last)
{
	NEED_LIST(return);
	EXPECT_EQ(0, is_hooked());
	/* One that waits and is in mode inherit, even so. */
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_EQ(1, is_hooked());
	ASSERT_EQ(0, ka_cg_add("b"));
	EXPECT_EQ(1, is_hooked());
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(1, is_hooked());
	ASSERT_EQ(0, ka_cg_drop("b"));
	EXPECT_EQ(0, is_hooked());
}

TEST_F(cgroup_hook, not_by_a_refused_one)
{
	NEED_LIST(return);
	EXPECT_EQ(-EINVAL, ka_cg_add_path("/"));
	EXPECT_EQ(-ENOENT, ka_cg_drop("a"));
	EXPECT_EQ(0, is_hooked());
	/* And not lost by one. */
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_EQ(-EEXIST, ka_cg_add("a"));
	EXPECT_EQ(-ENOENT, ka_cg_drop("b"));
	EXPECT_EQ(1, is_hooked());
}

TEST_F(cgroup_hook, gone_with_the_module)
{
	NEED_LIST(return);
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_EQ(1, is_hooked());
	ASSERT_EQ(0, ka_unload());
	EXPECT_EQ(0, is_hooked());
	ASSERT_EQ(0, ka_load(""));
	EXPECT_EQ(0, is_hooked());
}

/* Again and again it does what it is for. */
TEST_F(cgroup_hook, works_each_time)
{
	int i;

	ASSERT_EQ(0, ka_cg_make("a"));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, ka_cg_policy("a", "default", 100 + i, 20, 2));
		EXPECT_CG("a", 1, 100 + i, 20, 2);
		ASSERT_EQ(0, ka_cg_remove("a"));
		EXPECT_STREQ("waiting", ka_cg_get("a", "state"));
		ASSERT_EQ(0, ka_cg_make("a"));
		EXPECT_STREQ("bound", ka_cg_get("a", "state"));
		EXPECT_STREQ("ok", ka_file_read("health"));
		ASSERT_EQ(0, ka_cg_drop("a"));
		EXPECT_CG("a", 1, 600, 30, 5);
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * A system without cgroup v2, which is one that has not mounted it: no policy
 * can be added, and everything else works.
 */
#include <sys/mount.h>

#include "ka_cgroup.h"

FIXTURE(cgroup_unmounted) {
	struct ka_env env;
	char mount[256];
	bool unmounted;
};

FIXTURE_SETUP(cgroup_unmounted)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	snprintf(self->mount, sizeof(self->mount), "%s", ka_cg_mount());
	if (!access("/run/systemd/system", F_OK))
		KA_SKIP(return, "systemd holds the cgroups of this machine");
}

FIXTURE_TEARDOWN(cgroup_unmounted)
{
	int ret = 0;

	if (self->unmounted)
		ret = mount("cgroup2", self->mount, "cgroup2", 0, NULL);
	EXPECT_EQ(0, ret);
	KA_CG_TEARDOWN();
}

/* Others may still be on their way out of it. */
static int unmount(const char *dir)
{
	long cap = ka_ms() + KA_CAP_MS;
	int ret;

	while ((ret = umount(dir)) && errno == EBUSY && ka_ms() < cap)
		ka_nap();
	return ret;
}

#define UNMOUNT(_skip) do { \
	if (unmount(self->mount)) \
		KA_SKIP(_skip, "cannot unmount %s: %s", self->mount, strerror(errno)); \
	self->unmounted = true; \
	if (*ka_cg_mount()) \
		KA_SKIP(_skip, "cgroup v2 is mounted a second time"); \
} while (0)

TEST_F(cgroup_unmounted, add)
{
	UNMOUNT(return);
	EXPECT_EQ(-EOPNOTSUPP, ka_cg_add("a"));
	EXPECT_EQ(-EOPNOTSUPP, ka_cg_add_path("/system.slice/ka.service"));
	EXPECT_EQ(0, ka_cg_count());
	/* All the rest works. */
	EXPECT_EQ(-ENOENT, ka_cg_drop("a"));
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
	EXPECT_EQ(0, ka_param_set("keepidle", 500));
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 500, 30, 5);
	EXPECT_STREQ("ok", ka_file_read("health"));
	EXPECT_LE(2, ka_stat("created"));
	EXPECT_EQ(0, ka_unload());
	EXPECT_EQ(0, ka_load("keepidle=400"));
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 400, 75, 9);
	EXPECT_EQ(-EOPNOTSUPP, ka_cg_add("a"));
	/* Until it is mounted. */
	ASSERT_EQ(0, mount("cgroup2", self->mount, "cgroup2", 0, NULL));
	self->unmounted = false;
	EXPECT_EQ(0, ka_cg_add("a"));
}

/* The policies of cgroups that are still there go on. */
TEST_F(cgroup_unmounted, policies_from_before)
{
	struct ka_sock *s = ka_cg_shared(sizeof(*s));
	int gate[2];
	char byte;
	pid_t pid;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_EQ(0, pipe(gate));
	pid = ka_cg_fork("a", 0);
	if (!pid) {
		close(gate[1]);
		if (!read(gate[0], &byte, 1))
			*s = ka_get(socket(AF_INET, SOCK_STREAM, 0));
		_exit(0);
	}
	UNMOUNT(return);
	close(gate[1]);
	ASSERT_EQ(0, ka_cg_wait(pid));
	EXPECT_EQ(1, s->on);
	EXPECT_EQ(100, s->idle);
	EXPECT_EQ(0, ka_cg_set("a", "mode", "off"));
	EXPECT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(0, ka_cg_count());
}

TEST_HARNESS_MAIN

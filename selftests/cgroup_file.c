// SPDX-License-Identifier: GPL-2.0
/*
 * The files of a policy: names and modes, one value and a newline in each, what
 * they say when they are held open while the policy or the module goes, and
 * that nothing is left then.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "ka_cgroup.h"

FIXTURE(cgroup_file) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_file)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_file)
{
	KA_CG_TEARDOWN();
}

static const struct {
	const char *name;
	int mode;
	const char *value;	/* of a new policy, which waits */
} files[] = {
	{ "path", 0444, NULL },
	{ "state", 0444, "waiting\n" },
	{ "mode", 0644, "inherit\n" },
	{ "keepidle", 0644, "0\n" },
	{ "keepintvl", 0644, "0\n" },
	{ "keepcnt", 0644, "0\n" },
	{ "user_timeout", 0644, "0\n" },
	{ "sockets", 0444, "0\n" },
};

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -errno : (int)(st.st_mode & 07777);
}

TEST_F(cgroup_file, modes)
{
	size_t i;

	EXPECT_EQ(0200, mode_of(KA_CGROUPS "add"));
	EXPECT_EQ(0200, mode_of(KA_CGROUPS "remove"));
	ASSERT_EQ(0, ka_cg_add("a"));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(files[i].mode, mode_of(ka_cg_file("a", files[i].name)))
			TH_LOG("%s", files[i].name);
	}
}

TEST_F(cgroup_file, values)
{
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "%s\n", ka_cg_path("a"));
	ASSERT_EQ(0, ka_cg_add("a"));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_STREQ(files[i].value ?: path, ka_read(ka_cg_file("a", files[i].name)))
			TH_LOG("%s", files[i].name);
	}
	ASSERT_EQ(0, ka_cg_make("a"));
	EXPECT_STREQ("bound\n", ka_read(ka_cg_file("a", "state")));
	/* As they are written, without what a person may put around a number. */
	ASSERT_EQ(0, ka_write(ka_cg_file("a", "keepidle"), "0099"));
	EXPECT_STREQ("99\n", ka_read(ka_cg_file("a", "keepidle")));
	ASSERT_EQ(0, ka_write(ka_cg_file("a", "mode"), "default"));
	EXPECT_STREQ("default\n", ka_read(ka_cg_file("a", "mode")));
	EXPECT_CG("a", 1, 99, 75, 9);
	EXPECT_STREQ("1\n", ka_read(ka_cg_file("a", "sockets")));
}

/* Nobody can write what only tells, nor read what only does. */
TEST_F(cgroup_file, one_way)
{
	ASSERT_EQ(0, ka_cg_add("a"));
	EXPECT_GT(0, ka_cg_set("a", "path", "/b"));
	EXPECT_GT(0, ka_cg_set("a", "state", "bound"));
	EXPECT_GT(0, ka_cg_set("a", "sockets", "0"));
	EXPECT_EQ(NULL, ka_read(KA_CGROUPS "add"));
	EXPECT_EQ(NULL, ka_read(KA_CGROUPS "remove"));
}

/* The path without its first '/', every further one is a '!'. */
TEST_F(cgroup_file, name_of_the_directory)
{
	char path[64], dir[96];

	snprintf(path, sizeof(path), "/ka.%d.slice/nginx.service", getpid());
	snprintf(dir, sizeof(dir), KA_CGROUPS "ka.%d.slice!nginx.service", getpid());
	EXPECT_EQ(-ENOENT, mode_of(dir));
	ASSERT_EQ(0, ka_cg_add_path(path));
	EXPECT_EQ(0755, mode_of(dir));
	/* What has a '-' or a '.' in the same place is something else. */
	*strrchr(path, '/') = '-';
	EXPECT_EQ(-ENOENT, ka_cg_drop_path(path));
	*strrchr(path, '-') = '/';
	ASSERT_EQ(0, ka_cg_drop_path(path));
	EXPECT_EQ(-ENOENT, mode_of(dir));
}

static int fds[ARRAY_SIZE(files) + 1];

static int open_all(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fds[i] = open(ka_cg_file("a", files[i].name),
			      files[i].mode & 0200 ? O_RDWR : O_RDONLY);
		if (fds[i] < 0)
			return -errno;
	}
	fds[i] = open(ka_cg_file("a", ""), O_RDONLY | O_DIRECTORY);
	return fds[i] < 0 ? -errno : 0;
}

#define READS(_fd) ({ \
	char __text[512]; \
	ssize_t __len = pread(_fd, __text, sizeof(__text), 0); \
	__len < 0 ? -errno : __len; \
})

/* What was open reads and takes nothing more. */
#define EXPECT_ALL_GONE() do { \
	size_t __i; \
	for (__i = 0; __i < ARRAY_SIZE(files); __i++) { \
		EXPECT_EQ(-ENODEV, READS(fds[__i])) TH_LOG("%s", files[__i].name); \
		if (files[__i].mode & 0200) { \
			EXPECT_EQ(-1, pwrite(fds[__i], "0\n", 2, 0)); \
			EXPECT_EQ(ENODEV, errno) TH_LOG("%s", files[__i].name); \
		} \
	} \
} while (0)

TEST_F(cgroup_file, held_open_while_it_is_removed)
{
	size_t i, alive = 0;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_EQ(0, open_all());
	for (i = 0; i < ARRAY_SIZE(files); i++)
		alive += READS(fds[i]) > 0;
	EXPECT_EQ(ARRAY_SIZE(files), alive);
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_ALL_GONE();
	/* Another one of the same name is not theirs. */
	ASSERT_EQ(0, ka_cg_policy("a", "default", 101, 21, 3));
	EXPECT_ALL_GONE();
	EXPECT_CG("a", 1, 101, 21, 3);
}

static bool is_in(const char *dir, const char *name)
{
	struct dirent *e;
	bool found = false;
	DIR *d;

	d = opendir(dir);
	while (d && (e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	if (d)
		closedir(d);
	return found;
}

/* With policies bound and waiting, and with their files held open. */
TEST_F(cgroup_file, unload)
{
	int add, fd;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	ASSERT_POLICY("a/b", "off", 0, 0, 0);
	ASSERT_EQ(0, ka_cg_add("waiting"));
	fd = ka_cg_socket("a", AF_INET, 0);
	add = open(KA_CGROUPS "add", O_WRONLY);
	ASSERT_LE(0, add);
	ASSERT_EQ(0, open_all());
	ASSERT_EQ(0, ka_unload());
	EXPECT_FALSE(is_in("/sys/kernel", "ka_default"));
	EXPECT_FALSE(is_in("/sys/module", "ka_default"));
	EXPECT_ALL_GONE();
	EXPECT_EQ(-1, write(add, "/x\n", 3));
	EXPECT_EQ(ENODEV, errno);
	/* The cgroups are as free as they were, and the sockets as they are. */
	EXPECT_KA(fd, 1, 100, 20, 2);
	EXPECT_CG("a", 0, 7200, 75, 9);
	EXPECT_EQ(0, ka_cg_remove("a/b"));
	EXPECT_EQ(0, ka_cg_remove("a"));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_load(""));
	EXPECT_EQ(0, ka_cg_count());
	EXPECT_ALL_GONE();
	EXPECT_EQ(0, ka_cg_policy("a", "default", 100, 20, 2));
	EXPECT_CG("a", 1, 100, 20, 2);
}

/* A policy does not keep its cgroup, in whatever order the two go. */
TEST_F(cgroup_file, cgroup_is_free)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_EQ(0, ka_cg_remove("a"));
	EXPECT_EQ(0, ka_cg_drop("a"));
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(0, ka_cg_remove("a"));
	EXPECT_EQ(0, ka_cg_count());
}

TEST_HARNESS_MAIN

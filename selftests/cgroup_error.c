// SPDX-License-Identifier: GPL-2.0
/*
 * The contract's table of errors, of what has to do with cgroups: what is
 * refused, with which errno, that it changes nothing and is not logged.
 */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#include "ka_cgroup.h"

FIXTURE(cgroup_error) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_error)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_error)
{
	KA_CG_TEARDOWN();
}

/* Text that may hold anything, to a file: 0 or a negative errno. */
static int write_bytes(const char *file, const char *text, size_t len)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		ret = -errno;
	close(fd);
	return ret;
}

struct text {
	const char *bytes;
	size_t len;
};

#define TEXT(_s) { _s, sizeof(_s) - 1 }

static const struct text bad_paths[] = {
	/* Not absolute, the root, no text. */
	TEXT("a"), TEXT("a/b\n"), TEXT("./a"), TEXT("../a"), TEXT(" /a"), TEXT("ka.x"),
	TEXT("/"), TEXT("/\n"), TEXT("\n"), TEXT(" "), TEXT("\n/a"),
	/* An empty, . or .. part, wherever. */
	TEXT("//"), TEXT("//a"), TEXT("/a//b"), TEXT("/a/"), TEXT("/a/\n"), TEXT("/a/b//"),
	TEXT("/."), TEXT("/.."), TEXT("/./a"), TEXT("/../a"), TEXT("/a/."), TEXT("/a/.."),
	TEXT("/a/./b"), TEXT("/a/../b"), TEXT("/a/..\n"),
	/* ! and control characters. */
	TEXT("/!"), TEXT("/a!b"), TEXT("!a"), TEXT("/a/b!"), TEXT("/a\n\n"), TEXT("/a\nb"),
	TEXT("/a\tb"), TEXT("/a\r\n"), TEXT("/a\x01"), TEXT("/\x1b[0m"), TEXT("/a\x7f"),
	TEXT("/\x1f"),
	/* A NUL ends nothing. */
	TEXT("\0"), TEXT("\0/a"), TEXT("/\0"), TEXT("/a\0"), TEXT("/a\0b"), TEXT("/a\0\n"),
	TEXT("/a\n\0"),
};

TEST_F(cgroup_error, bad_path)
{
	int log = ka_log_open();
	size_t i;

	ASSERT_EQ(0, ka_cg_add("x"));
	for (i = 0; i < ARRAY_SIZE(bad_paths); i++) {
		const struct text *t = &bad_paths[i];

		EXPECT_EQ(-EINVAL, write_bytes(KA_CGROUPS "add", t->bytes, t->len))
			TH_LOG("add %zu: %s", i, t->bytes);
		EXPECT_EQ(-EINVAL, write_bytes(KA_CGROUPS "remove", t->bytes, t->len))
			TH_LOG("remove %zu: %s", i, t->bytes);
		EXPECT_EQ(1, ka_cg_count());
	}
	EXPECT_EQ(0, ka_log_lines(log));
}

/* What looks odd and is a good name all the same. */
TEST_F(cgroup_error, good_path)
{
	static const char * const names[] = {
		"a", "...", ".a", "a..", "a b", " ", "-", "a\\x2db.service", "%s%n%p", "\xc3\xa4",
		"\xff\x80", "user@1000.service", "a:b", "*", "$(x)", "\"'`", "~", "a/.../b",
		"add", "remove", "path",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *path = strdup(ka_cg_path(names[i]));

		ASSERT_EQ(0, ka_cg_make(names[i])) TH_LOG("%s", names[i]);
		EXPECT_EQ(0, ka_cg_policy(names[i], "off", 1, 1, 1)) TH_LOG("%s", names[i]);
		EXPECT_STREQ("bound", ka_cg_get(names[i], "state"));
		EXPECT_STREQ(path, ka_cg_get(names[i], "path"));
		EXPECT_CG(names[i], 0, 7200, 75, 9);
		/* Without a newline, too. */
		EXPECT_EQ(0, ka_write(KA_CGROUPS "remove", path));
		EXPECT_EQ(0, ka_write(KA_CGROUPS "add", path));
	}
	EXPECT_EQ(ARRAY_SIZE(names), ka_cg_count());
}

/*
 * A cgroup of the first level that is called as a file of cgroups/ is: there
 * is no place for its directory, so it is refused, and no more than that.
 */
TEST_F(cgroup_error, name_that_is_taken)
{
	static const char * const names[] = { "/add", "/remove" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_GT(0, ka_cg_add_path(names[i]));
		EXPECT_EQ(0, ka_cg_count());
		EXPECT_GT(0, ka_cg_drop_path(names[i]));
	}
	ASSERT_EQ(0, ka_cg_add("x"));
	EXPECT_GT(0, ka_cg_add_path(names[0]));
	EXPECT_EQ(1, ka_cg_count());
	/* Both still work; the fixture looks at the log. */
	EXPECT_EQ(0, ka_cg_add("y"));
	EXPECT_EQ(0, ka_cg_drop("y"));
}

TEST_F(cgroup_error, too_long)
{
	static const size_t lengths[] = { 257, 258, 300, 1000, 4095 };
	char path[4096];
	size_t i;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	ASSERT_EQ(0, ka_cg_add("x"));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		EXPECT_EQ(-ENAMETOOLONG, write_bytes(KA_CGROUPS "add", path, lengths[i]));
		EXPECT_EQ(-ENAMETOOLONG, write_bytes(KA_CGROUPS "remove", path, lengths[i]));
		EXPECT_EQ(1, ka_cg_count());
	}
	/* The newline is not counted. */
	path[KA_CG_PATH_MAX + 1] = '\n';
	EXPECT_EQ(0, write_bytes(KA_CGROUPS "add", path, KA_CG_PATH_MAX + 2));
	EXPECT_EQ(2, ka_cg_count());
	EXPECT_EQ(0, write_bytes(KA_CGROUPS "remove", path, KA_CG_PATH_MAX + 2));
}

TEST_F(cgroup_error, has_one_already)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_EQ(-EEXIST, ka_cg_add("a"));
	EXPECT_EQ(-EEXIST, ka_write(KA_CGROUPS "add", ka_cg_path("a")));
	EXPECT_EQ(1, ka_cg_count());
	EXPECT_CG("a", 1, 100, 20, 2);
	/* While it waits, too. */
	ASSERT_EQ(0, ka_cg_remove("a"));
	EXPECT_EQ(-EEXIST, ka_cg_add("a"));
	EXPECT_STREQ("100", ka_cg_get("a", "keepidle"));
}

TEST_F(cgroup_error, has_none)
{
	EXPECT_EQ(-ENOENT, ka_cg_drop("a"));
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_EQ(-ENOENT, ka_cg_drop("b"));
	EXPECT_EQ(-ENOENT, ka_cg_drop("a/b"));
	EXPECT_EQ(-ENOENT, ka_cg_drop(""));
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(-ENOENT, ka_cg_drop("a"));
}

struct refusal {
	const char *value;
	int err;
};

static const struct refusal bad_modes[] = {
	{ " ", EINVAL }, { "on", EINVAL }, { "Default", EINVAL }, { "defaultt", EINVAL },
	{ "default off", EINVAL }, { "inherit ", EINVAL }, { " inherit", EINVAL },
	{ "inherited", EINVAL }, { "1", EINVAL }, { "", EINVAL }, { "off\n", EINVAL },
};

/* %d is the first value above the maximum. */
static const struct refusal bad_numbers[] = {
	{ "", EINVAL }, { " ", EINVAL }, { "abc", EINVAL }, { "0x10", EINVAL },
	{ "5 6", EINVAL }, { "5s", EINVAL }, { "5 ", EINVAL }, { " 5", EINVAL }, { "1.5", EINVAL },
	{ "-", EINVAL }, { "auto", EINVAL }, { "5\n", EINVAL }, { "default", EINVAL },
	{ "%d", ERANGE }, { "-1", ERANGE }, { "-32767", ERANGE }, { "4294967296", ERANGE },
	{ "4294967301", ERANGE }, { "18446744073709551617", ERANGE },
	{ "99999999999999999999", ERANGE }, { "-99999999999999999999", ERANGE },
};

static void refuse(struct __test_metadata *_metadata, const char *file, const char *value, int err)
{
	const char *before = ka_cg_get("a", file);

	EXPECT_EQ(-err, ka_cg_set("a", file, value)) TH_LOG("%s: \"%s\"", file, value);
	EXPECT_STREQ(before, ka_cg_get("a", file)) TH_LOG("%s: \"%s\"", file, value);
}

static void refuse_numbers(struct __test_metadata *_metadata, const char *file, int max)
{
	char value[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_numbers); i++) {
		snprintf(value, sizeof(value), "%d", max + 1);
		if (*bad_numbers[i].value != '%')
			snprintf(value, sizeof(value), "%s", bad_numbers[i].value);
		refuse(_metadata, file, value, bad_numbers[i].err);
	}
}

TEST_F(cgroup_error, bad_value)
{
	int log = ka_log_open();
	size_t i;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	for (i = 0; i < ARRAY_SIZE(bad_modes); i++)
		refuse(_metadata, "mode", bad_modes[i].value, bad_modes[i].err);
	refuse_numbers(_metadata, "keepidle", KA_MAX_IDLE);
	refuse_numbers(_metadata, "keepintvl", KA_MAX_INTVL);
	refuse_numbers(_metadata, "keepcnt", KA_MAX_CNT);
	EXPECT_EQ(-EINVAL, write_bytes(ka_cg_file("a", "keepcnt"), "5\0", 2));
	EXPECT_EQ(-EINVAL, write_bytes(ka_cg_file("a", "keepcnt"), "5\0006", 3));
	EXPECT_EQ(-EINVAL, write_bytes(ka_cg_file("a", "mode"), "off\0", 4));
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_EQ(0, ka_log_lines(log));
}

static int drop_net_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[0].effective &= ~(1u << CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* Every file that can be written, and what would be accepted there. */
static struct writable {
	char file[512];
	char text[512];
	int fd;
} all[6];

static void list_writable(void)
{
	static const char * const fields[] = { "keepidle", "keepintvl", "keepcnt", "mode" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		struct writable *w = &all[i];

		snprintf(w->file, sizeof(w->file), "%s", i == 0 ? KA_CGROUPS "add" :
			 i == 1 ? KA_CGROUPS "remove" : ka_cg_file("a", fields[i - 2]));
		snprintf(w->text, sizeof(w->text), "%s", i == 0 ? ka_cg_path("b") :
			 i == 1 ? ka_cg_path("a") : i == 5 ? "off" : "1");
		w->fd = open(w->file, O_WRONLY | O_CLOEXEC);
	}
}

/* All of them say no: 0, else which one did not. */
static int write_all(bool held_open)
{
	ssize_t ret;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (held_open)
			ret = write(all[i].fd, all[i].text, strlen(all[i].text)) < 0 ? -errno : 0;
		else
			ret = ka_write(all[i].file, all[i].text);
		if (ret != -EPERM)
			return i + 1;
	}
	return 0;
}

static int without_capability(void)
{
	return drop_net_admin() ? 100 : write_all(false) ?: write_all(true);
}

static int from_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) ? 104 : write_all(false) ?: write_all(true);
}

#define EXPECT_UNTOUCHED() do { \
	EXPECT_EQ(1, ka_cg_count()); \
	EXPECT_CG("a", 1, 100, 20, 2); \
} while (0)

TEST_F(cgroup_error, needs_the_capability)
{
	ASSERT_POLICY("a", "default", 100, 20, 2);
	list_writable();
	EXPECT_EQ(0, ka_in_child(without_capability));
	EXPECT_UNTOUCHED();
}

TEST_F(cgroup_error, needs_it_in_the_initial_user_namespace)
{
	int ret;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	list_writable();
	ret = ka_in_child(from_user_namespace);
	if (ret == 104)
		KA_SKIP(return, "no user namespaces here");
	EXPECT_EQ(0, ret);
	EXPECT_UNTOUCHED();
}

TEST_HARNESS_MAIN

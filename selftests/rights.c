// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what to the module's files. All there are, found by walking the
 * tree: whoever lacks CAP_NET_ADMIN in the initial user namespace writes to none
 * of them, by whatever way he comes to one, and reads what the host's root reads
 * and nothing else. That is an ordinary user, root without the capability, root of
 * a user namespace, and root of a container, which is one with namespaces for
 * network, mounts and cgroups too and a sysfs that it has mounted itself.
 */
#include <dirent.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "ka_cgroup.h"

#define NOBODY 65534
#define NR_FILES 64
#define PATH_SIZE 1024

FIXTURE(rights) {
	struct ka_env env;
};

/* A file below /sys, what may be written to it, and what root reads. */
static struct file {
	char path[256];
	char text[64];
	char reads[256];
	mode_t mode;
	int fd;			/* for writing, opened by root */
} files[NR_FILES];

static int nr_files;

/* What would be accepted, and not leave all as it is. */
static const char *good_text(const char *path)
{
	static const struct {
		const char *end, *text;
	} texts[] = {
		{ "/mode", "off" }, { "/kernel_sockets", "Y" }, { "/apply", "1" },
		{ "/user_timeout", "auto" },
	};
	size_t i;

	if (strstr(path, "/cgroups/add"))
		return ka_cg_path("b");
	if (strstr(path, "/cgroups/remove"))
		return ka_cg_path("a");
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strlen(path) > strlen(texts[i].end) &&
		    !strcmp(path + strlen(path) - strlen(texts[i].end), texts[i].end))
			return texts[i].text;
	}
	return "7";
}

static void list_file(const char *path)
{
	char full[PATH_SIZE];
	struct stat st;
	struct file *f;

	snprintf(full, sizeof(full), "/sys%.250s", path);
	if (nr_files == NR_FILES || stat(full, &st) || !S_ISREG(st.st_mode))
		return;
	f = &files[nr_files++];
	snprintf(f->path, sizeof(f->path), "%.250s", path);
	snprintf(f->text, sizeof(f->text), "%s", good_text(path));
	f->mode = st.st_mode & 07777;
	f->fd = f->mode & 0200 ? open(full, O_WRONLY | O_CLOEXEC) : -1;
	snprintf(f->reads, sizeof(f->reads), "%.250s", f->mode & 0400 ? ka_read(full) ?: "" : "");
}

static void list(const char *dir)
{
	char path[PATH_SIZE];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/sys%.250s", dir);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.250s/%s", dir, e->d_name);
		if (e->d_type == DT_DIR)
			list(path);
		else
			list_file(path);
	}
	if (d)
		closedir(d);
}

FIXTURE_SETUP(rights)
{
	KA_CG_SETUP("keepidle=600");
	ASSERT_POLICY("a", "default", 100, 20, 2);
	nr_files = 0;
	list("/kernel/ka_default");
	list("/module/ka_default/parameters");
	/* What there is: sysfs.sh has it by name. */
	ASSERT_EQ(8 + 4 + 7 + 8, nr_files);
}

FIXTURE_TEARDOWN(rights)
{
	KA_CG_TEARDOWN();
}

static int reads_as(const char *path, const struct file *f, bool may_read)
{
	char text[4096];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return may_read && f->mode & 0400;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (!(f->mode & 0400))
		return len >= 0;
	text[len < 0 ? 0 : len] = '\0';
	/* Counters count what the test does. */
	if (strstr(f->path, "/stats/"))
		return len < 2 || strspn(text, "0123456789\n") != (size_t)len;
	return strcmp(text, f->reads);
}

/* 0, or 1 and the number of a file that was written to or read differently. */
static int try_all(const char *sys, int by_path, int by_fd)
{
	char path[PATH_SIZE];
	int i;

	for (i = 0; i < nr_files; i++) {
		const struct file *f = &files[i];
		int ret;

		snprintf(path, sizeof(path), "%s%.250s", sys, f->path);
		ret = ka_write(path, f->text);
		/* A file that nobody writes: EACCES or, with every right, EIO. */
		if (f->mode & 0200 ? ret != by_path : ret != -EACCES && ret != -EIO)
			return 1 + i;
		if (f->fd >= 0 && (write(f->fd, f->text, strlen(f->text)) >= 0 || -errno != by_fd))
			return 1 + i;
		if (by_path == -EACCES && !chmod(path, 0666))
			return 1 + i;
		if (reads_as(path, f, true))
			return 101 + i;
	}
	return 0;
}

static int drop_net_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	data[0].inheritable &= ~(1U << CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int as_nobody(void)
{
	if (setgid(NOBODY) || setuid(NOBODY))
		return 250;
	return try_all("/sys", -EACCES, -EPERM);
}

static int without_capability(void)
{
	return drop_net_admin() ? 250 : try_all("/sys", -EPERM, -EPERM);
}

/* One user namespace in which this process's user is root. */
static int map_root(int uid)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %d 1\n", uid);
	return ka_write("/proc/self/setgroups", "deny") ?: ka_write("/proc/self/uid_map", map) ?:
		ka_write("/proc/self/gid_map", map);
}

static int root_of(int uid, int flags)
{
	if (uid && (setgid(uid) || setuid(uid)))
		return 250;
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | flags))
		return 254;
	if (map_root(uid) || geteuid())
		return 251;
	return 0;
}

/* Root of a namespace, who is the host's root where it counts for permissions. */
static int in_user_namespace(void)
{
	return root_of(0, 0) ?: try_all("/sys", -EPERM, -EPERM);
}

static int in_users_namespace(void)
{
	return root_of(NOBODY, 0) ?: try_all("/sys", -EACCES, -EPERM);
}

/* In its cgroup, which is the root of what it sees. */
static int in_container(int uid, int by_path)
{
	int ret = root_of(uid, CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWCGROUP);

	if (ret)
		return ret;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/tmp", "sysfs", 0, NULL))
		return 252;
	return try_all("/tmp", by_path, -EPERM);
}

static int roots_container(void)
{
	return in_container(0, -EPERM);
}

static int users_container(void)
{
	return in_container(NOBODY, -EACCES);
}

static void expect_powerless(struct __test_metadata *_metadata, int (*fn)(void))
{
	int ret = ka_in_child(fn);

	if (ret == 254)
		KA_SKIP(return, "no user namespaces here");
	EXPECT_EQ(0, ret) TH_LOG("%s", ret > 0 && ret < 250 ? files[(ret - 1) % 100].path : "");
	EXPECT_EQ(1, ka_cg_count());
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_STREQ("600", ka_param_read("keepidle"));
	EXPECT_STREQ("default", ka_param_read("mode"));
	EXPECT_EQ(0, ka_stat("adopted"));
}

TEST_F(rights, user)
{
	expect_powerless(_metadata, as_nobody);
}

TEST_F(rights, root_without_the_capability)
{
	expect_powerless(_metadata, without_capability);
}

TEST_F(rights, root_of_a_user_namespace)
{
	expect_powerless(_metadata, in_user_namespace);
}

TEST_F(rights, user_as_root_of_a_user_namespace)
{
	expect_powerless(_metadata, in_users_namespace);
}

TEST_F(rights, container)
{
	expect_powerless(_metadata, roots_container);
}

TEST_F(rights, users_container)
{
	expect_powerless(_metadata, users_container);
}

/* Else none of the above had said anything: with all rights each is written. */
TEST_F(rights, root)
{
	char path[PATH_SIZE];
	int i;

	for (i = 0; i < nr_files; i++) {
		snprintf(path, sizeof(path), "/sys%.250s", files[i].path);
		if (files[i].fd < 0 || strstr(path, "/cgroups/a!") || strstr(path, "/remove"))
			continue;
		EXPECT_EQ(0, ka_write(path, files[i].text)) TH_LOG("%s", path);
	}
	EXPECT_EQ(2, ka_cg_count());
}

TEST_HARNESS_MAIN

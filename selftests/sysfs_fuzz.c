// SPDX-License-Identifier: GPL-2.0
/*
 * Several writers at once do random things to the module's files: a small
 * grammar knows which files there are, what may be written to each, and what is
 * not done to a file of sysfs. Files are held open over the removal of what they
 * belong to, cgroups come and go. Whatever is read, at any moment, has its
 * format and is in its range, and nobody gets an errno that the contract does
 * not have. Afterwards the tree is as it must be, and all of it can be removed.
 *
 * KA_SEED=N replays what each writer does, though not how they meet; KA_WRITES
 * is a tenth of how many things they do together (10,000).
 */
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "ka_grammar.h"

#define WRITERS 4
#define WRITES 10000
#define HELD 6			/* files that a writer has open */
#define PATH_SIZE 1024

FIXTURE(sysfs_fuzz) {
	struct ka_env env;
};

FIXTURE_SETUP(sysfs_fuzz)
{
	KA_CG_SETUP("");
}

FIXTURE_TEARDOWN(sysfs_fuzz)
{
	KA_CG_TEARDOWN();
}

static unsigned long long seed(void)
{
	const char *text = getenv("KA_SEED");

	return text ? strtoull(text, NULL, 0) : (unsigned long long)time(NULL);
}

static int operations(void)
{
	const char *text = getenv("KA_WRITES");

	return 10 * (text ? atoi(text) : WRITES);
}

/* What went wrong in some writer: how often, and first. */
static struct shared {
	int bad;
	char first[512];
	long done, wrote, refused, read, held_over;
} *shared;

static void complain(const char *what, const char *path, const char *text, int err)
{
	if (!__atomic_fetch_add(&shared->bad, 1, __ATOMIC_RELAXED))
		snprintf(shared->first, sizeof(shared->first), "%s: %.200s: \"%.100s\" error %d",
			 what, path, text, err);
}

static void count(long *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* The whole of a file at once: one value and its newline. */
static void check_whole(enum ka_kind kind, const char *path, char *text, ssize_t len)
{
	if (len > 0 && text[len - 1] == '\n') {
		text[len - 1] = '\0';
		if (strlen(text) == (size_t)len - 1 && ka_grammar_is_value(kind, text))
			return;
	}
	complain("reads", path, text, 0);
}

struct held {
	int fd;
	int flags;
	const struct ka_grammar_file *f;
	char path[PATH_SIZE];
};

static void do_write(const struct held *h)
{
	char text[PATH_SIZE];
	size_t len = ka_grammar_invent(h->f->kind, text, sizeof(text));
	/* An offset is none of sysfs's business when it writes. */
	off_t at = ka_rnd(8) ? 0 : ka_rnd(5000);

	if (pwrite(h->fd, text, len, at) >= 0) {
		count(&shared->wrote);
		return;
	}
	count(errno == ENODEV ? &shared->held_over : &shared->refused);
	if (!ka_grammar_may_fail(h->f->kind, errno))
		complain("write", h->path, text, errno);
}

static void do_read(const struct held *h)
{
	char text[4096 + 1];
	bool whole = ka_rnd(8);
	ssize_t len;

	len = pread(h->fd, text, whole ? sizeof(text) - 1 : ka_rnd(5), whole ? 0 : ka_rnd(5000));
	if (len < 0) {
		count(errno == ENODEV ? &shared->held_over : &shared->refused);
		if (errno != ENODEV)
			complain("read", h->path, "", errno);
		return;
	}
	text[len] = '\0';
	count(&shared->read);
	if (whole)
		check_whole(h->f->kind, h->path, text, len);
}

/* What is not done to a file of sysfs is refused, whichever file it is. */
static void do_odd(const struct held *h)
{
	char to[PATH_SIZE + 8];
	void *map;

	snprintf(to, sizeof(to), "%s.x", h->path);
	switch (ka_rnd(7)) {
	case 0:
		map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, h->fd, 0);
		if (map != MAP_FAILED)
			complain("mmap", h->path, "", 0);
		break;
	case 1:
		if (!ioctl(h->fd, TCGETS, to))
			complain("ioctl", h->path, "", 0);
		break;
	case 2:
		if (!unlink(h->path))
			complain("unlink", h->path, "", 0);
		break;
	case 3:
		if (!rename(h->path, to))
			complain("rename", h->path, to, 0);
		break;
	case 4:
		if (!mkdir(to, 0755))
			complain("mkdir", to, "", 0);
		break;
	case 5:
		if (open(to, O_CREAT | O_EXCL | O_WRONLY, 0644) >= 0)
			complain("create", to, "", 0);
		break;
	default:
		lseek(h->fd, ka_rnd(3) - 1, ka_rnd(3));
		break;
	}
}

/* Lets go of one and takes another, for reading or for writing. */
static void take(struct held *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->f = ka_grammar_any(h->path, sizeof(h->path));
	h->flags = h->f->writable && (ka_rnd(4) || h->f->kind >= ADD) ? O_WRONLY : O_RDONLY;
	h->fd = open(h->path, h->flags | O_CLOEXEC | (ka_rnd(8) ? 0 : O_TRUNC));
	/* A policy may be gone, and its directory be on the way out. */
	if (h->fd < 0 && errno != ENOENT && errno != ENODEV)
		complain("open", h->path, "", errno);
}

static void use(struct held *h)
{
	if (h->fd < 0)
		take(h);
	if (h->fd < 0)
		return;
	if (!ka_rnd(16))
		do_odd(h);
	else if (h->flags == O_WRONLY)
		do_write(h);
	else
		do_read(h);
}

/* What happens around the files. */
static void live(void)
{
	const char *name = ka_grammar_cgroup();
	struct ka_sock s;
	int fd;

	switch (ka_rnd(4)) {
	case 0:
		ka_cg_make(name);
		return;
	case 1:
		if (*name)
			rmdir(ka_cg_fs(name, ""));
		return;
	default:
		fd = socket(ka_rnd(2) ? AF_INET : AF_INET6, SOCK_STREAM,
			    ka_rnd(4) ? 0 : IPPROTO_MPTCP);
		s = ka_get(fd);
		if (fd >= 0 && (s.on < 0 || s.on > 1 || s.idle < 1 || s.idle > KA_MAX_IDLE ||
				s.intvl < 1 || s.intvl > KA_MAX_INTVL || s.cnt < 1 ||
				s.cnt > KA_MAX_CNT))
			complain("socket", name, "", s.idle);
		close(fd);
		return;
	}
}

static void writer(unsigned long long s, int n)
{
	struct held held[HELD];
	int i;

	for (i = 0; i < HELD; i++)
		held[i].fd = -1;
	ka_grammar_seed(s);
	for (i = 0; i < n; i++) {
		struct held *h = &held[ka_rnd(HELD)];
		unsigned int what = ka_rnd(16);

		if (!what)
			live();
		else if (what < 6)
			take(h);
		else
			use(h);
		count(&shared->done);
	}
}

/* Every file there is now is read as a whole. */
static void check_all(const struct ka_grammar_file *f, const char *dir)
{
	char path[PATH_SIZE], text[4096 + 1];
	ssize_t len;
	int fd;

	for (; f->name; f++) {
		if (f->kind >= ADD)
			continue;
		snprintf(path, sizeof(path), "%s%s", dir, f->name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[len < 0 ? 0 : len] = '\0';
		check_whole(f->kind, path, text, len);
	}
}

/* The directory's name is its path's, and it is bound just if its cgroup is there. */
static void check_policy(const char *dir_name)
{
	char dir[PATH_SIZE], file[PATH_SIZE + 8], path[PATH_SIZE], cgroup[2 * PATH_SIZE], *c;
	struct stat st;
	bool bound;

	snprintf(dir, sizeof(dir), KA_CGROUPS "%s/", dir_name);
	check_all(ka_grammar_policy, dir);
	snprintf(file, sizeof(file), "%spath", dir);
	snprintf(path, sizeof(path), "%s", ka_read(file) ?: "");
	path[strcspn(path, "\n")] = '\0';
	snprintf(cgroup, sizeof(cgroup), "%s%s", ka_cg_mount(), path);
	for (c = path + 1; *c; c++)
		*c = *c == '/' ? '!' : *c;
	if (strcmp(path + 1, dir_name))
		complain("path of", dir, path, 0);
	snprintf(file, sizeof(file), "%sstate", dir);
	bound = !strcmp(ka_read(file) ?: "", "bound\n");
	if (bound != !stat(cgroup, &st))
		complain("state of", cgroup, bound ? "bound" : "waiting", 0);
}

/* Returns how many policies there are: all of them are directories. */
static int check_tree(void)
{
	struct dirent *e;
	int n = 0;
	DIR *d;

	check_all(ka_grammar_parameters, KA_PARAMETERS);
	check_all(ka_grammar_files, KA_FILES);
	d = opendir(KA_CGROUPS);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "add") ||
		    !strcmp(e->d_name, "remove"))
			continue;
		check_policy(e->d_name);
		n++;
	}
	if (d)
		closedir(d);
	return n;
}

TEST_F(sysfs_fuzz, writers)
{
	unsigned long long s = seed();
	int i, n, policies, status, log = ka_log_open();
	pid_t pids[WRITERS];

	shared = ka_cg_shared(sizeof(*shared));
	TH_LOG("KA_SEED=%llu", s);
	/* Enforces all the while: arming its hooks at each change takes long. */
	ASSERT_EQ(0, ka_cg_make("kept"));
	ASSERT_EQ(0, ka_cg_policy("kept", "enforce", 1, 1, 1));
	n = operations() / WRITERS;
	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i]) {
			writer(s + i, n);
			_exit(0);
		}
	}
	for (i = 0; i < WRITERS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ((long)n * WRITERS, shared->done);
	policies = check_tree();
	EXPECT_EQ(0, shared->bad) TH_LOG("KA_SEED=%llu: %s", s, shared->first);
	EXPECT_EQ(policies, ka_cg_count());
	/* It was no fortress, and no open door. */
	EXPECT_LT(n / 10, shared->wrote);
	EXPECT_LT(n / 100, shared->refused);
	EXPECT_LT(n / 100, shared->read);
	EXPECT_LT(0, shared->held_over);
	TH_LOG("%ld done: %ld written, %ld refused, %ld read, %ld to what was gone; %d policies",
	       shared->done, shared->wrote, shared->refused, shared->read, shared->held_over,
	       policies);

	/* All of it goes, and comes again. */
	for (i = 0; ka_grammar_cgroups[i]; i++)
		ka_cg_drop(ka_grammar_cgroups[i]);
	EXPECT_EQ(0, ka_cg_drop("kept"));
	EXPECT_EQ(0, ka_cg_count());
	EXPECT_EQ(0, ka_policy("keepidle=600"));
	ASSERT_POLICY("a", "default", 100, 20, 2);
	EXPECT_CG("a", 1, 100, 20, 2);
	EXPECT_STREQ("ok", ka_file_read("health"));
	EXPECT_EQ(0, ka_log_lines(log));
	EXPECT_EQ(0, ka_unload());
	EXPECT_EQ(-1, access(KA_FILES, F_OK));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Whose setsockopt() is enforced and whose is not: which policy counts, what
 * the calls have nothing to do with, that there is no moment in between, and
 * that the calls are hooked only while some policy enforces.
 */
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/un.h>

#include "ka_cgroup.h"
#include "ka_peer.h"

#define TRACED "/sys/kernel/tracing/enabled_functions"
#define PROBED "/sys/kernel/debug/kprobes/list"
#define TRIES 10
#define CALLS 25
#define LOOKS 2000
#define TURNS 8

FIXTURE(enforce_rule) {
	struct ka_env env;
};

FIXTURE_SETUP(enforce_rule)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(enforce_rule)
{
	KA_CG_TEARDOWN();
}

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int set_cnt(void *arg)
{
	return ka_set_tcp(*(int *)arg, TCP_KEEPCNT, 3);
}

static int set_with_bad_pointer(void *arg)
{
	return setsockopt(*(int *)arg, SOL_TCP, TCP_KEEPCNT, (void *)8, sizeof(int)) ? -errno : 0;
}

/*
 * The policies of the calling task's cgroup, of the socket's and of all the
 * others; "" is none. Whose counts shows in whether the call did something.
 */
static const struct row {
	const char *task;
	const char *socket;
	const char *others;
	bool enforced;
} rows[] = {
	{ "", "", "default", false },
	{ "", "", "enforce", true },
	{ "enforce", "", "default", true },
	{ "enforce", "", "off", true },
	{ "enforce", "default", "default", true },
	{ "enforce", "off", "off", true },
	{ "enforce", "enforce", "default", true },
	{ "default", "enforce", "enforce", false },
	{ "off", "enforce", "enforce", false },
	{ "default", "", "enforce", false },
	{ "off", "", "enforce", false },
	{ "", "enforce", "default", true },
	{ "inherit", "enforce", "default", true },
	{ "", "default", "enforce", false },
	{ "inherit", "default", "enforce", false },
	{ "", "off", "enforce", false },
	{ "", "inherit", "enforce", true },
	{ "inherit", "inherit", "enforce", true },
	{ "inherit", "inherit", "default", false },
};

static int apply_row(const struct row *row)
{
	int ret = ka_param_write("mode", row->others);

	ka_cg_drop("task");
	ka_cg_drop("sock");
	if (!ret && *row->task)
		ret = ka_cg_policy("task", row->task, 601, 31, 6);
	if (!ret && *row->socket)
		ret = ka_cg_policy("sock", row->socket, 602, 32, 7);
	return ret;
}

static void try_row(struct __test_metadata *_metadata, const struct row *row, int protocol)
{
	int fd, cnt;

	ASSERT_EQ(0, apply_row(row));
	fd = ka_cg_socket("sock", AF_INET, protocol);
	ASSERT_LE(0, fd);
	cnt = ka_get(fd).cnt;
	EXPECT_EQ(0, ka_cg_run("task", set_cnt, &fd));
	EXPECT_EQ(row->enforced ? cnt : 3, ka_get(fd).cnt)
		TH_LOG("task \"%s\", socket \"%s\", others \"%s\"", row->task, row->socket,
		       row->others);
	/* Where it is not, the errors are the kernel's. */
	if (!row->enforced)
		EXPECT_EQ(-EFAULT, ka_cg_run("task", set_with_bad_pointer, &fd));
	close(fd);
}

static int begin_rows(void)
{
	/* One that enforces all the time keeps the hooks armed. */
	return ka_cg_make("task") ?: ka_cg_make("sock") ?: ka_cg_make("aside") ?:
		ka_cg_policy("aside", "enforce", 1, 1, 1);
}

TEST_F(enforce_rule, which_policy_counts)
{
	size_t i;

	ASSERT_EQ(0, begin_rows());
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try_row(_metadata, &rows[i], 0);
}

TEST_F(enforce_rule, which_policy_counts_for_mptcp)
{
	size_t i;

	if (socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets");
	ASSERT_EQ(0, begin_rows());
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		try_row(_metadata, &rows[i], IPPROTO_MPTCP);
}

/* The nearest cgroup's, and of that one only the fields that it has. */
TEST_F(enforce_rule, the_nearest_with_its_own_fields)
{
	int fd = tcp();

	ASSERT_EQ(0, ka_cg_make("a/b/c"));
	ASSERT_EQ(0, ka_cg_policy("a", "enforce", 100, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("a/b", "enforce", 100, 20, 0));
	ASSERT_EQ(0, ka_cg_add("a/b/c"));
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	EXPECT_EQ(0, ka_cg_run("a", set_cnt, &fd));
	EXPECT_EQ(5, ka_get(fd).cnt);
	EXPECT_EQ(0, ka_cg_run("a/b/c", set_cnt, &fd));
	EXPECT_EQ(3, ka_get(fd).cnt);
}

/* What is no business of the policy, and has numbers that are like ours. */
static const struct other {
	int family;
	int type;
	int protocol;
	int level;
	int name;
	int value;
} others[] = {
	{ AF_INET, SOCK_DGRAM, 0, SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ AF_INET6, SOCK_DGRAM, 0, SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ AF_INET, SOCK_DGRAM, 0, SOL_TCP, TCP_KEEPIDLE, 41 },
	{ AF_INET, SOCK_RAW, IPPROTO_TCP, SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ AF_INET, SOCK_RAW, IPPROTO_TCP, SOL_TCP, TCP_KEEPIDLE, 41 },
	{ AF_UNIX, SOCK_STREAM, 0, SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ AF_UNIX, SOCK_STREAM, 0, SOL_TCP, TCP_KEEPIDLE, 41 },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, SO_REUSEADDR, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, SO_OOBINLINE, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, TCP_KEEPIDLE, 41 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, TCP_KEEPINTVL, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, TCP_KEEPCNT, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, TCP_USER_TIMEOUT, 41 },
	{ AF_INET, SOCK_STREAM, 0, SOL_SOCKET, 9999, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_TCP, SO_KEEPALIVE, 3 },
	{ AF_INET, SOCK_STREAM, 0, SOL_TCP, TCP_NODELAY, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_TCP, TCP_MAXSEG, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_TCP, 9999, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_IP, TCP_KEEPIDLE, 1 },
	{ AF_INET, SOCK_STREAM, 0, SOL_IP, SO_KEEPALIVE, 1 },
	{ AF_INET6, SOCK_STREAM, 0, SOL_IPV6, TCP_KEEPINTVL, 1 },
	{ AF_INET, SOCK_STREAM, 0, 9999, TCP_KEEPIDLE, 1 },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, SOL_TCP, TCP_NODELAY, 1 },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, SOL_SOCKET, SO_REUSEADDR, 1 },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, SOL_TCP, 9999, 1 },
};

/* What came of the call as it is, with a bad pointer and with a bad length. */
static void one_other(const struct other *o, char *text, size_t size)
{
	int fd = socket(o->family, o->type, o->protocol);
	socklen_t len = sizeof(int);
	int ret[3], value = -1;

	ret[0] = setsockopt(fd, o->level, o->name, &o->value, sizeof(o->value)) ? errno : 0;
	if (getsockopt(fd, o->level, o->name, &value, &len))
		value = -errno;
	ret[1] = setsockopt(fd, o->level, o->name, (void *)8, sizeof(int)) ? errno : 0;
	ret[2] = setsockopt(fd, o->level, o->name, &o->value, 0) ? errno : 0;
	snprintf(text, size, "%d %d %d, reads %d", ret[0], ret[1], ret[2], value);
	close(fd);
}

TEST_F(enforce_rule, others_are_untouched)
{
	char without[ARRAY_SIZE(others)][64], with[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		one_other(&others[i], without[i], sizeof(without[i]));
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_param_write("user_timeout", "auto"));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		one_other(&others[i], with, sizeof(with));
		EXPECT_STREQ(without[i], with) TH_LOG("number %zu", i);
	}
	EXPECT_EQ(EBADF, setsockopt(-1, SOL_TCP, TCP_KEEPIDLE, &i, sizeof(int)) ? errno : 0);
	EXPECT_EQ(ENOTSOCK, setsockopt(self->env.log, SOL_SOCKET, SO_KEEPALIVE, &i, sizeof(int)) ?
		  errno : 0);
}

/* The applications' own again, and again not, from one call to the next. */
TEST_F(enforce_rule, the_mode_counts_at_once)
{
	int fd = tcp(), i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, ka_param_write("mode", "enforce"));
		EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPCNT, 100));
		EXPECT_EQ(0, ka_set_on(fd, i & 1));
		EXPECT_GT(6, ka_get(fd).cnt);
		ASSERT_EQ(0, ka_param_write("mode", i == 2 ? "off" : "default"));
		EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPCNT, i));
		EXPECT_EQ(0, ka_set_on(fd, i & 1));
		EXPECT_KA(fd, i & 1, 600, 30, i);
	}
}

static bool has_function(const char *path, const char *name)
{
	char line[512], *at;
	bool found = false;
	FILE *f;

	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		at = strstr(line, name);
		found = at && (at == line || at[-1] == ' ') && strchr(" +\n", at[strlen(name)]);
	}
	if (f)
		fclose(f);
	return found;
}

/* Of the two functions that every setsockopt() ends in, how many are hooked. */
static int armed(void)
{
	static const char * const names[] = { "sock_setsockopt", "sock_common_setsockopt" };
	int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		n += has_function(TRACED, names[i]) || has_function(PROBED, names[i]);
	return n;
}

TEST_F(enforce_rule, armed_while_one_enforces)
{
	if (access(TRACED, F_OK) || access(PROBED, F_OK))
		KA_SKIP(return, "no " TRACED " or no " PROBED);
	EXPECT_EQ(0, armed());
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	EXPECT_EQ(2, armed());
	/* Said twice it is still one. */
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_param_set("keepidle", 700));
	ASSERT_EQ(-EINVAL, ka_param_write("mode", "enforced"));
	EXPECT_EQ(2, armed());
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(0, armed());

	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_policy("a", "enforce", 100, 20, 2));
	EXPECT_EQ(2, armed());
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_EQ(2, armed());
	ASSERT_EQ(0, ka_cg_set("a", "mode", "inherit"));
	EXPECT_EQ(0, armed());
	ASSERT_EQ(0, ka_cg_set("a", "mode", "enforce"));
	EXPECT_EQ(2, armed());
	/* It waits for its cgroup to come back. */
	ASSERT_EQ(0, ka_cg_remove("a"));
	EXPECT_EQ(2, armed());
	ASSERT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(0, armed());
	/* Somebody else's may be hooked there. */
	EXPECT_STREQ("ok", ka_file_read("health"));
}

TEST_F(enforce_rule, armed_from_load_to_unload)
{
	int fd = tcp();

	if (access(TRACED, F_OK) || access(PROBED, F_OK))
		KA_SKIP(return, "no " TRACED " or no " PROBED);
	ASSERT_EQ(0, ka_load("mode=enforce keepidle=600"));
	EXPECT_EQ(2, armed());
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 41));
	EXPECT_EQ(600, ka_get(fd).idle);
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_policy("a", "enforce", 100, 20, 2));
	ASSERT_EQ(0, ka_unload());
	EXPECT_EQ(0, armed());
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 41));
	EXPECT_EQ(41, ka_get(fd).idle);

	/* A load that fails after it leaves nothing armed. */
	EXPECT_EQ(-EINVAL, ka_load("mode=enforce keepidle=x"));
	EXPECT_EQ(0, armed());
	EXPECT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 42));
	EXPECT_EQ(42, ka_get(fd).idle);
}

/* By how much a function moves the counter; others on this machine may call, too. */
static long long moved(int (*fn)(int fd), int fd, long long want)
{
	long long before, seen = -1;
	int try;

	for (try = 0; try < TRIES && seen != want; try++) {
		before = ka_stat("enforced");
		if (fn(fd))
			return -1;
		seen = ka_stat("enforced") - before;
	}
	return seen;
}

static int set_all(int fd)
{
	int i, ret = 0;

	for (i = 0; i < CALLS && !ret; i++)
		ret = ka_set_on(fd, 0) ?: ka_set_tcp(fd, TCP_KEEPIDLE, 41) ?:
			ka_set_tcp(fd, TCP_KEEPINTVL, 7) ?: ka_set_tcp(fd, TCP_KEEPCNT, 3);
	return ret;
}

static int set_others(int fd)
{
	return ka_set_tcp(fd, TCP_NODELAY, 1) ?: ka_set_tcp(fd, TCP_USER_TIMEOUT, 1234);
}

TEST_F(enforce_rule, counted)
{
	int fd = tcp();

	EXPECT_EQ(0, moved(set_all, fd, 0));
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	EXPECT_EQ(CALLS * 4, moved(set_all, fd, CALLS * 4));
	EXPECT_EQ(0, moved(set_others, fd, 0));
	ASSERT_EQ(0, ka_param_set("keepcnt", 0));
	EXPECT_EQ(CALLS * 3, moved(set_all, fd, CALLS * 3));
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(0, moved(set_all, fd, 0));
}

struct worker {
	pthread_t thread;
	int fd;
	long done;
	long bad;
};

static int stop;

static void *hammer(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		w->bad += ka_set_on(w->fd, w->done & 1) || ka_set_tcp(w->fd, TCP_KEEPIDLE, 41) ||
			ka_set_tcp(w->fd, TCP_KEEPINTVL, 7) || ka_set_tcp(w->fd, TCP_KEEPCNT, 3);
		__atomic_add_fetch(&w->done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *watch(void *arg)
{
	struct worker *w = arg;
	struct ka_sock s;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		s = ka_get(w->fd);
		w->bad += s.on != 1 || s.idle != 600 || s.intvl != 30 || s.cnt != 5;
		__atomic_add_fetch(&w->done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool looked_enough(struct worker *w, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (__atomic_load_n(&w[i].done, __ATOMIC_RELAXED) < LOOKS)
			return false;
	}
	return true;
}

/*
 * No moment at which it is off or another value, also while policies beside it
 * begin and cease to enforce.
 */
TEST_F(enforce_rule, no_moment_in_between)
{
	struct worker w[4] = { 0 };
	long end = ka_ms() + KA_CAP_MS;
	struct ka_conn c;
	size_t i;
	int m;

	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_policy("a", "enforce", 100, 20, 2));
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	m = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		w[i].fd = i < 2 || m < 0 ? c.client : m;
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, i & 1 ? watch : hammer, &w[i]));
	}
	for (i = 0; i < TURNS; i++) {
		EXPECT_EQ(0, ka_cg_set("a", "mode", i & 1 ? "enforce" : "default"));
		EXPECT_EQ(0, ka_param_write("mode", "enforce"));
		EXPECT_EQ(0, ka_param_set("user_timeout", i * 1000));
	}
	while (!looked_enough(w, ARRAY_SIZE(w)) && ka_ms() < end)
		ka_nap();
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(w); i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_LT(0, w[i].done);
		EXPECT_EQ(0, w[i].bad) TH_LOG("of %ld", w[i].done);
	}
}

/*
 * What a server in Go does to every connection that it accepts, and a client in
 * Go to its own; it listens with MPTCP where that is to be had. The
 * administrator wants 600 seconds instead of the 15 that are in its source.
 */
static int as_go(int fd)
{
	return ka_set_on(fd, 1) ?: ka_set_tcp(fd, TCP_KEEPINTVL, 15) ?:
		ka_set_tcp(fd, TCP_KEEPIDLE, 15);
}

TEST_F(enforce_rule, a_program_in_go)
{
	struct ka_conn c;

	ASSERT_EQ(0, ka_policy("mode=enforce keepidle=600"));
	c.listener = socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP);
	if (c.listener < 0)
		c.listener = socket(AF_INET6, SOCK_STREAM, 0);
	c.client = socket(AF_INET6, SOCK_STREAM, 0);
	ASSERT_EQ(0, ka_connect(&c, AF_INET6));
	EXPECT_EQ(0, as_go(c.server));
	EXPECT_EQ(0, as_go(c.client));
	EXPECT_KA(c.server, 1, 600, 15, 9);
	EXPECT_KA(c.client, 1, 600, 15, 9);
	EXPECT_TIMERS_IDLE(c.port, 2, 600);
	/* As it would be. */
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(0, as_go(c.server));
	EXPECT_KA(c.server, 1, 15, 15, 9);
}

TEST_HARNESS_MAIN

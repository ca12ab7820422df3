// SPDX-License-Identifier: GPL-2.0
/*
 * A policy is known by its path on the host: it waits for its cgroup, is bound
 * the moment that is made and again each time it is made again, before the
 * first socket of the first task in it; and the path is the host's for
 * everybody, whatever cgroup namespace he is in.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

#include "ka_cgroup.h"

#define AGAIN 200
#define RACES 100

FIXTURE(cgroup_path) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_path)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_path)
{
	KA_CG_TEARDOWN();
}

#define EXPECT_STATE(_name, _state) do { \
	const char *__now = ka_cg_get(_name, "state"); \
	EXPECT_STREQ(_state, __now) TH_LOG("of %s", _name); \
} while (0)

TEST_F(cgroup_path, waits)
{
	ASSERT_EQ(0, ka_cg_policy("a", "default", 100, 20, 2));
	EXPECT_STATE("a", "waiting");
	EXPECT_STREQ(ka_cg_path("a"), ka_cg_get("a", "path"));
	ASSERT_EQ(0, ka_cg_make("a"));
	EXPECT_STATE("a", "bound");
	EXPECT_CG("a", 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_remove("a"));
	EXPECT_STATE("a", "waiting");
	/* What it says and has counted stays. */
	EXPECT_STREQ("100", ka_cg_get("a", "keepidle"));
	EXPECT_STREQ("default", ka_cg_get("a", "mode"));
	EXPECT_STREQ("1", ka_cg_get("a", "sockets"));
	/* It can be removed while it waits. */
	EXPECT_EQ(0, ka_cg_drop("a"));
	EXPECT_EQ(0, ka_cg_count());
}

TEST_F(cgroup_path, exists_already)
{
	ASSERT_EQ(0, ka_cg_make("a/b"));
	ASSERT_EQ(0, ka_cg_policy("a/b", "default", 100, 20, 2));
	EXPECT_STATE("a/b", "bound");
	EXPECT_CG("a/b", 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_remove("a/b"));
	EXPECT_STATE("a/b", "waiting");
}

/* A file of the cgroup filesystem is no cgroup. */
TEST_F(cgroup_path, name_of_a_file)
{
	ASSERT_EQ(0, ka_cg_add("cgroup.procs"));
	EXPECT_STATE("cgroup.procs", "waiting");
	ASSERT_EQ(0, ka_cg_add("cgroup.procs/a"));
	EXPECT_STATE("cgroup.procs/a", "waiting");
}

/* What is made next to it, above and below does not bind it. */
TEST_F(cgroup_path, only_by_its_own)
{
	ASSERT_EQ(0, ka_cg_policy("a/b", "default", 100, 20, 2));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_make("b"));
	ASSERT_EQ(0, ka_cg_make("a/b2"));
	ASSERT_EQ(0, ka_cg_make("c/a/b"));
	EXPECT_STATE("a/b", "waiting");
	ASSERT_EQ(0, ka_cg_make("a/b/c"));
	EXPECT_STATE("a/b", "bound");
	EXPECT_CG("a/b/c", 1, 100, 20, 2);
	EXPECT_CG("a/b2", 1, 600, 30, 5);
	EXPECT_CG("c/a/b", 1, 600, 30, 5);
	ASSERT_EQ(0, ka_cg_remove("c/a/b"));
	ASSERT_EQ(0, ka_cg_remove("a/b/c"));
	EXPECT_STATE("a/b", "bound");
}

/* A service that restarts: no gap, however often. */
TEST_F(cgroup_path, made_again)
{
	int i, bad = 0;

	ASSERT_EQ(0, ka_cg_policy("a/b", "default", 100, 20, 2));
	ASSERT_EQ(0, ka_cg_make("a"));
	for (i = 0; i < AGAIN; i++) {
		struct ka_sock s;

		ASSERT_EQ(0, ka_cg_make("a/b"));
		s = ka_cg_sock("a/b");
		if (s.on != 1 || s.idle != 100 || s.intvl != 20 || s.cnt != 2)
			bad++;
		ASSERT_EQ(0, ka_cg_remove("a/b"));
	}
	EXPECT_EQ(0, bad);
	EXPECT_EQ(AGAIN, ka_cg_sockets("a/b"));
}

/* The socket of one that is gone keeps what it has, as does a child of it. */
TEST_F(cgroup_path, socket_outlives_its_cgroup)
{
	struct ka_conn c;

	ASSERT_POLICY("a", "default", 100, 20, 2);
	c.listener = ka_cg_socket("a", AF_INET, 0);
	c.client = ka_cg_socket("a", AF_INET, 0);
	ASSERT_EQ(0, ka_cg_remove("a"));
	EXPECT_STATE("a", "waiting");
	ASSERT_EQ(0, ka_connect(&c, AF_INET));
	EXPECT_KA(c.server, 1, 100, 20, 2);
	EXPECT_TIMERS_IDLE(c.port, 2, 100);
	/* Made again, it is another cgroup: the old sockets are not counted. */
	ASSERT_EQ(0, ka_cg_make("a"));
	EXPECT_EQ(2, ka_cg_sockets("a"));
	ka_conn_close(&c);
}

/*
 * Two threads that meet before each round, the one to change the policy, the
 * other the cgroup.
 */
struct race {
	pthread_barrier_t meet;
	int (*change)(const char *name);
	int ret;
};

static void *run_race(void *arg)
{
	struct race *r = arg;
	int i;

	for (i = 0; i < RACES; i++) {
		pthread_barrier_wait(&r->meet);
		r->ret = r->change("a");
		pthread_barrier_wait(&r->meet);
	}
	return NULL;
}

static int make_dir(const char *name)
{
	return mkdir(ka_cg_fs(name, ""), 0755) ? -errno : 0;
}

/*
 * The names are looked up beforehand, since their buffers are nobody's. Each
 * round starts as the last one ended, so the other thread waits meanwhile.
 */
#define RACE(_r, _thread, _change) do { \
	(_r)->change = _change; \
	ASSERT_EQ(0, pthread_barrier_init(&(_r)->meet, NULL, 2)); \
	ASSERT_EQ(0, pthread_create(_thread, NULL, run_race, _r)); \
} while (0)

TEST_F(cgroup_path, add_while_it_is_made)
{
	const char *path = strdup(ka_cg_path("a"));
	int i, unbound = 0, bad = 0;
	pthread_t thread;
	struct race r;

	ASSERT_EQ(0, ka_cg_add("other"));
	RACE(&r, &thread, make_dir);
	for (i = 0; i < RACES; i++) {
		pthread_barrier_wait(&r.meet);
		EXPECT_EQ(0, ka_cg_add_path(path));
		pthread_barrier_wait(&r.meet);
		EXPECT_EQ(0, r.ret);
		unbound += !!strcmp("bound", ka_cg_get("a", "state"));
		if (i % 10 == 0) {
			ASSERT_EQ(0, ka_cg_set("a", "mode", "off"));
			bad += ka_cg_sock("a").on;
		}
		ASSERT_EQ(0, ka_cg_drop("a"));
		ASSERT_EQ(0, ka_cg_remove("a"));
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, unbound);
	EXPECT_EQ(0, bad);
}

TEST_F(cgroup_path, add_while_it_is_removed)
{
	const char *path = strdup(ka_cg_path("a"));
	int i, bound = 0;
	pthread_t thread;
	struct race r;

	ASSERT_EQ(0, ka_cg_add("other"));
	ASSERT_EQ(0, ka_cg_make("a"));
	RACE(&r, &thread, ka_cg_remove);
	for (i = 0; i < RACES; i++) {
		pthread_barrier_wait(&r.meet);
		EXPECT_EQ(0, ka_cg_add_path(path));
		pthread_barrier_wait(&r.meet);
		EXPECT_EQ(0, r.ret);
		bound += !!strcmp("waiting", ka_cg_get("a", "state"));
		ASSERT_EQ(0, ka_cg_drop("a"));
		ASSERT_EQ(0, ka_cg_make("a"));
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, bound);
}

static int enter(const char *name, const char *file)
{
	return ka_write(ka_cg_fs(name, file), "0\n");
}

static void *thread_socket(void *arg)
{
	struct ka_sock *s = arg;
	int ret = enter("t/w", "cgroup.threads");

	s[0] = ret ? (struct ka_sock) { .on = ret } : ka_get(socket(AF_INET, SOCK_STREAM, 0));
	return NULL;
}

/* A process in "t", and a thread of it in "t/w". */
static int threaded(struct ka_sock *s)
{
	pthread_t thread;

	s[1].on = enter("t", "cgroup.procs");
	if (s[1].on || pthread_create(&thread, NULL, thread_socket, &s[0]))
		return 1;
	pthread_join(thread, NULL);
	s[1] = ka_get(socket(AF_INET, SOCK_STREAM, 0));
	return 0;
}

#define EXPECT_SOCK(_s, _on, _idle, _intvl, _cnt) do { \
	EXPECT_EQ(_on, (_s)->on); \
	EXPECT_EQ(_idle, (_s)->idle); \
	EXPECT_EQ(_intvl, (_s)->intvl); \
	EXPECT_EQ(_cnt, (_s)->cnt); \
} while (0)

#define RUN_THREADED(_s) do { \
	pid_t __pid = fork(); \
	if (!__pid) \
		_exit(threaded(_s)); \
	ASSERT_EQ(0, ka_cg_wait(__pid)) TH_LOG("%s", strerror(-(_s)[1].on)); \
} while (0)

/* The threads of one process may be in several cgroups: each has its own. */
TEST_F(cgroup_path, threaded)
{
	struct ka_sock *s = ka_cg_shared(2 * sizeof(*s));

	ASSERT_EQ(0, ka_cg_make("t/w"));
	ASSERT_EQ(0, ka_write(ka_cg_fs("t/w", "cgroup.type"), "threaded\n"));
	ASSERT_EQ(0, ka_cg_policy("t", "default", 100, 20, 2));
	RUN_THREADED(s);
	EXPECT_SOCK(&s[0], 1, 100, 20, 2);
	EXPECT_SOCK(&s[1], 1, 100, 20, 2);
	ASSERT_EQ(0, ka_cg_policy("t/w", "default", 200, 21, 3));
	RUN_THREADED(s);
	EXPECT_SOCK(&s[0], 1, 200, 21, 3);
	EXPECT_SOCK(&s[1], 1, 100, 20, 2);
	EXPECT_EQ(1, ka_cg_sockets("t/w"));
	EXPECT_EQ(3, ka_cg_sockets("t"));
}

/* What a process in "c" sees as "/x" is "/.../c/x" to the host and to sysfs. */
static int add_in_namespace(void *arg)
{
	const char **paths = arg;
	int i, ret;

	if (unshare(CLONE_NEWCGROUP))
		return -errno;
	for (i = 0; paths[i]; i++) {
		ret = ka_cg_add_path(paths[i]);
		if (ret)
			return ret;
	}
	return 0;
}

TEST_F(cgroup_path, namespace_of_the_writer)
{
	const char *paths[4] = { "/ka.x", ka_cg_path("c/x"), ka_cg_path("d") };

	ASSERT_EQ(0, ka_cg_make("c/ka.x"));
	ASSERT_EQ(0, ka_cg_make("c/x"));
	ASSERT_EQ(0, ka_cg_make("d"));
	ASSERT_EQ(0, ka_cg_run("c", add_in_namespace, paths));
	/* Not the cgroup that has this path in the namespace. */
	EXPECT_STREQ("waiting\n", ka_read(KA_CGROUPS "ka.x/state"));
	EXPECT_STREQ("/ka.x\n", ka_read(KA_CGROUPS "ka.x/path"));
	EXPECT_EQ(0, ka_cg_drop_path("/ka.x"));
	EXPECT_STATE("c/x", "bound");
	EXPECT_STATE("d", "bound");
	ASSERT_EQ(0, ka_cg_set("c/x", "mode", "off"));
	ASSERT_EQ(0, ka_cg_set("d", "mode", "off"));
	EXPECT_CG("c/x", 0, 7200, 75, 9);
	EXPECT_CG("d", 0, 7200, 75, 9);
	EXPECT_CG("c/ka.x", 1, 600, 30, 5);
}

/* As a container is made: and it makes cgroups of its own. */
struct container {
	struct ka_sock own;
	struct ka_sock nested;
	int ret;
};

static int contain(void *arg)
{
	struct container *c = arg;

	if (unshare(CLONE_NEWCGROUP | CLONE_NEWNS) || ka_netns_new())
		return -errno;
	c->ret = ka_sysctl_set("tcp_keepalive_intvl", 33);
	c->own = ka_get(socket(AF_INET, SOCK_STREAM, 0));
	c->ret = c->ret ?: make_dir("pod/box/init") ?: enter("pod/box/init", "cgroup.procs");
	c->nested = ka_get(socket(AF_INET, SOCK_STREAM, 0));
	return c->ret;
}

TEST_F(cgroup_path, container)
{
	struct container *c = ka_cg_shared(sizeof(*c));

	ASSERT_EQ(0, ka_cg_make("pod/box"));
	ASSERT_EQ(0, ka_cg_policy("pod/box", "default", 100, 0, 2));
	ASSERT_EQ(0, ka_cg_run("pod/box", contain, c));
	EXPECT_SOCK(&c->own, 1, 100, 33, 2);
	EXPECT_SOCK(&c->nested, 1, 100, 33, 2);
	/* By the path of a cgroup that only the container knows of. */
	ASSERT_EQ(0, ka_cg_remove("pod/box/init"));
	ASSERT_EQ(0, ka_cg_policy("pod/box/init", "default", 200, 0, 3));
	ASSERT_EQ(0, ka_cg_run("pod/box", contain, c));
	EXPECT_SOCK(&c->own, 1, 100, 33, 2);
	EXPECT_SOCK(&c->nested, 1, 200, 33, 3);
}

/* Names so that path's length, without its first '/', is @len. */
static const char *of_length(char *name, size_t len, size_t parts)
{
	size_t fixed = strlen(ka_cg_path("x")) - 2;
	size_t i;

	memset(name, 'n', len - fixed);
	name[len - fixed] = '\0';
	for (i = 1; i < parts; i++)
		name[i * 30] = '/';
	return name;
}

TEST_F(cgroup_path, longest)
{
	char name[2 * KA_CG_PATH_MAX];
	size_t parts;

	for (parts = 1; parts < 8; parts += 3) {
		of_length(name, KA_CG_PATH_MAX, parts);
		ASSERT_EQ(KA_CG_PATH_MAX + 1, strlen(ka_cg_path(name)));
		ASSERT_EQ(0, ka_cg_policy(name, "default", 100, 20, 2));
		EXPECT_STATE(name, "waiting");
		ASSERT_EQ(0, ka_cg_make(name));
		EXPECT_STATE(name, "bound");
		EXPECT_STREQ(ka_cg_path(name), ka_cg_get(name, "path"));
		EXPECT_CG(name, 1, 100, 20, 2);
		ASSERT_EQ(0, ka_cg_remove(name));
		EXPECT_EQ(0, ka_cg_drop(name));
		of_length(name, KA_CG_PATH_MAX + 1, parts);
		EXPECT_EQ(-ENAMETOOLONG, ka_cg_add(name));
		EXPECT_EQ(-ENAMETOOLONG, ka_cg_drop(name));
		/* A cgroup may have it: it is just not selected. */
		ASSERT_EQ(0, ka_cg_make(name));
		EXPECT_CG(name, 1, 600, 30, 5);
	}
}

TEST_HARNESS_MAIN

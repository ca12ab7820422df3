// SPDX-License-Identifier: GPL-2.0
/*
 * The module goes, with policies in place, while tasks on all CPUs make sockets
 * in their cgroups and accept across them, cgroups are made and removed, and
 * files of policies are read and written.
 */
#include <errno.h>
#include <sched.h>

#include "ka_cgroup.h"

#define ROUNDS 2

FIXTURE(cgroup_unload) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_unload)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_unload)
{
	KA_CG_TEARDOWN();
}

static struct shared {
	int stop;
	long made, accepted, changed, bad;
	int first_errno;
	struct ka_sock first_bad;
} *shared;

static bool running(void)
{
	return !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

static bool is(const struct ka_sock *s, int on, int idle, int intvl, int cnt)
{
	return s->on == on && s->idle == idle && s->intvl == intvl && s->cnt == cnt;
}

/* Under the policy, under the default one of each load, or without the module. */
static void judge(int fd)
{
	int err = fd < 0 ? errno : 0;
	struct ka_sock s = ka_get(fd);

	__atomic_fetch_add(&shared->made, 1, __ATOMIC_RELAXED);
	if (is(&s, 1, 100, 20, 2) || is(&s, 1, 600, 30, 5) || is(&s, 0, 7200, 75, 9))
		return;
	if (!__atomic_fetch_add(&shared->bad, 1, __ATOMIC_RELAXED)) {
		shared->first_bad = s;
		shared->first_errno = err;
	}
}

static void make_sockets(int listener, int port)
{
	int client, server;

	while (running()) {
		client = socket(AF_INET, SOCK_STREAM, 0);
		judge(client);
		server = ka_meet(client, listener, port);
		if (server >= 0 || errno != EAGAIN)
			judge(server);
		if (server >= 0)
			__atomic_fetch_add(&shared->accepted, 1, __ATOMIC_RELAXED);
		close(client);
		close(server);
	}
}

/* Where there is no module there are no files: any error will do. */
static void change(void)
{
	while (running()) {
		ka_cg_make("b");
		__atomic_fetch_add(&shared->changed, !ka_cg_add("b"), __ATOMIC_RELAXED);
		ka_cg_set("b", "keepidle", "50");
		ka_cg_get("b", "state");
		ka_cg_remove("b");
		ka_cg_drop("b");
		ka_nap();
	}
}

static void start(const char *name, int cpu, int listener, int port)
{
	cpu_set_t set;

	if (ka_cg_fork(name, 0))
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (port)
		make_sockets(listener, port);
	else
		change();
	_exit(0);
}

static int put_policies(void)
{
	return ka_cg_policy("off", "off", 0, 0, 0) ?: ka_cg_policy("a", "default", 100, 20, 2) ?:
		ka_cg_add("waiting");
}

/* Each task has made sockets since. */
static void wait_for_sockets(void)
{
	long made = __atomic_load_n(&shared->made, __ATOMIC_RELAXED);
	long cap = ka_ms() + KA_CAP_MS;

	while (__atomic_load_n(&shared->made, __ATOMIC_RELAXED) < made + 200 && ka_ms() < cap)
		ka_nap();
}

/* To let go of a hook takes long while tasks are busy in it. */
TEST_F(cgroup_unload, while_all_goes_on)
{
	int i, listener, port;

	shared = ka_cg_shared(sizeof(*shared));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_make("off"));
	listener = ka_cg_socket("", AF_INET, 0);
	port = ka_listen(listener, AF_INET);
	ASSERT_LT(0, port);
	for (i = 0; i < 2; i++) {
		start("a", i, listener, port);
		start("off", i, listener, port);
	}
	start("", 0, 0, 0);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, i ? ka_load("keepidle=600 keepintvl=30 keepcnt=5") : 0);
		ASSERT_EQ(0, put_policies());
		wait_for_sockets();
		ASSERT_EQ(0, ka_unload());
		EXPECT_EQ(-1, access("/sys/kernel/ka_default", F_OK));
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	while (wait(NULL) > 0)
		;
	EXPECT_EQ(0, shared->bad)
		TH_LOG("first: %d %d %d %d, errno %d", shared->first_bad.on,
		       shared->first_bad.idle, shared->first_bad.intvl, shared->first_bad.cnt,
		       shared->first_errno);
	EXPECT_LT(0, shared->accepted);
	EXPECT_LT(0, shared->changed);
	EXPECT_LT(200 * ROUNDS, shared->made);
	close(listener);
}

TEST_HARNESS_MAIN

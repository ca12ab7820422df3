// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets made on every CPU while the policy is written: each one gets the
 * policy as it was at one moment, never half of one and half of the next.
 */
#include <pthread.h>
#include <sched.h>

#include "ka.h"

#define MAX_CPUS 8
#define STEPS 100		/* values 1..STEPS, below the maximum of keepcnt */
#define SWEEPS 2

FIXTURE(concurrent) {
	struct ka_env env;
};

FIXTURE_SETUP(concurrent)
{
	KA_SETUP("mode=off");
}

FIXTURE_TEARDOWN(concurrent)
{
	KA_TEARDOWN();
}

static int done;

struct maker {
	pthread_t thread;
	int cpu;
	int protocol;
	long made;
	long bad;
	struct ka_sock first_bad;
};

/*
 * The writer raises the values in the order idle, interval, count, and lowers
 * them in the other one: at every moment these hold. A socket of mode off has
 * nothing of the policy.
 */
static bool is_of_one_moment(const struct ka_sock *s)
{
	if (!s->on)
		return s->idle == 7200 && s->intvl == 75 && s->cnt == 9;
	return s->idle >= s->intvl && s->intvl >= s->cnt && s->cnt >= s->idle - 1 &&
		s->idle >= 1 && s->cnt <= STEPS;
}

static void *make_sockets(void *arg)
{
	struct maker *m = arg;
	struct ka_sock s;
	cpu_set_t set;
	int fd;

	CPU_ZERO(&set);
	CPU_SET(m->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		fd = socket(AF_INET, SOCK_STREAM, m->protocol);
		s = ka_get(fd);
		close(fd);
		m->made++;
		if (!is_of_one_moment(&s) && !m->bad++)
			m->first_bad = s;
	}
	return NULL;
}

static int set_all(int value)
{
	return ka_param_set("keepidle", value) ?: ka_param_set("keepintvl", value) ?:
		ka_param_set("keepcnt", value);
}

static int lower_all(int value)
{
	return ka_param_set("keepcnt", value) ?: ka_param_set("keepintvl", value) ?:
		ka_param_set("keepidle", value);
}

static int sweep(void)
{
	int value, ret = 0;

	for (value = 2; value <= STEPS && !ret; value++) {
		ret = set_all(value);
		if (!ret && value % 10 == 0)
			ret = ka_param_write("mode", "off") ?: ka_param_write("mode", "default");
	}
	for (value = STEPS - 1; value >= 1 && !ret; value--)
		ret = lower_all(value);
	return ret;
}

static int start(struct maker *makers, int protocol)
{
	cpu_set_t set;
	int cpu, n = 0;

	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 0; cpu < CPU_SETSIZE && n < MAX_CPUS; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		makers[n].cpu = cpu;
		makers[n].protocol = protocol;
		if (pthread_create(&makers[n].thread, NULL, make_sockets, &makers[n]))
			break;
		n++;
	}
	return n;
}

static void run(struct __test_metadata *_metadata, int protocol)
{
	struct maker makers[MAX_CPUS] = { 0 };
	int i, n, ret = 0;

	ASSERT_EQ(0, set_all(1));
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	n = start(makers, protocol);
	ASSERT_LT(0, n);
	for (i = 0; i < SWEEPS && !ret; i++)
		ret = sweep();
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(0, ret);
	for (i = 0; i < n; i++) {
		struct ka_sock *s = &makers[i].first_bad;

		pthread_join(makers[i].thread, NULL);
		EXPECT_LT(0, makers[i].made);
		EXPECT_EQ(0, makers[i].bad)
			TH_LOG("first: %d %d %d %d", s->on, s->idle, s->intvl, s->cnt);
	}
}

TEST_F(concurrent, writes_and_tcp_sockets)
{
	run(_metadata, IPPROTO_TCP);
}

TEST_F(concurrent, writes_and_mptcp_sockets)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	run(_metadata, IPPROTO_MPTCP);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to adopt: connections by the thousand over the loopback, the
 * time of the write to apply for each of their ends, and a task on the same CPU
 * that goes on running meanwhile. KA_ADOPT is how many connections, the third
 * and last of three steps: 100000 need 2 GB and a few minutes under emulation.
 *
 * Instructions are counted where the machine has a counter for them.
 */
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "ka_peer.h"

#define CONNECTIONS 2000
#define STEPS 3			/* a hundredth, a tenth, all */
#define TRIES 3
#define PER_LISTENER 20000	/* ports that a client can have towards one */
#define LONG_NS 100000000LL	/* of this length it has to let others run */

FIXTURE(adopt_bench) {
	struct ka_env env;
};

FIXTURE_SETUP(adopt_bench)
{
	KA_SETUP("mode=off");
}

FIXTURE_TEARDOWN(adopt_bench)
{
	KA_TEARDOWN();
}

static long long clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Shared with the task beside: its turns, and its longest wait for one. */
struct beside {
	long long turns;
	long long longest;
};

static void stay_on_first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	sched_getaffinity(0, sizeof(set), &set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void take_turns(struct beside *b)
{
	long long now, last = clock_ns(CLOCK_MONOTONIC);

	for (;;) {
		now = clock_ns(CLOCK_MONOTONIC);
		if (now - last > __atomic_load_n(&b->longest, __ATOMIC_RELAXED))
			__atomic_store_n(&b->longest, now - last, __ATOMIC_RELAXED);
		last = now;
		__atomic_add_fetch(&b->turns, 1, __ATOMIC_RELAXED);
	}
}

/* Instructions of this task in the kernel; -1 where nothing counts them. */
static int counter_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS, .exclude_user = 1, .disabled = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long long counter_read(int counter)
{
	long long n;

	return counter >= 0 && read(counter, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static int listener, listening_on, opened, newest;

/* Until there are that many. What is open stays open until the test ends. */
static int open_up_to(int connections)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int client;

	while (opened < connections) {
		if (opened % PER_LISTENER == 0) {
			listener = socket(AF_INET, SOCK_STREAM, 0);
			listening_on = ka_listen(listener, AF_INET);
			if (listening_on < 0)
				return listening_on;
		}
		client = socket(AF_INET, SOCK_STREAM, 0);
		len = ka_addr(&ss, AF_INET, listening_on);
		if (client < 0 || connect(client, (struct sockaddr *)&ss, len) ||
		    accept(listener, NULL, NULL) < 0)
			return -errno;
		newest = client;
		opened++;
	}
	return 0;
}

struct cost {
	long long ns;		/* for each end, with what the task beside took */
	long long instructions;
	long long took;		/* in all */
	long long longest;	/* that the task beside had to wait meanwhile */
	long long turns;
};

static int adopt_once(struct beside *b, int counter, struct cost *c)
{
	long long begin, turns;
	int ret;

	__atomic_store_n(&b->longest, 0, __ATOMIC_RELAXED);
	turns = __atomic_load_n(&b->turns, __ATOMIC_RELAXED);
	if (counter >= 0) {
		ioctl(counter, PERF_EVENT_IOC_RESET, 0);
		ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
	}
	begin = clock_ns(CLOCK_MONOTONIC);
	ret = ka_apply();
	c->took = clock_ns(CLOCK_MONOTONIC) - begin;
	if (counter >= 0)
		ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
	c->turns = __atomic_load_n(&b->turns, __ATOMIC_RELAXED) - turns;
	c->longest = __atomic_load_n(&b->longest, __ATOMIC_RELAXED);
	c->ns = c->took / (opened * 2);
	c->instructions = counter_read(counter) / (opened * 2);
	return ret;
}

/* The cheapest of a few, each with other values, so that there is work to do. */
static int adopt_some(struct beside *b, int counter, struct cost *best)
{
	static int idle = 1000;
	struct cost c;
	int i, ret = 0;

	for (i = 0; i < TRIES && !ret; i++) {
		ret = ka_param_set("keepidle", idle++) ?: adopt_once(b, counter, &c);
		if (!i || c.took < best->took)
			*best = c;
	}
	return ret;
}

TEST_F(adopt_bench, is_linear_and_lets_others_run)
{
	const char *text = getenv("KA_ADOPT");
	int all = text ? atoi(text) : CONNECTIONS;
	struct rlimit limit = { .rlim_cur = all * 2 + 100, .rlim_max = all * 2 + 100 };
	struct cost cost[STEPS];
	struct beside *b;
	int i, n, counter;
	pid_t pid;

	ASSERT_LT(100, all);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		KA_SKIP(return, "cannot have %d sockets: %s", all * 2, strerror(errno));
	ASSERT_EQ(0, ka_write("/proc/sys/net/ipv4/ip_local_port_range", "10000 65000\n"));
	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)b);
	counter = counter_open();
	ASSERT_EQ(0, ka_policy("mode=off keepintvl=30 keepcnt=5"));
	for (i = 0, n = all / 100; i < STEPS; i++, n *= 10) {
		ASSERT_EQ(0, ka_param_write("mode", "off"));
		ASSERT_EQ(0, open_up_to(n));
		ASSERT_EQ(0, ka_param_write("mode", "enforce"));
		stay_on_first_cpu();
		pid = fork();
		if (!pid)
			take_turns(b);
		ASSERT_LT(0, pid);
		EXPECT_EQ(0, adopt_some(b, counter, &cost[i]));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		TH_LOG("%d connections: %lld ms, %lld ns for each end", n,
		       cost[i].took / 1000000, cost[i].ns);
		TH_LOG("the task beside ran %lld times and waited %lld ms at most",
		       cost[i].turns, cost[i].longest / 1000000);
		if (counter >= 0)
			TH_LOG("%lld instructions for each end", cost[i].instructions);
		EXPECT_EQ(1, ka_get(newest).on);
		EXPECT_LE(1000, ka_get(newest).idle);
		if (cost[i].took >= LONG_NS) {
			EXPECT_LT(0, cost[i].turns);
			EXPECT_GT(cost[i].took / 2, cost[i].longest);
		}
	}
	if (counter < 0)
		TH_LOG("instructions are not counted here: no such counter");
	/*
	 * A hundred times as many would cost a hundred times as much each, if
	 * it were not linear. The clock of an emulated machine is coarse, and
	 * the task beside takes its share: a fifth of that is still noise.
	 */
	EXPECT_GT(20 * cost[0].ns, cost[STEPS - 1].ns);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and unloads the module many times under open sockets and traffic:
 * no byte is lost or changed, the sockets stay as they are, and nothing of the
 * module is left behind.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "ka.h"

#define ROUNDS 20
#define OPEN_SOCKETS 8

FIXTURE(reload) {
	struct ka_env env;
};

FIXTURE_SETUP(reload)
{
	KA_SETUP(NULL);
}

FIXTURE_TEARDOWN(reload)
{
	KA_TEARDOWN();
}

/* Of the process that makes the traffic, and the one that tests. */
struct traffic {
	long rounds;
	int stop;
};

/* Bytes both ways until told to stop; 0 when all came as they were sent. */
static int make_traffic(struct ka_conn *c, struct traffic *t)
{
	int ret = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!ret && !__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		ret = ka_exchange(c->client, c->server) ?: ka_exchange(c->server, c->client);
		__atomic_add_fetch(&t->rounds, 1, __ATOMIC_RELAXED);
		usleep(2000);
	}
	return ret;
}

/* Whether the traffic goes on, or has gone on since that round. */
static bool goes_on(struct traffic *t, long since)
{
	long end = ka_ms() + KA_CAP_MS;

	while (__atomic_load_n(&t->rounds, __ATOMIC_RELAXED) <= since) {
		if (ka_ms() > end)
			return false;
		ka_nap();
	}
	return true;
}

static bool anything_left(void)
{
	return ka_loaded() || !access("/sys/kernel/ka_default", F_OK);
}

static void one_round(struct __test_metadata *_metadata, int round, struct ka_conn *kept)
{
	int fd;

	ASSERT_EQ(0, ka_load(round % 2 ? "keepidle=600" : "keepidle=500 kernel_sockets=Y"));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_KA(fd, 1, round % 2 ? 600 : 500, 75, 9);
	EXPECT_EQ(0, ka_exchange(kept->client, kept->server));
	ASSERT_EQ(0, ka_unload());
	EXPECT_FALSE(anything_left());
	EXPECT_EQ(0, ka_exchange(kept->server, kept->client));
	EXPECT_KA(fd, 1, round % 2 ? 600 : 500, 75, 9);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_KA(fd, 0, 7200, 75, 9);
	close(fd);
}

TEST_F(reload, twenty_times_under_traffic)
{
	int fds[OPEN_SOCKETS], i, status;
	struct ka_conn kept, busy;
	struct traffic *t;
	long before;
	pid_t pid;

	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)t);
	ASSERT_EQ(0, ka_load("keepidle=600 keepintvl=30 keepcnt=5"));
	for (i = 0; i < OPEN_SOCKETS; i++)
		fds[i] = socket(i % 2 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, ka_conn_open(&kept, AF_INET, IPPROTO_TCP, IPPROTO_TCP));
	ASSERT_EQ(0, ka_conn_open(&busy, AF_INET6, IPPROTO_TCP, IPPROTO_TCP));
	pid = fork();
	if (!pid)
		_exit(make_traffic(&busy, t) ? KSFT_FAIL : KSFT_PASS);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ka_unload());

	for (i = 0; i < ka_rounds(ROUNDS); i++) {
		before = __atomic_load_n(&t->rounds, __ATOMIC_RELAXED);
		one_round(_metadata, i, &kept);
		EXPECT_TRUE(goes_on(t, before));
	}

	__atomic_store_n(&t->stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == KSFT_PASS);
	for (i = 0; i < OPEN_SOCKETS; i++)
		EXPECT_KA(fds[i], 1, 600, 30, 5);
	EXPECT_KA(kept.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(kept.port, 2, 600);
}

/* A file that is held open must not keep the module, nor hurt afterwards. */
TEST_F(reload, with_a_file_held_open)
{
	static const char * const files[] = {
		"/sys/kernel/ka_default/health", "/sys/kernel/ka_default/stats/created",
		"/sys/module/ka_default/parameters/keepidle",
	};
	int fds[ARRAY_SIZE(files)];
	char byte;
	size_t i;

	ASSERT_EQ(0, ka_load(""));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fds[i] = open(files[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(0, ka_unload());
	EXPECT_FALSE(anything_left());
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(-1, read(fds[i], &byte, 1));
		EXPECT_EQ(ENODEV, errno);
	}
}

TEST_HARNESS_MAIN

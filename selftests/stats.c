// SPDX-License-Identifier: GPL-2.0
/*
 * The counters, to the unit. They count for the whole machine: where somebody
 * else makes sockets meanwhile, the count is taken again.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ka.h"

#define TRIES 10
#define WRITES 10000		/* KA_WRITES; one turn of connections beside a writer for 40 */
#define SOCKETS 25

static const char * const names[] = {
	"created", "skipped_off", "skipped_kernel", "missed",
};

struct counts {
	long long n[ARRAY_SIZE(names)];
};

FIXTURE(stats) {
	struct ka_env env;
};

FIXTURE_SETUP(stats)
{
	KA_SETUP("");
}

FIXTURE_TEARDOWN(stats)
{
	KA_TEARDOWN();
}

static struct counts read_counts(void)
{
	struct counts c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		c.n[i] = ka_stat(names[i]);
	return c;
}

static int make_sockets(int family, int type, int protocol)
{
	int i, fd;

	for (i = 0; i < SOCKETS; i++) {
		fd = socket(family, type, protocol);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	return 0;
}

static int make_tcp4(void)
{
	return make_sockets(AF_INET, SOCK_STREAM, 0);
}

static int make_tcp6(void)
{
	return make_sockets(AF_INET6, SOCK_STREAM, 0);
}

static int make_others(void)
{
	return make_sockets(AF_INET, SOCK_DGRAM, 0) ?: make_sockets(AF_UNIX, SOCK_STREAM, 0);
}

static int make_mptcp(void)
{
	return make_sockets(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
}

static int make_nothing(void)
{
	return 0;
}

static int connection(int listener, int client)
{
	struct ka_conn c;
	int ret;

	ret = ka_conn_open(&c, AF_INET, listener, client);
	if (!ret)
		ret = ka_exchange(c.client, c.server) ?: ka_exchange(c.server, c.client);
	ka_conn_close(&c);
	return ret;
}

static int make_connection(void)
{
	return connection(IPPROTO_TCP, IPPROTO_TCP);
}

static int make_mptcp_connection(void)
{
	return connection(IPPROTO_MPTCP, IPPROTO_MPTCP);
}

/* By how much @make moves the counters, when nobody else does. */
static int moved(int (*make)(void), const struct counts *want, struct counts *seen)
{
	struct counts before, after;
	int try, ret;
	size_t i;

	for (try = 0; try < TRIES; try++) {
		before = read_counts();
		ret = make();
		if (ret)
			return ret;
		after = read_counts();
		for (i = 0; i < ARRAY_SIZE(names); i++)
			seen->n[i] = after.n[i] - before.n[i];
		if (!memcmp(seen, want, sizeof(*seen)))
			return 0;
	}
	return 0;
}

#define EXPECT_MOVED(_make, _created, _off, _kernel) do { \
	const struct counts ka_want = { { _created, _off, _kernel, 0 } }; \
	struct counts ka_seen = { { -1 } }; \
	EXPECT_EQ(0, moved(_make, &ka_want, &ka_seen)); \
	EXPECT_EQ(ka_want.n[0], ka_seen.n[0]); \
	EXPECT_EQ(ka_want.n[1], ka_seen.n[1]); \
	EXPECT_EQ(ka_want.n[2], ka_seen.n[2]); \
	EXPECT_EQ(ka_want.n[3], ka_seen.n[3]); \
} while (0)

TEST_F(stats, tcp)
{
	EXPECT_MOVED(make_tcp4, SOCKETS, 0, 0);
	EXPECT_MOVED(make_tcp6, SOCKETS, 0, 0);
	EXPECT_MOVED(make_others, 0, 0, 0);
}

TEST_F(stats, mode_off)
{
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_MOVED(make_tcp4, 0, SOCKETS, 0);
	EXPECT_MOVED(make_tcp6, 0, SOCKETS, 0);
	EXPECT_MOVED(make_others, 0, 0, 0);
}

/* A listener and a client were made; what accept(2) returned was not. */
TEST_F(stats, accepted_are_not_created)
{
	EXPECT_MOVED(make_connection, 2, 0, 0);
}

/* An MPTCP socket is one socket, its subflows are none. */
TEST_F(stats, mptcp)
{
	if (make_mptcp())
		KA_SKIP(return, "the kernel has no MPTCP");
	EXPECT_MOVED(make_mptcp, SOCKETS, 0, 0);
	EXPECT_MOVED(make_mptcp_connection, 2, 0, 0);
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	EXPECT_MOVED(make_mptcp_connection, 2, 0, 0);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_MOVED(make_mptcp, 0, SOCKETS, 0);
	EXPECT_MOVED(make_mptcp_connection, 0, 2, 0);
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "N"));
	EXPECT_MOVED(make_mptcp_connection, 0, 2, 0);
}

/* The module's own looks at its hooks are not counted. */
static int look_at_health(void)
{
	return strcmp(ka_file_read("health"), "ok") ? -EIO : 0;
}

TEST_F(stats, health_counts_nothing)
{
	EXPECT_MOVED(make_nothing, 0, 0, 0);
	EXPECT_MOVED(look_at_health, 0, 0, 0);
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	EXPECT_MOVED(look_at_health, 0, 0, 0);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_MOVED(look_at_health, 0, 0, 0);
}

TEST_F(stats, begin_at_zero)
{
	size_t i;

	ASSERT_EQ(0, make_tcp4());
	EXPECT_LE(SOCKETS, ka_stat("created"));
	ASSERT_EQ(0, ka_load("mode=off"));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		/* Others on this machine may have made sockets since. */
		EXPECT_LE(0, ka_stat(names[i]));
		EXPECT_GT(SOCKETS, ka_stat(names[i]));
	}
}

static int writes(void)
{
	const char *text = getenv("KA_WRITES");

	return text ? atoi(text) : WRITES;
}

static void turn_kernel_sockets(void)
{
	for (;;) {
		ka_param_write("kernel_sockets", "Y");
		ka_param_write("kernel_sockets", "N");
	}
}

/* A counter that an unsigned number shows as huge, or "". */
static const char *below_nothing(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (ka_stat(names[i]) >> 40)
			return names[i];
	return "";
}

/*
 * A subflow is taken back from the counter that the policy of now would have
 * counted it in; the policy may have been written since.
 */
TEST_F(stats, never_below_nothing)
{
	pid_t writer;
	int turn;

	if (make_mptcp())
		KA_SKIP(return, "the kernel has no MPTCP");
	writer = fork();
	ASSERT_LE(0, writer);
	if (!writer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		turn_kernel_sockets();
	}
	for (turn = 0; turn < writes() / 40; turn++) {
		EXPECT_EQ(0, make_mptcp_connection());
		ASSERT_STREQ("", below_nothing());
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
}

TEST_HARNESS_MAIN

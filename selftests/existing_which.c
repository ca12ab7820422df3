// SPDX-License-Identifier: GPL-2.0
/*
 * Which sockets are adopted, under which policy, and how they are counted:
 * every network namespace, the policy of the socket's cgroup, what waits to be
 * accepted; but no orphan, no half-open connection, none of TIME_WAIT and none
 * of the kernel's own.
 */
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>

#include <linux/filter.h>

#include "ka_cgroup.h"
#include "ka_peer.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif

#define TRIES 10
#define LISTENERS 200		/* in one list of the kernel's; 64 fit at first */
#define ORPHANS 8
#define CROWD 250		/* connections, of two ends each */
#define IDLE 1000
#define PARTS 10		/* of the idle time */

FIXTURE(existing_which) {
	struct ka_env env;
};

FIXTURE_SETUP(existing_which)
{
	KA_CG_SETUP("mode=off keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(existing_which)
{
	KA_CG_TEARDOWN();
}

static int adopt(void)
{
	return ka_param_write("mode", "default") ?: ka_apply();
}

/* A connection in a new network namespace, which this process stays in. */
static int open_elsewhere(struct ka_conn *c)
{
	return ka_netns_new() ?: ka_conn_open(c, AF_INET, 0, 0);
}

#define EXPECT_ADOPTED(_c) do { \
	EXPECT_KA((_c)->listener, 1, 600, 30, 5); \
	EXPECT_KA((_c)->client, 1, 600, 30, 5); \
	EXPECT_KA((_c)->server, 1, 600, 30, 5); \
} while (0)

TEST_F(existing_which, every_namespace)
{
	struct ka_conn c[3];
	size_t i;

	ASSERT_EQ(0, ka_conn_open(&c[0], AF_INET, 0, 0));
	ASSERT_EQ(0, open_elsewhere(&c[1]));
	ASSERT_EQ(0, open_elsewhere(&c[2]));
	ASSERT_EQ(0, adopt());
	for (i = 0; i < ARRAY_SIZE(c); i++)
		EXPECT_ADOPTED(&c[i]);
	EXPECT_EQ(2, ka_timers_wait(c[2].port, 2, 2).keepalive);
}

TEST_F(existing_which, namespace_with_a_table_of_its_own)
{
	struct ka_conn c, shared;

	ASSERT_EQ(0, ka_conn_open(&shared, AF_INET, 0, 0));
	if (ka_sysctl_set("tcp_child_ehash_entries", 512))
		KA_SKIP(return, "this kernel has one table for all namespaces");
	ASSERT_EQ(0, open_elsewhere(&c));
	/* That of all is shown negative. */
	ASSERT_EQ(512, ka_sysctl_get("tcp_ehash_entries"));
	ASSERT_EQ(0, adopt());
	EXPECT_ADOPTED(&c);
	EXPECT_ADOPTED(&shared);
	EXPECT_EQ(2, ka_timers_wait(c.port, 2, 2).keepalive);
}

/* A socket belongs to the cgroup of the task that made it, whoever adopts it. */
TEST_F(existing_which, policy_of_its_cgroup)
{
	static const int protocols[] = { IPPROTO_TCP, IPPROTO_MPTCP };
	int a[2], b[2], none[2];
	size_t i;

	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_make("b"));
	for (i = 0; i < 2; i++) {
		a[i] = ka_cg_socket("a", AF_INET, protocols[i]);
		b[i] = ka_cg_socket("b", AF_INET, protocols[i]);
		none[i] = socket(AF_INET, SOCK_STREAM, protocols[i]);
		/* Neither is in a table before that. */
		ka_listen(a[i], AF_INET);
		ka_listen(b[i], AF_INET);
		ka_listen(none[i], AF_INET);
	}
	ASSERT_EQ(0, ka_cg_policy("a", "default", 100, 20, 2));
	ASSERT_EQ(0, ka_cg_policy("b", "off", 100, 20, 2));
	ASSERT_EQ(0, adopt());
	for (i = 0; i < 2; i++) {
		if (none[i] < 0)
			KA_SKIP(return, "the kernel makes no MPTCP sockets");
		EXPECT_KA(a[i], 1, 100, 20, 2);
		EXPECT_KA(b[i], 0, 7200, 75, 9);
		EXPECT_KA(none[i], 1, 600, 30, 5);
	}
	EXPECT_EQ(2, ka_cg_sockets("a"));
	EXPECT_EQ(0, ka_cg_sockets("b"));
	/* Only these. */
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_cg_set("b", "mode", "enforce"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_KA(b[0], 1, 100, 20, 2);
	EXPECT_KA(b[1], 1, 100, 20, 2);
}

/* The subflows of an MPTCP connection come under the policy of its cgroup. */
static int cg_connection(struct ka_conn *c, const char *name)
{
	c->listener = ka_cg_socket(name, AF_INET, IPPROTO_MPTCP);
	c->client = ka_cg_socket(name, AF_INET, IPPROTO_MPTCP);
	return ka_connect(c, AF_INET) ?: ka_exchange(c->client, c->server) ?:
		ka_exchange(c->server, c->client);
}

TEST_F(existing_which, subflows_follow_their_cgroup)
{
	struct ka_conn c;
	struct ka_timers t;

	ASSERT_EQ(0, ka_cg_make("a"));
	if (ka_cg_socket("a", AF_INET, IPPROTO_MPTCP) < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets");
	ASSERT_EQ(0, cg_connection(&c, "a"));
	ASSERT_EQ(0, ka_cg_policy("a", "default", 100, 20, 2));
	ASSERT_EQ(0, ka_apply());
	EXPECT_KA(c.client, 1, 100, 20, 2);
	EXPECT_KA(c.server, 1, 100, 20, 2);
	t = ka_timers_wait(c.port, 2, 2);
	EXPECT_EQ(2, t.keepalive);
	EXPECT_GE(100, t.latest);
}

/* Established, but nobody has called accept(2) yet. */
TEST_F(existing_which, what_waits_to_be_accepted)
{
	struct ka_conn c = { .server = -1 };
	struct sockaddr_storage ss;
	struct pollfd p;

	c.listener = socket(AF_INET, SOCK_STREAM, 0);
	c.client = socket(AF_INET, SOCK_STREAM, 0);
	c.port = ka_listen(c.listener, AF_INET);
	ASSERT_LT(0, c.port);
	ASSERT_EQ(0, connect(c.client, (struct sockaddr *)&ss, ka_addr(&ss, AF_INET, c.port)));
	p = (struct pollfd) { .fd = c.listener, .events = POLLIN };
	ASSERT_EQ(1, poll(&p, 1, KA_CAP_MS));
	ASSERT_EQ(0, adopt());
	EXPECT_EQ(2, ka_timers_wait(c.port, 2, 2).keepalive);
	c.server = accept(c.listener, NULL, NULL);
	EXPECT_ADOPTED(&c);
	EXPECT_EQ(0, ka_exchange(c.client, c.server));
}

static int drop_everything(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

/* A client that does not hear the answer, and a server that waits for the third packet. */
TEST_F(existing_which, half_open_connection_goes_on)
{
	struct ka_conn c = { .server = -1 };
	struct ka_end before, after;
	struct sockaddr_storage ss;
	struct pollfd p;
	int own, none = 0;

	c.listener = socket(AF_INET, SOCK_STREAM, 0);
	c.client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	c.port = ka_listen(c.listener, AF_INET);
	ASSERT_EQ(0, drop_everything(c.client));
	ASSERT_EQ(-1, connect(c.client, (struct sockaddr *)&ss, ka_addr(&ss, AF_INET, c.port)));
	ASSERT_EQ(EINPROGRESS, errno);
	own = ka_own_port(c.client);
	before = ka_end(c.port, own);
	ASSERT_EQ(KA_SYN_RECV, before.state);
	ASSERT_EQ(0, adopt());
	after = ka_end(c.port, own);
	EXPECT_EQ(KA_SYN_RECV, after.state);
	EXPECT_EQ(before.timer, after.timer);
	EXPECT_EQ(KA_SYN_SENT, ka_end(own, c.port).state);
	EXPECT_KA(c.client, 1, 600, 30, 5);
	/* Sent again, it is heard. */
	ASSERT_EQ(0, setsockopt(c.client, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)));
	p = (struct pollfd) { .fd = c.listener, .events = POLLIN };
	ASSERT_EQ(1, poll(&p, 1, KA_CAP_MS));
	c.server = accept(c.listener, NULL, NULL);
	EXPECT_ADOPTED(&c);
	EXPECT_EQ(2, ka_timers_wait(c.port, 2, 2).keepalive);
}

/*
 * The keepalive timer of an orphan runs its FIN_WAIT2, for what
 * tcp_fin_timeout is above a minute; then TIME_WAIT takes over for the rest of
 * that time. Two seconds of each.
 */
static struct ka_end orphan(int local, int remote)
{
	long end = ka_ms() + KA_CAP_MS;
	struct ka_end e;

	do {
		e = ka_end(local, remote);
	} while (e.state != KA_FIN_WAIT2 && ka_ms() < end);
	return e;
}

TEST_F(existing_which, orphans_end_when_they_would)
{
	struct ka_end before[ORPHANS], after;
	struct ka_conn c[ORPHANS];
	int own[ORPHANS], i, left;
	long end;

	ASSERT_EQ(0, ka_sysctl_set("tcp_fin_timeout", 62));
	for (i = 0; i < ORPHANS; i++) {
		ASSERT_EQ(0, ka_conn_open(&c[i], AF_INET, 0, 0));
		own[i] = ka_own_port(c[i].client);
		/* An orphan with an option that says so, too. */
		ASSERT_EQ(0, ka_set_on(c[i].client, i & 1));
	}
	for (i = 0; i < ORPHANS; i++)
		close(c[i].client);
	for (i = 0; i < ORPHANS; i++) {
		before[i] = orphan(own[i], c[i].port);
		ASSERT_EQ(KA_FIN_WAIT2, before[i].state);
		ASSERT_EQ(KA_TIMER_KEEPALIVE, before[i].timer);
		ASSERT_GE(200, before[i].when);
	}
	ASSERT_EQ(0, ka_param_write("mode", "enforce"));
	ASSERT_EQ(0, ka_apply());
	for (i = 0; i < ORPHANS; i++) {
		after = ka_end(own[i], c[i].port);
		/* It may have fired by now, and is in TIME_WAIT's table then. */
		if (after.timer != KA_TIMER_KEEPALIVE)
			continue;
		EXPECT_EQ(KA_FIN_WAIT2, after.state);
		EXPECT_GE(before[i].when, after.when);
	}
	EXPECT_KA(c[0].server, 1, 600, 30, 5);
	end = ka_ms() + KA_CAP_MS;
	do {
		left = 0;
		for (i = 0; i < ORPHANS; i++)
			left += !!ka_end(own[i], c[i].port).local;
		ka_nap();
	} while (left && ka_ms() < end);
	EXPECT_EQ(0, left);
}

TEST_F(existing_which, time_wait_is_left_alone)
{
	struct ka_end before, after;
	struct ka_conn c;
	long end = ka_ms() + KA_CAP_MS;
	int own;

	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	own = ka_own_port(c.client);
	close(c.client);
	close(c.server);
	do {
		before = ka_end(own, c.port);
	} while (before.state != KA_TIME_WAIT && ka_ms() < end);
	ASSERT_EQ(KA_TIME_WAIT, before.state);
	ASSERT_EQ(KA_TIMER_TIME_WAIT, before.timer);
	ASSERT_EQ(0, adopt());
	after = ka_end(own, c.port);
	EXPECT_EQ(KA_TIME_WAIT, after.state);
	EXPECT_EQ(KA_TIMER_TIME_WAIT, after.timer);
	EXPECT_GE(before.when, after.when);
	EXPECT_KA(c.listener, 1, 600, 30, 5);
}

/* A listening SMC socket has a listening TCP socket of the kernel's. */
TEST_F(existing_which, kernel_sockets_on_request)
{
	int fd;

	if (!ka_borrow("smc"))
		KA_SKIP(return, "this kernel has no module smc");
	fd = socket(AF_SMC, SOCK_STREAM, 0);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, ka_listen(fd, AF_INET));
	ASSERT_EQ(0, adopt());
	EXPECT_EQ(7200, ka_get(fd).idle);
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	ASSERT_EQ(0, ka_apply());
	EXPECT_EQ(600, ka_get(fd).idle);
	EXPECT_EQ(30, ka_get(fd).intvl);
	close(fd);
}

/* By how much one adoption moves the counter. */
static long long count_adopted(void)
{
	long long before = ka_stat("adopted");

	return ka_apply() ? -1 : ka_stat("adopted") - before;
}

/* By how much more it does with a connection; others on this machine may interfere. */
static long long count_connection(int protocol)
{
	long long without, with = -1;
	struct ka_conn c;
	int try;

	for (try = 0; try < TRIES && with != 3; try++) {
		without = count_adopted();
		if (ka_conn_open(&c, AF_INET, protocol, protocol) ||
		    ka_exchange(c.client, c.server))
			return -1;
		with = count_adopted() - without;
		/* Once for each adoption, with nothing left to change, too. */
		if (with == 3)
			with = count_adopted() - without;
		ka_conn_close(&c);
	}
	return with;
}

TEST_F(existing_which, each_is_counted_once)
{
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(3, count_connection(0));
}

TEST_F(existing_which, mptcp_is_counted_without_its_subflows)
{
	if (socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets");
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(3, count_connection(IPPROTO_MPTCP));
}

static long long count_shared(int protocol)
{
	long long without, with = -1;
	int fd, ends[2], try;
	pid_t pid;

	for (try = 0; try < TRIES && with != 1; try++) {
		without = count_adopted();
		fd = socket(AF_INET, SOCK_STREAM, protocol);
		ka_listen(fd, AF_INET);
		/* A second descriptor, and a second process with both. */
		dup(fd);
		if (pipe(ends))
			return -1;
		pid = fork();
		if (!pid) {
			char byte;

			close(ends[1]);
			_exit(read(ends[0], &byte, 1));
		}
		with = count_adopted() - without;
		close(ends[0]);
		close(ends[1]);
		close(fd);
		close(fd + 1);
		waitpid(pid, NULL, 0);
	}
	return with;
}

TEST_F(existing_which, one_socket_of_two_processes_is_counted_once)
{
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_EQ(1, count_shared(0));
	if (socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) >= 0)
		EXPECT_EQ(1, count_shared(IPPROTO_MPTCP));
}

/* All on one port, so that the kernel has them in one list. */
static int listen_often(int *fd)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int i, port, one = 1;

	for (i = 0; i < LISTENERS; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (setsockopt(fd[i], SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)))
			return -errno;
		if (i) {
			if (bind(fd[i], (struct sockaddr *)&addr, sizeof(addr)) ||
			    listen(fd[i], 16))
				return -errno;
			continue;
		}
		port = ka_listen(fd[0], AF_INET);
		if (port < 0)
			return port;
		addr.sin_port = htons(port);
	}
	return 0;
}

/* By how much more one adoption moves the counter with them. */
static long long count_listeners(int *fd)
{
	long long without, with = -1;
	int i, try;

	for (try = 0; try < TRIES && with != LISTENERS; try++) {
		without = count_adopted();
		if (listen_often(fd))
			return -1;
		with = count_adopted() - without;
		for (i = 0; i < LISTENERS; i++)
			close(fd[i]);
	}
	return with;
}

/* A list that is longer than there was room for is met once, and to its end. */
TEST_F(existing_which, long_list)
{
	static int fd[LISTENERS];
	int i;

	ASSERT_EQ(0, listen_often(fd));
	EXPECT_KA(fd[0], 0, 7200, 75, 9);
	ASSERT_EQ(0, adopt());
	for (i = 0; i < LISTENERS; i++) {
		EXPECT_KA(fd[i], 1, 600, 30, 5);
		close(fd[i]);
	}
	EXPECT_EQ(LISTENERS, count_listeners(fd));
}

TEST_F(existing_which, none_is_counted_in_mode_off)
{
	struct ka_conn c;

	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	EXPECT_EQ(0, count_adopted());
	EXPECT_KA(c.client, 0, 7200, 75, 9);
}

/* Adopted at one moment, they do not probe at one, but all within keepidle. */
TEST_F(existing_which, first_expiries_are_spread)
{
	static struct ka_end ends[2 * CROWD + 8];
	int listener, port, i, n, parts[PARTS] = { 0 };
	struct sockaddr_storage ss;
	socklen_t len;

	ASSERT_EQ(0, ka_param_set("keepidle", IDLE));
	listener = socket(AF_INET, SOCK_STREAM, 0);
	port = ka_listen(listener, AF_INET);
	ASSERT_LT(0, port);
	len = ka_addr(&ss, AF_INET, port);
	for (i = 0; i < CROWD; i++) {
		ASSERT_EQ(0, connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&ss, len));
		ASSERT_LE(0, accept(listener, NULL, NULL));
	}
	ASSERT_EQ(0, adopt());
	n = ka_ends(port, ends, ARRAY_SIZE(ends));
	for (i = 0; i < n; i++) {
		if (ends[i].state != KA_ESTABLISHED)
			continue;
		EXPECT_EQ(KA_TIMER_KEEPALIVE, ends[i].timer);
		/* The part that it fires in, by how long is left. */
		ASSERT_LE(0, ends[i].when);
		ASSERT_GE(IDLE * 100, ends[i].when);
		parts[(ends[i].when - !!ends[i].when) * PARTS / (IDLE * 100)]++;
	}
	/* Evenly: a tenth each, give or take a half. */
	for (i = 0; i < PARTS; i++) {
		EXPECT_LE(CROWD * 2 / PARTS / 2, parts[i]) TH_LOG("part %d", i);
		EXPECT_GE(CROWD * 2 / PARTS * 3 / 2, parts[i]) TH_LOG("part %d", i);
	}
}

TEST_HARNESS_MAIN

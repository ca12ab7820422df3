// SPDX-License-Identifier: GPL-2.0
/*
 * What adoption is for: connections whose programs never asked for keepalive,
 * made before the policy, whose peers then vanish behind a cut cable. They end
 * in time, with data on the way too; a living one survives twenty intervals,
 * and meanwhile the module comes and goes under connections that do the same.
 */
#include <netinet/tcp.h>
#include <pthread.h>

#include "ka_peer.h"

#define SECONDS 3		/* keepidle=1 + keepintvl=1 * keepcnt=2 */
#define INTERVALS 20
#define POLICY "keepidle=1 keepintvl=1 keepcnt=2"
#define ROUNDS 10		/* loads */
#define APPLIES 4		/* after each */

FIXTURE(existing_peer) {
	struct ka_env env;
};

FIXTURE_SETUP(existing_peer)
{
	KA_SETUP("mode=off");
}

FIXTURE_TEARDOWN(existing_peer)
{
	KA_TEARDOWN();
}

/* A connection over the cable, and when its peer was last heard of at the earliest. */
struct victim {
	struct ka_conn c;
	long heard;
};

static int open_victim(struct ka_link *l, struct victim *v, int family, int protocol)
{
	int ret = ka_link_connect(l, &v->c, family, protocol);

	if (ret)
		return ret;
	ret = ka_exchange(v->c.client, v->c.server);
	v->heard = ka_ms();
	return ret ?: ka_exchange(v->c.server, v->c.client);
}

/* Ended with ETIMEDOUT, not before its time; within a cap that is no measure. */
#define EXPECT_FOUND_OUT(_v) do { \
	EXPECT_EQ(ETIMEDOUT, ka_error_within((_v)->c.client, SECONDS * 1000 + KA_CAP_MS)); \
	/* The timers count in jiffies: a little less is right. */ \
	EXPECT_LE(SECONDS * 1000 - 100, ka_ms() - (_v)->heard); \
} while (0)

static bool subflow_ends(int client, int port)
{
	long end = ka_ms() + SECONDS * 1000 + KA_CAP_MS;

	while (ka_end(client, port).state == KA_ESTABLISHED) {
		if (ka_ms() > end)
			return false;
		ka_nap();
	}
	return true;
}

/*
 * Connections that come and go, some two hundred in a second and each with
 * every byte looked at, in a network namespace of their own.
 */
struct traffic {
	pthread_t thread;
	int family;
	long connections;
	int ret;
	int stop;
};

static void *make_traffic(void *arg)
{
	struct traffic *t = arg;
	struct ka_conn c;

	t->ret = ka_netns_new();
	while (!t->ret && !__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		t->ret = ka_conn_open(&c, t->family, 0, 0) ?: ka_exchange(c.client, c.server) ?:
			ka_exchange(c.server, c.client);
		ka_conn_close(&c);
		t->connections++;
		usleep(5000);
	}
	return NULL;
}

static int come_and_go(int rounds)
{
	int i, n, ret = 0;

	for (i = 0; i < rounds && !ret; i++) {
		ret = ka_load(POLICY);
		for (n = 0; n < APPLIES && !ret; n++)
			ret = ka_apply();
	}
	return ret;
}

static void run_under_traffic(struct __test_metadata *_metadata)
{
	struct traffic t[] = { { .family = AF_INET }, { .family = AF_INET6 } };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		ASSERT_EQ(0, pthread_create(&t[i].thread, NULL, make_traffic, &t[i]));
	ret = come_and_go(ka_rounds(ROUNDS));
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		__atomic_store_n(&t[i].stop, 1, __ATOMIC_RELAXED);
		pthread_join(t[i].thread, NULL);
		EXPECT_EQ(0, t[i].ret);
		EXPECT_LT(ka_rounds(ROUNDS), t[i].connections);
	}
	EXPECT_EQ(0, ret);
}

static void add(struct ka_traffic *sum, struct ka_traffic t)
{
	sum->empty += t.empty;
	sum->resets += t.resets;
	if (t.closest >= 0 && (sum->closest < 0 || t.closest < sum->closest))
		sum->closest = t.closest;
}

TEST_F(existing_peer, dead_and_living)
{
	struct victim tcp4, tcp6, mptcp = { .c.client = -1 }, counted, unsent, hung, declined;
	struct ka_traffic probes = { .closest = -1 }, answers = { .closest = -1 };
	int requests, replies, own;
	struct ka_conn living;
	struct ka_link link;
	bool has_mptcp;
	long end;

	if (!ka_borrow("veth") || ka_link_open(&link))
		KA_SKIP(return, "no ip(8) or no veth to make a cable with");

	/* All of them before there is a policy. */
	ASSERT_EQ(0, ka_conn_open(&living, AF_INET, 0, 0));
	ASSERT_EQ(0, open_victim(&link, &tcp4, AF_INET, 0));
	ASSERT_EQ(0, open_victim(&link, &tcp6, AF_INET6, 0));
	ASSERT_EQ(0, open_victim(&link, &counted, AF_INET, 0));
	ASSERT_EQ(0, open_victim(&link, &unsent, AF_INET, 0));
	ASSERT_EQ(0, open_victim(&link, &hung, AF_INET, 0));
	ASSERT_EQ(0, open_victim(&link, &declined, AF_INET, 0));
	has_mptcp = !open_victim(&link, &mptcp, AF_INET, IPPROTO_MPTCP);
	requests = ka_capture_open();
	replies = ka_capture_open();
	ASSERT_LE(0, requests);
	ASSERT_LE(0, replies);
	/* Its other end would probe in nine hours. */
	ASSERT_EQ(0, ka_set_tcp(living.server, TCP_KEEPIDLE, KA_MAX_IDLE));
	ASSERT_EQ(0, ka_policy(POLICY " user_timeout=auto"));
	ASSERT_EQ(0, ka_apply());
	/* One to be found by the number of probes alone, two to be lost. */
	ASSERT_EQ(0, ka_set_tcp(counted.c.client, TCP_USER_TIMEOUT, 0));
	ASSERT_EQ(0, ka_set_tcp(hung.c.client, TCP_USER_TIMEOUT, 0));
	ASSERT_EQ(0, ka_set_on(declined.c.client, 0));

	ASSERT_EQ(0, ka_link_cut(&link));
	/* With data on the way there are no probes, only what is sent again. */
	ASSERT_EQ(1, send(unsent.c.client, "x", 1, MSG_NOSIGNAL));
	ASSERT_EQ(1, send(hung.c.client, "x", 1, MSG_NOSIGNAL));
	EXPECT_FOUND_OUT(&tcp4);
	EXPECT_FOUND_OUT(&tcp6);
	EXPECT_FOUND_OUT(&counted);
	EXPECT_EQ(ETIMEDOUT, ka_error_within(unsent.c.client, SECONDS * 1000 + KA_CAP_MS));
	if (has_mptcp)
		EXPECT_TRUE(subflow_ends(ka_own_port(mptcp.c.client), mptcp.c.port));
	EXPECT_EQ(-1, ka_error_within(hung.c.client, 0));
	EXPECT_EQ(-1, ka_error_within(declined.c.client, 0));

	run_under_traffic(_metadata);

	/* What of the living one is still to come. */
	own = ka_own_port(living.client);
	end = ka_ms() + INTERVALS * 1000 + KA_CAP_MS;
	do {
		usleep(100000);
		add(&probes, ka_capture_read(requests, own, living.port));
		add(&answers, ka_capture_read(replies, living.port, own));
	} while (probes.empty < INTERVALS && ka_ms() < end);
	EXPECT_LE(INTERVALS, probes.empty);
	EXPECT_LE(INTERVALS - 1, answers.empty);
	EXPECT_EQ(0, probes.resets + answers.resets);
	/*
	 * One more than there should be is closer than half an interval to one
	 * of its neighbours; those that the machine delays are not.
	 */
	EXPECT_LT(500, probes.closest);
	EXPECT_EQ(-1, ka_error_within(living.client, 0));
	EXPECT_EQ(0, ka_exchange(living.client, living.server));
	EXPECT_EQ(0, ka_exchange(living.server, living.client));
}

TEST_HARNESS_MAIN

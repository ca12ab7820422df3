// SPDX-License-Identifier: GPL-2.0
/*
 * What it is all for: an application that never heard of keepalive waits for a
 * peer that is gone. Its read gets ETIMEDOUT after keepidle + keepintvl *
 * keepcnt seconds; without the module it waits on. All waits run side by side.
 */
#include <linux/filter.h>

#include "ka_peer.h"

#define HANDSHAKE 1		/* its ACK is empty, and all others are probes */
#define PROBES 2
#define SECONDS 3		/* keepidle=1 + keepintvl=1 * keepcnt=2 */

FIXTURE(dead_peer) {
	struct ka_env env;
};

FIXTURE_SETUP(dead_peer)
{
	KA_SETUP("keepidle=1 keepintvl=1 keepcnt=2");
}

FIXTURE_TEARDOWN(dead_peer)
{
	KA_TEARDOWN();
}

/* From here on the socket hears nothing any more, so it answers nothing. */
static int make_deaf(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

/* A connection whose server end has no keepalive of its own. */
static int open_living(struct ka_conn *c, int family)
{
	c->listener = socket(family, SOCK_STREAM, 0);
	c->client = socket(family, SOCK_STREAM, 0);
	return ka_set_on(c->listener, 0) ?: ka_connect(c, family);
}

static int open_dead(struct ka_conn *c, int family)
{
	return open_living(c, family) ?: make_deaf(c->server);
}

TEST_F(dead_peer, found_out)
{
	struct ka_conn tcp4, tcp6, declined, untouched, living;
	struct ka_traffic seen, more;
	int capture[3];
	long begin, end;
	size_t i;

	/* Two that must go on waiting: without a policy, and by own choice. */
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, open_dead(&untouched, AF_INET));
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	ASSERT_EQ(0, open_dead(&declined, AF_INET));
	ASSERT_EQ(0, ka_set_on(declined.client, 0));
	for (i = 0; i < ARRAY_SIZE(capture); i++) {
		capture[i] = ka_capture_open();
		ASSERT_LE(0, capture[i]);
	}

	/* One whose peer answers the probes, and two whose peers do not. */
	ASSERT_EQ(0, open_living(&living, AF_INET));
	begin = ka_ms();
	ASSERT_EQ(0, open_dead(&tcp6, AF_INET6));
	ASSERT_EQ(0, open_dead(&tcp4, AF_INET));

	EXPECT_EQ(ETIMEDOUT, ka_error_within(tcp4.client, SECONDS * 1000 + KA_CAP_MS));
	/* The timers count in jiffies: a little less than the seconds is right. */
	EXPECT_LE(SECONDS * 1000 - 100, ka_ms() - begin);
	EXPECT_EQ(ETIMEDOUT, ka_error_within(tcp6.client, KA_CAP_MS));
	/* The reset is sent before the reader is woken, and may arrive after. */
	end = ka_ms() + KA_CAP_MS;
	seen = ka_capture_read(capture[0], ka_own_port(tcp4.client), tcp4.port);
	while (!seen.resets && ka_ms() < end) {
		ka_nap();
		more = ka_capture_read(capture[0], ka_own_port(tcp4.client), tcp4.port);
		seen.empty += more.empty;
		seen.resets += more.resets;
	}
	EXPECT_EQ(HANDSHAKE + PROBES, seen.empty);
	EXPECT_EQ(1, seen.resets);

	EXPECT_EQ(-1, ka_error_within(untouched.client, 0));
	EXPECT_EQ(-1, ka_error_within(declined.client, 0));
	seen = ka_capture_read(capture[1], ka_own_port(untouched.client), untouched.port);
	EXPECT_EQ(0, seen.empty + seen.resets);

	seen = ka_capture_read(capture[2], ka_own_port(living.client), living.port);
	EXPECT_LT(HANDSHAKE, seen.empty);
	EXPECT_EQ(0, seen.resets);
	EXPECT_EQ(-1, ka_error_within(living.client, 0));
	EXPECT_EQ(0, ka_exchange(living.client, living.server));
	EXPECT_EQ(0, ka_exchange(living.server, living.client));
}

TEST_HARNESS_MAIN

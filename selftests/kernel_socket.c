// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that the kernel makes for itself: left alone unless kernel_sockets
 * is Y. An SMC socket has a TCP socket of the kernel's beneath it, and answers
 * getsockopt(2) of TCP options from that one: no network and no peer is needed.
 */
#include "ka.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif

#define TRIES 10

FIXTURE(kernel_socket) {
	struct ka_env env;
};

FIXTURE_SETUP(kernel_socket)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	if (!ka_borrow("smc"))
		KA_SKIP(return, "this kernel has no module smc");
}

FIXTURE_TEARDOWN(kernel_socket)
{
	KA_TEARDOWN();
}

static int make_smc(void)
{
	return socket(AF_SMC, SOCK_STREAM, 0);
}

/* The flag is the SMC socket's own; the values are the TCP socket's. */
#define EXPECT_VALUES(_fd, _idle, _intvl, _cnt) do { \
	struct ka_sock __s = ka_get(_fd); \
	EXPECT_EQ(_idle, __s.idle); \
	EXPECT_EQ(_intvl, __s.intvl); \
	EXPECT_EQ(_cnt, __s.cnt); \
} while (0)

TEST_F(kernel_socket, untouched_unless_asked_for)
{
	int fd;

	fd = make_smc();
	ASSERT_LE(0, fd);
	EXPECT_VALUES(fd, 7200, 75, 9);
	/* The application's own one beside it is not. */
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
}

TEST_F(kernel_socket, covered_on_request)
{
	int before, fd;

	before = make_smc();
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	fd = make_smc();
	ASSERT_LE(0, fd);
	EXPECT_VALUES(fd, 600, 30, 5);
	EXPECT_VALUES(before, 7200, 75, 9);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_VALUES(make_smc(), 7200, 75, 9);
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "N"));
	EXPECT_VALUES(make_smc(), 7200, 75, 9);
}

TEST_F(kernel_socket, covered_from_load)
{
	ASSERT_EQ(0, ka_load("kernel_sockets=Y keepidle=500"));
	EXPECT_VALUES(make_smc(), 500, 75, 9);
}

/* By how much one counter moves with one SMC socket; others may interfere. */
static long long moved(const char *name, long long want)
{
	long long before, seen = -1;
	int try;

	for (try = 0; try < TRIES && seen != want; try++) {
		before = ka_stat(name);
		close(make_smc());
		seen = ka_stat(name) - before;
	}
	return seen;
}

TEST_F(kernel_socket, counted)
{
	EXPECT_EQ(1, moved("skipped_kernel", 1));
	EXPECT_EQ(0, moved("created", 0));
	ASSERT_EQ(0, ka_param_write("kernel_sockets", "Y"));
	EXPECT_EQ(0, moved("skipped_kernel", 0));
	EXPECT_EQ(1, moved("created", 1));
}

TEST_HARNESS_MAIN

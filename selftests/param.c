// SPDX-License-Identifier: GPL-2.0
/*
 * The default policy by module parameters, at load and at run time. A new
 * value holds for the sockets made after the write; the others keep theirs.
 */
#include "ka.h"

static int tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int mptcp(void)
{
	return socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
}

/* Loads with one value for all and looks at a socket and at the files. */
#define EXPECT_LOADED(_params, _idle, _intvl, _cnt) do { \
	char __read[64]; \
	ASSERT_EQ(0, ka_load(_params)); \
	EXPECT_KA(tcp(), 1, (_idle) ?: 7200, (_intvl) ?: 75, (_cnt) ?: 9); \
	EXPECT_STREQ("default", ka_param_read("mode")); \
	snprintf(__read, sizeof(__read), "%d", _idle); \
	EXPECT_STREQ(__read, ka_param_read("keepidle")); \
	snprintf(__read, sizeof(__read), "%d", _intvl); \
	EXPECT_STREQ(__read, ka_param_read("keepintvl")); \
	snprintf(__read, sizeof(__read), "%d", _cnt); \
	EXPECT_STREQ(__read, ka_param_read("keepcnt")); \
} while (0)

FIXTURE(load) {
	struct ka_env env;
};

FIXTURE_SETUP(load)
{
	KA_SETUP(NULL);
}

FIXTURE_TEARDOWN(load)
{
	KA_TEARDOWN();
}

TEST_F(load, nothing)
{
	EXPECT_LOADED("", 0, 0, 0);
	EXPECT_STREQ("N", ka_param_read("kernel_sockets"));
}

TEST_F(load, least)
{
	EXPECT_LOADED("mode=default keepidle=1 keepintvl=1 keepcnt=1", 1, 1, 1);
}

TEST_F(load, most)
{
	EXPECT_LOADED("keepidle=32767 keepintvl=32767 keepcnt=127 kernel_sockets=Y",
		      32767, 32767, 127);
	EXPECT_STREQ("Y", ka_param_read("kernel_sockets"));
}

TEST_F(load, one_of_them)
{
	EXPECT_LOADED("keepidle=0 keepintvl=20 kernel_sockets=n", 0, 20, 0);
	EXPECT_STREQ("N", ka_param_read("kernel_sockets"));
}

TEST_F(load, mode_off)
{
	ASSERT_EQ(0, ka_load("mode=off keepidle=600"));
	EXPECT_STREQ("off", ka_param_read("mode"));
	EXPECT_KA(tcp(), 0, 7200, 75, 9);
	/* The rest of the policy is remembered. */
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_KA(tcp(), 1, 600, 75, 9);
}

TEST_F(load, mode_off_for_mptcp)
{
	int fd = mptcp();

	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	ASSERT_EQ(0, ka_load("mode=off keepidle=600"));
	EXPECT_KA(mptcp(), 0, 7200, 75, 9);
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_KA(mptcp(), 1, 600, 75, 9);
}

FIXTURE(write) {
	struct ka_env env;
};

FIXTURE_VARIANT(write) {
	const char *name;
	int max;
	int sysctl;
	size_t field;
};

FIXTURE_VARIANT_ADD(write, keepidle) {
	.name = "keepidle", .max = KA_MAX_IDLE, .sysctl = 7200,
	.field = offsetof(struct ka_sock, idle),
};

FIXTURE_VARIANT_ADD(write, keepintvl) {
	.name = "keepintvl", .max = KA_MAX_INTVL, .sysctl = 75,
	.field = offsetof(struct ka_sock, intvl),
};

FIXTURE_VARIANT_ADD(write, keepcnt) {
	.name = "keepcnt", .max = KA_MAX_CNT, .sysctl = 9,
	.field = offsetof(struct ka_sock, cnt),
};

FIXTURE_SETUP(write)
{
	KA_SETUP("");
}

FIXTURE_TEARDOWN(write)
{
	KA_TEARDOWN();
}

/* A socket of a policy of zeros but for this one field. */
static void expect_field(struct __test_metadata *_metadata, size_t field, int fd, int value)
{
	struct ka_sock want = { .on = 1, .idle = 7200, .intvl = 75, .cnt = 9 };

	memcpy((char *)&want + field, &value, sizeof(value));
	EXPECT_KA(fd, want.on, want.idle, want.intvl, want.cnt);
}

TEST_F(write, boundaries)
{
	const int values[] = { 0, 1, 2, variant->max - 1, variant->max };
	int fds[5], mfds[5];
	char text[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(text, sizeof(text), "%d", values[i]);
		ASSERT_EQ(0, ka_param_write(variant->name, text));
		EXPECT_STREQ(text, ka_param_read(variant->name));
		fds[i] = tcp();
		mfds[i] = mptcp();
	}
	/* Each still has what held when it was made. */
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		expect_field(_metadata, variant->field, fds[i], values[i] ?: variant->sysctl);
		if (mfds[i] < 0)
			continue;
		expect_field(_metadata, variant->field, mfds[i], values[i] ?: variant->sysctl);
	}
	/* And back to none. */
	ASSERT_EQ(0, ka_param_write(variant->name, "0"));
	expect_field(_metadata, variant->field, tcp(), variant->sysctl);
}

/* What echo -n writes: no newline. */
TEST_F(write, without_newline)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/ka_default/parameters/%s", variant->name);
	ASSERT_EQ(0, ka_write(path, "12"));
	EXPECT_STREQ("12", ka_param_read(variant->name));
	expect_field(_metadata, variant->field, tcp(), 12);
}

FIXTURE(mode) {
	struct ka_env env;
};

FIXTURE_SETUP(mode)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(mode)
{
	KA_TEARDOWN();
}

TEST_F(mode, off_and_default)
{
	int on = tcp(), off;

	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_STREQ("off", ka_param_read("mode"));
	off = tcp();
	EXPECT_KA(off, 0, 7200, 75, 9);
	EXPECT_KA(on, 1, 600, 30, 5);
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	EXPECT_STREQ("default", ka_param_read("mode"));
	EXPECT_KA(tcp(), 1, 600, 30, 5);
	EXPECT_KA(off, 0, 7200, 75, 9);
}

/* Off is off: an application's connection runs no timer of ours. */
TEST_F(mode, off_touches_no_connection)
{
	struct ka_conn c;

	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, IPPROTO_TCP, IPPROTO_TCP));
	EXPECT_KA(c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(c.port, 2, 0);
	ka_conn_close(&c);
	if (ka_conn_open(&c, AF_INET, IPPROTO_MPTCP, IPPROTO_MPTCP))
		KA_SKIP(return, "the kernel makes no MPTCP sockets");
	EXPECT_KA(c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(c.port, 2, 0);
	/* The application may still have it. */
	EXPECT_EQ(0, ka_set_on(c.client, 1));
	EXPECT_TIMERS(c.port, 2, 1);
	ka_conn_close(&c);
}

TEST_F(mode, kernel_sockets_reads_y_or_n)
{
	static const char * const yes[] = { "Y", "y", "1" };
	static const char * const no[] = { "N", "n", "0" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		EXPECT_EQ(0, ka_param_write("kernel_sockets", yes[i]));
		EXPECT_STREQ("Y", ka_param_read("kernel_sockets"));
		EXPECT_EQ(0, ka_param_write("kernel_sockets", no[i]));
		EXPECT_STREQ("N", ka_param_read("kernel_sockets"));
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Beside a livepatch. Of a function that the module only looks at: both do their
 * work, whoever comes and goes first. Of one whose calls enforce ends: only one
 * of them can have it, and who comes second is refused and says why.
 *
 * livepatch/ is built by selftests/vm/build; KA_LIVEPATCH is the result.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "ka_neighbour.h"

#define ENABLED "/sys/kernel/livepatch/ka_livepatch/enabled"
#define TRANSITION "/sys/kernel/livepatch/ka_livepatch/transition"
#define HITS "/sys/module/ka_livepatch/parameters/hits"

FIXTURE(neighbour_livepatch) {
	struct ka_env env;
};

FIXTURE_SETUP(neighbour_livepatch)
{
	KA_CG_SETUP(NULL);
	if (access(getenv("KA_LIVEPATCH") ?: "", R_OK) || access("/sys/kernel/livepatch", F_OK))
		KA_SKIP(return, "no KA_LIVEPATCH, or this kernel has no livepatches");
}

/* Until every task has changed over to it, or from it. */
static int wait_for_transition(void)
{
	long end = ka_ms() + 4 * KA_CAP_MS;
	const char *text;

	while ((text = ka_read(TRANSITION)) && *text != '0') {
		if (ka_ms() > end)
			return -ETIMEDOUT;
		ka_nap();
	}
	return 0;
}

static int begin(const char *function)
{
	char params[64];
	int ret, fd = open(getenv("KA_LIVEPATCH"), O_RDONLY | O_CLOEXEC);

	snprintf(params, sizeof(params), "function=%s", function);
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret ?: wait_for_transition();
}

static void end(void)
{
	long cap = ka_ms() + 4 * KA_CAP_MS;

	if (access(ENABLED, F_OK))
		return;
	ka_write(ENABLED, "0\n");
	wait_for_transition();
	while (syscall(SYS_delete_module, "ka_livepatch", O_NONBLOCK) && ka_ms() < cap)
		ka_nap();
}

FIXTURE_TEARDOWN(neighbour_livepatch)
{
	end();
	KA_CG_TEARDOWN();
}

static long see(void)
{
	return atol(ka_read(HITS) ?: "-1");
}

static int begin_init(void)
{
	return begin("tcp_init_sock");
}

static int begin_graft(void)
{
	return begin("security_sock_graft");
}

TEST_F(neighbour_livepatch, of_new_sockets)
{
	static const struct ka_neighbour n = { begin_init, end, see };

	EXPECT_NEIGHBOURS(&n);
}

TEST_F(neighbour_livepatch, of_accepted_sockets)
{
	static const struct ka_neighbour n = { begin_graft, end, see };

	EXPECT_NEIGHBOURS(&n);
}

static const char * const overridden[] = { "sock_setsockopt", "sock_common_setsockopt" };

/* The load says which function it cannot have, and why; without enforce it can. */
TEST_F(neighbour_livepatch, then_enforce)
{
	const struct ka_neighbour n = { .events = see };
	int log = ka_log_open();
	const char *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(overridden); i++) {
		ASSERT_EQ(0, begin(overridden[i]));
		ka_log_lines(log);
		EXPECT_EQ(-EBUSY, ka_neighbour_load());
		EXPECT_FALSE(ka_loaded());
		line = ka_log_only(log);
		EXPECT_TRUE(strstr(line, overridden[i]) && strstr(line, "livepatch"))
			TH_LOG("%s", line);
		ASSERT_EQ(0, ka_load("keepidle=600 keepintvl=30 keepcnt=5"));
		ka_log_lines(log);
		EXPECT_EQ(-EBUSY, ka_param_write("mode", "enforce"));
		EXPECT_STREQ("default", ka_param_read("mode"));
		line = ka_log_only(log);
		EXPECT_TRUE(strstr(line, overridden[i]) && strstr(line, "livepatch"))
			TH_LOG("%s", line);
		EXPECT_NEIGHBOUR_SEES(&n);
		end();
		/* It has gone, so that it can. */
		EXPECT_EQ(0, ka_param_write("mode", "enforce"));
		ASSERT_EQ(0, ka_neighbour_load());
		EXPECT_NEIGHBOUR_MODULE(true);
		ASSERT_EQ(0, ka_unload());
	}
}

/* The kernel refuses the livepatch, and what is enforced stays so. */
TEST_F(neighbour_livepatch, after_enforce)
{
	const struct ka_neighbour n = { .events = see };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(overridden); i++) {
		ASSERT_EQ(0, ka_neighbour_load());
		EXPECT_EQ(-EBUSY, begin(overridden[i]));
		EXPECT_NEIGHBOUR_MODULE(true);
		ASSERT_EQ(0, ka_unload());
		ASSERT_EQ(0, begin(overridden[i]));
		EXPECT_NEIGHBOUR_SEES(&n);
		EXPECT_NEIGHBOUR_MODULE(false);
		end();
	}
}

TEST_HARNESS_MAIN

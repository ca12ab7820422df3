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
		/* The kernel tries once a second. */
		usleep(100000);
	}
	return 0;
}

static int patch(const char *function)
{
	char params[64];
	int ret, fd = open(getenv("KA_LIVEPATCH"), O_RDONLY | O_CLOEXEC);

	snprintf(params, sizeof(params), "function=%s", function);
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret ?: wait_for_transition();
}

static void unpatch(void)
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
	unpatch();
	KA_CG_TEARDOWN();
}

static int begin(const struct ka_neighbour *n)
{
	return patch(n->how);
}

static void end(const struct ka_neighbour *n)
{
	unpatch();
}

/* Of each function; the least counts. */
static long see(const struct ka_neighbour *n)
{
	const char *text = ka_read(HITS) ?: "-1", *more = strchr(text, ',');
	long first = atol(text), second = more ? atol(more + 1) : first;

	return first < second ? first : second;
}

/* Of what makes new sockets, and of where one is accepted. */
TEST_F(neighbour_livepatch, of_what_is_looked_at)
{
	static const struct ka_neighbour n = {
		"livepatch", begin, end, see, .how = "tcp_init_sock,security_sock_graft",
	};

	EXPECT_NEIGHBOUR(&n);
}

static bool names(const char *line, const char *function)
{
	return strstr(line, function) && strstr(line, "livepatch");
}

/*
 * Both cannot be. The livepatch is there: the load says which function it cannot
 * have, and why; without enforce it can. Enforce is there: the kernel refuses the
 * livepatch, and what is enforced stays so.
 */
#define EITHER_OR(_function) do { \
	static const struct ka_neighbour __n = { "livepatch", begin, end, see, NULL, _function }; \
	int __log = ka_log_open(); \
	const char *__line; \
	ASSERT_EQ(0, patch(_function)); \
	ka_log_lines(__log); \
	EXPECT_EQ(-EBUSY, ka_neighbour_load()); \
	EXPECT_FALSE(ka_loaded()); \
	__line = ka_log_only(__log); \
	EXPECT_TRUE(names(__line, _function)) TH_LOG("%s", __line); \
	ASSERT_EQ(0, ka_load("keepidle=600 keepintvl=30 keepcnt=5")); \
	ka_log_lines(__log); \
	EXPECT_EQ(-EBUSY, ka_param_write("mode", "enforce")); \
	EXPECT_STREQ("default", ka_param_read("mode")); \
	__line = ka_log_only(__log); \
	EXPECT_TRUE(names(__line, _function)) TH_LOG("%s", __line); \
	EXPECT_NEIGHBOUR_SEES(&__n); \
	unpatch(); \
	/* It has gone, so that it can. */ \
	ASSERT_EQ(0, ka_param_write("mode", "enforce")); \
	ASSERT_EQ(0, ka_cg_make("a")); \
	ASSERT_EQ(0, ka_cg_policy("a", "default", 100, 20, 2)); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_EQ(-EBUSY, patch(_function)); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	ASSERT_EQ(0, ka_unload()); \
	ASSERT_EQ(0, patch(_function)); \
	EXPECT_NEIGHBOUR_SEES(&__n); \
	EXPECT_NEIGHBOUR_MODULE(false); \
	unpatch(); \
} while (0)

TEST_F(neighbour_livepatch, of_setsockopt)
{
	EITHER_OR("sock_setsockopt");
}

TEST_F(neighbour_livepatch, of_common_setsockopt)
{
	EITHER_OR("sock_common_setsockopt");
}

TEST_HARNESS_MAIN

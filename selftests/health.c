// SPDX-License-Identifier: GPL-2.0
/*
 * A hook can be silenced from outside: all kprobes by one file of debugfs, and
 * what goes through ftrace by a sysctl. The health file notices and says which,
 * a load under either fails with a line in the log, and the ftrace hook does
 * not let itself be silenced. Sockets tell whether health is right.
 */
#include "ka.h"

#define KPROBES "/sys/kernel/debug/kprobes/enabled"
#define FTRACE "/proc/sys/kernel/ftrace_enabled"

FIXTURE(health) {
	struct ka_env env;
};

FIXTURE_SETUP(health)
{
	KA_SETUP("");
}

FIXTURE_TEARDOWN(health)
{
	KA_TEARDOWN();
}

static int is_on(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = ka_get(fd).on;

	close(fd);
	return on;
}

static bool health_names(const char *part)
{
	const char *line = ka_file_read("health");

	return strcmp(line, "ok") && strstr(line, part);
}

#define EXPECT_WORKS() do { \
	EXPECT_EQ(1, is_on()); \
	EXPECT_STREQ("ok", ka_file_read("health")); \
} while (0)

/* Not where the kernel has no such knob, or somebody else holds it. */
static bool turn_off(const char *knob)
{
	return !ka_knob_write(knob, "0\n");
}

/* Fails, leaves nothing, and has said in one line what is missing and where. */
#define EXPECT_REFUSED(_params, _why) do { \
	int __log = ka_log_open(); \
	const char *__line; \
	EXPECT_GT(0, ka_load(_params)); \
	EXPECT_FALSE(ka_loaded()); \
	EXPECT_NE(0, access("/sys/kernel/ka_default", F_OK)); \
	EXPECT_EQ(0, is_on()); \
	__line = ka_log_only(__log); \
	EXPECT_TRUE(strstr(__line, _why) && strstr(__line, "tcp_init_sock")) \
		TH_LOG("%s", __line); \
	close(__log); \
} while (0)

static bool hook_is(const char *hook)
{
	return !strcmp(ka_param_read("hook"), hook);
}

TEST_F(health, ok)
{
	EXPECT_WORKS();
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	EXPECT_STREQ("ok", ka_file_read("health"));
}

static int read_as_nobody(void)
{
	if (setgid(65534) || setuid(65534))
		return KSFT_FAIL;
	return strcmp(ka_file_read("health"), "ok") ? KSFT_FAIL : KSFT_PASS;
}

TEST_F(health, ok_for_anybody)
{
	EXPECT_EQ(KSFT_PASS, ka_in_child(read_as_nobody));
}

/* Which of both is found out by patching the kernel: nobody is told both. */
static int read_both_as_nobody(void)
{
	if (setgid(65534) || setuid(65534))
		return KSFT_FAIL;
	return health_names("kprobes/enabled") && health_names("ftrace_enabled") ?
	       KSFT_PASS : KSFT_FAIL;
}

TEST_F(health, silenced_for_anybody)
{
	if (!hook_is("kprobe"))
		return;
	if (!turn_off(KPROBES))
		KA_SKIP(return, "cannot turn " KPROBES " off");
	EXPECT_EQ(KSFT_PASS, ka_in_child(read_both_as_nobody));
}

TEST_F(health, kprobes_disabled)
{
	bool kprobe = hook_is("kprobe");

	EXPECT_WORKS();
	if (!turn_off(KPROBES))
		KA_SKIP(return, "cannot turn " KPROBES " off");
	if (kprobe) {
		EXPECT_EQ(0, is_on());
		EXPECT_TRUE(health_names("kprobes/enabled")) TH_LOG("%s", ka_file_read("health"));
		EXPECT_FALSE(health_names("ftrace_enabled"));
	} else {
		EXPECT_WORKS();
	}
	ka_knobs_restore();
	EXPECT_WORKS();

	ASSERT_EQ(0, ka_unload());
	if (!turn_off(KPROBES))
		KA_SKIP(return, "cannot turn " KPROBES " off");
	if (kprobe) {
		EXPECT_REFUSED("", "kprobes/enabled");
		ka_knobs_restore();
	}
	ASSERT_EQ(0, ka_load(""));
	EXPECT_WORKS();
}

/* A kernel whose kprobes do not go through ftrace has nothing to notice. */
static void expect_kprobe_noticed(struct __test_metadata *_metadata)
{
	if (!turn_off(FTRACE))
		KA_SKIP(return, "cannot turn " FTRACE " off");
	if (is_on()) {
		EXPECT_STREQ("ok", ka_file_read("health"));
	} else {
		EXPECT_TRUE(health_names("ftrace_enabled")) TH_LOG("%s", ka_file_read("health"));
		EXPECT_FALSE(health_names("kprobes/enabled"));
	}
	ka_knobs_restore();
	EXPECT_WORKS();
}

TEST_F(health, ftrace_disabled)
{
	bool ftrace = hook_is("ftrace"), works;

	EXPECT_WORKS();
	if (ftrace) {
		EXPECT_EQ(-EBUSY, ka_knob_write(FTRACE, "0\n"));
		EXPECT_STREQ("1\n", ka_read(FTRACE));
		EXPECT_WORKS();
	} else {
		expect_kprobe_noticed(_metadata);
	}

	/* Not refused without the module, so it was the module that refused. */
	ASSERT_EQ(0, ka_unload());
	if (!turn_off(FTRACE))
		KA_SKIP(return, "cannot turn " FTRACE " off");
	works = !ftrace && !ka_load("");
	if (works)
		EXPECT_WORKS();
	else
		EXPECT_REFUSED("", "ftrace_enabled");
	ka_knobs_restore();
	ASSERT_EQ(0, ka_load(""));
	EXPECT_WORKS();
}

TEST_HARNESS_MAIN

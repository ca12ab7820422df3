// SPDX-License-Identifier: GPL-2.0
/*
 * The hook parameter: which one is in use reads back, and the kernel's own
 * lists of what is traced and probed say the same. Nothing but what makes
 * sockets is hooked, by few users of ftrace, and nothing stays hooked after the
 * unload.
 */
#include "ka.h"

#define TRACED "/sys/kernel/tracing/enabled_functions"
#define PROBED "/sys/kernel/debug/kprobes/list"

FIXTURE(hook) {
	struct ka_env env;
};

FIXTURE_SETUP(hook)
{
	KA_SETUP(NULL);
}

FIXTURE_TEARDOWN(hook)
{
	KA_TEARDOWN();
}

/* A whole file of the kernel's, for the rest of the test; "" without it. */
static char *read_all(const char *path)
{
	size_t size = 1 << 16, len = 0;
	char *text = calloc(1, size + 2);
	FILE *f = fopen(path, "re");

	if (text && f) {
		text[0] = '\n';
		len = fread(text + 1, 1, size, f);
		text[len + 1] = '\0';
	}
	if (f)
		fclose(f);
	return text;
}

/* The functions that a list names and an earlier one did not. */
static int added(const char *path, const char *before, bool (*accept)(const char *))
{
	char *now = read_all(path), *line, *save = NULL;
	int n = 0;

	for (line = strtok_r(now, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strstr(before, line) && accept(line))
			n++;
	}
	free(now);
	return n;
}

static bool is_any(const char *line)
{
	return true;
}

static bool is_tcp_init(const char *line)
{
	const char *at = strstr(line, "tcp_init_sock");

	return at && (at == line || at[-1] == ' ');
}

/* Making a socket, and a subflow joining its MPTCP socket: no more. */
static bool is_foreign(const char *line)
{
	return line[0] != ' ' && line[0] != '\t' && !strstr(line, "_init") &&
		!strstr(line, "sockopt_sync");
}

/* How many users of ftrace are new: each has a trampoline of its own. */
static int added_users(const char *before)
{
	char *now = read_all(TRACED), *line, *save = NULL;
	char seen[512] = "", trampoline[32];
	int n = 0;

	for (line = strtok_r(now, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *at = strstr(line, "tramp: ");

		if (!at || strstr(before, line) || sscanf(at, "tramp: %31s", trampoline) != 1 ||
		    strstr(seen, trampoline) || strlen(seen) + sizeof(trampoline) > sizeof(seen))
			continue;
		strcat(seen, trampoline);
		n++;
	}
	free(now);
	return n;
}

/* The list of the hook in use has what the module hooks, the other has not. */
TEST_F(hook, in_use)
{
	char *traced = read_all(TRACED), *probed = read_all(PROBED);
	int log = ka_log_open();
	const char *hook;
	int in_probed;

	ASSERT_EQ(0, ka_load(""));
	hook = ka_param_read("hook");
	EXPECT_LOGGED(log, hook);
	if (strcmp(ka_hook(), "auto"))
		EXPECT_STREQ(ka_hook(), hook);
	ASSERT_TRUE(!strcmp(hook, "ftrace") || !strcmp(hook, "kprobe"));
	in_probed = !strcmp(hook, "kprobe");
	EXPECT_EQ(1, ka_get(socket(AF_INET, SOCK_STREAM, 0)).on);
	if (access(TRACED, F_OK) || access(PROBED, F_OK))
		KA_SKIP(return, "no " TRACED " or no " PROBED);
	EXPECT_EQ(in_probed, added(PROBED, probed, is_tcp_init));
	EXPECT_EQ(0, added(PROBED, probed, is_foreign));
	/* Kprobes go through ftrace on some machines. */
	EXPECT_LE(!in_probed, added(TRACED, traced, is_tcp_init));
	EXPECT_EQ(0, added(TRACED, traced, is_foreign));
	/* Unloading waits for each: one for TCP's function, one for MPTCP's. */
	EXPECT_GE(2, added_users(traced));

	ASSERT_EQ(0, ka_unload());
	EXPECT_EQ(0, added(PROBED, probed, is_any));
	EXPECT_EQ(0, added(TRACED, traced, is_any));
	EXPECT_EQ(0, ka_log_lines(log));
}

/* Ftrace wherever the kernel can, whether auto is asked for or nothing is. */
TEST_F(hook, auto_is_the_default)
{
	char chosen[64];

	ASSERT_EQ(0, ka_load("hook=auto"));
	snprintf(chosen, sizeof(chosen), "%s", ka_param_read("hook"));
	EXPECT_EQ(1, ka_get(socket(AF_INET, SOCK_STREAM, 0)).on);
	setenv("KA_HOOK", "none", 1);
	ASSERT_EQ(0, ka_load(""));
	EXPECT_STREQ(chosen, ka_param_read("hook"));
	EXPECT_EQ(1, ka_get(socket(AF_INET, SOCK_STREAM, 0)).on);
	if (strcmp(chosen, "ftrace")) {
		EXPECT_STREQ("kprobe", chosen);
		EXPECT_EQ(-EOPNOTSUPP, ka_load("hook=ftrace"));
	}
}

TEST_F(hook, unknown)
{
	static const char * const bad[] = { "nonsense", "", "auto kprobe", "FTRACE" };
	int log = ka_log_open();
	char params[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(params, sizeof(params), "hook=\"%s\"", bad[i]);
		EXPECT_EQ(-EINVAL, ka_load(params)) TH_LOG("%s", params);
		EXPECT_FALSE(ka_loaded());
		EXPECT_LOGGED(log, "hook");
	}
}

TEST_F(hook, cannot_be_written)
{
	char before[64];

	ASSERT_EQ(0, ka_load(""));
	snprintf(before, sizeof(before), "%s", ka_param_read("hook"));
	EXPECT_GT(0, ka_param_write("hook", "kprobe"));
	EXPECT_GT(0, ka_param_write("hook", "ftrace"));
	EXPECT_STREQ(before, ka_param_read("hook"));
}

TEST_HARNESS_MAIN

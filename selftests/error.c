// SPDX-License-Identifier: GPL-2.0
/*
 * The contract's table of errors, at run time and at load: what is refused,
 * with which errno, and that a refused write changes nothing.
 */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#include "ka.h"

#define DIR "/sys/module/ka_default/parameters/"

struct refusal {
	const char *value;
	int err;
	bool at_load;	/* there, too: a load takes long */
};

static const struct refusal words[] = {
	{ "", EINVAL, true }, { " ", EINVAL }, { "on", EINVAL, true }, { "inherit", EINVAL },
	{ "Default", EINVAL }, { "defaults", EINVAL }, { "default off", EINVAL, true },
	{ "offf", EINVAL }, { "off ", EINVAL }, { " off", EINVAL }, { "1", EINVAL },
	{ "enforced", EINVAL }, { }
};

/* Whatever the maximum is. */
static const struct refusal numbers[] = {
	{ "", EINVAL }, { " ", EINVAL }, { "abc", EINVAL, true }, { "0x10", EINVAL },
	{ "5 6", EINVAL, true }, { "5s", EINVAL }, { "5 ", EINVAL }, { "1.5", EINVAL },
	{ "-", EINVAL }, { "auto", EINVAL }, { "-abc", EINVAL },
	{ "-1", ERANGE, true }, { "-32767", ERANGE }, { "32768", ERANGE, true },
	{ "4294967296", ERANGE }, { "4294967301", ERANGE },
	{ "18446744073709551617", ERANGE }, { "99999999999999999999", ERANGE },
	{ "-99999999999999999999", ERANGE }, { }
};

static const struct refusal counts[] = {
	{ "128", ERANGE, true }, { "255", ERANGE }, { "257", ERANGE }, { "abc", EINVAL, true },
	{ }
};

static const struct refusal booleans[] = {
	{ "", EINVAL, true }, { " ", EINVAL }, { "2", EINVAL }, { "maybe", EINVAL },
	{ "yesterday", EINVAL, true }, { "Y N", EINVAL }, { "10", EINVAL }, { "-1", EINVAL }, { }
};

static const struct parameter {
	const char *name;
	const char *old;
	const struct refusal *refused;
} parameters[] = {
	{ "mode", "default", words },
	{ "keepidle", "600", numbers },
	{ "keepintvl", "30", numbers },
	{ "keepcnt", "5", numbers },
	{ "keepcnt", "5", counts },
	{ "kernel_sockets", "N", booleans },
};

FIXTURE(write) {
	struct ka_env env;
};

FIXTURE_SETUP(write)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(write)
{
	KA_TEARDOWN();
}

static void refuse_writes(struct __test_metadata *_metadata, const struct parameter *p)
{
	const struct refusal *r;

	for (r = p->refused; r->value; r++) {
		EXPECT_EQ(-r->err, ka_param_write(p->name, r->value))
			TH_LOG("%s=\"%s\"", p->name, r->value);
		EXPECT_STREQ(p->old, ka_param_read(p->name));
	}
}

/* A bad write is the writer's business: an errno, and no line in the log. */
TEST_F(write, refused)
{
	int log = ka_log_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		refuse_writes(_metadata, &parameters[i]);
	EXPECT_EQ(0, ka_log_lines(log));
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 600, 30, 5);
}

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

/* The load fails with the errno and one line that names the parameter. */
static void refuse_loads(struct __test_metadata *_metadata, const struct parameter *p)
{
	int log = ka_log_open();
	const struct refusal *r;
	char params[128];

	for (r = p->refused; r->value; r++) {
		if (!r->at_load)
			continue;
		/* Good ones beside it do not help. */
		snprintf(params, sizeof(params), "keepcnt=7 %s=\"%s\" mode=off",
			 p->name, r->value);
		EXPECT_EQ(-r->err, ka_load(params)) TH_LOG("%s", params);
		EXPECT_FALSE(ka_loaded());
		EXPECT_LOGGED(log, p->name);
	}
	close(log);
}

TEST_F(load, refused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		refuse_loads(_metadata, &parameters[i]);
	EXPECT_NE(0, access("/sys/kernel/ka_default", F_OK));
	EXPECT_EQ(0, ka_get(socket(AF_INET, SOCK_STREAM, 0)).on);
	/* It was the parameters, and nothing is left of the failed loads. */
	EXPECT_EQ(0, ka_load(""));
	EXPECT_KA(socket(AF_INET, SOCK_STREAM, 0), 1, 7200, 75, 9);
}

/* What they read, in one line. */
static void read_all(char *line, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		len += snprintf(line + len, size - len, "%s ", ka_param_read(parameters[i].name));
}

static const char *good_value(size_t i)
{
	return !strcmp(parameters[i].name, "mode") ? "off\n" : "1\n";
}

static int drop_net_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[0].effective &= ~(1u << CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* Root, owner of the files, but without the capability. */
static int write_without_capability(void)
{
	char path[128];
	size_t i;

	if (drop_net_admin())
		return 100;
	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		snprintf(path, sizeof(path), DIR "%s", parameters[i].name);
		if (ka_write(path, good_value(i)) != -EPERM)
			return i + 1;
	}
	return 0;
}

/* Opened by one who may, written by one who may not. */
static int write_to_inherited_files(void)
{
	int fds[ARRAY_SIZE(parameters)];
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		snprintf(path, sizeof(path), DIR "%s", parameters[i].name);
		fds[i] = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (drop_net_admin())
		return 100;
	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		if (write(fds[i], good_value(i), strlen(good_value(i))) != -1 || errno != EPERM)
			return i + 1;
	}
	return 0;
}

/* Every capability there is, but of another user namespace. */
static int write_from_user_namespace(void)
{
	char path[128];
	size_t i;

	if (unshare(CLONE_NEWUSER))
		return KSFT_SKIP + 100;
	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		snprintf(path, sizeof(path), DIR "%s", parameters[i].name);
		if (ka_write(path, good_value(i)) != -EPERM)
			return i + 1;
	}
	return 0;
}

FIXTURE(permission) {
	struct ka_env env;
};

FIXTURE_SETUP(permission)
{
	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(permission)
{
	KA_TEARDOWN();
}

TEST_F(permission, needs_the_capability)
{
	char before[128], after[128];

	read_all(before, sizeof(before));
	EXPECT_EQ(0, ka_in_child(write_without_capability));
	EXPECT_EQ(0, ka_in_child(write_to_inherited_files));
	read_all(after, sizeof(after));
	EXPECT_STREQ(before, after);
}

TEST_F(permission, needs_it_in_the_initial_user_namespace)
{
	char before[128], after[128];
	int ret;

	read_all(before, sizeof(before));
	ret = ka_in_child(write_from_user_namespace);
	if (ret == KSFT_SKIP + 100)
		KA_SKIP(return, "no user namespaces here");
	EXPECT_EQ(0, ret);
	read_all(after, sizeof(after));
	EXPECT_STREQ(before, after);
}

TEST_HARNESS_MAIN

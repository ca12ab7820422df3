// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation that a call into the module makes fails once: the first, the
 * second, one by one until the call goes through. A call that fails has changed
 * nothing (the files, the kernel's lists of what is probed and traced, and what
 * a new socket gets are compared), and the same call works afterwards. Where the
 * kernel makes do without the memory and the call succeeds, everything works.
 *
 * Registrations (kprobe, ftrace, tracepoint, kobject) are no functions that
 * fail_function can make fail, but each allocates, and so fails here: which have
 * is seen by the backtraces of the allocations.
 *
 * A load takes long: every third of its allocations fails, and every seventh of an
 * unload; each with KA_FAULTS=1.
 */
#include <limits.h>
#include <sys/syscall.h>

#include "ka_fault.h"

#define FILES "/sys/kernel/ka_default"
#define PARAMETERS "/sys/module/ka_default/parameters"

FIXTURE(fault) {
	struct ka_env env;
	struct ka_fault f;
};

FIXTURE_SETUP(fault)
{
	KA_CG_SETUP(NULL);
	if (ka_fault_begin(&self->f))
		KA_SKIP(return, "this kernel cannot fail allocations (CONFIG_FAILSLAB)");
}

FIXTURE_TEARDOWN(fault)
{
	ka_fault_end(&self->f);
	KA_CG_TEARDOWN();
}

#define EXPECT_FAILS_WELL(_each) do { \
	const char *__wrong = _each; \
	EXPECT_STREQ("", __wrong); \
	ka_fault_show(&self->f); \
} while (0)

static int module_file = -1;
static char params[128];

static int load(void)
{
	return syscall(SYS_finit_module, module_file, params, 0) ? -errno : 0;
}

static struct ka_sock new_sock(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);
	struct ka_sock s = ka_get(fd);

	close(fd);
	return s;
}

static bool is(struct ka_sock s, int on, int idle)
{
	return s.on == on && s.idle == idle;
}

static struct ka_conn conn, multi;

static bool has_all(void)
{
	return is(new_sock(IPPROTO_TCP), 1, 600) && is(new_sock(IPPROTO_MPTCP), 1, 600) &&
		is(ka_get(conn.server), 1, 600) && is(ka_get(multi.listener), 1, 600) &&
		!strcmp(ka_file_read("health"), "ok");
}

/* Keepalive of these is the module's, for "existing" and apply; not for ever. */
static void switch_off(int fd)
{
	ka_set_on(fd, 0);
}

static void undo_load(void)
{
	ka_unload();
	switch_off(conn.server);
	switch_off(multi.listener);
}

static void set_params(const char *more)
{
	snprintf(params, sizeof(params), "keepidle=600 mode=enforce hook=%s%s", ka_hook(), more);
}

TEST_F_TIMEOUT(fault, load, 10000)
{
	static const struct ka_call call = { load, has_all, undo_load };
	static const char * const steps[] = {
		"cannot learn how MPTCP sockets are laid out",
		"cannot hook tcp_init_sock",
		"cannot hook mptcp_init_sock",
		"cannot hook subflow_ulp_init",
		"cannot make a socket to try the hooks",
		"cannot hook sock_setsockopt",
		"cannot hook sock_common_setsockopt",
		"cannot adopt the sockets that exist",
		"cannot make /sys/kernel/ka_default",
	};
	int ret, all, parameters;
	char path[PATH_MAX];
	size_t i;

	if (self->f.nth < 0)
		return;
	ASSERT_TRUE(ka_module_path(path, sizeof(path)));
	module_file = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, module_file);
	ASSERT_EQ(0, ka_conn_open(&conn, AF_INET, 0, 0));
	ASSERT_EQ(0, ka_conn_open(&multi, AF_INET, IPPROTO_MPTCP, IPPROTO_MPTCP));
	/*
	 * So many until the last parameter is refused, and so many in all. The first load
	 * may allocate what the kernel keeps.
	 */
	set_params(" existing=perhaps");
	ka_fault_count(&self->f, &call, &ret);
	parameters = ka_fault_count(&self->f, &call, &ret);
	ASSERT_EQ(-EINVAL, ret);
	set_params("");
	all = ka_fault_count(&self->f, &call, &ret);
	ASSERT_EQ(0, ret);
	undo_load();

	/* What the loader makes before them varies by one or two. */
	EXPECT_FAILS_WELL(ka_fault_back(&self->f, &call, parameters, 4, 1));
	EXPECT_EQ(1, ka_fault_said(&self->f, "invalid for parameter `keepidle'"));
	EXPECT_EQ(1, ka_fault_said(&self->f, "invalid for parameter `mode'"));

	EXPECT_FAILS_WELL(ka_fault_back(&self->f, &call, all, 0, ka_fault_step()));
	for (i = 0; ka_fault_step() == 1 && i < ARRAY_SIZE(steps); i++)
		EXPECT_LT(0, ka_fault_said(&self->f, steps[i])) TH_LOG("%s", steps[i]);
}

/* A file that is written to, opened before anything fails. */
static int written = -1;
static char text[KA_CG_PATH_MAX + 2];

static int write_it(void)
{
	return write(written, text, strlen(text)) < 0 ? -errno : 0;
}

static bool is_a(void)
{
	return !strcmp(ka_cg_get("a", "state"), "bound") &&
		!ka_cg_set("a", "keepidle", "100") && !ka_cg_set("a", "mode", "default") &&
		is(ka_cg_sock("a"), 1, 100);
}

static bool is_added(void)
{
	return ka_cg_count() == 1 && is_a();
}

static bool is_another(void)
{
	return ka_cg_count() == 2 && is_a();
}

static void drop(void)
{
	ka_cg_drop("a");
}

TEST_F_TIMEOUT(fault, add, 600)
{
	static const struct ka_call call = { write_it, is_added, drop };
	static const struct ka_call another = { write_it, is_another, drop };

	if (self->f.nth < 0)
		return;
	ASSERT_EQ(0, ka_load("keepidle=600"));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_LE(0, written = open(KA_CGROUPS "add", O_WRONLY | O_CLOEXEC));
	snprintf(text, sizeof(text), "%s", ka_cg_path("a"));
	/* The first policy: its hook and tracepoints come with it. */
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 1));
	EXPECT_LT(10, self->f.failed);
	EXPECT_EQ(2, ka_fault_called(&self->f, "tracepoint_probe_register"));
	EXPECT_EQ(1, ka_fault_called(&self->f, "kobject_init_and_add"));
	EXPECT_LT(0, ka_fault_said(&self->f, "cannot hook security_sock_graft"));
	/* And one more. */
	ASSERT_EQ(0, ka_cg_add("other"));
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &another, 1));
	EXPECT_LT(5, self->f.failed);
}

static bool is_dropped(void)
{
	return ka_cg_count() == 0 && is(ka_cg_sock("a"), 1, 600);
}

static void add(void)
{
	ka_cg_add("a");
	ka_cg_set("a", "mode", "off");
}

/*
 * To let a kprobe go the kernel must allocate, and when it cannot it warns. Then
 * the module still lets go of it, and has it again afterwards.
 */
static void bear_warnings(void)
{
	ka_knob_write("/proc/sys/kernel/panic_on_warn", "0\n");
}

TEST_F_TIMEOUT(fault, remove, 300)
{
	static const struct ka_call call = { write_it, is_dropped, add };

	if (self->f.nth < 0)
		return;
	bear_warnings();
	ASSERT_EQ(0, ka_load("keepidle=600"));
	ASSERT_EQ(0, ka_cg_make("a"));
	add();
	ASSERT_LE(0, written = open(KA_CGROUPS "remove", O_WRONLY | O_CLOEXEC));
	snprintf(text, sizeof(text), "%s", ka_cg_path("a"));
	/* The last one takes its hook along. */
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 1));
	EXPECT_LT(0, self->f.failed);
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ka_default", O_NONBLOCK) ? -errno : 0;
}

static bool is_unloaded(void)
{
	return !ka_loaded() && is(new_sock(IPPROTO_TCP), 0, 7200);
}

/* With every hook there is. */
static void load_all(void)
{
	ka_load("keepidle=600 mode=enforce existing=N");
	ka_cg_add("a");
}

TEST_F_TIMEOUT(fault, unload, 10000)
{
	static const struct ka_call call = { unload, is_unloaded, load_all };

	if (self->f.nth < 0)
		return;
	bear_warnings();
	ASSERT_EQ(0, ka_cg_make("a"));
	load_all();
	/* Most are many in a row, copies of ftrace's filters. */
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 3 * ka_fault_step() - 2));
	/* With hook=ftrace there may be none. */
	if (strcmp(ka_hook(), "ftrace"))
		EXPECT_LT(0, self->f.calls);
}

static const char *new_value, *old_value, *value_file;

static bool is_set(void)
{
	const char *now = ka_read(value_file);

	return now && strlen(now) == strlen(new_value) + 1 &&
		!strncmp(now, new_value, strlen(new_value));
}

static void set_back(void)
{
	ka_write(value_file, old_value);
}

TEST_F_TIMEOUT(fault, set, 900)
{
	static const struct ka_call call = { write_it, is_set, set_back };
	static const struct {
		const char *file, *old, *new;
	} values[] = {
		{ PARAMETERS "/keepidle", "600", "700" },
		{ PARAMETERS "/kernel_sockets", "N", "Y" },
		{ PARAMETERS "/mode", "default", "off" },
		{ PARAMETERS "/mode", "default", "enforce" },
		{ "keepcnt", "0", "7" },
		{ "mode", "inherit", "default" },
		{ "mode", "inherit", "enforce" },
		{ PARAMETERS "/mode", "enforce", "default" },
	};
	char path[PATH_MAX];
	size_t i;

	if (self->f.nth < 0)
		return;
	bear_warnings();
	ASSERT_EQ(0, ka_load("keepidle=600"));
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, ka_cg_add("a"));
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(path, sizeof(path), "%s", values[i].file[0] == '/' ? values[i].file :
			 ka_cg_file("a", values[i].file));
		value_file = path;
		old_value = values[i].old;
		new_value = values[i].new;
		snprintf(text, sizeof(text), "%s", new_value);
		set_back();
		ASSERT_LE(0, written = open(path, O_WRONLY | O_CLOEXEC));
		EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 1));
		EXPECT_LT(0, self->f.failed) TH_LOG("%s %s", path, text);
		if (!strcmp(text, "enforce")) {
			EXPECT_LT(0, ka_fault_said(&self->f, "cannot hook sock_setsockopt"));
			EXPECT_LT(0, ka_fault_said(&self->f, "cannot hook sock_common_setsockopt"));
		}
		close(written);
	}
}

static bool is_adopted(void)
{
	return is(ka_get(conn.server), 1, 600) && is(ka_get(multi.listener), 1, 600);
}

static void unadopt(void)
{
	switch_off(conn.server);
	switch_off(multi.listener);
}

/* One that fails may have done a part of them. */
static int adopt(void)
{
	unadopt();
	return write_it();
}

TEST_F_TIMEOUT(fault, apply, 300)
{
	static const struct ka_call call = { adopt, is_adopted, unadopt };

	if (self->f.nth < 0)
		return;
	ASSERT_EQ(0, ka_conn_open(&conn, AF_INET, 0, 0));
	ASSERT_EQ(0, ka_conn_open(&multi, AF_INET, IPPROTO_MPTCP, IPPROTO_MPTCP));
	ASSERT_EQ(0, ka_load("keepidle=600"));
	unadopt();
	ASSERT_LE(0, written = open(FILES "/apply", O_WRONLY | O_CLOEXEC));
	snprintf(text, sizeof(text), "1");
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 1));
	EXPECT_LT(2, self->f.failed);
}

/* Where it cannot look it says so by an error: it never calls a hook silent. */
static char health[256];

static int read_health(void)
{
	ssize_t len = pread(written, health, sizeof(health) - 1, 0);

	if (len < 0)
		return -errno;
	health[len] = '\0';
	return 0;
}

static bool is_well(void)
{
	return !strcmp(health, "ok\n");
}

static void nothing(void)
{
}

TEST_F_TIMEOUT(fault, health, 300)
{
	static const struct ka_call call = { read_health, is_well, nothing };

	if (self->f.nth < 0)
		return;
	ASSERT_EQ(0, ka_load("keepidle=600"));
	ASSERT_LE(0, written = open(FILES "/health", O_RDONLY | O_CLOEXEC));
	EXPECT_FAILS_WELL(ka_fault_each(&self->f, &call, 1));
	EXPECT_LT(5, self->f.failed);
}

TEST_HARNESS_MAIN

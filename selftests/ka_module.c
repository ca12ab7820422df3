// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading ka_default, its files, and leaving the system as it
 * was found: whether the module was loaded and with what, and every knob that
 * a test turned. That is put right after the last test, after a failed one and
 * when the run is told to stop.
 *
 * KA_MODULE is the path of the module to test; without it the one that
 * modprobe would take. KA_HOOK is the hook to load it with (default auto).
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ka.h"

#define PARAMETERS "/sys/module/ka_default/parameters/"
#define FILES "/sys/kernel/ka_default/"
#define NR_KNOBS 8
#define NR_BORROWED 4

#define KSFT_FAIL 1
#define KSFT_SKIP 4

/* Shared by the processes of a run: the tests write it, the first one reads. */
static struct {
	pid_t owner;
	pid_t test;		/* process group of the running test */
	bool was_loaded;
	bool plain;		/* loaded by a test, with the hook of all tests */
	char params[512];
	struct {
		char path[128];
		char old[64];
	} knobs[NR_KNOBS];
	char borrowed[NR_BORROWED][32];
} *found;

const char *ka_read(const char *path)
{
	static char buf[4096];
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (len < 0)
		return NULL;
	buf[len] = '\0';
	return buf;
}

int ka_write(const char *path, const char *text)
{
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* A file's one line without its newline; "" where there is no such file. */
static const char *read_line(const char *dir, const char *name)
{
	static char line[4096];
	char path[PATH_MAX];
	const char *text;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	text = ka_read(path);
	snprintf(line, sizeof(line), "%s", text ? text : "");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

const char *ka_param_read(const char *name)
{
	return read_line(PARAMETERS, name);
}

const char *ka_file_read(const char *name)
{
	return read_line(FILES, name);
}

int ka_param_write(const char *name, const char *value)
{
	char path[PATH_MAX], line[256];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(line, sizeof(line), "%s\n", value);
	return ka_write(path, line);
}

int ka_param_set(const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	return ka_param_write(name, text);
}

long long ka_stat(const char *name)
{
	char file[64], *end;
	const char *text;
	long long value;

	snprintf(file, sizeof(file), "stats/%s", name);
	text = ka_file_read(file);
	value = strtoll(text, &end, 10);
	return end == text || *end ? -1 : value;
}

bool ka_loaded(void)
{
	return !access("/sys/module/ka_default", F_OK);
}

/* The hook that the tests are to use; "none" leaves the choice to the module. */
const char *ka_hook(void)
{
	const char *hook = getenv("KA_HOOK");

	return hook && *hook ? hook : "auto";
}

/* What the kernel's index of modules has for it, as modprobe looks it up. */
static bool module_path(char *path, size_t size)
{
	const char *override = getenv("KA_MODULE");
	char line[1024], dir[128];
	bool seen = false;
	struct utsname u;
	FILE *dep;

	if (override && *override)
		return (size_t)snprintf(path, size, "%s", override) < size;
	uname(&u);
	snprintf(dir, sizeof(dir), "/lib/modules/%s/", u.release);
	snprintf(path, size, "%smodules.dep", dir);
	dep = fopen(path, "re");
	while (dep && !seen && fgets(line, sizeof(line), dep)) {
		line[strcspn(line, ":\n")] = '\0';
		seen = strstr(line, "/ka_default.ko");
		snprintf(path, size, "%s%s", *line == '/' ? "" : dir, line);
	}
	if (dep)
		fclose(dep);
	return seen;
}

/* Runs a program with stdout as given; its exit status. */
static int run(int out, const char *a, const char *b, const char *c)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (out >= 0)
			dup2(out, STDOUT_FILENO);
		execlp(a, a, b, c, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * Calls a function in a process of its own, which may give up its rights; what
 * it returned (0 to 255), -1 if it ended in another way.
 */
int ka_in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(fn());
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The module as a file to load: a distribution may have it compressed. */
static int module_open(void)
{
	const char *tool = NULL;
	char path[PATH_MAX];
	int fd;

	if (!module_path(path, sizeof(path)))
		return -ENOENT;
	if (strstr(path, ".ko.xz"))
		tool = "xz";
	else if (strstr(path, ".ko.zst"))
		tool = "zstd";
	else if (strstr(path, ".ko.gz"))
		tool = "gzip";
	if (!tool) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = syscall(SYS_memfd_create, "ka_default", 0);
	if (fd < 0 || run(fd, tool, "-dc", path))
		return -EIO;
	return fd;
}

static int insert(const char *params)
{
	int fd = module_open();
	int ret = 0;

	if (fd < 0)
		return fd;
	if (syscall(SYS_finit_module, fd, params, 0))
		ret = -errno;
	close(fd);
	return ret;
}

/* Loads the module anew. KA_HOOK counts unless @params choose a hook. */
int ka_load(const char *params)
{
	char line[512];
	int ret;

	ret = ka_unload();
	if (ret)
		return ret;
	found->plain = !strstr(params, "hook") && strcmp(ka_hook(), "none");
	if (!found->plain)
		return insert(params);
	snprintf(line, sizeof(line), "%s hook=%s", params, ka_hook());
	return insert(line);
}

int ka_unload(void)
{
	found->test = getpgrp();
	if (!ka_loaded())
		return 0;
	return syscall(SYS_delete_module, "ka_default", O_NONBLOCK) ? -errno : 0;
}

/*
 * As ka_load(), but a module that is there already is told by writes: loading
 * and unloading takes long where it goes through ftrace.
 */
int ka_policy(const char *params)
{
	static const char builtin[] =
		"mode=default keepidle=0 keepintvl=0 keepcnt=0 kernel_sockets=N ";
	char line[512], *name, *value, *save = NULL;
	int ret;

	if (!ka_loaded() || !found->plain)
		return ka_load(params);
	snprintf(line, sizeof(line), "%s%s", builtin, params);
	for (name = strtok_r(line, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		value = strchr(name, '=');
		*value++ = '\0';
		ret = ka_param_write(name, value);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Turns a knob of the system, which is turned back at the end of the test.
 * Not for what belongs to a network namespace: that goes with it.
 */
int ka_knob_write(const char *path, const char *text)
{
	const char *old;
	int i, ret;

	for (i = 0; i < NR_KNOBS && *found->knobs[i].path; i++) {
		if (!strcmp(found->knobs[i].path, path))
			return ka_write(path, text);
	}
	old = ka_read(path);
	if (!old)
		return -errno;
	if (i == NR_KNOBS)
		return -ENOSPC;
	snprintf(found->knobs[i].old, sizeof(found->knobs[i].old), "%.60s", old);
	snprintf(found->knobs[i].path, sizeof(found->knobs[i].path), "%s", path);
	ret = ka_write(path, text);
	if (ret)
		*found->knobs[i].path = '\0';
	return ret;
}

void ka_knobs_restore(void)
{
	int i;

	for (i = 0; i < NR_KNOBS && *found->knobs[i].path; i++) {
		ka_write(found->knobs[i].path, found->knobs[i].old);
		*found->knobs[i].path = '\0';
	}
}

static bool module_present(const char *module)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return !access(path, F_OK);
}

/* Has one of the kernel's own modules until the end of the run. */
bool ka_borrow(const char *module)
{
	int i;

	if (module_present(module))
		return true;
	for (i = 0; i < NR_BORROWED && *found->borrowed[i]; i++)
		;
	if (i == NR_BORROWED || run(-1, "modprobe", "-q", module))
		return false;
	snprintf(found->borrowed[i], sizeof(found->borrowed[i]), "%s", module);
	return true;
}

static void record_module(void)
{
	static const char * const names[] = {
		"mode", "keepidle", "keepintvl", "keepcnt", "user_timeout",
		"kernel_sockets", "existing", "hook",
	};
	size_t i, len = 0;

	found->was_loaded = ka_loaded();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = ka_param_read(names[i]);

		if (*value)
			len += snprintf(found->params + len, sizeof(found->params) - len,
					"%s=%s ", names[i], value);
	}
}

static void restore(void)
{
	long end = ka_ms() + KA_CAP_MS;
	int i;

	if (getpid() != found->owner)
		return;
	ka_knobs_restore();
	ka_unload();
	if (found->was_loaded && insert(found->params))
		fprintf(stderr, "# ka_default was loaded with %s and is not now\n", found->params);
	for (i = 0; i < NR_BORROWED && *found->borrowed[i]; i++) {
		/* A network namespace that is still being taken down holds it. */
		while (run(-1, "modprobe", "-rq", found->borrowed[i]) && ka_ms() < end)
			ka_nap();
	}
}

/* Told to stop: the tests have process groups of their own. */
static void stop(int sig)
{
	if (getpid() == found->owner) {
		if (found->test > 1 && found->test != getpgrp())
			kill(-found->test, SIGKILL);
		restore();
	}
	_exit(128 + sig);
}

static void quit(const char *why)
{
	bool fail = getenv("KA_NO_SKIP");

	printf("TAP version 13\n1..0 # SKIP %s\n", why);
	exit(fail ? KSFT_FAIL : KSFT_SKIP);
}

static void __attribute__((constructor)) begin(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	char path[PATH_MAX];
	size_t i;

	if (geteuid())
		quit("only root can load modules");
	if (!module_path(path, sizeof(path)))
		quit("no ka_default is installed for this kernel and KA_MODULE is not set");
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (found == MAP_FAILED)
		quit("no memory");
	found->owner = getpid();
	record_module();
	atexit(restore);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], stop);
}

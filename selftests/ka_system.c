// SPDX-License-Identifier: GPL-2.0
/*
 * Leaving the system as it was found: whether the module was loaded and with
 * what, every knob that a test turned, and the kernel's own modules that it
 * needed. That is put right after the last test, after a failed one and when
 * the run is told to stop.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ka.h"

#define NR_KNOBS 8
#define NR_BORROWED 4

#define KSFT_FAIL 1
#define KSFT_SKIP 4

/* Of all processes of a run: the tests write it, the first one reads it. */
static struct {
	struct ka_shared shared;
	pid_t owner;
	bool was_loaded;
	char params[512];
	struct {
		char path[128];
		char old[64];
	} knobs[NR_KNOBS];
	char borrowed[NR_BORROWED][32];
} *found;

struct ka_shared *ka_shared;

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

/* Runs a program, with that file as its stdout unless -1; its exit status. */
int ka_run(int out, const char *a, const char *b, const char *c)
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
	if (i == NR_BORROWED || ka_run(-1, "modprobe", "-q", module))
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
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = ka_param_read(names[i]);

		if (*value)
			len += snprintf(found->params + len, sizeof(found->params) - len,
					"%s=%s ", names[i], value);
	}
}

/* What a failed or killed test has left running may still load the module. */
static void end_tests(void)
{
	long end = ka_ms() + KA_CAP_MS;

	if (ka_shared->test > 1 && ka_shared->test != getpgrp())
		kill(-ka_shared->test, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) >= 0 && ka_ms() < end)
		ka_nap();
}

static void restore(void)
{
	long end = ka_ms() + KA_CAP_MS;
	int i;

	if (getpid() != found->owner)
		return;
	end_tests();
	ka_knobs_restore();
	ka_unload();
	if (found->was_loaded && ka_insert(found->params))
		fprintf(stderr, "# ka_default was loaded with %s and is not now\n", found->params);
	for (i = 0; i < NR_BORROWED && *found->borrowed[i]; i++) {
		/* A network namespace that is still being taken down holds it. */
		while (ka_run(-1, "modprobe", "-rq", found->borrowed[i]) && ka_ms() < end)
			ka_nap();
	}
}

/* Told to stop: the tests have process groups of their own, and are not. */
static void stop(int sig)
{
	restore();
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
	if (!ka_module_path(path, sizeof(path)))
		quit("no ka_default is installed for this kernel and KA_MODULE is not set");
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (found == MAP_FAILED)
		quit("no memory");
	found->owner = getpid();
	ka_shared = &found->shared;
	record_module();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	atexit(restore);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], stop);
}

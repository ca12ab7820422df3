// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that are born in a cgroup, so that all they do is done there, and
 * what the tests have them do.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ka_cgroup.h"

/* Memory that a test shares with the processes that it starts. */
void *ka_cg_shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* As fork(2), but the child is born in the cgroup: nothing it does is before. */
pid_t ka_cg_fork(const char *name, unsigned long long flags)
{
	struct clone_args args = {
		.flags = flags | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;
	int dir;

	dir = open(ka_cg_fs(name, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	args.cgroup = dir;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		/* Who shares the descriptors has it closed for him. */
		if (!(flags & CLONE_FILES))
			close(dir);
		return 0;
	}
	if (pid < 0)
		pid = -errno;
	close(dir);
	return pid;
}

/* The exit status of a process, a negative errno if it had none. */
int ka_cg_wait(pid_t pid)
{
	int status;

	if (pid < 0)
		return pid;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/*
 * Calls a function in a process that is born in the cgroup and shares the
 * descriptors of this one, but no memory; what it returned.
 */
int ka_cg_run(const char *name, int (*fn)(void *arg), void *arg)
{
	static int *result;
	pid_t pid;
	int ret;

	if (!result)
		result = ka_cg_shared(sizeof(*result));
	pid = ka_cg_fork(name, CLONE_FILES);
	if (!pid) {
		*result = fn(arg);
		_exit(0);
	}
	ret = ka_cg_wait(pid);
	return ret ? (ret < 0 ? ret : -EIO) : *result;
}

static int look(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*(struct ka_sock *)arg = ka_get(fd);
	close(fd);
	return 0;
}

/* What a TCP socket is like that a process in the cgroup makes first. */
struct ka_sock ka_cg_sock(const char *name)
{
	static struct ka_sock *s;
	int ret;

	if (!s)
		s = ka_cg_shared(sizeof(*s));
	ret = ka_cg_run(name, look, s);
	return ret ? (struct ka_sock) { .on = ret } : *s;
}

static int make(void *arg)
{
	const int *how = arg;
	int fd = socket(how[0], SOCK_STREAM, how[1]);

	return fd < 0 ? -errno : fd;
}

/* A socket of this process, which one in the cgroup has made. */
int ka_cg_socket(const char *name, int family, int protocol)
{
	int how[] = { family, protocol };

	return ka_cg_run(name, make, how);
}

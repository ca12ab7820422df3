// SPDX-License-Identifier: GPL-2.0
/* process.c - a process and the sockets that it holds */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"
#include "sys.h"

/* include/linux/sched.h, as in the 9th field of /proc/PID/stat */
#define PF_KTHREAD 0x00200000

static int pidfd_open(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static int pidfd_getfd(int pidfd, int fd)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

/**
 * process_possible() - can this kernel duplicate another process's descriptors?
 *
 * Return: false before Linux 5.6.
 */
bool process_possible(void)
{
	/* A sandbox may say EPERM, which then is said of each process. */
	return pidfd_getfd(-1, 0) < 0 && (errno == EBADF || errno == EPERM);
}

/**
 * process_open() - begin with a process
 * @p: filled
 * @pid: which
 *
 * The descriptor comes before the directory: if the process goes and another
 * takes its number in between, nothing can be had from the former any more.
 *
 * Return: 0 or a negative errno.
 */
int process_open(struct process *p, pid_t pid)
{
	char path[SYS_PATH_MAX];
	int err;

	p->pid = pid;
	p->pidfd = pidfd_open(pid);
	if (p->pidfd < 0)
		return -errno;
	p->fds = opendir(sys_path(path, "/proc/%d/fd", pid));
	if (p->fds)
		return 0;
	err = -errno;
	close(p->pidfd);
	return err;
}

/**
 * process_close() - done with a process
 * @p: of process_open()
 */
void process_close(struct process *p)
{
	closedir(p->fds);
	close(p->pidfd);
}

/**
 * process_next_socket() - the next descriptor that is a socket, of any kind
 * @p: of process_open()
 * @inode: the socket's inode
 *
 * Return: the descriptor, or -1 after the last one.
 */
int process_next_socket(struct process *p, uint64_t *inode)
{
	unsigned long long n;
	struct dirent *e;
	char link[64];
	ssize_t len;

	while ((e = readdir(p->fds))) {
		len = readlinkat(dirfd(p->fds), e->d_name, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = '\0';
		if (sscanf(link, "socket:[%llu]", &n) != 1)
			continue;
		*inode = n;
		return atoi(e->d_name);
	}
	return -1;
}

/**
 * process_get() - duplicate a descriptor of a process
 * @p: of process_open()
 * @fd: the descriptor
 * @inode: of the file that it must be, for it may mean another one by now
 *
 * Return: a descriptor of ours or a negative errno.
 */
int process_get(const struct process *p, int fd, uint64_t inode)
{
	int got = pidfd_getfd(p->pidfd, fd);
	struct stat st;

	if (got < 0)
		return -errno;
	if (!fstat(got, &st) && st.st_ino == inode)
		return got;
	close(got);
	return -ESTALE;
}

/**
 * process_command() - the name of a process
 * @pid: the process
 * @command: filled; what is not ASCII, or not to be printed, is a "?"
 * @size: of @command
 */
void process_command(pid_t pid, char *command, size_t size)
{
	char path[64], *c;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	sys_get(command, size, path);
	for (c = command; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/**
 * process_parse_stat() - take two fields of a /proc/PID/stat
 * @text: the whole file
 * @state: the letter
 * @flags: the PF_ flags
 *
 * The name, which is a field too, may hold anything, parentheses included.
 *
 * Return: true if they are there.
 */
bool process_parse_stat(const char *text, char *state, unsigned long *flags)
{
	const char *end = strrchr(text, ')');

	return end && sscanf(end, ") %c %*d %*d %*d %*d %*d %lu", state, flags) == 2;
}

/**
 * process_has_none() - is this a process that has no descriptors at all?
 * @pid: the process
 *
 * A thread of the kernel's and a zombie have none, but who is not root is not
 * even told that.
 *
 * Return: true if so.
 */
bool process_has_none(pid_t pid)
{
	char path[64], text[1024], state;
	unsigned long flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (sys_get(text, sizeof(text), path) ||
	    !process_parse_stat(text, &state, &flags))
		return true;
	return flags & PF_KTHREAD || state == 'Z' || state == 'X';
}

// SPDX-License-Identifier: GPL-2.0
/* socks.c - the TCP sockets of all processes */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kactl.h"
#include "process.h"
#include "say.h"
#include "socks.h"
#include "sys.h"

struct collection {
	struct socks public;	/* first: it is what callers have */
	void *by_inode;		/* tsearch(3) of struct sock */
	struct holder **holders;
	size_t nr_holders;
	struct sockdiag *diag;
	struct cgroups *cgroups;
	struct timespec shown;	/* when progress was shown last */
	bool watched;		/* stderr is a terminal */
	bool progress;		/* was shown */
};

static void *must(void *p)
{
	if (!p)
		err(KACTL_FAILED, "kactl");
	return p;
}

/* An array that doubles: room for one more. */
static void *grown(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return must(reallocarray(array, nr ? nr * 2 : 1, size));
}

static int compare(const void *a, const void *b)
{
	const struct sock *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static long ms_between(const struct timespec *a, const struct timespec *b)
{
	return (b->tv_sec - a->tv_sec) * 1000 + (b->tv_nsec - a->tv_nsec) / 1000000;
}

/* Once a second, from the second one on, for a person who waits. */
static void show_progress(struct collection *c)
{
	struct timespec now;

	if (!c->watched)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (ms_between(&c->shown, &now) < 1000)
		return;
	c->shown = now;
	c->progress = true;
	fprintf(stderr, "\r%zu sockets of %zu processes ...", c->public.nr,
		c->nr_holders);
}

static const struct holder *new_holder(struct collection *c, pid_t pid)
{
	struct holder *h = must(calloc(1, sizeof(*h)));

	c->holders = grown(c->holders, c->nr_holders, sizeof(*c->holders));
	c->holders[c->nr_holders++] = h;
	h->pid = pid;
	process_command(pid, h->command, sizeof(h->command));
	h->cgroup = cgroups_of_process(c->cgroups, pid);
	return h;
}

/* The process that is looked at, which may have the socket more than once. */
static void hold(struct collection *c, struct sock *s, pid_t pid)
{
	size_t last = c->nr_holders - 1;
	const struct holder *h;

	h = c->nr_holders && c->holders[last]->pid == pid ? c->holders[last] :
	    new_holder(c, pid);
	if (s->nr_holders && s->holders[s->nr_holders - 1] == h)
		return;
	s->holders = grown(s->holders, s->nr_holders, sizeof(*s->holders));
	s->holders[s->nr_holders++] = h;
}

static void place(struct collection *c, struct sock *s, const struct diag *diag)
{
	const struct cgroup *task = s->holders[0]->cgroup;

	if (!diag || !diag->cgroup || (task && task->id == diag->cgroup))
		s->cgroup = task;
	else
		s->cgroup = cgroups_of_id(c->cgroups, diag->cgroup);
	s->accepted = diag && s->state != TCP_LISTEN && s->state != TCP_CLOSE &&
		      sockdiag_listens(c->diag, diag);
}

/* If it is TCP: most sockets of most machines are not. */
static void add(struct collection *c, int fd, uint64_t inode, pid_t pid)
{
	int protocol = sock_protocol(fd);
	const struct diag *diag;
	struct sock *s;

	if (!protocol)
		return;
	diag = sockdiag_find(c->diag, inode, protocol);
	if (!diag && !sock_is_stream(fd))
		return;
	if (!diag)
		diag = sockdiag_find_from(c->diag, inode, protocol, fd);
	s = must(calloc(1, sizeof(*s)));
	s->inode = inode;
	s->protocol = protocol;
	sock_read(s, fd, diag);
	hold(c, s, pid);
	place(c, s, diag);
	must(tsearch(s, &c->by_inode, compare));
	c->public.sock = grown(c->public.sock, c->public.nr, sizeof(*c->public.sock));
	c->public.sock[c->public.nr++] = s;
}

/* Returns 0, or -EPERM if the process is not for us to look into. */
static int look_at(struct collection *c, struct process *p, int fd, uint64_t inode)
{
	const struct sock key = { .inode = inode };
	struct sock *const *known = tfind(&key, &c->by_inode, compare);
	int got;

	if (known) {
		hold(c, *known, p->pid);
		return 0;
	}
	got = process_get(p, fd, inode);
	if (got < 0)
		return got == -EPERM ? got : 0;
	add(c, got, inode, p->pid);
	close(got);
	return 0;
}

static void look_into(struct collection *c, pid_t pid)
{
	struct process p;
	uint64_t inode;
	int fd, err;

	err = process_open(&p, pid);
	if (!err) {
		while (!err && (fd = process_next_socket(&p, &inode)) >= 0) {
			err = look_at(c, &p, fd, inode);
			show_progress(c);
		}
		process_close(&p);
	}
	if ((err == -EACCES || err == -EPERM) && !process_has_none(pid))
		c->public.hidden++;
}

static int look_into_all(struct collection *c)
{
	char path[SYS_PATH_MAX];
	struct dirent *e;
	DIR *proc;

	proc = opendir(sys_path(path, "/proc"));
	if (!proc)
		return say_failure("cannot read /proc: %s", strerror(errno));
	while ((e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]))
			look_into(c, atoi(e->d_name));
	closedir(proc);
	return 0;
}

static int look_into_one(struct collection *c, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (!sys_has(path))
		return say_failure("there is no process %d", pid);
	look_into(c, pid);
	return 0;
}

/**
 * socks_collect() - find every TCP socket of every process
 * @socks: filled, to be freed with socks_free()
 * @only: only of this process, 0 for all
 *
 * Return: 0, or KACTL_FAILED after a complaint, with nothing to free.
 */
int socks_collect(struct socks **socks, pid_t only)
{
	struct collection *c;
	int err;

	if (!process_possible())
		return say_failure("this kernel has no pidfd_getfd(2), which came with Linux 5.6");
	c = must(calloc(1, sizeof(*c)));
	c->watched = isatty(STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &c->shown);
	c->cgroups = cgroups_new();
	c->diag = sockdiag_new();
	err = only ? look_into_one(c, only) : look_into_all(c);
	if (c->progress)
		fputs("\r\033[K", stderr);
	if (err)
		socks_free(&c->public);
	else
		*socks = &c->public;
	return err;
}

/**
 * socks_say_hidden() - say it if some processes could not be looked into
 * @socks: of socks_collect()
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int socks_say_hidden(const struct socks *socks)
{
	if (!socks->hidden)
		return 0;
	return say_failure("%zu process%s not looked into: that needs %s",
			   socks->hidden, socks->hidden == 1 ? " was" : "es were",
			   geteuid() ? "root" :
			   "CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3");
}

/**
 * socks_free() - the end of it
 * @socks: of socks_collect()
 */
void socks_free(struct socks *socks)
{
	struct collection *c = (struct collection *)socks;
	size_t i;

	for (i = 0; i < c->public.nr; i++) {
		tdelete(c->public.sock[i], &c->by_inode, compare);
		free(c->public.sock[i]->holders);
		free(c->public.sock[i]);
	}
	for (i = 0; i < c->nr_holders; i++)
		free(c->holders[i]);
	free(c->public.sock);
	free(c->holders);
	sockdiag_free(c->diag);
	cgroups_free(c->cgroups);
	free(c);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * existing_mptcp.c - adopt every MPTCP socket that a task has open
 *
 * MPTCP sockets are in no hash table a module can walk, but in the file tables
 * of the tasks. Files are held a few at a time under the table's lock, and the
 * kernel's own setsockopt() does the rest, subflows included, with no lock of
 * ours held. What MPTCP has no option for, existing.c gives the subflows.
 */
#include "ka_default.h"

#include <linux/cgroup.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/idr.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/xarray.h>
#include <net/sock.h>

#include "compat/net.h"
#include "enforce.h"
#include "existing.h"
#include "keepalive.h"
#include "mptcp.h"
#include "policy.h"

#if IS_ENABLED(CONFIG_MPTCP)
#define BATCH 16

struct held {
	struct file *file[BATCH];
	unsigned int n;
};

/* The next task from @nr on, with a reference; @nr becomes its number. */
static struct task_struct *next_task_from(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!task) {
		pid = idr_get_next(&init_pid_ns.idr, nr);
		if (!pid)
			break;
		task = pid_task(pid, PIDTYPE_PID);
		if (!task)
			++*nr;
	}
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/* Under the file table's lock: no sleeping. Returns where to go on. */
static int hold_file(const void *data, struct file *file, unsigned int fd)
{
	struct held *held = (struct held *)data;
	struct socket *sock = ka_sock_from_file(file);

	if (!sock || !sock->sk || !ka_is_mptcp(sock->sk))
		return 0;
	held->file[held->n++] = get_file(file);
	return held->n == BATCH ? fd + 1 : 0;
}

/* Threads share their leader's table; the leader brings it. */
static int hold_files(struct task_struct *task, unsigned int from,
		      struct held *held)
{
	struct task_struct *leader;
	int next = 0;

	held->n = 0;
	rcu_read_lock();
	leader = READ_ONCE(task->group_leader);
	task_lock(task);
	if (task->files &&
	    (task == leader || READ_ONCE(leader->files) != task->files))
		next = iterate_fd(task->files, from, hold_file, held);
	task_unlock(task);
	rcu_read_unlock();
	return next;
}

/* What a program set itself stays, unless the policy enforces. */
static void set_value(struct socket *sock, const struct ka_policy *p,
		      size_t offset, int optname, int value)
{
	int theirs = offset ? READ_ONCE(*ka_mptcp_field(sock->sk, offset)) : 0;

	if (value && value != theirs &&
	    (p->mode == KA_MODE_ENFORCE || !theirs))
		ka_enforce_setsockopt(sock, SOL_TCP, optname, value);
}

static bool is_busy(struct sock *sk)
{
	bool busy;

	local_bh_disable();
	bh_lock_sock(sk);
	busy = sock_owned_by_user(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	return busy;
}

static int adopt(struct socket *sock)
{
	const struct ka_mptcp_layout *at = &ka_mptcp_layout;
	unsigned int tries = 0;
	struct ka_policy p;
	int err = 0;

	/* Whoever takes it after this look keeps setsockopt() waiting. */
	while (!err && is_busy(sock->sk))
		err = ka_existing_wait(&tries);
	if (err)
		return err == -EBUSY ? 0 : err;
	if (!ka_existing_policy(sock->sk, &p))
		return 0;
	set_value(sock, &p, at->keepidle, TCP_KEEPIDLE, p.keepidle / HZ);
	set_value(sock, &p, at->keepintvl, TCP_KEEPINTVL, p.keepintvl / HZ);
	set_value(sock, &p, at->keepcnt, TCP_KEEPCNT, p.keepcnt);
	if (!sock_flag(sock->sk, SOCK_KEEPOPEN))
		ka_enforce_setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, 1);
	return 0;
}

/* Several tasks may have one socket: @seen knows which are done. */
static int adopt_held(struct held *held, struct xarray *seen)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < held->n; i++) {
		struct socket *sock = ka_sock_from_file(held->file[i]);
		unsigned long key = (unsigned long)sock->sk / sizeof(long);

		if (!err && !xa_load(seen, key)) {
			err = xa_err(xa_store(seen, key, xa_mk_value(1),
					      GFP_KERNEL));
			if (!err)
				err = adopt(sock);
		}
		fput(held->file[i]);
	}
	return err;
}

static int adopt_task(struct task_struct *task, struct xarray *seen)
{
	struct held held;
	int next = 0;
	int err;

	do {
		next = hold_files(task, next, &held);
		err = adopt_held(&held, seen);
		cond_resched();
	} while (next && !err);
	return err;
}

/**
 * ka_existing_adopt_mptcp() - the MPTCP part of ka_existing_adopt()
 *
 * Context: may sleep; any number of callers at once.
 * Return: 0, -ENOMEM, or -EINTR with a part of the sockets done.
 */
int ka_existing_adopt_mptcp(void)
{
	struct task_struct *task;
	struct xarray seen;
	int nr = 1;
	int err = 0;

	xa_init(&seen);
	while (!err && (task = next_task_from(&nr))) {
		err = adopt_task(task, &seen);
		put_task_struct(task);
		nr++;
		if (signal_pending(current))
			err = -EINTR;
	}
	xa_destroy(&seen);
	return err;
}
#else /* !CONFIG_MPTCP */
int ka_existing_adopt_mptcp(void)
{
	return 0;
}
#endif /* !CONFIG_MPTCP */

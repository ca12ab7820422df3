// SPDX-License-Identifier: GPL-2.0
/*
 * enforce.c - what runs per setsockopt(), while a policy enforces
 *
 * Every way in (64- and 32-bit system call, io_uring) ends in one of two
 * functions that have the struct socket: sock_setsockopt() for SOL_SOCKET, and
 * sock_common_setsockopt() for the other levels and for SOL_SOCKET of MPTCP. A
 * hook at their entry sends a call that must not be done to a function that
 * returns 0. So the call is not done and undone: it does not happen.
 *
 * The hooks run in the task that calls setsockopt(), with preemption disabled,
 * before any lock of the socket. They sleep, lock and print nothing.
 */
#include "ka_default.h"

#include <linux/mutex.h>
#include <linux/sched/task_stack.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "cgroup.h"
#include "enforce.h"
#include "keepalive.h"
#include "params.h"
#include "policy.h"
#include "stats.h"

/*
 * Guards the three below. Taken inside ka_policy_lock; arming takes what
 * ftrace and kprobes take.
 */
static DEFINE_MUTEX(enforce_lock);
static unsigned int nr_enforcing;	/* policies in mode enforce */
static bool ready;			/* between init and exit */
static enum ka_hook_kind hook_kind;

/* The calling task's cgroup policy, else the socket's, else the default. */
static const struct ka_policy *governing(struct sock *sk)
{
	const struct ka_policy *p = NULL;

	if (ka_cgroup_any()) {
		p = ka_cgroup_policy(ka_cgroup_of_current());
		if (!p)
			p = ka_cgroup_policy(ka_cgroup_of(sk));
	}
	return p ? p : rcu_dereference(ka_policy_default);
}

/* Does the policy say something about this option? 0 is no word of it. */
static bool says(const struct ka_policy *p, int optname)
{
	switch (optname) {
	case TCP_KEEPIDLE:
		return p->keepidle;
	case TCP_KEEPINTVL:
		return p->keepintvl;
	case TCP_KEEPCNT:
		return p->keepcnt;
	case TCP_USER_TIMEOUT:
		return p->user_timeout;
	default: /* SO_KEEPALIVE */
		return true;
	}
}

/*
 * An option that may be ours, so it is rare enough to be out of line.
 *
 * A value on this task's kernel stack is no program's: it is that of
 * ka_enforce_setsockopt(), or of MPTCP's own call for what was let through.
 * (Where eBPF rewrites a program's value, the copy is on the heap.)
 */
static noinline bool is_enforced(struct socket *sock, int optname,
				 const void *value)
{
	struct sock *sk = sock->sk;
	const struct ka_policy *p;
	bool enforced;

	if (!sk || !(ka_is_tcp(sk) || ka_is_mptcp(sk)) ||
	    (sk->sk_kern_sock && !READ_ONCE(ka_kernel_sockets)) ||
	    object_is_on_stack(value))
		return false;

	rcu_read_lock();
	p = governing(sk);
	enforced = p->mode == KA_MODE_ENFORCE && says(p, optname);
	rcu_read_unlock();
	if (enforced)
		ka_stat_inc(KA_STAT_ENFORCED);
	return enforced;
}

/* sock_setsockopt(sock, SOL_SOCKET, optname, value, ...) */
static __always_inline bool socket_level(struct socket *sock, int level,
					 int optname, const void *value)
{
	return unlikely(optname == SO_KEEPALIVE) && is_enforced(sock, 0, value);
}

KA_HOOK_OVERRIDE_FUNC(socket_level)

/* sock_common_setsockopt(sock, level, optname, value, ...) */
static __always_inline bool other_level(struct socket *sock, int level,
					int optname, const void *value)
{
	if (level == SOL_TCP) {
		switch (optname) {
		case TCP_KEEPIDLE:
		case TCP_KEEPINTVL:
		case TCP_KEEPCNT:
		case TCP_USER_TIMEOUT:
			return is_enforced(sock, optname, value);
		default:
			return false;
		}
	}
	return level == SOL_SOCKET && optname == SO_KEEPALIVE &&
	       is_enforced(sock, 0, value);
}

KA_HOOK_OVERRIDE_FUNC(other_level)

static struct ka_hook hooks[] = {
	KA_HOOK(socket_level, "sock_setsockopt"),
	KA_HOOK(other_level, "sock_common_setsockopt"),
};

/* Apart: every setsockopt() of the machine pays for finding the callback. */
static struct ka_hook_set sets[] = {
	KA_HOOK_SET(&hooks[0], 1, .overrides = true),
	KA_HOOK_SET(&hooks[1], 1, .overrides = true),
};

static void disarm(void)
{
	ka_hook_disarm(&sets[1], hook_kind);
	ka_hook_disarm(&sets[0], hook_kind);
}

static int arm(void)
{
	int err;

	err = ka_hook_arm(&sets[0], hook_kind);
	if (err)
		return err;
	err = ka_hook_arm(&sets[1], hook_kind);
	if (err)
		disarm();
	return err;
}

/**
 * ka_enforce_get() - one more policy enforces
 *
 * Context: may sleep. Before ka_enforce_init() (parameters at load) and after
 * ka_enforce_exit() policies are only counted.
 * Return: 0, or the errno of arming the hooks, and not counted.
 */
int ka_enforce_get(void)
{
	int err = 0;

	mutex_lock(&enforce_lock);
	if (ready && !nr_enforcing)
		err = arm();
	if (!err)
		nr_enforcing++;
	mutex_unlock(&enforce_lock);
	return err;
}

/**
 * ka_enforce_put() - undo ka_enforce_get()
 *
 * Context: may sleep.
 */
void ka_enforce_put(void)
{
	mutex_lock(&enforce_lock);
	if (!--nr_enforcing && ready)
		disarm();
	mutex_unlock(&enforce_lock);
}

/**
 * ka_enforce_init() - from now on policies in mode enforce have their hooks
 * @kind: ftrace or kprobe
 *
 * Context: may sleep.
 * Return: 0 or an errno, with a line in the log.
 */
int ka_enforce_init(enum ka_hook_kind kind)
{
	int err = 0;

	mutex_lock(&enforce_lock);
	hook_kind = kind;
	if (nr_enforcing)
		err = arm();
	ready = !err;
	mutex_unlock(&enforce_lock);
	return err;
}

/**
 * ka_enforce_exit() - undo ka_enforce_init()
 *
 * Context: may sleep.
 */
void ka_enforce_exit(void)
{
	mutex_lock(&enforce_lock);
	if (nr_enforcing)
		disarm();
	ready = false;
	mutex_unlock(&enforce_lock);
}

/**
 * ka_enforce_missed() - how many setsockopt() calls a kprobe may have missed
 *
 * Context: any.
 * Return: the number since the module was loaded.
 */
unsigned long ka_enforce_missed(void)
{
	return ka_hook_missed(&sets[0]) + ka_hook_missed(&sets[1]);
}

/**
 * ka_enforce_setsockopt() - set an option of a socket, enforced or not
 * @sock: the socket, pinned by its file
 * @level: SOL_SOCKET or SOL_TCP
 * @optname: the option
 * @value: its value
 *
 * Context: may sleep, takes the socket's lock.
 * Return: as setsockopt(2), negative.
 */
int ka_enforce_setsockopt(struct socket *sock, int level, int optname,
			  int value)
{
	return sock->ops->setsockopt(sock, level, optname,
				     KERNEL_SOCKPTR(&value), sizeof(value));
}

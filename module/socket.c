// SPDX-License-Identifier: GPL-2.0
/*
 * socket.c - what runs per socket: put the policy on a socket being made
 *
 * All hooks run in the context of the task that makes the socket (MPTCP's may
 * also be a worker), with preemption disabled, which is also what keeps the
 * policy alive (RCU). Nothing here sleeps, locks, allocates or prints. The
 * socket is not yet visible to anybody else, unless said so.
 */
#include "ka_default.h"

#include <linux/kernel.h>
#include <net/sock.h>

#include "cgroup.h"
#include "health.h"
#include "hook.h"
#include "keepalive.h"
#include "mptcp.h"
#include "params.h"
#include "policy.h"
#include "socket.h"
#include "stats.h"

/* Sockets that the kernel makes for itself are few: out of the way. */
static noinline bool wanted_kernel_socket(enum ka_socket_hook hook)
{
	if (ka_health_is_mine()) {
		ka_socket_hooks[hook].fired = true;
		return false;
	}
	if (!READ_ONCE(ka_kernel_sockets)) {
		ka_stat_inc(KA_STAT_SKIPPED_KERNEL);
		return false;
	}
	return true;
}

static noinline notrace void put_user_timeout(struct sock *sk,
					      const struct ka_policy *p)
{
	ka_set_user_timeout(sk, ka_user_timeout(sk, p));
}

/* @p is of a cgroup if @cgroup. user_timeout, the rarest, is a tail call. */
static __always_inline void new_tcp_under(struct sock *sk,
					  const struct ka_policy *p,
					  bool cgroup)
{
	if (unlikely(p->mode == KA_MODE_OFF)) {
		ka_stat_inc(KA_STAT_SKIPPED_OFF);
		return;
	}
	sock_set_flag(sk, SOCK_KEEPOPEN);
	ka_set_values(sk, p->keepidle, p->keepintvl, p->keepcnt);
	ka_stat_inc(KA_STAT_CREATED);
	if (cgroup)
		this_cpu_inc(*p->cgroup->sockets);
	if (unlikely(p->user_timeout))
		put_user_timeout(sk, p);
}

static noinline notrace void new_tcp_default(struct sock *sk)
{
	new_tcp_under(sk, rcu_dereference_sched(ka_policy_default), false);
}

/* In a cgroup so deep that looking is a function of its own. */
static noinline notrace void new_tcp_deep(struct sock *sk)
{
	const struct ka_policy *p = ka_cgroup_policy(ka_cgroup_of(sk));

	if (p)
		new_tcp_under(sk, p, true);
	else
		new_tcp_default(sk);
}

/*
 * While cgroups have policies. Apart, so that without them it costs a nop; and
 * with nothing but tail calls, so that it needs no stack.
 */
static noinline notrace void new_tcp_cgroup(struct sock *sk)
{
	struct cgroup *cgrp = ka_cgroup_of(sk);
	const struct ka_policy *p;

	if (unlikely(ka_cgroup_is_deep(cgrp))) {
		new_tcp_deep(sk);
		return;
	}
	p = ka_cgroup_shallow_policy(cgrp);
	if (likely(p))
		new_tcp_under(sk, p, true);
	else
		new_tcp_default(sk);
}

/*
 * tcp_init_sock(sk): every IPv4 and IPv6 TCP socket. It touches no field of
 * keepalive itself. No timer is needed: connect arms it, and a child inherits
 * flag and values from its listener.
 */
static __always_inline void new_tcp(struct sock *sk, struct sock *unused)
{
	if (unlikely(sk->sk_kern_sock) &&
	    !wanted_kernel_socket(KA_SOCKET_TCP_INIT))
		return;
	if (ka_cgroup_any())
		new_tcp_cgroup(sk);
	else
		new_tcp_under(sk, rcu_dereference_sched(ka_policy_default),
			      false);
}

KA_HOOK_FUNC(new_tcp)

#if IS_ENABLED(CONFIG_MPTCP)
/* The policy of the nearest cgroup that has one, else the default policy. */
static const struct ka_policy *policy_of(struct sock *sk)
{
	const struct ka_policy *p;

	if (ka_cgroup_any()) {
		p = ka_cgroup_policy(ka_cgroup_of(sk));
		if (p)
			return p;
	}
	return rcu_dereference_sched(ka_policy_default);
}

/*
 * mptcp_init_sock(sk): what the application holds of an MPTCP connection. It
 * runs no timer, but the kernel copies its options to the subflows.
 */
static __always_inline void new_mptcp(struct sock *sk, struct sock *unused)
{
	const struct ka_policy *p;

	if (ka_health_is_mine()) {
		ka_socket_hooks[KA_SOCKET_MPTCP_INIT].fired = true;
		return;
	}
	if (sk->sk_kern_sock && !wanted_kernel_socket(KA_SOCKET_MPTCP_INIT))
		return;
	p = policy_of(sk);
	if (unlikely(p->mode == KA_MODE_OFF)) {
		ka_stat_inc(KA_STAT_SKIPPED_OFF);
		return;
	}
	sock_set_flag(sk, SOCK_KEEPOPEN);
	ka_mptcp_put(sk, p);
	ka_stat_inc(KA_STAT_CREATED);
	if (p->cgroup)
		this_cpu_inc(*p->cgroup->sockets);
}

KA_HOOK_FUNC(new_mptcp)

/*
 * Takes back what new_tcp() has counted for what seemed the kernel's own. It
 * was of this task's cgroup then, and may be the MPTCP socket's by now.
 */
static void uncount_kernel_socket(const struct sock *ssk)
{
	const struct ka_policy *p = NULL;

	if (sock_flag(ssk, SOCK_KEEPOPEN)) {
		ka_stat_dec(KA_STAT_CREATED);
		if (ka_cgroup_any()) {
			rcu_read_lock();
			p = ka_cgroup_policy(ka_cgroup_of_current());
			if (p)
				this_cpu_dec(*p->cgroup->sockets);
			rcu_read_unlock();
		}
	} else if (READ_ONCE(ka_kernel_sockets)) {
		ka_stat_dec(KA_STAT_SKIPPED_OFF);
	} else {
		ka_stat_dec(KA_STAT_SKIPPED_KERNEL);
	}
}

/*
 * subflow_ulp_init(ssk): a TCP socket of the kernel's turns out to be the
 * subflow of an MPTCP socket, so it is the application's after all, whatever
 * kernel_sockets says. Called with ssk's lock.
 */
static __always_inline void new_subflow(struct sock *ssk, struct sock *unused)
{
	const struct ka_policy *p;

	if (ka_health_is_mine()) {
		ka_socket_hooks[KA_SOCKET_SUBFLOW_INIT].fired = true;
		return;
	}
	/* A program may ask for TCP_ULP "mptcp"; the kernel will refuse. */
	if (!ssk->sk_kern_sock)
		return;
	uncount_kernel_socket(ssk);
	p = policy_of(ssk);
	if (p->mode == KA_MODE_OFF)
		return;
	sock_set_flag(ssk, SOCK_KEEPOPEN);
	ka_set_values(ssk, p->keepidle, p->keepintvl, p->keepcnt);
	if (p->user_timeout)
		put_user_timeout(ssk, p);
}

KA_HOOK_FUNC(new_subflow)

/*
 * mptcp_sockopt_sync(msk, ssk), mptcp_sockopt_sync_locked(msk, ssk): a subflow
 * joins its MPTCP socket, which may have been made under another policy or
 * have been told otherwise by the application. The kernel copies the options
 * only where it knows that one was set; what a hook has set it does not know.
 *
 * ssk is either new and unconnected or has its lock held, msk's lock is held.
 */
static __always_inline void sync_subflow(struct sock *msk, struct sock *ssk)
{
	bool on = sock_flag(msk, SOCK_KEEPOPEN);

	ka_mptcp_copy(msk, ssk);
	if (on != sock_flag(ssk, SOCK_KEEPOPEN)) {
		/* Before the flag: tcp_set_keepalive() looks at it. */
		ssk->sk_prot->keepalive(ssk, on);
		sock_valbool_flag(ssk, SOCK_KEEPOPEN, on);
	}
}

KA_HOOK_FUNC(sync_subflow)
#endif /* CONFIG_MPTCP */

struct ka_hook ka_socket_hooks[KA_NR_SOCKET_HOOKS] = {
	[KA_SOCKET_TCP_INIT] = KA_HOOK(new_tcp, "tcp_init_sock"),
#if IS_ENABLED(CONFIG_MPTCP)
	[KA_SOCKET_MPTCP_INIT] = KA_HOOK(new_mptcp, "mptcp_init_sock"),
	[KA_SOCKET_SUBFLOW_INIT] = KA_HOOK(new_subflow, "subflow_ulp_init"),
	/* From 5.13 on; before, MPTCP sockets had no options to copy. */
	[KA_SOCKET_SUBFLOW_SYNC] =
		KA_HOOK(sync_subflow, "mptcp_sockopt_sync",
			.optional = true),
	[KA_SOCKET_SUBFLOW_SYNC_LOCKED] =
		KA_HOOK(sync_subflow, "mptcp_sockopt_sync_locked",
			.optional = true),
#endif
};

/* Apart: every TCP socket pays for its hook. MPTCP's share a wait at the end. */
static struct ka_hook_set sets[] = {
	KA_HOOK_SET(&ka_socket_hooks[KA_SOCKET_TCP_INIT], 1),
#if IS_ENABLED(CONFIG_MPTCP)
	KA_HOOK_SET(&ka_socket_hooks[KA_SOCKET_MPTCP_INIT],
		    KA_NR_SOCKET_HOOKS - KA_SOCKET_MPTCP_INIT),
#endif
};

/**
 * ka_socket_arm() - from now on sockets are made under the policy
 * @kind: ftrace or kprobe
 *
 * Context: may sleep.
 * Return: 0, or an errno with a line in the log and nothing armed.
 */
int ka_socket_arm(enum ka_hook_kind kind)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		err = ka_hook_arm(&sets[i], kind);
		if (err) {
			ka_socket_disarm(kind);
			return err;
		}
	}
	return 0;
}

/**
 * ka_socket_disarm() - undo ka_socket_arm()
 * @kind: as armed
 *
 * Context: may sleep. Sockets stay as they are.
 */
void ka_socket_disarm(enum ka_hook_kind kind)
{
	int i;

	for (i = ARRAY_SIZE(sets) - 1; i >= 0; i--)
		ka_hook_disarm(&sets[i], kind);
}

/**
 * ka_socket_missed() - how many sockets may have been missed by a kprobe
 *
 * Context: any.
 * Return: the number since the module was loaded.
 */
unsigned long ka_socket_missed(void)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++)
		n += ka_hook_missed(&sets[i]);
	return n;
}

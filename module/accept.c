// SPDX-License-Identifier: GPL-2.0
/*
 * accept.c - what runs per accepted socket, while a cgroup has a policy
 *
 * A child inherits its listener's flag and values. Where the task that accepts
 * it stands under another cgroup policy than the listener's cgroup (socket
 * activation), that task's policy is put on it instead.
 *
 * The hook is security_sock_graft(sk, socket): called for each accepted socket
 * by the accepting task, when the socket has no file yet, with its lock held by
 * __inet_accept()'s callers (and sk_callback_lock by sock_graft()). So the flag
 * may be changed and the timer armed without a race, and the application has
 * not seen the old values. inet_csk_accept() would have neither lock. MPTCP
 * sockets take one step more: accept_mptcp.c.
 */
#include "ka_default.h"

#include <linux/cgroup.h>
#include <net/sock.h>

#include "accept.h"
#include "cgroup.h"
#include "hook.h"
#include "keepalive.h"
#include "params.h"
#include "policy.h"
#include "stats.h"

static void set_keepalive(struct sock *sk, bool on)
{
	/* The flag afterwards: tcp_set_keepalive() arms only while it is off. */
	sock_reset_flag(sk, SOCK_KEEPOPEN);
	sk->sk_prot->keepalive(sk, on);
	sock_valbool_flag(sk, SOCK_KEEPOPEN, on);
}

/* Did the listener get its keepalive from this policy and keep it so? */
static bool is_from(const struct sock *sk, const struct ka_policy *p)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return p->mode != KA_MODE_OFF && sock_flag(sk, SOCK_KEEPOPEN) &&
	       tp->keepalive_time == p->keepidle &&
	       tp->keepalive_intvl == p->keepintvl &&
	       tp->keepalive_probes == p->keepcnt;
}

/* The same of TCP_USER_TIMEOUT. */
static bool is_timeout_from(const struct sock *sk, const struct ka_policy *p)
{
	return p->mode != KA_MODE_OFF && p->user_timeout &&
	       inet_csk(sk)->icsk_user_timeout == ka_user_timeout(sk, p);
}

/* Takes back what a policy has done, and leaves what a program has done. */
static void take_back(struct sock *sk, const struct ka_policy *p)
{
	if (is_timeout_from(sk, p))
		ka_set_user_timeout(sk, 0);
	if (is_from(sk, p)) {
		ka_set_values(sk, 0, 0, 0);
		set_keepalive(sk, false);
	}
}

static void put(struct sock *sk, const struct ka_policy *p)
{
	ka_set_values(sk, p->keepidle, p->keepintvl, p->keepcnt);
	if (p->user_timeout)
		ka_set_user_timeout(sk, ka_user_timeout(sk, p));
	set_keepalive(sk, true);
}

/**
 * ka_accept_policies() - do listener and accepting task differ?
 * @sk: the accepted socket, of the listener's cgroup
 * @listeners: set to what governs the listener's cgroup
 * @tasks: set to what governs the calling task, if a cgroup policy does
 *
 * Context: the accepting task, under rcu_read_lock() with preemption disabled.
 * Return: true if the task's is to replace the listener's.
 */
bool ka_accept_policies(struct sock *sk, const struct ka_policy **listeners,
			const struct ka_policy **tasks)
{
	*tasks = ka_cgroup_policy(ka_cgroup_of_current());
	if (!*tasks)
		return false;
	*listeners = ka_cgroup_policy(ka_cgroup_of(sk));
	if (!*listeners)
		*listeners = rcu_dereference(ka_policy_default);
	return (*tasks)->cgroup != (*listeners)->cgroup;
}

/**
 * ka_accept_count() - an accepted socket comes under its task's policy
 * @p: the policy, a cgroup's
 *
 * Context: any.
 */
void ka_accept_count(const struct ka_policy *p)
{
	if (p->mode == KA_MODE_OFF) {
		ka_stat_inc(KA_STAT_SKIPPED_OFF);
		return;
	}
	ka_stat_inc(KA_STAT_ACCEPTED);
	this_cpu_inc(*p->cgroup->sockets);
}

static void replace(struct sock *sk)
{
	const struct ka_policy *listeners, *tasks;

	if (!ka_accept_policies(sk, &listeners, &tasks))
		return;
	take_back(sk, listeners);
	if (tasks->mode != KA_MODE_OFF)
		put(sk, tasks);
	ka_accept_count(tasks);
}

static void accepted(struct sock *sk, struct socket *parent)
{
	const struct ka_policy *listeners, *tasks;

	if (sk->sk_kern_sock && !READ_ONCE(ka_kernel_sockets))
		return;

	rcu_read_lock();
	if (ka_is_tcp(sk))
		replace(sk);
	else if (ka_is_mptcp(sk) &&
		 ka_accept_policies(sk, &listeners, &tasks))
		ka_accept_mptcp(parent);
	rcu_read_unlock();
}

KA_HOOK_FUNC(accepted)

static struct ka_hook hook = KA_HOOK(accepted, "security_sock_graft");
static struct ka_hook_set hooks = KA_HOOK_SET(&hook, 1);

/**
 * ka_accept_arm() - look at accepted sockets from now on
 * @kind: ftrace or kprobe
 *
 * Context: may sleep.
 * Return: 0 or an errno, with a line in the log.
 */
int ka_accept_arm(enum ka_hook_kind kind)
{
	return ka_hook_arm(&hooks, kind);
}

/**
 * ka_accept_disarm() - undo ka_accept_arm()
 * @kind: as armed
 *
 * Context: may sleep.
 */
void ka_accept_disarm(enum ka_hook_kind kind)
{
	ka_hook_disarm(&hooks, kind);
	ka_accept_mptcp_exit();
}

/**
 * ka_accept_missed() - how many accepted sockets a kprobe may have missed
 *
 * Context: any.
 * Return: the number since the module was loaded.
 */
unsigned long ka_accept_missed(void)
{
	return ka_hook_missed(&hooks) + ka_accept_mptcp_missed();
}

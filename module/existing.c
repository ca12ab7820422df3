// SPDX-License-Identifier: GPL-2.0
/*
 * existing.c - adopt every TCP socket that exists, in every network namespace
 *
 * The kernel's own hash tables are walked, as inet_diag_dump_icsk() does: a
 * bucket's sockets are held under its lock, then each is locked and given its
 * policy with no other lock held. Between buckets the walk yields and looks for
 * a signal. MPTCP sockets are in no such table and come first, see
 * existing_mptcp.c; their subflows are, and are adopted like any TCP socket.
 */
#include "ka_default.h"

#include <linux/hash.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "cgroup.h"
#include "compat/inet_hashtables.h"
#include "compat/tcp.h"
#include "existing.h"
#include "keepalive.h"
#include "params.h"
#include "policy.h"
#include "stats.h"

/* The sockets of one bucket, each held. */
struct batch {
	struct sock **sk;
	unsigned int n;
	unsigned int size;
};

/**
 * ka_existing_policy() - the policy of a socket, counted as adopted
 * @sk: the socket
 * @p: filled with a copy of it
 *
 * Context: process.
 * Return: true if it is to be adopted, false if its policy is off.
 */
bool ka_existing_policy(struct sock *sk, struct ka_policy *p)
{
	const struct ka_policy *found = NULL;
	bool subflow = ka_is_tcp(sk) && sk_is_mptcp(sk);

	rcu_read_lock_sched();
	if (ka_cgroup_any())
		found = ka_cgroup_policy(ka_cgroup_of(sk));
	if (!found)
		found = rcu_dereference_sched(ka_policy_default);
	*p = *found;
	if (p->mode != KA_MODE_OFF && !subflow) {
		ka_stat_inc(KA_STAT_ADOPTED);
		if (p->cgroup)
			this_cpu_inc(*p->cgroup->sockets);
	}
	rcu_read_unlock_sched();
	return p->mode != KA_MODE_OFF;
}

/*
 * Arms the timer for its first expiry, anywhere within keepidle from now:
 * adopted at one moment, a million sockets must not probe at one. The golden
 * ratio spreads any number of consecutive turns evenly. Too early is no harm:
 * tcp_keepalive_timer() then waits for the rest of the idle time, and a socket
 * that has been idle for longer is probed by the end of keepidle.
 */
static void arm_timer(struct sock *sk)
{
	static atomic_t turn = ATOMIC_INIT(0);
	u32 fraction = (u32)atomic_inc_return(&turn) * GOLDEN_RATIO_32;
	u32 idle = keepalive_time_when(tcp_sk(sk));
	u32 first = ((u64)idle * fraction) >> 32;

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	sk_reset_timer(sk, ka_keepalive_timer(sk), jiffies + max(first, 1U));
}

/* Is a value of the socket's to be replaced by the policy's? */
static bool replaces(const struct ka_policy *p, unsigned int theirs,
		     unsigned int ours)
{
	return ours && ours != theirs &&
	       (p->mode == KA_MODE_ENFORCE || !theirs);
}

static void adopt_locked(struct sock *sk, const struct ka_policy *p)
{
	struct tcp_sock *tp = tcp_sk(sk);
	/* A subflow's timer was armed for the MPTCP socket, not spread. */
	bool rearm = !sock_flag(sk, SOCK_KEEPOPEN) || sk_is_mptcp(sk);

	if (replaces(p, tp->keepalive_time, p->keepidle)) {
		WRITE_ONCE(tp->keepalive_time, p->keepidle);
		rearm = true;
	}
	if (replaces(p, tp->keepalive_intvl, p->keepintvl)) {
		WRITE_ONCE(tp->keepalive_intvl, p->keepintvl);
		rearm = true;
	}
	if (replaces(p, tp->keepalive_probes, p->keepcnt))
		WRITE_ONCE(tp->keepalive_probes, p->keepcnt);
	if (p->user_timeout) {
		u32 ms = ka_user_timeout(sk, p);

		if (replaces(p, inet_csk(sk)->icsk_user_timeout, ms))
			ka_set_user_timeout(sk, ms);
	}
	if (rearm)
		arm_timer(sk);
	sock_set_flag(sk, SOCK_KEEPOPEN);
}

/*
 * Under the socket's spinlock alone, as the timer itself works, for nothing of
 * it sleeps. False if a task is in the socket, which may be for long.
 */
static bool try_adopt(struct sock *sk)
{
	struct ka_policy policy;
	bool busy;

	local_bh_disable();
	bh_lock_sock(sk);
	busy = sock_owned_by_user(sk);
	/* An orphan's timer is that of FIN_WAIT2, and nobody waits for it. */
	if (!busy && !sock_flag(sk, SOCK_DEAD) && sk->sk_state != TCP_CLOSE &&
	    ka_existing_policy(sk, &policy))
		adopt_locked(sk, &policy);
	bh_unlock_sock(sk);
	local_bh_enable();
	return !busy;
}

/**
 * ka_existing_wait() - wait a tick for a socket that a task has locked
 * @tries: how often this has been called for the socket, counted here
 *
 * lock_sock() would wait too, but deaf to signals, and a task may hold a lock
 * for as long as it likes: send() sleeps in a page fault with it.
 *
 * Context: process.
 * Return: 0 to try again, -EINTR for a signal, -EBUSY after a second: the
 * socket is counted as missed.
 */
int ka_existing_wait(unsigned int *tries)
{
	if (signal_pending(current))
		return -EINTR;
	if (++*tries > HZ) {
		ka_stat_inc(KA_STAT_BUSY);
		return -EBUSY;
	}
	schedule_timeout_interruptible(1);
	return 0;
}

static int adopt(struct sock *sk)
{
	unsigned int tries = 0;
	int err = 0;

	while (!err && !try_adopt(sk))
		err = ka_existing_wait(&tries);
	return err == -EBUSY ? 0 : err;
}

/* Request sockets and TIME_WAIT are no full sockets. */
static bool is_wanted(const struct sock *sk)
{
	return sk_fullsock(sk) && ka_is_tcp(sk) &&
	       (!sk->sk_kern_sock || sk_is_mptcp(sk) ||
		READ_ONCE(ka_kernel_sockets));
}

static void put_batch(struct batch *b)
{
	while (b->n)
		sock_put(b->sk[--b->n]);
}

static int grow_batch(struct batch *b)
{
	unsigned int size = b->size ? b->size * 2 : 64;
	struct sock **sk;

	sk = kvmalloc_array(size, sizeof(*sk), GFP_KERNEL);
	if (!sk)
		return -ENOMEM;
	kvfree(b->sk);
	b->sk = sk;
	b->size = size;
	return 0;
}

/* All of a bucket at once, or none: so each socket is met once. */
static bool hold_bucket(struct batch *b, struct hlist_nulls_head *head,
			spinlock_t *lock)
{
	struct hlist_nulls_node *node;
	bool fits = true;
	struct sock *sk;

	spin_lock_bh(lock);
	sk_nulls_for_each(sk, node, head) {
		if (!is_wanted(sk))
			continue;
		if (b->n == b->size) {
			fits = false;
			break;
		}
		sock_hold(sk);
		b->sk[b->n++] = sk;
	}
	spin_unlock_bh(lock);
	return fits;
}

static int adopt_bucket(struct batch *b, struct hlist_nulls_head *head,
			spinlock_t *lock)
{
	unsigned int i;
	int err = 0;

	if (hlist_nulls_empty(head))
		return 0;
	while (!hold_bucket(b, head, lock)) {
		put_batch(b);
		err = grow_batch(b);
		if (err)
			return err;
	}
	for (i = 0; i < b->n && !err; i++) {
		err = adopt(b->sk[i]);
		cond_resched();
	}
	put_batch(b);
	if (!err && signal_pending(current))
		err = -EINTR;
	return err;
}

static int adopt_table(struct batch *b, struct inet_hashinfo *hashinfo)
{
	struct inet_listen_hashbucket *listeners;
	unsigned int i, n;
	int err;

	/* Listeners first: what they accept from then on is as it must be. */
	listeners = ka_listeners(hashinfo, &n);
	for (i = 0; i < n; i++) {
		err = adopt_bucket(b, &listeners[i].nulls_head,
				   &listeners[i].lock);
		if (err)
			return err;
	}
	for (i = 0; i <= hashinfo->ehash_mask; i++) {
		err = adopt_bucket(b, &hashinfo->ehash[i].chain,
				   inet_ehash_lockp(hashinfo, i));
		if (err)
			return err;
		if (!(i & 1023))
			cond_resched();
	}
	return 0;
}

static struct inet_hashinfo *table_of(struct net *net)
{
	return net->ipv4.tcp_death_row.hashinfo;
}

/*
 * The namespaces that have a table of their own (net.ipv4.tcp_child_ehash_entries),
 * each held. One that is made after this has sockets made under the policy.
 */
static int hold_namespaces(struct net ***nets, unsigned int *n)
{
	unsigned int size = 0;
	struct net *net;

	*n = 0;
	down_read(&net_rwsem);
	for_each_net(net)
		size++;
	up_read(&net_rwsem);

	*nets = kvmalloc_array(size, sizeof(**nets), GFP_KERNEL);
	if (!*nets)
		return -ENOMEM;

	down_read(&net_rwsem);
	for_each_net(net) {
		if (*n == size)
			break;
		if (table_of(net) != table_of(&init_net) && maybe_get_net(net))
			(*nets)[(*n)++] = net;
	}
	up_read(&net_rwsem);
	return 0;
}

static int adopt_tcp(struct batch *b)
{
	struct net **nets;
	unsigned int i, n;
	int err;

	err = hold_namespaces(&nets, &n);
	if (err)
		return err;
	/* The table that all others share. */
	err = adopt_table(b, table_of(&init_net));
	for (i = 0; i < n; i++) {
		if (!err)
			err = adopt_table(b, table_of(nets[i]));
		put_net(nets[i]);
	}
	kvfree(nets);
	return err;
}

/**
 * ka_existing_adopt() - put the policies on every socket there is
 *
 * What a program has set itself stays, unless the policy enforces.
 *
 * Context: may sleep, and long; any number of callers at once.
 * Return: 0, -ENOMEM, or -EINTR with a part of the sockets done.
 */
int ka_existing_adopt(void)
{
	struct batch b = {};
	int err;

	err = ka_existing_adopt_mptcp();
	if (!err)
		err = grow_batch(&b);
	if (!err)
		err = adopt_tcp(&b);
	kvfree(b.sk);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * accept_mptcp.c - accepted MPTCP sockets whose task stands under another policy
 *
 * Of an MPTCP socket the hook in accept.c holds the lock, but not those of the
 * subflows that run the timers, and it must not sleep. So it leaves a note with
 * the task, which the kernel hands over before accept(2) returns to the
 * program; there the kernel's own setsockopt() does it.
 */
#include "ka_default.h"

#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/sched/task.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <net/tcp.h>

#include "accept.h"
#include "cgroup.h"
#include "compat/net.h"
#include "enforce.h"
#include "keepalive.h"
#include "mptcp.h"
#include "policy.h"
#include "stats.h"

#ifdef KA_EXPORTED_TASK_WORK_ADD
/*
 * Notes are taken from here, because the hook must not allocate. One is in use
 * from the hook to the end of the same accept(2), so this many tasks may accept
 * at one moment.
 */
#define NR_NOTES 128

struct note {
	struct callback_head work;
	struct file *file;
};

static struct note notes[NR_NOTES];
static DECLARE_BITMAP(taken, NR_NOTES);
static DECLARE_WAIT_QUEUE_HEAD(all_given_back);
static atomic_long_t missed = ATOMIC_LONG_INIT(0);

static struct note *take_note(void)
{
	int i;

	for_each_clear_bit(i, taken, NR_NOTES) {
		if (!test_and_set_bit(i, taken))
			return &notes[i];
	}
	return NULL;
}

static void give_back(struct note *note)
{
	fput(note->file);
	/* Orders the use of the note before whoever takes it next. */
	clear_bit_unlock(note - notes, taken);
	wake_up(&all_given_back);
}

static void set(struct socket *sock, int optname, int value)
{
	ka_enforce_setsockopt(sock, SOL_TCP, optname, value);
}

/* A field at 0 gets what it would follow: the option cannot be set to 0. */
static void put(struct socket *sock, const struct ka_policy *p)
{
	const struct netns_ipv4 *ipv4 = &sock_net(sock->sk)->ipv4;
	int idle = p->keepidle, intvl = p->keepintvl, cnt = p->keepcnt;

	if (!idle)
		idle = READ_ONCE(ipv4->sysctl_tcp_keepalive_time);
	if (!intvl)
		intvl = READ_ONCE(ipv4->sysctl_tcp_keepalive_intvl);
	if (!cnt)
		cnt = READ_ONCE(ipv4->sysctl_tcp_keepalive_probes);
	set(sock, TCP_KEEPIDLE, idle / HZ);
	set(sock, TCP_KEEPINTVL, intvl / HZ);
	set(sock, TCP_KEEPCNT, cnt);
	ka_enforce_setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* Looked up again: what the hook saw may be gone. */
static bool policies(struct sock *sk, struct ka_policy *listeners,
		     struct ka_policy *tasks)
{
	const struct ka_policy *l, *t;
	bool differ;

	rcu_read_lock();
	preempt_disable();
	differ = ka_accept_policies(sk, &l, &t);
	if (differ) {
		*listeners = *l;
		*tasks = *t;
		ka_accept_count(t);
	}
	preempt_enable();
	rcu_read_unlock();
	return differ;
}

static void run(struct callback_head *work)
{
	struct note *note = container_of(work, struct note, work);
	struct socket *sock = ka_sock_from_file(note->file);
	struct ka_policy listeners, tasks;

	if (policies(sock->sk, &listeners, &tasks)) {
		if (tasks.mode != KA_MODE_OFF)
			put(sock, &tasks);
		else if (listeners.mode != KA_MODE_OFF)
			ka_enforce_setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE,
					      0);
	}
	give_back(note);
}

/**
 * ka_accept_mptcp() - have an accepted MPTCP socket's policy replaced
 * @parent: the accepted socket; one without a file is the kernel's
 *
 * Context: the accepting task, preemption disabled.
 */
void ka_accept_mptcp(struct socket *parent)
{
	struct note *note;

	if (!parent->file)
		return;
	note = take_note();
	if (!note) {
		atomic_long_inc(&missed);
		return;
	}
	note->file = get_file(parent->file);
	init_task_work(&note->work, run);
	if (task_work_add(current, &note->work, TWA_RESUME))
		give_back(note); /* the task is exiting */
}

/**
 * ka_accept_mptcp_exit() - wait until no task has a note of ours
 *
 * Context: may sleep; the hook is disarmed.
 */
void ka_accept_mptcp_exit(void)
{
	wait_event(all_given_back, bitmap_empty(taken, NR_NOTES));
}

/**
 * ka_accept_mptcp_missed() - how many found no note left
 *
 * Context: any.
 * Return: the number since the module was loaded.
 */
unsigned long ka_accept_mptcp_missed(void)
{
	return atomic_long_read(&missed);
}
#else /* !KA_EXPORTED_TASK_WORK_ADD: such a socket keeps its listener's */
void ka_accept_mptcp(struct socket *parent)
{
}

void ka_accept_mptcp_exit(void)
{
}

unsigned long ka_accept_mptcp_missed(void)
{
	return 0;
}
#endif /* !KA_EXPORTED_TASK_WORK_ADD */

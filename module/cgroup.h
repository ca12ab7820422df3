/* SPDX-License-Identifier: GPL-2.0 */
/* cgroup.h - policies of cgroups: who is governed by which */
#ifndef KA_CGROUP_H
#define KA_CGROUP_H

#include <linux/cgroup.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/jump_label.h>
#include <linux/kobject.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/spinlock.h>
#include <net/sock.h>

#include "compat/cgroup.h"
#include "hook.h"
#include "policy.h"

/**
 * struct ka_cgroup - the policy of one cgroup path
 * @kobj: its directory in /sys/kernel/ka_default/cgroups/
 * @policy: what it says
 * @initial: what it says at first, and at last
 * @sockets: how many sockets it was applied to, per CPU
 * @all: in the list of all
 * @by_path: in the table of all paths
 * @by_cgroup: in the table of cgroups that exist, while bound
 * @cgrp: the cgroup that has this path now, or NULL. Compared, never followed:
 *	the policy holds no reference, rmdir takes the pointer back
 * @level_bit: the bit of cgroup.c's "levels" that @cgrp counts in
 * @rcu: frees it after the last reader
 * @path: from the root of the host's cgroup v2 hierarchy
 */
struct ka_cgroup {
	struct kobject kobj;
	struct ka_policy __rcu *policy;
	struct ka_policy initial;
	unsigned long __percpu *sockets;
	struct list_head all;
	struct hlist_node by_path;
	struct hlist_nulls_node by_cgroup;
	struct cgroup *cgrp;
	unsigned int level_bit;
	struct rcu_head rcu;
	char path[];
};

/* How many policies there may be. */
#define KA_CGROUP_MAX 16384

/* The longest path without its first '/': a directory's name holds no more. */
#define KA_CGROUP_PATH_MAX NAME_MAX

#ifdef CONFIG_SOCK_CGROUP_DATA
DECLARE_STATIC_KEY_FALSE(ka_cgroup_key);
extern raw_spinlock_t ka_cgroup_lock;

/* False while no policy of a cgroup exists, at the price of a nop. */
#define ka_cgroup_any() static_branch_unlikely(&ka_cgroup_key)

/* Levels from here on share one bit of "levels". */
#define KA_CGROUP_LAST_LEVEL 63

/**
 * struct ka_cgroup_bound - the cgroups that have a policy
 * @table: by cgroup, KA_CGROUP_TABLE_SIZE lists
 * @levels: bit n: a cgroup of level n is bound
 */
struct ka_cgroup_bound {
	struct hlist_nulls_head *table;
	u64 levels;
};

extern struct ka_cgroup_bound ka_cgroup_bound;

/* A quarter full with KA_CGROUP_MAX policies: few share a list. */
#define KA_CGROUP_TABLE_BITS 16
#define KA_CGROUP_TABLE_SIZE BIT(KA_CGROUP_TABLE_BITS)

const struct ka_policy *ka_cgroup_policy(struct cgroup *cgrp);
int ka_cgroup_arm(enum ka_hook_kind kind);
void ka_cgroup_disarm(enum ka_hook_kind kind);
int ka_cgroup_supported(void);
struct ka_cgroup *ka_cgroup_find(const char *path);
void ka_cgroup_insert(struct ka_cgroup *c);
void ka_cgroup_withdraw(struct ka_cgroup *c);
bool ka_cgroup_is_bound(struct ka_cgroup *c);
int ka_cgroup_init(void);

/* cgroup.c's, for cgroup_path.c */
void __ka_cgroup_bind(struct ka_cgroup *c, struct cgroup *cgrp);
void __ka_cgroup_unbind(struct ka_cgroup *c);
int ka_cgroup_alloc_table(void);
void ka_cgroup_free_table(void);

/* The policy that is bound to a cgroup; preemption disabled, or the lock. */
static __always_inline struct ka_cgroup *__ka_cgroup_find(struct cgroup *cgrp)
{
	unsigned long bucket = hash_ptr(cgrp, KA_CGROUP_TABLE_BITS);
	struct hlist_nulls_node *node;
	struct ka_cgroup *c;

again:
	hlist_nulls_for_each_entry_rcu(c, node, &ka_cgroup_bound.table[bucket],
				       by_cgroup) {
		if (READ_ONCE(c->cgrp) == cgrp)
			return c;
	}
	if (unlikely(get_nulls_value(node) != bucket))
		goto again;
	return NULL;
}

/* What it says, unless that is "inherit". */
static __always_inline const struct ka_policy *
__ka_cgroup_policy_at(struct cgroup *cgrp)
{
	struct ka_cgroup *c = __ka_cgroup_find(cgrp);
	const struct ka_policy *p;

	if (!c)
		return NULL;
	p = rcu_dereference_sched(c->policy);
	return p->mode == KA_MODE_INHERIT ? NULL : p;
}

/* On a level that "levels" has no bit of its own for. */
static __always_inline bool ka_cgroup_is_deep(const struct cgroup *cgrp)
{
	return cgrp->level >= KA_CGROUP_LAST_LEVEL;
}

/* ka_cgroup_policy() for a cgroup that is not, where every instruction counts. */
static __always_inline const struct ka_policy *
ka_cgroup_shallow_policy(struct cgroup *cgrp)
{
	u64 look = READ_ONCE(ka_cgroup_bound.levels) &
		   ((2ULL << cgrp->level) - 1);

	while (look) {
		unsigned long level = __fls(look);
		const struct ka_policy *p;

		p = __ka_cgroup_policy_at(ka_cgroup_ancestor(cgrp, level));
		if (p)
			return p;
		look ^= BIT_ULL(level);
	}
	return NULL;
}

static inline struct cgroup *ka_cgroup_of(struct sock *sk)
{
	return sock_cgroup_ptr(&sk->sk_cgrp_data);
}

/* Under rcu_read_lock(). */
static inline struct cgroup *ka_cgroup_of_current(void)
{
	return task_dfl_cgroup(current);
}
#else /* !CONFIG_SOCK_CGROUP_DATA: no cgroup v2 that knows sockets */
#define ka_cgroup_any() false

static inline const struct ka_policy *ka_cgroup_policy(struct cgroup *cgrp)
{
	return NULL;
}

static inline int ka_cgroup_arm(enum ka_hook_kind kind)
{
	return -EOPNOTSUPP;
}

static inline void ka_cgroup_disarm(enum ka_hook_kind kind)
{
}

static inline int ka_cgroup_supported(void)
{
	return -EOPNOTSUPP;
}

static inline struct ka_cgroup *ka_cgroup_find(const char *path)
{
	return NULL;
}

static inline void ka_cgroup_insert(struct ka_cgroup *c)
{
}

static inline void ka_cgroup_withdraw(struct ka_cgroup *c)
{
}

static inline bool ka_cgroup_is_bound(struct ka_cgroup *c)
{
	return false;
}

static inline int ka_cgroup_init(void)
{
	return 0;
}

static inline void ka_cgroup_free_table(void)
{
}

static inline struct cgroup *ka_cgroup_of(struct sock *sk)
{
	return NULL;
}

static inline bool ka_cgroup_is_deep(const struct cgroup *cgrp)
{
	return false;
}

static inline const struct ka_policy *
ka_cgroup_shallow_policy(struct cgroup *cgrp)
{
	return NULL;
}

static inline struct cgroup *ka_cgroup_of_current(void)
{
	return NULL;
}
#endif /* !CONFIG_SOCK_CGROUP_DATA */

#endif /* KA_CGROUP_H */

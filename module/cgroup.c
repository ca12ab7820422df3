// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup.c - which policy governs a cgroup: what runs per socket
 *
 * A socket finds its policy by the pointers of its cgroup and its ancestors, in
 * a hash table of the cgroups that have one. Only levels on which some cgroup
 * is bound are looked at, so the cost is that of the depth at most and does not
 * depend on the number of policies. Who is bound to what is cgroup_path.c's.
 */
#include "ka_default.h"

#include <linux/slab.h>

#include "cgroup.h"

DEFINE_STATIC_KEY_FALSE(ka_cgroup_key);

/*
 * Guards which policy is bound to which cgroup: the table, c->cgrp, the rest
 * below, and the table of paths. Raw, because the tracepoints of cgroup_path.c
 * run inside a spinlock with interrupts off. Sockets read table and "levels"
 * without it, under RCU (preemption disabled); policies are freed after a
 * grace period.
 */
DEFINE_RAW_SPINLOCK(ka_cgroup_lock);

/*
 * The lists end in their bucket's number: an entry may leave one and enter
 * another while a socket stands on it, and the socket then notices that it has
 * come to the end of a list that is not its own.
 */
struct ka_cgroup_bound ka_cgroup_bound __read_mostly;

/* How many cgroups are bound, per bit of "levels". */
static unsigned int nr_on_level[KA_CGROUP_LAST_LEVEL + 1];

/**
 * ka_cgroup_policy() - the policy of the nearest cgroup that has one
 * @cgrp: where to begin, pinned by the caller
 *
 * Context: preemption disabled, which is what keeps the result.
 * Return: a policy whose mode is not inherit, or NULL.
 */
const struct ka_policy *ka_cgroup_policy(struct cgroup *cgrp)
{
	const struct ka_policy *p;

	for (; ka_cgroup_is_deep(cgrp); cgrp = cgroup_parent(cgrp)) {
		p = __ka_cgroup_policy_at(cgrp);
		if (p)
			return p;
	}
	return ka_cgroup_shallow_policy(cgrp);
}

/**
 * __ka_cgroup_unbind() - undo __ka_cgroup_bind()
 * @c: the policy, bound or not
 *
 * Context: any, with ka_cgroup_lock. The cgroup itself is not looked at.
 */
void __ka_cgroup_unbind(struct ka_cgroup *c)
{
	lockdep_assert_held(&ka_cgroup_lock);
	if (!c->cgrp)
		return;
	hlist_nulls_del_rcu(&c->by_cgroup);
	WRITE_ONCE(c->cgrp, NULL);
	if (!--nr_on_level[c->level_bit])
		WRITE_ONCE(ka_cgroup_bound.levels, ka_cgroup_bound.levels &
			   ~BIT_ULL(c->level_bit));
}

/**
 * __ka_cgroup_bind() - a policy governs this cgroup from now on
 * @c: the policy
 * @cgrp: the cgroup, online
 *
 * Context: any, with ka_cgroup_lock.
 */
void __ka_cgroup_bind(struct ka_cgroup *c, struct cgroup *cgrp)
{
	lockdep_assert_held(&ka_cgroup_lock);
	if (c->cgrp == cgrp)
		return;
	__ka_cgroup_unbind(c);
	c->level_bit = min_t(unsigned int, cgrp->level, KA_CGROUP_LAST_LEVEL);
	WRITE_ONCE(c->cgrp, cgrp);
	hlist_nulls_add_head_rcu(&c->by_cgroup,
				 &ka_cgroup_bound.table[hash_ptr(cgrp,
						KA_CGROUP_TABLE_BITS)]);
	if (!nr_on_level[c->level_bit]++)
		WRITE_ONCE(ka_cgroup_bound.levels, ka_cgroup_bound.levels |
			   BIT_ULL(c->level_bit));
}

/**
 * ka_cgroup_alloc_table() - make room for policies, once
 *
 * Context: may sleep; the caller serialises.
 * Return: 0 or -ENOMEM.
 */
int ka_cgroup_alloc_table(void)
{
	struct hlist_nulls_head *table;
	unsigned int i;

	if (ka_cgroup_bound.table)
		return 0;
	table = kvmalloc_array(KA_CGROUP_TABLE_SIZE, sizeof(*table),
			       GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < KA_CGROUP_TABLE_SIZE; i++)
		INIT_HLIST_NULLS_HEAD(&table[i], i);
	ka_cgroup_bound.table = table;
	return 0;
}

/**
 * ka_cgroup_free_table() - undo ka_cgroup_alloc_table()
 *
 * Context: may sleep; no socket looks any more.
 */
void ka_cgroup_free_table(void)
{
	kvfree(ka_cgroup_bound.table);
	ka_cgroup_bound.table = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup_path.c - how a policy's path stays bound to the cgroup that has it
 *
 * A policy is known by its path. The kernel tells of every cgroup made and
 * removed through tracepoints: before any task can be in a new one, and when
 * an old one has no tasks any more. So the first socket of the first task in a
 * cgroup that was made again finds its policy bound.
 */
#include "ka_default.h"

#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/stringhash.h>
#include <linux/tracepoint.h>

#include "accept.h"
#include "cgroup.h"

/* All policies by path; guarded by ka_cgroup_lock. */
static DEFINE_HASHTABLE(paths, 10);

static struct tracepoint *mkdir_tp;
static struct tracepoint *rmdir_tp;

static u32 path_hash(const char *path)
{
	return full_name_hash(NULL, path, strlen(path));
}

static struct ka_cgroup *find_path(const char *path)
{
	struct ka_cgroup *c;

	lockdep_assert_held(&ka_cgroup_lock);
	hash_for_each_possible(paths, c, by_path, path_hash(path)) {
		if (!strcmp(c->path, path))
			return c;
	}
	return NULL;
}

/* Called with cgroup_mutex held, before the new directory can be seen. */
static void on_mkdir(void *data, struct cgroup *cgrp, const char *path)
{
	struct ka_cgroup *c;
	unsigned long flags;

	if (cgrp->root != &cgrp_dfl_root)
		return;
	raw_spin_lock_irqsave(&ka_cgroup_lock, flags);
	c = find_path(path);
	if (c)
		__ka_cgroup_bind(c, cgrp);
	raw_spin_unlock_irqrestore(&ka_cgroup_lock, flags);
}

/* Called with cgroup_mutex held, after the cgroup has gone offline. */
static void on_rmdir(void *data, struct cgroup *cgrp, const char *path)
{
	struct ka_cgroup *c;
	unsigned long flags;

	raw_spin_lock_irqsave(&ka_cgroup_lock, flags);
	c = __ka_cgroup_find(cgrp);
	if (c)
		__ka_cgroup_unbind(c);
	raw_spin_unlock_irqrestore(&ka_cgroup_lock, flags);
}

/*
 * The kernfs node of a path, with a reference, or NULL. From the host's root:
 * cgroup_get_from_path() would begin at the caller's cgroup namespace.
 */
static struct kernfs_node *find_node(const char *path)
{
	struct kernfs_node *kn = cgrp_dfl_root.cgrp.kn, *child;
	char copy[KA_CGROUP_PATH_MAX + 1];
	char *rest = copy, *name;

	strscpy(copy, path + 1, sizeof(copy));
	kernfs_get(kn);
	while (kn && (name = strsep(&rest, "/"))) {
		child = kernfs_find_and_get(kn, name);
		kernfs_put(kn);
		kn = child;
	}
	return kn;
}

/*
 * A cgroup that is online under the lock has its rmdir still to come. One that
 * is not activated yet is in the middle of cgroup_mkdir(), which may still fail
 * and then says nothing, or may have told before this policy was in the table:
 * true asks to come again.
 */
static bool bind_node(struct ka_cgroup *c, struct kernfs_node *kn)
{
	struct cgroup *cgrp = NULL;
	bool online = false, activated = false;

	rcu_read_lock();
	/* The type is for ever, but its word has flags that others write. */
	if (data_race(kernfs_type(kn)) == KERNFS_DIR)
		cgrp = rcu_dereference(*(void __rcu __force **)&kn->priv);
	if (cgrp) {
		raw_spin_lock_irq(&ka_cgroup_lock);
		/*
		 * Others write this flag without our lock and without a mark;
		 * what was written before on_mkdir() or on_rmdir() is seen by
		 * who is here after it.
		 */
		online = data_race(READ_ONCE(cgrp->self.flags)) & CSS_ONLINE;
		/* So with this one. */
		activated = data_race(READ_ONCE(kn->flags)) &
			    KERNFS_ACTIVATED;
		if (online && activated)
			__ka_cgroup_bind(c, cgrp);
		raw_spin_unlock_irq(&ka_cgroup_lock);
	}
	rcu_read_unlock();
	return online && !activated;
}

/* Binds a policy whose cgroup exists already; its path is in the table. */
static void bind_existing(struct ka_cgroup *c)
{
	struct kernfs_node *kn;
	bool again;

	do {
		kn = find_node(c->path);
		if (!kn)
			return;
		again = bind_node(c, kn);
		kernfs_put(kn);
		if (again)
			usleep_range(1000, 2000);
	} while (again);
}

/**
 * ka_cgroup_find() - the policy of a path
 * @path: as it was added
 *
 * Context: process; the caller keeps policies from being removed.
 * Return: the policy or NULL.
 */
struct ka_cgroup *ka_cgroup_find(const char *path)
{
	struct ka_cgroup *c;

	raw_spin_lock_irq(&ka_cgroup_lock);
	c = find_path(path);
	raw_spin_unlock_irq(&ka_cgroup_lock);
	return c;
}

/**
 * ka_cgroup_insert() - from now on a policy governs its cgroup
 * @c: the policy, not inserted, armed
 *
 * Context: may sleep.
 */
void ka_cgroup_insert(struct ka_cgroup *c)
{
	raw_spin_lock_irq(&ka_cgroup_lock);
	hash_add(paths, &c->by_path, path_hash(c->path));
	raw_spin_unlock_irq(&ka_cgroup_lock);
	bind_existing(c);
}

/**
 * ka_cgroup_withdraw() - undo ka_cgroup_insert()
 * @c: the policy; sockets may look at it until the next grace period
 *
 * Context: process.
 */
void ka_cgroup_withdraw(struct ka_cgroup *c)
{
	raw_spin_lock_irq(&ka_cgroup_lock);
	hash_del(&c->by_path);
	__ka_cgroup_unbind(c);
	raw_spin_unlock_irq(&ka_cgroup_lock);
}

/**
 * ka_cgroup_is_bound() - does the cgroup exist?
 * @c: the policy
 *
 * Context: any.
 * Return: true if it is bound to a cgroup, false if it waits for one.
 */
bool ka_cgroup_is_bound(struct ka_cgroup *c)
{
	return READ_ONCE(c->cgrp);
}

static void note_mounted(struct super_block *sb, void *mounted)
{
	*(bool *)mounted = true;
}

/**
 * ka_cgroup_supported() - is there a cgroup v2 hierarchy to speak of?
 *
 * The kernel always has one; the system uses it where it is mounted.
 *
 * Context: may sleep.
 * Return: 0 or -EOPNOTSUPP.
 */
int ka_cgroup_supported(void)
{
	struct file_system_type *type = get_fs_type("cgroup2");
	bool mounted = false;

	if (!type)
		return -EOPNOTSUPP;
	iterate_supers_type(type, note_mounted, &mounted);
	module_put(type->owner);
	return mounted ? 0 : -EOPNOTSUPP;
}

/**
 * ka_cgroup_arm() - before the first policy is inserted
 * @kind: how the accept hook is made
 *
 * Context: may sleep; the caller serialises.
 * Return: 0 or an errno, and nothing armed.
 */
int ka_cgroup_arm(enum ka_hook_kind kind)
{
	int err;

	err = ka_cgroup_alloc_table();
	if (err)
		return err;
	err = tracepoint_probe_register(mkdir_tp, on_mkdir, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(rmdir_tp, on_rmdir, NULL);
	if (err)
		goto err_mkdir;
	err = ka_accept_arm(kind);
	if (err)
		goto err_rmdir;
	static_branch_enable(&ka_cgroup_key);
	return 0;

err_rmdir:
	tracepoint_probe_unregister(rmdir_tp, on_rmdir, NULL);
err_mkdir:
	tracepoint_probe_unregister(mkdir_tp, on_mkdir, NULL);
	tracepoint_synchronize_unregister();
	return err;
}

/**
 * ka_cgroup_disarm() - undo ka_cgroup_arm(), after the last policy is withdrawn
 * @kind: as armed
 *
 * Context: may sleep; the caller serialises.
 */
void ka_cgroup_disarm(enum ka_hook_kind kind)
{
	static_branch_disable(&ka_cgroup_key);
	ka_accept_disarm(kind);
	tracepoint_probe_unregister(rmdir_tp, on_rmdir, NULL);
	tracepoint_probe_unregister(mkdir_tp, on_mkdir, NULL);
	tracepoint_synchronize_unregister();
}

static void __init note_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "cgroup_mkdir"))
		mkdir_tp = tp;
	else if (!strcmp(tp->name, "cgroup_rmdir"))
		rmdir_tp = tp;
}

/**
 * ka_cgroup_init() - look for what ka_cgroup_arm() will need
 *
 * Return: 0, or -ENOENT and a line in the log.
 */
int __init ka_cgroup_init(void)
{
	for_each_kernel_tracepoint(note_tracepoint, NULL);
	if (mkdir_tp && rmdir_tp)
		return 0;
	pr_err("this kernel has no tracepoints cgroup_mkdir and cgroup_rmdir (CONFIG_TRACEPOINTS)\n");
	return -ENOENT;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup_dir.c - policies of cgroups, as a person sees them:
 *
 *   /sys/kernel/ka_default/cgroups/
 *   |-- add                       write a path: makes a policy
 *   |-- remove                    write a path: removes it
 *   `-- system.slice!foo.service/
 *       |-- keepcnt
 *       |-- keepidle
 *       |-- keepintvl
 *       |-- mode
 *       |-- path                  as it was added
 *       |-- sockets               how many it was applied to
 *       |-- state                 bound or waiting
 *       `-- user_timeout
 */
#include "ka_default.h"

#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#include "cgroup.h"
#include "cgroup_dir.h"
#include "params.h"
#include "policy.h"
#include "stats.h"
#include "sysfs.h"

/*
 * Serialises add, remove and the end, each as a whole: so a path is never half
 * there. The files of a policy do not take it, so it may be held while sysfs
 * waits for those who are in them.
 */
static DEFINE_MUTEX(dir_lock);

static struct kobject *dir;
static LIST_HEAD(policies);
static unsigned int nr_policies;

/* Objects not yet freed: sysfs may hold one after its policy is removed. */
static atomic_t nr_alive = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(all_freed);

static struct ka_cgroup *to_cgroup(struct kobject *kobj)
{
	return container_of(kobj, struct ka_cgroup, kobj);
}

static struct ka_cgroup *alloc(const char *path)
{
	size_t size = strlen(path) + 1;
	struct ka_cgroup *c;

	c = kzalloc(struct_size(c, path, size), GFP_KERNEL);
	if (!c)
		return NULL;
	c->sockets = alloc_percpu(unsigned long);
	if (!c->sockets) {
		kfree(c);
		return NULL;
	}
	memcpy(c->path, path, size);
	ka_policy_init_cgroup(c);
	atomic_inc(&nr_alive);
	return c;
}

static void free_rcu(struct rcu_head *rcu)
{
	struct ka_cgroup *c = container_of(rcu, struct ka_cgroup, rcu);

	free_percpu(c->sockets);
	kfree(c);
	if (atomic_dec_and_test(&nr_alive))
		wake_up(&all_freed);
}

/* A socket may still look at it. */
static void release(struct kobject *kobj)
{
	call_rcu(&to_cgroup(kobj)->rcu, free_rcu);
}

static ssize_t path_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *page)
{
	return sysfs_emit(page, "%s\n", to_cgroup(kobj)->path);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *page)
{
	return sysfs_emit(page, "%s\n", ka_cgroup_is_bound(to_cgroup(kobj)) ?
			  "bound" : "waiting");
}

static ssize_t sockets_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *page)
{
	return sysfs_emit(page, "%lu\n",
			  ka_stat_sum(to_cgroup(kobj)->sockets));
}

static struct kobj_attribute path_attr = __ATTR_RO(path);
static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute sockets_attr = __ATTR_RO(sockets);

/* A field of the policy: its file's name is the field's. */
struct field_attribute {
	struct kobj_attribute kattr;
	enum ka_field field;
};

static enum ka_field to_field(struct kobj_attribute *attr)
{
	return container_of(attr, struct field_attribute, kattr)->field;
}

static ssize_t field_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *page)
{
	return ka_policy_show(&to_cgroup(kobj)->policy, to_field(attr), page);
}

static ssize_t field_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *text, size_t count)
{
	int err;

	err = ka_sysfs_may_write(text, count);
	if (!err)
		err = ka_policy_store(&to_cgroup(kobj)->policy, to_field(attr),
				      text);
	return err ? err : count;
}

#define KA_FIELD_ATTR(_name, _field)					\
static struct field_attribute _name##_attr = {				\
	.kattr = __ATTR(_name, 0644, field_show, field_store),		\
	.field = _field,						\
}

KA_FIELD_ATTR(mode, KA_FIELD_MODE);
KA_FIELD_ATTR(keepidle, KA_FIELD_KEEPIDLE);
KA_FIELD_ATTR(keepintvl, KA_FIELD_KEEPINTVL);
KA_FIELD_ATTR(keepcnt, KA_FIELD_KEEPCNT);
KA_FIELD_ATTR(user_timeout, KA_FIELD_USER_TIMEOUT);

static struct attribute *policy_attrs[] = {
	&path_attr.attr,
	&state_attr.attr,
	&mode_attr.kattr.attr,
	&keepidle_attr.kattr.attr,
	&keepintvl_attr.kattr.attr,
	&keepcnt_attr.kattr.attr,
	&user_timeout_attr.kattr.attr,
	&sockets_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(policy);

static const struct kobj_type policy_ktype = {
	.release = release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = policy_groups,
};

/*
 * Copies a path without the newline of echo. It must be what a cgroup v2 path
 * is, and what fits into one directory name after '/' has become '!'.
 */
static int parse_path(char *path, const char *text, size_t count)
{
	const char *part;
	size_t len = count;
	size_t i;

	if (len && text[len - 1] == '\n')
		len--;
	if (len < 2 || text[0] != '/')
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (text[i] == '!' || iscntrl(text[i]))
			return -EINVAL;
	}
	if (len - 1 > KA_CGROUP_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, text, len);
	path[len] = '\0';

	for (part = path; part; part = strchr(part + 1, '/')) {
		size_t n = strcspn(part + 1, "/");

		if (n == 0 || (n == 1 && part[1] == '.') ||
		    (n == 2 && part[1] == '.' && part[2] == '.'))
			return -EINVAL;
	}
	return 0;
}

/* "/add" and "/remove" would need directories that are named as our two files. */
static bool is_taken(const char *path)
{
	return !strcmp(path, "/add") || !strcmp(path, "/remove");
}

static int add(const char *path)
{
	struct ka_cgroup *c;
	int err;

	lockdep_assert_held(&dir_lock);
	if (is_taken(path))
		return -EINVAL;
	if (ka_cgroup_find(path))
		return -EEXIST;
	if (nr_policies >= KA_CGROUP_MAX)
		return -ENOSPC;
	err = nr_policies ? 0 : ka_cgroup_arm(ka_hook_kind);
	if (err)
		return err;
	err = -ENOMEM;
	c = alloc(path);
	if (!c)
		goto err_disarm;
	/* Before 6.3 it took no const, and wrote nothing all the same. */
	err = kobject_init_and_add(&c->kobj, (void *)&policy_ktype,
				   dir, "%s", path + 1);
	if (err)
		goto err_put;
	nr_policies++;
	list_add(&c->all, &policies);
	ka_cgroup_insert(c);
	return 0;

err_put:
	kobject_put(&c->kobj);
err_disarm:
	if (!nr_policies)
		ka_cgroup_disarm(ka_hook_kind);
	return err;
}

static void remove(struct ka_cgroup *c)
{
	lockdep_assert_held(&dir_lock);
	ka_cgroup_withdraw(c);
	list_del(&c->all);
	if (!--nr_policies)
		ka_cgroup_disarm(ka_hook_kind);
	kobject_del(&c->kobj);
	ka_policy_retire_cgroup(c);
	kobject_put(&c->kobj);
}

static ssize_t add_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *text, size_t count)
{
	char path[KA_CGROUP_PATH_MAX + 2];
	int err;

	err = ka_sysfs_may_write(text, count);
	if (!err)
		err = ka_cgroup_supported();
	if (!err)
		err = parse_path(path, text, count);
	if (err)
		return err;
	mutex_lock(&dir_lock);
	err = add(path);
	mutex_unlock(&dir_lock);
	return err ? err : count;
}

static ssize_t remove_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *text, size_t count)
{
	char path[KA_CGROUP_PATH_MAX + 2];
	struct ka_cgroup *c;
	int err;

	err = ka_sysfs_may_write(text, count);
	if (!err)
		err = parse_path(path, text, count);
	if (err)
		return err;
	mutex_lock(&dir_lock);
	c = ka_cgroup_find(path);
	if (c)
		remove(c);
	mutex_unlock(&dir_lock);
	return c ? count : -ENOENT;
}

static struct kobj_attribute add_attr = __ATTR(add, 0200, NULL, add_store);
static struct kobj_attribute remove_attr = __ATTR(remove, 0200, NULL,
						  remove_store);

static const struct attribute *const dir_attrs[] = {
	&add_attr.attr,
	&remove_attr.attr,
	NULL
};

/**
 * ka_cgroup_dir_init() - make cgroups/ appear
 * @parent: /sys/kernel/ka_default
 *
 * Context: may sleep.
 * Return: 0 or an errno, and nothing there.
 */
int ka_cgroup_dir_init(struct kobject *parent)
{
	int err;

	dir = kobject_create_and_add("cgroups", parent);
	if (!dir)
		return -ENOMEM;
	err = sysfs_create_files(dir, (const struct attribute **)dir_attrs);
	if (err) {
		kobject_del(dir);
		kobject_put(dir);
	}
	return err;
}

/**
 * ka_cgroup_dir_exit() - undo ka_cgroup_dir_init(), and all that was added
 *
 * Context: may sleep: waits until the last policy is freed, for its release
 * and its RCU callback are this module's code.
 */
void ka_cgroup_dir_exit(void)
{
	struct ka_cgroup *c, *next;

	/* Nobody adds or removes from here on. */
	sysfs_remove_files(dir, (const struct attribute **)dir_attrs);
	mutex_lock(&dir_lock);
	list_for_each_entry_safe(c, next, &policies, all)
		remove(c);
	mutex_unlock(&dir_lock);
	kobject_del(dir);
	kobject_put(dir);
	wait_event(all_freed, !atomic_read(&nr_alive));
	rcu_barrier();
	ka_cgroup_free_table();
}

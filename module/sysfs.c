// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - what a person sees and does:
 *
 *   /sys/kernel/ka_default/
 *   |-- apply            write 1: adopt every socket that exists
 *   |-- cgroups/         see cgroup_dir.c
 *   |-- health           does what was armed run?
 *   `-- stats/           one counter a file
 *       |-- accepted
 *       |-- adopted
 *       |-- created
 *       |-- enforced
 *       |-- missed
 *       |-- skipped_kernel
 *       `-- skipped_off
 */
#include "ka_default.h"

#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "accept.h"
#include "cgroup_dir.h"
#include "enforce.h"
#include "existing.h"
#include "health.h"
#include "socket.h"
#include "stats.h"
#include "sysfs.h"

static struct kobject *root;

static ssize_t health_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *page)
{
	char why[160];
	int err;

	err = ka_health_check(why, sizeof(why));
	if (err && err != -ENODEV)
		return err;
	return sysfs_emit(page, "%s\n", why);
}

static ssize_t apply_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *text, size_t count)
{
	int err;

	err = ka_sysfs_may_write(text, count);
	if (!err && !sysfs_streq(text, "1"))
		err = -EINVAL;
	if (!err)
		err = ka_existing_adopt();
	return err ? err : count;
}

static struct kobj_attribute apply_attr = __ATTR(apply, 0200, NULL,
						 apply_store);
static struct kobj_attribute health_attr = __ATTR_RO(health);

static struct attribute *root_attrs[] = {
	&apply_attr.attr,
	&health_attr.attr,
	NULL
};

static const struct attribute_group root_group = {
	.attrs = root_attrs,
};

#define KA_STAT_ATTR(_name, _value)					\
static ssize_t _name##_show(struct kobject *kobj,			\
			    struct kobj_attribute *attr, char *page)	\
{									\
	return sysfs_emit(page, "%lu\n", _value);			\
}									\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

KA_STAT_ATTR(created, ka_stat_read(KA_STAT_CREATED));
KA_STAT_ATTR(accepted, ka_stat_read(KA_STAT_ACCEPTED));
KA_STAT_ATTR(adopted, ka_stat_read(KA_STAT_ADOPTED));
KA_STAT_ATTR(enforced, ka_stat_read(KA_STAT_ENFORCED));
KA_STAT_ATTR(skipped_off, ka_stat_read(KA_STAT_SKIPPED_OFF));
KA_STAT_ATTR(skipped_kernel, ka_stat_read(KA_STAT_SKIPPED_KERNEL));
KA_STAT_ATTR(missed, ka_socket_missed() + ka_accept_missed() +
		     ka_enforce_missed() + ka_stat_read(KA_STAT_BUSY));

static struct attribute *stats_attrs[] = {
	&created_attr.attr,
	&accepted_attr.attr,
	&adopted_attr.attr,
	&enforced_attr.attr,
	&skipped_off_attr.attr,
	&skipped_kernel_attr.attr,
	&missed_attr.attr,
	NULL
};

static const struct attribute_group stats_group = {
	.name = "stats",
	.attrs = stats_attrs,
};

static const struct attribute_group *groups[] = {
	&root_group,
	&stats_group,
	NULL
};

/**
 * ka_sysfs_may_write() - what every store of ours asks first
 * @text: what was written
 * @count: how much
 *
 * Context: the writing task.
 * Return: 0, -EPERM without CAP_NET_ADMIN in the initial user namespace,
 * -EINVAL for a text with a NUL in it, which would end there unnoticed.
 */
int ka_sysfs_may_write(const char *text, size_t count)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (strnlen(text, count) != count)
		return -EINVAL;
	return 0;
}

/**
 * ka_sysfs_init() - make /sys/kernel/ka_default appear
 *
 * Context: may sleep; last thing at load, for from here on people come in.
 * Return: 0 or an errno, and nothing there.
 */
int __init ka_sysfs_init(void)
{
	int err;

	root = kobject_create_and_add("ka_default", kernel_kobj);
	if (!root)
		return -ENOMEM;
	err = sysfs_create_groups(root, groups);
	if (err)
		goto err_root;
	err = ka_cgroup_dir_init(root);
	if (err)
		goto err_groups;
	return 0;

err_groups:
	sysfs_remove_groups(root, groups);
err_root:
	kobject_del(root);
	kobject_put(root);
	return err;
}

/**
 * ka_sysfs_exit() - undo ka_sysfs_init()
 *
 * Context: may sleep: waits for those who are in a show or a store. A file
 * that is held open afterwards answers ENODEV.
 */
void ka_sysfs_exit(void)
{
	ka_cgroup_dir_exit();
	sysfs_remove_groups(root, groups);
	/* Whoever has a reference to it: its name is free for the next load. */
	kobject_del(root);
	kobject_put(root);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - what a person sees and does:
 *
 *   /sys/kernel/ka_default/
 *   |-- health           does what was armed run?
 *   `-- stats/           one counter a file
 *       |-- created
 *       |-- missed
 *       |-- skipped_kernel
 *       `-- skipped_off
 */
#include "ka_default.h"

#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "health.h"
#include "socket.h"
#include "stats.h"
#include "sysfs.h"

static struct kobject *root;

static ssize_t health_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *page)
{
	char why[128];
	int err;

	err = ka_health_check(why, sizeof(why));
	if (err && err != -ENODEV)
		return err;
	return sysfs_emit(page, "%s\n", why);
}

static struct kobj_attribute health_attr = __ATTR_RO(health);

static struct attribute *root_attrs[] = {
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
KA_STAT_ATTR(skipped_off, ka_stat_read(KA_STAT_SKIPPED_OFF));
KA_STAT_ATTR(skipped_kernel, ka_stat_read(KA_STAT_SKIPPED_KERNEL));
KA_STAT_ATTR(missed, ka_socket_missed());

static struct attribute *stats_attrs[] = {
	&created_attr.attr,
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
	sysfs_remove_groups(root, groups);
	kobject_put(root);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* cgroup_dir.h - /sys/kernel/ka_default/cgroups/ */
#ifndef KA_CGROUP_DIR_H
#define KA_CGROUP_DIR_H

#include <linux/kobject.h>

int ka_cgroup_dir_init(struct kobject *parent);
void ka_cgroup_dir_exit(void);

#endif /* KA_CGROUP_DIR_H */

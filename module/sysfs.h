/* SPDX-License-Identifier: GPL-2.0 */
/* sysfs.h - /sys/kernel/ka_default/ */
#ifndef KA_SYSFS_H
#define KA_SYSFS_H

#include <linux/types.h>

int ka_sysfs_may_write(const char *text, size_t count);
int ka_sysfs_init(void);
void ka_sysfs_exit(void);

#endif /* KA_SYSFS_H */

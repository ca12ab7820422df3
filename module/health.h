/* SPDX-License-Identifier: GPL-2.0 */
/* health.h - does what was armed really run? */
#ifndef KA_HEALTH_H
#define KA_HEALTH_H

#include <linux/sched.h>
#include <linux/types.h>

extern struct task_struct *ka_health_task;

/*
 * True in a hook that runs for a socket health.c has made. Only the task that
 * looks can see its own pointer here, so there is nothing to order.
 */
static inline bool ka_health_is_mine(void)
{
	return unlikely(READ_ONCE(ka_health_task) == current);
}

int ka_health_check(char *why, size_t size);

#endif /* KA_HEALTH_H */

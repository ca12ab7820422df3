/* SPDX-License-Identifier: GPL-2.0 */
/* compat/cgroup.h - <linux/cgroup.h> as the newest kernel has it */
#ifndef KA_COMPAT_CGROUP_H
#define KA_COMPAT_CGROUP_H

#include <linux/cgroup.h>

#ifdef CONFIG_CGROUPS
/* cgroup_ancestor() for a level that the caller knows to be there. */
static __always_inline struct cgroup *ka_cgroup_ancestor(struct cgroup *cgrp,
							 int level)
{
#ifdef KA_HAVE_CGROUP_ANCESTORS
	return cgrp->ancestors[level];
#else /* !KA_HAVE_CGROUP_ANCESTORS: before 6.1 */
	return cgroup_ancestor(cgrp, level);
#endif /* !KA_HAVE_CGROUP_ANCESTORS */
}
#endif /* CONFIG_CGROUPS */

#endif /* KA_COMPAT_CGROUP_H */

// SPDX-License-Identifier: GPL-2.0
/* Compiles where a cgroup knows its ancestors' pointers (6.1). */
#include <linux/cgroup.h>

struct cgroup *probe(struct cgroup *cgrp);
struct cgroup *probe(struct cgroup *cgrp)
{
	return cgrp->ancestors[0];
}

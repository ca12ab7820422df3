/* SPDX-License-Identifier: GPL-2.0 */
/* cgroup.h - the policies of cgroups */
#ifndef KACTL_CGROUP_H
#define KACTL_CGROUP_H

#include <stdbool.h>

#include "policy.h"
#include "table.h"

char **cgroup_paths(void);
struct table *cgroup_table(bool json, bool trim);
int cgroup_add(const char *path, struct policy *want);
int cgroup_remove(const char *path);

#endif /* KACTL_CGROUP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* state.h - all policies there are: the default one and those of cgroups */
#ifndef KACTL_STATE_H
#define KACTL_STATE_H

#include <stddef.h>

#include "policy.h"

/**
 * struct state_cgroup - the policy of one cgroup
 * @path: from the root of the host's hierarchy, as it was added
 * @policy: its fields
 * @line: of its section in a file, 0 where it comes from the module
 */
struct state_cgroup {
	char *path;
	struct policy policy;
	unsigned int line;
};

/**
 * struct state - all policies there are
 * @standard: the default policy
 * @cgroups: those of cgroups, in the order of their paths once sorted
 * @count: how many these are
 */
struct state {
	struct policy standard;
	struct state_cgroup *cgroups;
	size_t count;
};

struct state_cgroup *state_add(struct state *s, const char *path);
void state_sort(struct state *s);
int state_read(struct state *s);
void state_drop_runs(struct state *s);
void state_free(struct state *s);

#endif /* KACTL_STATE_H */

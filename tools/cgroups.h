/* SPDX-License-Identifier: GPL-2.0 */
/* cgroups.h - the cgroups that were met, each once */
#ifndef KACTL_CGROUPS_H
#define KACTL_CGROUPS_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct cgroup - a cgroup that sockets or processes belong to
 * @path: seen from the root of cgroup v2
 * @id: its id, 0 if it is not there any more
 * @policy: the path of the policy that governs it, "default", or NULL without
 *	the module
 */
struct cgroup {
	char *path;
	uint64_t id;
	char *policy;
};

struct cgroups;

struct cgroups *cgroups_new(void);
void cgroups_free(struct cgroups *c);
const struct cgroup *cgroups_of_process(struct cgroups *c, pid_t pid);
const struct cgroup *cgroups_of_id(struct cgroups *c, uint64_t id);

#endif /* KACTL_CGROUPS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* scope.h - the transient cgroup of one program */
#ifndef KACTL_SCOPE_H
#define KACTL_SCOPE_H

#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

/**
 * struct scope - a cgroup that lives as long as a program
 * @path: in the hierarchy, as its policy has it
 * @dir: of the cgroup, where we make it ourselves
 * @unit: the name of the scope, where systemd makes it, else ""
 */
struct scope {
	char path[SYS_PATH_MAX];
	char dir[SYS_PATH_MAX];
	char unit[64];
};

int scope_plan(struct scope *s);
int scope_enter(struct scope *s, pid_t pid);
void scope_leave(struct scope *s);
pid_t scope_owner(const char *path);
void scope_sweep(void);

#endif /* KACTL_SCOPE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* systemd.h - what systemd is asked for, where it runs */
#ifndef KACTL_SYSTEMD_H
#define KACTL_SYSTEMD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct unit - what systemd says of a unit
 * @id: its name, after aliases
 * @slice: the slice it is or will be in, or ""
 * @cgroup: the path of its cgroup, or "" where it has none now
 * @known: there is a file or a running unit of that name
 */
struct unit {
	char id[256];
	char slice[256];
	char cgroup[4096];
	bool known;
};

bool systemd_runs(void);
int systemd_show(struct unit *u, const char *name);
int systemd_scope(const char *name, pid_t pid, char *why, size_t size);

#endif /* KACTL_SYSTEMD_H */

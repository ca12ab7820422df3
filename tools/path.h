/* SPDX-License-Identifier: GPL-2.0 */
/* path.h - what a person calls a cgroup, and what the module calls it */
#ifndef KACTL_PATH_H
#define KACTL_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "sys.h"

int path_check(const char *path, char *why, size_t size);
int path_find(char *to, const char *name, const char *command);
char *path_mount(char *to);
char *path_policy(char *to, const char *path);
bool path_is_host(void);

#endif /* KACTL_PATH_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* governs.h - which policy of the module's governs a cgroup */
#ifndef KACTL_GOVERNS_H
#define KACTL_GOVERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

/* What stands in a path's place. */
#define GOVERNS_DEFAULT "default"

const char *governs(const char *cgroup, char *path, size_t size);
int governs_read(struct policy *p, const char *path);

#endif /* KACTL_GOVERNS_H */

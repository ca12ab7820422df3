/* SPDX-License-Identifier: GPL-2.0 */
/* unit.h - where systemd's naming rules put the cgroup of a unit */
#ifndef KACTL_UNIT_H
#define KACTL_UNIT_H

#include <stdbool.h>
#include <stddef.h>

bool unit_is_name(const char *name);
int unit_cgroup(char *to, size_t size, const char *unit, const char *slice,
		char *why, size_t room);

#endif /* KACTL_UNIT_H */

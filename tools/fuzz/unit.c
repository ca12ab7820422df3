// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz/unit.c - any text as the name of a unit, and as that of its slice
 *
 * Wherever a unit is said to have its cgroup, that is a path that the module
 * takes and that ends in the unit's name, at most with a '_' before it.
 */
#include <stdlib.h>
#include <string.h>

#include "../path.h"
#include "../unit.h"
#include "fuzz.h"

#define TEXT_MAX 600

static void look(const char *path, const char *unit)
{
	const char *last = strrchr(path, '/');
	char why[128];
	int err = path_check(path, why, sizeof(why));

	if (!strcmp(unit, "-.slice")) {
		if (strcmp(path, "/"))
			abort();
		return;
	}
	if (err && strlen(path) <= 256)
		abort();
	if (!last || (strcmp(last + 1, unit) &&
		      (last[1] != '_' || strcmp(last + 2, unit))))
		abort();
}

int fuzz(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1], path[SYS_PATH_MAX], small[64], why[512] = "";
	const char *slice = "";
	char *space;

	if (size > TEXT_MAX)
		return -1;
	memcpy(text, data, size);
	text[size] = '\0';
	space = strchr(text, ' ');
	if (space) {
		*space = '\0';
		slice = space + 1;
	}
	if (!unit_is_name(text))
		return 0;
	if (!unit_cgroup(path, sizeof(path), text, slice, why, sizeof(why))) {
		/* A slice that systemd names is not for us to check. */
		if (!slice[0])
			look(path, text);
	} else if (!why[0]) {
		abort();
	}
	unit_cgroup(small, sizeof(small), text, slice, why, sizeof(why));
	return 0;
}

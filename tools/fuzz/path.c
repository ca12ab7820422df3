// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz/path.c - any text as a path that shall have a policy
 *
 * A path that passes makes one directory's name, from which it can be told;
 * one that does not is refused with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "../path.h"
#include "fuzz.h"

#define TEXT_MAX 600

/* The contract's rules, each by itself. */
static void look(const char *path)
{
	char dir[SYS_PATH_MAX], *name;
	size_t i, len = strlen(path);

	if (len < 2 || len > 256 || path[0] != '/' || path[len - 1] == '/')
		abort();
	for (i = 0; i < len; i++) {
		unsigned char c = path[i];

		if (c < ' ' || c == 0x7f || c == '!')
			abort();
	}
	if (strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../") ||
	    !strcmp(path + len - 2, "/.") ||
	    (len > 2 && !strcmp(path + len - 3, "/..")))
		abort();
	name = path_policy(dir, path) + strlen(SYS_CGROUPS) + 1;
	if (strlen(name) != len - 1 || strchr(name, '/'))
		abort();
	for (i = 0; name[i]; i++)
		if (name[i] != (path[i + 1] == '/' ? '!' : path[i + 1]))
			abort();
}

int fuzz(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1], why[128] = "";

	if (size > TEXT_MAX)
		return -1;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!path_check(text, why, sizeof(why)))
		look(text);
	else if (!why[0])
		abort();
	return 0;
}

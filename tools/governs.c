// SPDX-License-Identifier: GPL-2.0
/* governs.c - which policy of the module's governs a cgroup */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "governs.h"
#include "path.h"
#include "sys.h"

/* NAME_MAX: a longer path has no policy, for its directory has no name. */
#define LONGEST 255

/* A path with a '!' of its own, which would be taken for a '/', can have none. */
static int dir_of(char *dir, const char *path, size_t n)
{
	char part[LONGEST + 2];

	if (n < 2 || n - 1 > LONGEST || memchr(path, '!', n))
		return -ENOENT;
	memcpy(part, path, n);
	part[n] = '\0';
	path_policy(dir, part);
	return 0;
}

static bool in_force(const char *path, size_t n)
{
	char dir[SYS_PATH_MAX], file[SYS_PATH_MAX + 8], mode[16];

	if (dir_of(dir, path, n))
		return false;
	snprintf(file, sizeof(file), "%s/mode", dir);
	return !sys_get(mode, sizeof(mode), file) && strcmp(mode, "inherit");
}

/**
 * governs() - the path of the policy that governs a cgroup
 * @cgroup: the cgroup
 * @path: of @size bytes, for the answer
 * @size: of @path
 *
 * As the module does it: the nearest, from @cgroup up, that is not "inherit".
 *
 * Return: @path, or GOVERNS_DEFAULT if that is the default policy.
 */
const char *governs(const char *cgroup, char *path, size_t size)
{
	size_t n = strlen(cgroup);

	while (n > 1) {
		if (n < size && in_force(cgroup, n)) {
			memcpy(path, cgroup, n);
			path[n] = '\0';
			return path;
		}
		while (n > 1 && cgroup[--n] != '/')
			;
	}
	return GOVERNS_DEFAULT;
}

/**
 * governs_read() - read the policy that governs() named
 * @p: filled
 * @path: what governs() has returned
 *
 * Return: 0 or a negative errno.
 */
int governs_read(struct policy *p, const char *path)
{
	char dir[SYS_PATH_MAX];

	if (!strcmp(path, GOVERNS_DEFAULT))
		return policy_read(p, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (dir_of(dir, path, strlen(path)))
		return -ENOENT;
	return policy_read(p, POLICY_OF_CGROUP, dir);
}

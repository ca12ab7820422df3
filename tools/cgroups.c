// SPDX-License-Identifier: GPL-2.0
/* cgroups.c - the cgroups that were met, each once */
#include <err.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cgroupfs.h"
#include "cgroups.h"
#include "governs.h"
#include "kactl.h"
#include "sys.h"

/* An id and what it led to, which may be nothing. */
struct known {
	uint64_t id;
	const struct cgroup *cgroup;
};

struct cgroups {
	void *by_path;		/* tsearch(3) of struct cgroup */
	void *by_id;		/* tsearch(3) of struct known */
	bool loaded;
};

static int compare_paths(const void *a, const void *b)
{
	const struct cgroup *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int compare_ids(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void *must(void *p)
{
	if (!p)
		err(KACTL_FAILED, "kactl");
	return p;
}

static void remember(struct cgroups *c, uint64_t id, const struct cgroup *cgroup)
{
	struct known *known = must(malloc(sizeof(*known)));
	struct known **at;

	known->id = id;
	known->cgroup = cgroup;
	at = must(tsearch(known, &c->by_id, compare_ids));
	if (*at != known)
		free(known);
}

static const struct cgroup *of_path(struct cgroups *c, const char *path)
{
	struct cgroup key = { .path = (char *)path };
	struct cgroup **at = must(tsearch(&key, &c->by_path, compare_paths));
	char policy[SYS_PATH_MAX];
	struct cgroup *new;

	if (*at != &key)
		return *at;
	new = must(calloc(1, sizeof(*new)));
	new->path = must(strdup(path));
	*at = new;
	new->id = cgroupfs_id(path);
	if (c->loaded)
		new->policy = must(strdup(governs(path, policy, sizeof(policy))));
	if (new->id)
		remember(c, new->id, new);
	return new;
}

static void free_cgroup(void *p)
{
	struct cgroup *cgroup = p;

	free(cgroup->path);
	free(cgroup->policy);
	free(cgroup);
}

/**
 * cgroups_new() - none met yet
 *
 * Return: never NULL.
 */
struct cgroups *cgroups_new(void)
{
	struct cgroups *c = must(calloc(1, sizeof(*c)));

	c->loaded = sys_loaded();
	return c;
}

/**
 * cgroups_free() - the end of all of them
 * @c: of cgroups_new()
 */
void cgroups_free(struct cgroups *c)
{
	tdestroy(c->by_path, free_cgroup);
	tdestroy(c->by_id, free);
	free(c);
}

/**
 * cgroups_of_process() - the cgroup of a process
 * @c: of cgroups_new()
 * @pid: the process
 *
 * Return: the cgroup, valid until cgroups_free(), or NULL if there is none.
 */
const struct cgroup *cgroups_of_process(struct cgroups *c, pid_t pid)
{
	char path[SYS_PATH_MAX];

	if (cgroupfs_of_process(pid, path, sizeof(path)))
		return NULL;
	return of_path(c, path);
}

/**
 * cgroups_of_id() - the cgroup that has an id
 * @c: of cgroups_new()
 * @id: the id
 *
 * Return: the cgroup, valid until cgroups_free(), or NULL if it was removed or
 * we have no right to know.
 */
const struct cgroup *cgroups_of_id(struct cgroups *c, uint64_t id)
{
	const struct known key = { .id = id };
	struct known *const *at = tfind(&key, &c->by_id, compare_ids);
	const struct cgroup *cgroup;
	char path[SYS_PATH_MAX];

	if (at)
		return (*at)->cgroup;
	cgroup = cgroupfs_path(id, path, sizeof(path)) ? NULL : of_path(c, path);
	remember(c, id, cgroup);
	return cgroup;
}

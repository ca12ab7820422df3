// SPDX-License-Identifier: GPL-2.0
/* state.c - all policies there are: the default one and those of cgroups */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "kactl.h"
#include "path.h"
#include "say.h"
#include "scope.h"
#include "state.h"
#include "sys.h"

/**
 * state_add() - add a cgroup, without any value
 * @s: the policies
 * @path: the cgroup's
 *
 * Return: its policy, which stays where it is until the next one is added.
 */
struct state_cgroup *state_add(struct state *s, const char *path)
{
	struct state_cgroup *c;

	/* Grows at the powers of two. */
	if (!(s->count & (s->count - 1))) {
		size_t room = s->count ? 2 * s->count : 1;

		c = reallocarray(s->cgroups, room, sizeof(*c));
		if (!c)
			err(KACTL_FAILED, "kactl");
		s->cgroups = c;
	}
	c = &s->cgroups[s->count];
	memset(c, 0, sizeof(*c));
	c->path = strdup(path);
	if (!c->path)
		err(KACTL_FAILED, "kactl");
	s->count++;
	return c;
}

static int compare(const void *a, const void *b)
{
	const struct state_cgroup *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/**
 * state_sort() - bring the cgroups into the order of their paths
 * @s: the policies
 */
void state_sort(struct state *s)
{
	if (s->count)
		qsort(s->cgroups, s->count, sizeof(*s->cgroups), compare);
}

/* One that goes while we look is as one that was never there. */
static int read_cgroup(struct state *s, const char *path)
{
	struct state_cgroup *c = state_add(s, path);
	char dir[SYS_PATH_MAX];
	int rc;

	rc = policy_read(&c->policy, POLICY_OF_CGROUP, path_policy(dir, path));
	if (!rc)
		return 0;
	free(c->path);
	s->count--;
	if (rc == -ENOENT || rc == -ENODEV)
		return 0;
	return say_failure("cannot read %s: %s", dir, strerror(-rc));
}

static int read_cgroups(struct state *s)
{
	char **paths = cgroup_paths(), **p;
	int rc = 0;

	for (p = paths; *p; p++) {
		if (!rc)
			rc = read_cgroup(s, *p);
		free(*p);
	}
	free(paths);
	state_sort(s);
	return rc;
}

/**
 * state_read() - ask the module for all its policies
 * @s: filled; to be freed also after a complaint
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int state_read(struct state *s)
{
	int rc;

	memset(s, 0, sizeof(*s));
	if (!sys_loaded())
		return sys_say_not_loaded();
	rc = policy_read(&s->standard, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (rc)
		return say_failure("cannot read %s: %s", SYS_PARAMETERS,
				   strerror(-rc));
	return read_cgroups(s);
}

/**
 * state_drop_runs() - leave out what lasts no longer than a program
 * @s: the policies, without those that kactl run has made
 */
void state_drop_runs(struct state *s)
{
	size_t i, kept = 0;

	for (i = 0; i < s->count; i++) {
		if (scope_owner(s->cgroups[i].path))
			free(s->cgroups[i].path);
		else
			s->cgroups[kept++] = s->cgroups[i];
	}
	s->count = kept;
}

/**
 * state_free() - the end of it
 * @s: the policies
 */
void state_free(struct state *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->cgroups[i].path);
	free(s->cgroups);
}

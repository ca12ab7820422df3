// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - kactl restore: put into force what a file says, all or nothing
 *
 * The file is all there is to be, so a policy it does not have is removed. What
 * is new comes before what goes, and the default policy between both: no socket
 * is without a policy that it has before and after. What kactl run has made is
 * no business of the file's.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "conf.h"
#include "kactl.h"
#include "path.h"
#include "say.h"
#include "sys.h"

/**
 * struct change - one thing to do
 * @path: the cgroup's, NULL for the default policy
 * @from: what it has now, NULL if it has to be added
 * @to: what it is to have, NULL if it has to go
 */
struct change {
	const char *path;
	const struct policy *from;
	const struct policy *to;
};

/**
 * struct plan - what to do, in order
 * @changes: the changes
 * @count: their number
 */
struct plan {
	struct change *changes;
	size_t count;
};

static bool is_same(const struct policy *a, const struct policy *b)
{
	int f;

	for (f = 0; f < POLICY_NR_FIELDS; f++)
		if (strcmp(a->value[f], b->value[f]))
			return false;
	return true;
}

static void plan_add(struct plan *p, const char *path,
		     const struct policy *from, const struct policy *to)
{
	if (from && to && is_same(from, to))
		return;
	p->changes[p->count++] = (struct change){ path, from, to };
}

/* What the cgroups of @b are to get where those of @a have something else. */
static void plan_cgroups(struct plan *p, const struct state *a,
			 const struct state *b, bool remove)
{
	size_t i = 0, j = 0;
	int order;

	while (i < a->count || j < b->count) {
		order = i == a->count ? 1 : j == b->count ? -1 :
			strcmp(a->cgroups[i].path, b->cgroups[j].path);
		if (order < 0 && remove)
			plan_add(p, a->cgroups[i].path, &a->cgroups[i].policy,
				 NULL);
		if (order >= 0 && !remove)
			plan_add(p, b->cgroups[j].path,
				 order ? NULL : &a->cgroups[i].policy,
				 &b->cgroups[j].policy);
		i += order <= 0;
		j += order >= 0;
	}
}

static void plan(struct plan *p, const struct state *is,
		 const struct state *wanted)
{
	p->count = 0;
	p->changes = calloc(is->count + wanted->count + 1, sizeof(*p->changes));
	if (!p->changes)
		err(KACTL_FAILED, "kactl");
	plan_cgroups(p, is, wanted, false);
	plan_add(p, NULL, &is->standard, &wanted->standard);
	plan_cgroups(p, is, wanted, true);
}

static void print_change(const struct change *c)
{
	const char *is, *was;
	int f;

	printf("%s %s", !c->to ? "remove" : !c->from ? "add" : "set",
	       c->path ? c->path : "default");
	for (f = 0; c->to && f < POLICY_NR_FIELDS; f++) {
		is = c->to->value[f];
		was = c->from ? c->from->value[f] : "0";
		if (!strcmp(is, was) || !is[0])
			continue;
		if (c->from)
			printf(" %s=%s (%s)", policy_names[f], is, was);
		else
			printf(" %s=%s", policy_names[f], is);
	}
	putchar('\n');
}

/* From one policy to another, of which one may be none. */
static int change(const char *path, const struct policy *from,
		  const struct policy *to)
{
	char dir[SYS_PATH_MAX];
	struct policy want;

	if (!path)
		return policy_write(to, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (!to)
		return cgroup_remove(path);
	if (from)
		return policy_write(to, POLICY_OF_CGROUP, path_policy(dir, path));
	want = *to;
	return cgroup_add(path, &want);
}

static int apply(const struct plan *p)
{
	const struct change *c;
	sigset_t signals;
	size_t i;
	int rc = 0;

	sys_hold_signals(&signals);
	for (i = 0; i < p->count && !rc; i++) {
		c = &p->changes[i];
		rc = change(c->path, c->from, c->to);
	}
	/* The last one has undone itself. */
	for (i--; rc && i--; ) {
		c = &p->changes[i];
		if (change(c->path, c->to, c->from))
			say_failure("%s is not as it was before",
				    c->path ? c->path : "the default policy");
	}
	sys_let_signals(&signals);
	return rc;
}

static int restore(const struct state *wanted, bool dry)
{
	struct state is;
	struct plan p;
	size_t i;
	int rc;

	rc = state_read(&is);
	if (rc)
		goto out;
	state_drop_runs(&is);
	plan(&p, &is, wanted);
	if (!dry)
		rc = apply(&p);
	for (i = 0; i < p.count && !rc; i++)
		print_change(&p.changes[i]);
	if (!rc && !p.count)
		puts("nothing to do");
	else if (!rc && dry)
		puts("nothing is changed: a dry run");
	free(p.changes);
out:
	state_free(&is);
	return rc;
}

static int restore_from(const char *path, const char *name, bool dry)
{
	bool std = !strcmp(name, "-");
	FILE *from = std ? stdin : fopen(path, "re");
	struct state wanted = { 0 };
	int rc;

	if (!from && errno == ENOENT)
		return say_failure("there is no %s: kactl save writes one", name);
	if (!from)
		return say_failure("cannot read %s: %s", name, strerror(errno));
	rc = conf_read(&wanted, from, std ? "stdin" : name);
	if (!std)
		fclose(from);
	if (!rc)
		rc = restore(&wanted, dry);
	state_free(&wanted);
	return rc;
}

/**
 * cmd_restore() - kactl restore [FILE] [--dry-run]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_restore(int argc, char **argv)
{
	char path[SYS_PATH_MAX];
	bool dry = false;
	int c;

	while ((c = command_options(argc, argv, "n", NULL)) == 'n')
		dry = true;
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (argc - optind > 1)
		return say_misuse(argv[0], "one FILE, not %s and %s",
				  argv[optind], argv[optind + 1]);
	if (optind < argc)
		return restore_from(argv[optind], argv[optind], dry);
	return restore_from(sys_path(path, "%s", CONF_FILE), CONF_FILE, dry);
}

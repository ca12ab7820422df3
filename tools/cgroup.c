// SPDX-License-Identifier: GPL-2.0
/* cgroup.c - kactl cgroup: the policies of cgroups */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "kactl.h"
#include "nearest.h"
#include "path.h"
#include "say.h"
#include "sys.h"

#define ADD	SYS_CGROUPS "/add"
#define REMOVE	SYS_CGROUPS "/remove"

/* A file of a policy's that is none of its fields. */
static int read_file(char *value, size_t size, const char *dir, const char *name)
{
	char path[SYS_PATH_MAX];

	snprintf(path, sizeof(path), "%.3800s/%s", dir, name);
	return sys_get(value, size, path);
}

/* A policy that is removed meanwhile has no row. */
static void add_row(struct table *t, const char *path)
{
	char dir[SYS_PATH_MAX], state[16], sockets[24];
	struct policy p;
	int f;

	path_policy(dir, path);
	if (read_file(state, sizeof(state), dir, "state") ||
	    read_file(sockets, sizeof(sockets), dir, "sockets") ||
	    policy_read(&p, POLICY_OF_CGROUP, dir))
		return;
	table_row(t);
	table_set(t, 0, "%s", path);
	table_set(t, 1, "%s", state);
	for (f = POLICY_MODE; f <= POLICY_USER_TIMEOUT; f++)
		table_set(t, 2 + f, "%s", p.value[f]);
	table_set(t, 2 + f, "%s", sockets);
}

static void *must_have(void *p)
{
	if (!p)
		err(KACTL_FAILED, "kactl");
	return p;
}

static int is_policy(const struct dirent *d)
{
	return d->d_name[0] != '.' && strcmp(d->d_name, "add") &&
	       strcmp(d->d_name, "remove");
}

/**
 * cgroup_paths() - the paths of all cgroups that have a policy
 *
 * Return: an array that ends with NULL; it and the paths are for free(3).
 */
char **cgroup_paths(void)
{
	char dir[SYS_PATH_MAX], path[SYS_PATH_MAX];
	struct dirent **names;
	char **paths;
	int i, n, found = 0;

	n = scandir(sys_path(dir, "%s", SYS_CGROUPS), &names, is_policy,
		    alphasort);
	paths = must_have(calloc((n < 0 ? 0 : n) + 1, sizeof(*paths)));
	for (i = 0; i < n; i++) {
		snprintf(dir, sizeof(dir), "%s/%.255s", SYS_CGROUPS,
			 names[i]->d_name);
		if (!read_file(path, sizeof(path), dir, "path") && path[0] == '/')
			paths[found++] = must_have(strdup(path));
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return paths;
}

static struct table *new_table(bool json, bool trim)
{
	const struct column columns[] = {
		{ .name = "PATH", .trim = trim },
		{ .name = "STATE" },
		{ .name = "MODE" },
		{ .name = json ? "KEEPIDLE" : "IDLE", .kind = COLUMN_NUMBER },
		{ .name = json ? "KEEPINTVL" : "INTVL", .kind = COLUMN_NUMBER },
		{ .name = json ? "KEEPCNT" : "CNT", .kind = COLUMN_NUMBER },
		{ .name = "USER_TIMEOUT" },
		{ .name = "SOCKETS", .kind = COLUMN_NUMBER },
		{ NULL }
	};

	return table_new("cgroups", columns);
}

/**
 * cgroup_table() - all policies of cgroups, by path
 * @json: with the names of the fields, instead of headings that are short
 * @trim: paths may be cut where a terminal is too narrow
 *
 * Return: the table, for table_free().
 */
struct table *cgroup_table(bool json, bool trim)
{
	struct table *t = new_table(json, trim);
	char **paths = cgroup_paths(), **p;

	for (p = paths; *p; p++) {
		add_row(t, *p);
		free(*p);
	}
	free(paths);
	return t;
}

/**
 * cgroup_add() - give a cgroup a policy
 * @path: the cgroup's, for which path_check() is 0
 * @want: its fields; without a mode it gets mode default
 *
 * All or nothing: after a refusal there is no policy.
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int cgroup_add(const char *path, struct policy *want)
{
	char dir[SYS_PATH_MAX];
	sigset_t signals;
	int err;

	if (!want->value[POLICY_MODE][0])
		snprintf(want->value[POLICY_MODE], sizeof(want->value[POLICY_MODE]),
			 "default");
	sys_hold_signals(&signals);
	err = sys_put(ADD, path);
	if (err == -EEXIST) {
		err = say_failure("%s has a policy already: kactl cgroup set changes it",
				  path);
	} else if (err) {
		err = sys_say_refused(ADD, path, err);
	} else {
		err = policy_write(want, POLICY_OF_CGROUP, path_policy(dir, path));
		if (err && sys_put(REMOVE, path))
			say_failure("%s still has a policy", path);
	}
	sys_let_signals(&signals);
	return err;
}

/**
 * cgroup_remove() - take a cgroup's policy away
 * @path: the cgroup's
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int cgroup_remove(const char *path)
{
	int err = sys_put(REMOVE, path);

	if (err == -ENOENT)
		return say_failure("%s has no policy: kactl cgroup list shows which there are",
				   path);
	return err ? sys_say_refused(REMOVE, path, err) : 0;
}

/* What it is now, since a unit's name does not tell where its cgroup is. */
static void print_policy(const char *path, bool json)
{
	char dir[SYS_PATH_MAX], state[16];
	struct table *t;
	struct policy p;
	int f;

	if (json) {
		t = new_table(true, false);
		add_row(t, path);
		tables_print_json(&t, 1, stdout);
		table_free(t);
		return;
	}
	path_policy(dir, path);
	if (policy_read(&p, POLICY_OF_CGROUP, dir) ||
	    read_file(state, sizeof(state), dir, "state"))
		return;
	printf("%s:", path);
	for (f = POLICY_MODE; f <= POLICY_USER_TIMEOUT; f++)
		printf(" %s=%s", policy_names[f], p.value[f]);
	puts(strcmp(state, "waiting") ? "" : ", waiting for the cgroup");
}

static int list(const char *path, struct policy *want, bool json)
{
	struct table *t = cgroup_table(json, false);

	(void)path;
	(void)want;
	if (json)
		tables_print_json(&t, 1, stdout);
	else if (table_rows(t))
		table_print(t, true, stdout);
	else
		puts("no cgroup has a policy");
	table_free(t);
	return KACTL_DONE;
}

static int add(const char *path, struct policy *want, bool json)
{
	if (cgroup_add(path, want))
		return KACTL_FAILED;
	print_policy(path, json);
	return KACTL_DONE;
}

static int set(const char *path, struct policy *want, bool json)
{
	char dir[SYS_PATH_MAX];

	if (!sys_has(path_policy(dir, path)))
		return say_failure("%s has no policy: kactl cgroup add makes one",
				   path);
	if (policy_write(want, POLICY_OF_CGROUP, dir))
		return KACTL_FAILED;
	print_policy(path, json);
	return KACTL_DONE;
}

static int take_away(const char *path, struct policy *want, bool json)
{
	(void)want;
	(void)json;
	return cgroup_remove(path);
}

/* What may be done, and how many arguments it takes. */
static const struct action {
	const char *name;
	int (*run)(const char *path, struct policy *want, bool json);
	int least, most;
	const char *takes;
} actions[] = {
	{ "list", list, 0, 0, "nothing" },
	{ "add", add, 1, 32, "PATH [KEY=VALUE...]" },
	{ "set", set, 2, 32, "PATH KEY=VALUE..." },
	{ "remove", take_away, 1, 1, "PATH" },
	{ NULL }
};

static const struct action *find_action(const char *name, const char *command)
{
	const struct action *a;
	const char *near;

	for (a = actions; a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	near = nearest(name, &actions->name, sizeof(*actions));
	if (near)
		say_misuse(command, "unknown action %s: did you mean %s?", name, near);
	else
		say_misuse(command, "unknown action %s: list, add, set or remove",
			   name);
	return NULL;
}

static int act(const struct action *a, int argc, char **argv, bool json,
	       const char *command)
{
	char path[SYS_PATH_MAX] = "";
	struct policy want = { 0 };
	int err;

	if (argc < a->least || argc > a->most)
		return say_misuse(command, "cgroup %s takes %s", a->name, a->takes);
	if (argc) {
		err = policy_parse(&want, POLICY_OF_CGROUP, argc - 1, argv + 1,
				   command) ?:
		      path_find(path, argv[0], command);
		if (err)
			return err;
	}
	if (!sys_loaded())
		return sys_say_not_loaded();
	return a->run(path, &want, json);
}

/**
 * cmd_cgroup() - kactl cgroup [list [-j]] | add|set [-j] PATH KEY=VALUE... | remove PATH
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_cgroup(int argc, char **argv)
{
	const struct action *a = actions;
	int json = 0;
	int c;

	c = command_options(argc, argv, "", &json);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		a = find_action(argv[optind++], argv[0]);
	if (!a)
		return KACTL_MISUSED;
	return act(a, argc - optind, argv + optind, json, argv[0]);
}

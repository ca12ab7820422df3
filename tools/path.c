// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - what a person calls a cgroup, and what the module calls it
 *
 * A person writes a path under the mount of cgroup v2, a path in the hierarchy
 * or the name of a unit of systemd's. The module wants the path in the host's
 * hierarchy, and calls the directory of its policy so, with '!' for '/'.
 */
#include <ctype.h>
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kactl.h"
#include "path.h"
#include "say.h"
#include "sys.h"
#include "systemd.h"
#include "unit.h"

/* The module makes one directory's name of a path, without its first '/'. */
#define PATH_BYTES 255

static bool has_part(const char *path, const char *part)
{
	size_t n = strlen(part);

	for (; path; path = strchr(path, '/')) {
		path += *path == '/';
		if (!strncmp(path, part, n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

static bool has_control(const char *path)
{
	for (; *path; path++)
		if (iscntrl((unsigned char)*path))
			return true;
	return false;
}

/**
 * path_check() - may a policy have this path?
 * @path: the path
 * @why: filled with what is wrong with it
 * @size: of @why
 *
 * The module's own rules, in words.
 *
 * Return: 0 or -EINVAL or -ENAMETOOLONG.
 */
int path_check(const char *path, char *why, size_t size)
{
	const char *what = NULL;

	if (has_control(path))
		what = "a path with a control character cannot have a policy";
	else if (path[0] != '/')
		what = "it is not absolute";
	else if (!path[1])
		what = "the root has no policy of its own: kactl default sets the one for all";
	else if (strchr(path, '!'))
		what = "a path with a '!' cannot have a policy";
	else if (has_part(path, ""))
		what = "it has an empty part";
	else if (has_part(path, ".") || has_part(path, ".."))
		what = "it has a part . or ..";
	else if (!strcmp(path, "/add") || !strcmp(path, "/remove"))
		what = "the module's directory cgroups has a file of that name";
	else if (strlen(path + 1) > PATH_BYTES)
		what = "it is longer than 255 bytes";
	if (!what)
		return 0;
	snprintf(why, size, "%s", what);
	return strlen(path) > PATH_BYTES + 1 ? -ENAMETOOLONG : -EINVAL;
}

/**
 * path_mount() - where cgroup v2 is mounted
 * @to: filled; /sys/fs/cgroup where it is not mounted at all
 *
 * Return: @to, or NULL where it is not mounted.
 */
char *path_mount(char *to)
{
	char real[SYS_PATH_MAX];
	struct mntent *m = NULL;
	FILE *f;

	snprintf(to, SYS_PATH_MAX, "%s", SYS_CGROUP_FS);
	f = setmntent(sys_path(real, "/proc/self/mounts"), "re");
	while (f && (m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup2"))
			continue;
		snprintf(to, SYS_PATH_MAX, "%s", m->mnt_dir);
		break;
	}
	if (f)
		endmntent(f);
	return m ? to : NULL;
}

/**
 * path_policy() - the directory that the policy of a cgroup has
 * @to: filled
 * @path: the cgroup's
 *
 * Return: @to.
 */
char *path_policy(char *to, const char *path)
{
	char *c;
	int n;

	n = snprintf(to, SYS_PATH_MAX, "%s/", SYS_CGROUPS);
	snprintf(to + n, SYS_PATH_MAX - n, "%s", path + 1);
	for (c = to + n; *c; c++)
		if (*c == '/')
			*c = '!';
	return to;
}

/**
 * path_is_host() - does kactl see the hierarchy as the host does?
 *
 * Return: false in a cgroup namespace, as containers are.
 */
bool path_is_host(void)
{
	/* The inode of the first one: PROC_CGROUP_INIT_INO. */
	static const char first[] = "cgroup:[4026531835]";
	char real[SYS_PATH_MAX], name[64];
	ssize_t n;

	n = readlink(sys_path(real, "/proc/self/ns/cgroup"), name,
		     sizeof(name) - 1);
	if (n < 0)
		return true;
	name[n] = '\0';
	return !strcmp(name, first);
}

/* The path without a mount point before it, or NULL. */
static const char *behind(const char *path, const char *mount)
{
	size_t n = strlen(mount);

	if (strncmp(path, mount, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n : "/";
}

/* Without the '/' that a shell puts behind the name of a directory. */
static void copy_path(char *to, const char *from)
{
	size_t n;

	snprintf(to, SYS_PATH_MAX, "%s", from);
	n = strlen(to);
	while (n > 1 && to[n - 1] == '/')
		to[--n] = '\0';
}

static int find_unit(char *to, const char *name, const char *command)
{
	struct unit u = { 0 };
	char why[512];

	if (systemd_runs() && !systemd_show(&u, name) && u.cgroup[0]) {
		copy_path(to, u.cgroup);
		return 0;
	}
	if (u.id[0] && !u.known)
		fprintf(stderr, "kactl: systemd does not know %s, yet\n", name);
	if (unit_cgroup(to, SYS_PATH_MAX, u.id[0] ? u.id : name, u.slice,
			why, sizeof(why)))
		return say_misuse(command, "%s", why);
	return 0;
}

static int say_unknown(const char *name, const char *command)
{
	char unit[300];

	snprintf(unit, sizeof(unit), "%.255s.service", name);
	if (strchr(name, '/'))
		return say_misuse(command, "%s is not absolute: did you mean /%s?",
				  name, name);
	if (unit_is_name(unit))
		return say_misuse(command, "%s is no path and no unit's name: did you mean %s?",
				  name, unit);
	return say_misuse(command, "%s is no absolute path and no unit's name",
			  name);
}

/**
 * path_find() - the cgroup that somebody means
 * @to: of SYS_PATH_MAX bytes, filled with its path as the module wants it
 * @name: what was written: a path where it is mounted, a path, a unit
 * @command: whose help to name in a complaint
 *
 * Return: 0, or KACTL_FAILED or KACTL_MISUSED after a complaint.
 */
int path_find(char *to, const char *name, const char *command)
{
	char mount[SYS_PATH_MAX], why[128];
	const char *inner = NULL;
	int err = 0;

	path_mount(mount);
	if (name[0] == '/')
		inner = behind(name, mount) ?: behind(name, SYS_CGROUP_FS);
	else if (!unit_is_name(name))
		return say_unknown(name, command);
	if ((inner || name[0] != '/') && !path_is_host())
		return say_failure("%s: in a container, write the path that the host has for it",
				   name);
	if (name[0] != '/')
		err = find_unit(to, name, command);
	else
		copy_path(to, inner ?: name);
	if (err)
		return err;
	if (path_check(to, why, sizeof(why)))
		return say_misuse(command, "%s: %s", name, why);
	return 0;
}

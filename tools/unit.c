// SPDX-License-Identifier: GPL-2.0
/*
 * unit.c - where systemd's naming rules put the cgroup of a unit
 *
 * systemd.slice(5) and systemd.unit(5): the slice a-b.slice stands in a.slice,
 * an instance of foo@.service in system-foo.slice, anything else in
 * system.slice, unless its Slice= says otherwise, which only systemd can tell.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define UNIT_NAME_MAX 255

/* Types of unit that have processes, or units, in a cgroup of theirs. */
static const char *const with_cgroup[] = {
	".service", ".slice", ".scope", ".socket", ".mount", ".swap", NULL
};

static const char *const without_cgroup[] = {
	".target", ".timer", ".path", ".device", ".automount", NULL
};

static const char *has_suffix(const char *name, const char *const *suffixes)
{
	size_t len = strlen(name);

	for (; *suffixes; suffixes++) {
		size_t n = strlen(*suffixes);

		if (len > n && !strcmp(name + len - n, *suffixes))
			return *suffixes;
	}
	return NULL;
}

/**
 * unit_is_name() - is it written as the name of a unit?
 * @name: what somebody wrote
 *
 * Return: true if it is one, also of a type that has no cgroup.
 */
bool unit_is_name(const char *name)
{
	const char *c = name;

	while (isascii(*c) && (isalnum(*c) || (*c && strchr(":-_.\\@", *c))))
		c++;
	return !*c && c - name <= UNIT_NAME_MAX && name[0] != '@' &&
	       (has_suffix(name, with_cgroup) || has_suffix(name, without_cgroup));
}

static int complain(char *why, size_t room, const char *unit, const char *what)
{
	snprintf(why, room, "%s %s", unit, what);
	return -EINVAL;
}

static int append(char *to, size_t size, const char *text, size_t len)
{
	size_t n = strlen(to);

	if (n + len >= size)
		return -ENAMETOOLONG;
	memcpy(to + n, text, len);
	to[n + len] = '\0';
	return 0;
}

/* a-b-c.slice is /a.slice/a-b.slice/a-b-c.slice. */
static int slice_cgroup(char *to, size_t size, const char *slice)
{
	const char *end = slice + strlen(slice) - strlen(".slice");
	const char *dash = slice;
	int err = 0;

	to[0] = '\0';
	if (!strcmp(slice, "-.slice"))
		return append(to, size, "/", 1);
	if (end == slice || slice[0] == '-' || end[-1] == '-' ||
	    strstr(slice, "--") || strchr(slice, '@'))
		return -EINVAL;
	while (dash < end && !err) {
		dash = memchr(dash, '-', end - dash) ?: end;
		err = append(to, size, "/", 1) ?:
		      append(to, size, slice, dash - slice) ?:
		      append(to, size, ".slice", strlen(".slice"));
		dash++;
	}
	return err;
}

/* A name that a file of the kernel's may have gets a '_' from systemd. */
static bool is_escaped(const char *name)
{
	static const char *const heads[] = {
		"_", ".", "cgroup.", "cpu.", "cpuacct.", "cpuset.", "io.",
		"blkio.", "memory.", "devices.", "pids.", NULL
	};
	const char *const *h;

	for (h = heads; *h; h++)
		if (!strncmp(name, *h, strlen(*h)))
			return true;
	return false;
}

/* The slice of an instance: system-PREFIX.slice, every '-' in PREFIX as \x2d. */
static int instance_slice(char *to, size_t size, const char *unit)
{
	const char *c, *at = strchr(unit, '@');
	char escaped[8];
	int err;

	to[0] = '\0';
	err = append(to, size, "system-", strlen("system-"));
	for (c = unit; c < at && !err; c++) {
		if (*c == '-' || *c == '\\' || (*c == '.' && c == unit))
			snprintf(escaped, sizeof(escaped), "\\x%02x", *c);
		else
			snprintf(escaped, sizeof(escaped), "%c", *c);
		err = append(to, size, escaped, strlen(escaped));
	}
	return err ?: append(to, size, ".slice", strlen(".slice"));
}

/* The slice that a unit is in when nobody says another. */
static int usual_slice(char *to, size_t size, const char *unit)
{
	size_t user = strlen("user@"), digits;

	if (!strchr(unit, '@')) {
		snprintf(to, size, strcmp(unit, "init.scope") ? "system.slice" : "-.slice");
		return 0;
	}
	digits = strncmp(unit, "user@", user) ? 0 : strspn(unit + user, "0123456789");
	if (!digits || strcmp(unit + user + digits, ".service"))
		return instance_slice(to, size, unit);
	snprintf(to, size, "user-%.*s.slice", (int)digits, unit + user);
	return 0;
}

static int append_unit(char *to, size_t size, const char *unit)
{
	int err = 0;

	if (strcmp(to, "/"))
		err = append(to, size, "/", 1);
	if (!err && is_escaped(unit))
		err = append(to, size, "_", 1);
	return err ?: append(to, size, unit, strlen(unit));
}

/**
 * unit_cgroup() - the cgroup that a unit has, or will have
 * @to: filled with its absolute path
 * @size: of @to
 * @unit: its name, for which unit_is_name()
 * @slice: its Slice= as systemd knows it, or "" to go by the rules
 * @why: filled with a sentence if there is none
 * @room: of @why
 *
 * Return: 0, -EINVAL or -ENAMETOOLONG.
 */
int unit_cgroup(char *to, size_t size, const char *unit, const char *slice,
		char *why, size_t room)
{
	const char *type = has_suffix(unit, with_cgroup);
	const char *at = strchr(unit, '@');
	char usual[4 * UNIT_NAME_MAX + 16];
	int err;

	if (!type)
		return complain(why, room, unit,
				"has no cgroup: services, slices, scopes, sockets, mounts and swaps do");
	if (at && at + 1 == unit + strlen(unit) - strlen(type))
		return complain(why, room, unit,
				"is a template: name an instance, with something after the @");
	if (!strcmp(type, ".slice")) {
		err = slice_cgroup(to, size, unit);
		return err == -EINVAL ? complain(why, room, unit,
			"cannot be: the name of a slice is words with a - between two") :
		       err ? complain(why, room, unit, "is too long") : 0;
	}
	if (!slice[0]) {
		err = usual_slice(usual, sizeof(usual), unit);
		slice = usual;
	} else {
		err = has_suffix(slice, (const char *const[]){ ".slice", NULL }) ?
		      0 : -EINVAL;
	}
	err = err ?: slice_cgroup(to, size, slice) ?: append_unit(to, size, unit);
	if (err)
		complain(why, room, unit, err == -EINVAL ?
			 "is in a slice that cannot be" : "is too long");
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/* doctor_policy.c - kactl doctor: policies that cannot do what they are for */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "governs.h"
#include "preset.h"
#include "sys.h"

#define SYSCTL "/proc/sys/net/ipv4/tcp_keepalive_"

static long number_or(const char *value, const char *sysctl, long kernels)
{
	char text[32], path[64];
	long n = atol(value);

	if (n)
		return n;
	snprintf(path, sizeof(path), SYSCTL "%s", sysctl);
	return sys_get(text, sizeof(text), path) ? kernels : atol(text);
}

/**
 * doctor_effective() - what a policy comes to
 * @e: filled
 * @p: the policy
 *
 * By the sysctls of our own network namespace.
 */
void doctor_effective(struct effective *e, const struct policy *p)
{
	e->idle = number_or(p->value[POLICY_KEEPIDLE], "time", 7200);
	e->intvl = number_or(p->value[POLICY_KEEPINTVL], "intvl", 75);
	e->cnt = number_or(p->value[POLICY_KEEPCNT], "probes", 9);
}

/**
 * doctor_is_on() - does a policy switch keepalive on?
 * @p: the policy
 *
 * Return: true if it does.
 */
bool doctor_is_on(const struct policy *p)
{
	return !strcmp(p->value[POLICY_MODE], "default") ||
	       !strcmp(p->value[POLICY_MODE], "enforce");
}

/* A path as a word of the shell's: systemd's names have backslashes. */
static const char *quoted(char *word, size_t size, const char *path)
{
	const char *c;
	size_t n = 0;

	for (c = path; isalnum((unsigned char)*c) || (*c && strchr("/._@:-", *c)); c++)
		;
	if (!*c)
		return path;
	word[n++] = '\'';
	for (c = path; *c && n < size - 6; c++)
		n += sprintf(word + n, *c == '\'' ? "'\\''" : "%c", *c);
	word[n++] = '\'';
	word[n] = '\0';
	return word;
}

/**
 * doctor_command() - the command that sets the policy of a cgroup
 * @text: filled
 * @size: of @text
 * @path: the cgroup, or "default"; the root of all has no policy but that
 * @p: fields that it shall have, those at 0 left out, or NULL
 * @more: what comes after them, as words of the command
 */
void doctor_command(char *text, size_t size, const char *path,
		    const struct policy *p, const char *more)
{
	char word[SYS_PATH_MAX];
	struct policy had;
	bool exists;
	size_t n;
	int f;

	if (!strcmp(path, GOVERNS_DEFAULT) || !strcmp(path, "/")) {
		n = snprintf(text, size, "kactl default");
	} else {
		exists = !governs_read(&had, path);
		n = snprintf(text, size, "kactl cgroup %s %s",
			     exists ? "set" : "add",
			     quoted(word, sizeof(word), path));
	}
	for (f = 0; p && f <= POLICY_USER_TIMEOUT && n < size; f++)
		if (p->value[f][0] && strcmp(p->value[f], "0"))
			n += snprintf(text + n, size - n, " %s=%s",
				      policy_names[f], p->value[f]);
	if (n < size)
		snprintf(text + n, size - n, "%s%s", more[0] ? " " : "", more);
}

/* The lowest limit for which the first probe comes too late; @text has all. */
static const struct preset *limits_missed(long idle, char *text, size_t size)
{
	const struct preset *p, *lowest = NULL;
	size_t n = 0;

	text[0] = '\0';
	for (p = presets; p->name && n < size; p++) {
		if (p->limit > idle)
			continue;
		n += snprintf(text + n, size - n, "%s%s (%d s)", n ? ", " : "",
			      p->name, p->limit);
		if (!lowest || p->limit < lowest->limit)
			lowest = p;
	}
	return lowest;
}

static void check_limits(struct findings *f, const char *path,
			 const struct effective *e)
{
	char missed[256], mend[SYS_PATH_MAX], set[64];
	const struct preset *lowest = limits_missed(e->idle, missed, sizeof(missed));

	if (!lowest)
		return;
	if (!strcmp(path, GOVERNS_DEFAULT)) {
		snprintf(mend, sizeof(mend), "kactl preset %s", lowest->name);
	} else {
		snprintf(set, sizeof(set), "keepidle=%d", lowest->keepidle);
		doctor_command(mend, sizeof(mend), path, NULL, set);
	}
	finding_add(f, "keepidle", mend,
		    "%s: the first probe comes after %ld s, too late for an idle limit on the way of %s",
		    path, e->idle, missed);
}

static void check_user_timeout(struct findings *f, const char *path,
			       const struct policy *p, const struct effective *e)
{
	long timeout = atol(p->value[POLICY_USER_TIMEOUT]);
	char mend[SYS_PATH_MAX];

	if (!timeout || timeout >= (e->idle + e->intvl) * 1000)
		return;
	doctor_command(mend, sizeof(mend), path, NULL, "user_timeout=auto");
	finding_add(f, "user_timeout", mend,
		    "%s: user_timeout %ld ms is shorter than keepidle + keepintvl (%ld s): a connection ends at the first lost probe",
		    path, timeout, e->idle + e->intvl);
}

static void check(struct findings *f, const char *path, const struct policy *p)
{
	struct effective e;

	if (!doctor_is_on(p))
		return;
	doctor_effective(&e, p);
	check_limits(f, path, &e);
	check_user_timeout(f, path, p, &e);
}

/* Returns how many there are whose mode is not "inherit". */
static int check_cgroups(struct findings *f)
{
	char path[SYS_PATH_MAX], file[SYS_PATH_MAX];
	struct dirent **e;
	struct policy p;
	int i, n, nr = 0;

	n = scandir(sys_path(path, SYS_CGROUPS), &e, NULL, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), SYS_CGROUPS "/%s/path", e[i]->d_name);
		if (e[i]->d_name[0] != '.' && !sys_get(path, sizeof(path), file) &&
		    !governs_read(&p, path)) {
			nr += !!strcmp(p.value[POLICY_MODE], "inherit");
			check(f, path, &p);
		}
		free(e[i]);
	}
	if (n >= 0)
		free(e);
	return nr;
}

/**
 * doctor_policies() - look at the default policy and those of the cgroups
 * @f: findings are added
 */
void doctor_policies(struct findings *f)
{
	struct policy p;
	bool off;

	if (governs_read(&p, GOVERNS_DEFAULT))
		return;
	off = !strcmp(p.value[POLICY_MODE], "off");
	check(f, GOVERNS_DEFAULT, &p);
	if (!check_cgroups(f) && off)
		finding_add(f, "mode", "kactl default mode=default",
			    "mode is off and no cgroup has a policy: ka_default does nothing");
}

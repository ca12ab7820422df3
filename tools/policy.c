// SPDX-License-Identifier: GPL-2.0
/* policy.c - the fields of a policy: parsed, checked, read, written */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kactl.h"
#include "nearest.h"
#include "policy.h"
#include "say.h"
#include "sys.h"

/* The contract's names, which are also those of the files. */
const char *const policy_names[POLICY_NR_FIELDS + 1] = {
	[POLICY_MODE] = "mode",
	[POLICY_KEEPIDLE] = "keepidle",
	[POLICY_KEEPINTVL] = "keepintvl",
	[POLICY_KEEPCNT] = "keepcnt",
	[POLICY_USER_TIMEOUT] = "user_timeout",
	[POLICY_KERNEL_SOCKETS] = "kernel_sockets",
};

static const char *const modes[] = {
	"off", "default", "enforce", "inherit", NULL
};

static const char *const answers[] = { "Y", "N", NULL };

static const char *const automatic[] = { "auto", NULL };

/* What a field may be: one of some words, or a number up to a limit. */
static const struct {
	const char *const *words;
	long long max;
	const char *unit;
} fields[POLICY_NR_FIELDS] = {
	[POLICY_MODE] = { modes, -1, NULL },
	[POLICY_KEEPIDLE] = { NULL, 32767, "seconds" },
	[POLICY_KEEPINTVL] = { NULL, 32767, "seconds" },
	[POLICY_KEEPCNT] = { NULL, 127, "probes" },
	[POLICY_USER_TIMEOUT] = { automatic, 2147483647, "milliseconds" },
	[POLICY_KERNEL_SOCKETS] = { answers, -1, NULL },
};

static bool has_field(enum policy_of of, enum policy_field f)
{
	return of == POLICY_OF_DEFAULT || f != POLICY_KERNEL_SOCKETS;
}

static bool has_word(enum policy_of of, const char *word)
{
	return of == POLICY_OF_CGROUP || strcmp(word, "inherit");
}

/* The words of a field that this policy may have, ended by NULL. */
static void list_words(const char *list[], enum policy_of of, enum policy_field f)
{
	const char *const *w;

	for (w = fields[f].words; w && *w; w++)
		if (has_word(of, *w))
			*list++ = *w;
	*list = NULL;
}

static void say_words(char *text, size_t size, const char *const *words)
{
	size_t n = 0;

	text[0] = '\0';
	for (; *words && n < size; words++)
		n += snprintf(text + n, size - n, "%s%s", n ? ", " : "", *words);
}

/* What a field may be, as "0..127 probes" or "Y, N". */
static void say_values(char *text, size_t size, enum policy_field f,
		       const char *const *words)
{
	size_t n = 0;

	if (fields[f].max >= 0)
		n = snprintf(text, size, "0..%lld %s%s", fields[f].max,
			     fields[f].unit, words[0] ? " or " : "");
	say_words(text + n, size - n, words);
}

static int bad_value(enum policy_field f, const char *value,
		     const char *const *words, char *why, size_t size)
{
	const char *near = nearest(value, words, sizeof(*words));
	char values[128];

	say_values(values, sizeof(values), f, words);
	snprintf(why, size, "%s=%s: %s%s%s%s is %s%s", policy_names[f], value,
		 near ? "did you mean " : "", near ? near : "", near ? "? " : "",
		 policy_names[f], fields[f].max >= 0 ? "" : "one of ", values);
	return -EINVAL;
}

/**
 * policy_help() - print the fields and what they may be
 * @of: whose they are
 */
void policy_help(enum policy_of of)
{
	const char *words[8];
	char values[128];
	int f;

	puts("\nKEY            VALUE");
	for (f = 0; f < POLICY_NR_FIELDS; f++) {
		if (!has_field(of, f))
			continue;
		list_words(words, of, f);
		say_values(values, sizeof(values), f, words);
		printf("%-14s %s\n", policy_names[f], values);
	}
	puts("\nka_default(4) says what they do.");
}

static bool is_number(const char *s)
{
	return s[0] && strspn(s, "0123456789") == strlen(s);
}

static int set_number(char *to, size_t room, enum policy_field f,
		      const char *value, char *why, size_t size)
{
	long long n;

	errno = 0;
	n = strtoll(value, NULL, 10);
	if (errno || n > fields[f].max) {
		snprintf(why, size, "%s=%s is out of range: 0..%lld %s",
			 policy_names[f], value, fields[f].max, fields[f].unit);
		return -ERANGE;
	}
	snprintf(to, room, "%lld", n);
	return 0;
}

static int find_field(enum policy_of of, const char *key, char *why, size_t size)
{
	const char *known[POLICY_NR_FIELDS + 1];
	const char **k = known;
	const char *near;
	char list[128];
	int f;

	for (f = 0; f < POLICY_NR_FIELDS; f++) {
		if (!has_field(of, f))
			continue;
		if (!strcmp(key, policy_names[f]))
			return f;
		*k++ = policy_names[f];
	}
	*k = NULL;
	near = nearest(key, known, sizeof(*known));
	if (near) {
		snprintf(why, size, "unknown key %s: did you mean %s?", key, near);
	} else {
		say_words(list, sizeof(list), known);
		snprintf(why, size, "unknown key %s: the keys are %s", key, list);
	}
	return -EINVAL;
}

/**
 * policy_set() - set one field to what somebody wrote
 * @p: the policy
 * @of: whose it is
 * @key: the field's name
 * @value: what it is to be
 * @why: filled with a sentence if it cannot
 * @size: of @why
 *
 * Return: 0, or -EINVAL or -ERANGE with @p as it was.
 */
int policy_set(struct policy *p, enum policy_of of, const char *key,
	       const char *value, char *why, size_t size)
{
	const char *words[8];
	int f, i;

	f = find_field(of, key, why, size);
	if (f < 0)
		return f;
	if (fields[f].max >= 0 && is_number(value))
		return set_number(p->value[f], sizeof(p->value[f]), f, value,
				  why, size);
	list_words(words, of, f);
	for (i = 0; words[i]; i++) {
		if (!strcmp(value, words[i])) {
			snprintf(p->value[f], sizeof(p->value[f]), "%s", value);
			return 0;
		}
	}
	return bad_value(f, value, words, why, size);
}

/**
 * policy_parse() - take the KEY=VALUE arguments of a command
 * @p: the policy, filled where an argument says so
 * @of: whose it is
 * @argc: how many arguments
 * @argv: the arguments
 * @command: whose help to name in a complaint
 *
 * Return: 0, or KACTL_MISUSED after a complaint.
 */
int policy_parse(struct policy *p, enum policy_of of, int argc, char **argv,
		 const char *command)
{
	char key[64], why[512];
	const char *is;
	int i;

	for (i = 0; i < argc; i++) {
		is = strchr(argv[i], '=');
		if (!is || is - argv[i] >= (long)sizeof(key))
			return say_misuse(command, "%s is not KEY=VALUE, as keepidle=180 is",
					  argv[i]);
		snprintf(key, sizeof(key), "%.*s", (int)(is - argv[i]), argv[i]);
		if (policy_set(p, of, key, is + 1, why, sizeof(why)))
			return say_misuse(command, "%s", why);
	}
	return 0;
}

static char *file_of(char *path, const char *dir, int f)
{
	snprintf(path, SYS_PATH_MAX, "%s/%s", dir, policy_names[f]);
	return path;
}

/**
 * policy_read() - read a policy of the module's
 * @p: filled
 * @of: whose it is
 * @dir: the directory with its files
 *
 * Return: 0 or a negative errno.
 */
int policy_read(struct policy *p, enum policy_of of, const char *dir)
{
	char path[SYS_PATH_MAX];
	int f, err;

	memset(p, 0, sizeof(*p));
	for (f = 0; f < POLICY_NR_FIELDS; f++) {
		if (!has_field(of, f))
			continue;
		err = sys_get(p->value[f], sizeof(p->value[f]),
			      file_of(path, dir, f));
		if (err)
			return err;
	}
	return 0;
}

/*
 * The mode goes first where it lets go of sockets and last where it takes hold
 * of them, so that no socket gets the new mode with old values.
 */
static void order_fields(int order[], const struct policy *want)
{
	const char *mode = want->value[POLICY_MODE];
	bool first = !strcmp(mode, "off") || !strcmp(mode, "inherit");
	int f, n = 0;

	if (first)
		order[n++] = POLICY_MODE;
	for (f = 0; f < POLICY_NR_FIELDS; f++)
		if (f != POLICY_MODE)
			order[n++] = f;
	if (!first)
		order[n++] = POLICY_MODE;
}

/* Is a field to be written? */
static bool is_other(const struct policy *want, const struct policy *had, int f)
{
	return want->value[f][0] && strcmp(want->value[f], had->value[f]);
}

/**
 * policy_write() - make a policy of the module's what is asked for
 * @want: the fields to write; those that have the value already are left alone
 * @of: whose it is
 * @dir: the directory with its files
 *
 * All or nothing: after a refusal the fields that were written get back what
 * they had.
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int policy_write(const struct policy *want, enum policy_of of, const char *dir)
{
	char path[SYS_PATH_MAX];
	struct policy had;
	int order[POLICY_NR_FIELDS];
	sigset_t signals;
	int i, err;

	err = policy_read(&had, of, dir);
	if (err)
		return say_failure("cannot read %s: %s", dir, strerror(-err));
	order_fields(order, want);
	sys_hold_signals(&signals);
	for (i = 0; i < POLICY_NR_FIELDS; i++) {
		if (!is_other(want, &had, order[i]))
			continue;
		err = sys_put(file_of(path, dir, order[i]),
			      want->value[order[i]]);
		if (err)
			break;
	}
	if (err)
		sys_say_refused(path, want->value[order[i]], err);
	while (err && i--)
		if (is_other(want, &had, order[i]) &&
		    sys_put(file_of(path, dir, order[i]), had.value[order[i]]))
			say_failure("%s is not as it was before", path);
	sys_let_signals(&signals);
	return err ? KACTL_FAILED : 0;
}

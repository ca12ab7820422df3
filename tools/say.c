// SPDX-License-Identifier: GPL-2.0
/* say.c - what went wrong, in words, on stderr */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "kactl.h"
#include "say.h"
#include "table.h"

static bool in_json;

/**
 * say_in_json() - say it as JSON from now on
 * @on: yes or no
 */
void say_in_json(bool on)
{
	in_json = on;
}

static void say(char *text)
{
	static const struct column columns[] = {
		{ .name = "MESSAGE" },
		{ NULL }
	};
	struct table *t;
	char *c;

	if (!in_json) {
		/* What it quotes must not steer the terminal. */
		for (c = text; *c; c++)
			if (iscntrl((unsigned char)*c))
				*c = '?';
		fprintf(stderr, "kactl: %s\n", text);
		return;
	}
	t = table_new("error", columns);
	table_row(t);
	table_set(t, 0, "%s", text);
	tables_print_json(&t, 1, stderr);
	table_free(t);
}

/**
 * say_failure() - what could not be done, and what to do about it
 * @format: one sentence for printf(3), without a full stop and newline
 *
 * Return: KACTL_FAILED.
 */
int say_failure(const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say(text);
	return KACTL_FAILED;
}

/**
 * say_misuse() - what was wrong with the command line
 * @command: the command whose help tells more, or NULL
 * @format: as for say_failure()
 *
 * Return: KACTL_MISUSED.
 */
int say_misuse(const char *command, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say(text);
	if (!in_json)
		fprintf(stderr, "       kactl %s%s--help says what is possible\n",
			command ? command : "", command ? " " : "");
	return KACTL_MISUSED;
}

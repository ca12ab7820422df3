// SPDX-License-Identifier: GPL-2.0
/* apply.c - kactl apply: adopt the sockets that exist, now */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kactl.h"
#include "say.h"
#include "sys.h"

/* One of the module's counters; 0 where it cannot be read. */
static unsigned long long counter(const char *path)
{
	char value[32];

	if (sys_get(value, sizeof(value), path))
		return 0;
	return strtoull(value, NULL, 10);
}

static int adopt(void)
{
	static const char to[] = SYS_KA "/apply";
	static const char adopted[] = SYS_KA "/stats/adopted";
	static const char missed[] = SYS_KA "/stats/missed";
	unsigned long long had = counter(adopted);
	unsigned long long lacked = counter(missed);
	int err;

	err = sys_put(to, "1");
	if (err)
		return sys_say_refused(to, "1", err);
	had = counter(adopted) - had;
	lacked = counter(missed) - lacked;
	printf("adopted %llu socket%s", had, had == 1 ? "" : "s");
	if (lacked)
		printf(", missed %llu that stayed busy: run kactl apply again", lacked);
	putchar('\n');
	return KACTL_DONE;
}

/**
 * cmd_apply() - kactl apply
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_apply(int argc, char **argv)
{
	int c;

	c = command_options(argc, argv, "", NULL);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "%s is too much: apply takes nothing",
				  argv[optind]);
	if (!sys_loaded())
		return sys_say_not_loaded();
	return adopt();
}

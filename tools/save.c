// SPDX-License-Identifier: GPL-2.0
/* save.c - kactl save: all policies into a file */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "kactl.h"
#include "replace.h"
#include "say.h"
#include "sys.h"

static int save_to(const struct state *s, const char *file)
{
	struct replace r;

	if (replace_begin(&r, file))
		return KACTL_FAILED;
	conf_print(s, r.to);
	if (replace_end(&r))
		return KACTL_FAILED;
	printf("saved the default policy and %zu of cgroups in %s\n", s->count,
	       file);
	return KACTL_DONE;
}

static int save_to_stdout(const struct state *s)
{
	conf_print(s, stdout);
	if (fflush(stdout))
		return say_failure("cannot write to stdout: %m");
	return KACTL_DONE;
}

/**
 * cmd_save() - kactl save [FILE]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_save(int argc, char **argv)
{
	char file[SYS_PATH_MAX];
	struct state s;
	int c, rc;

	c = command_options(argc, argv, "", NULL);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (argc - optind > 1)
		return say_misuse(argv[0], "one FILE, not %d", argc - optind);
	rc = state_read(&s);
	state_drop_runs(&s);
	if (!rc && optind == argc)
		rc = save_to(&s, sys_path(file, "%s", CONF_FILE));
	else if (!rc && !strcmp(argv[optind], "-"))
		rc = save_to_stdout(&s);
	else if (!rc)
		rc = save_to(&s, argv[optind]);
	state_free(&s);
	return rc;
}

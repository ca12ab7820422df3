// SPDX-License-Identifier: GPL-2.0
/* completion.c - kactl completion: print the script that completes kactl's words */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kactl.h"
#include "say.h"

/* Made of completion/kactl.bash. */
static const char script[] =
#include "kactl.bash.inc"
;

/**
 * cmd_completion() - kactl completion bash
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_completion(int argc, char **argv)
{
	int c;

	c = command_options(argc, argv, "", NULL);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (argc - optind != 1)
		return say_misuse(argv[0], "it wants the name of a shell: bash");
	if (strcmp(argv[optind], "bash"))
		return say_misuse(argv[0], "there is none for %s: only for bash",
				  argv[optind]);
	fputs(script, stdout);
	if (fflush(stdout))
		return say_failure("cannot write to stdout: %m");
	return KACTL_DONE;
}

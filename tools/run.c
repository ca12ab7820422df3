// SPDX-License-Identifier: GPL-2.0
/* run.c - kactl run: one program under a policy of its own */
#include <getopt.h>
#include <string.h>

#include "cgroup.h"
#include "job.h"
#include "kactl.h"
#include "policy.h"
#include "say.h"
#include "scope.h"
#include "sys.h"

/*
 * The policy is there before the cgroup, and the cgroup before the program, so
 * that it holds for the first socket.
 */
static int run(struct policy *want, char **argv)
{
	struct scope s;
	struct job j;
	int err, status = 0;

	err = scope_plan(&s);
	if (err)
		return err;
	scope_sweep();
	err = cgroup_add(s.path, want);
	if (err)
		return err;
	err = job_start(&j, argv);
	if (!err) {
		err = scope_enter(&s, j.pid);
		if (err)
			job_cancel(&j);
		else
			status = job_run(&j);
	}
	scope_leave(&s);
	return err ?: job_end(status);
}

/**
 * cmd_run() - kactl run [KEY=VALUE...] -- COMMAND [ARGUMENT...]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status: the command's, if it ran.
 */
int cmd_run(int argc, char **argv)
{
	struct policy want = { 0 };
	int c, dashes, err;

	c = command_options(argc, argv, "+", NULL);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (!strcmp(argv[optind - 1], "--"))
		optind--;
	for (dashes = optind; dashes < argc; dashes++)
		if (!strcmp(argv[dashes], "--"))
			break;
	if (dashes + 1 >= argc)
		return say_misuse(argv[0], "which command? It stands behind --");
	err = policy_parse(&want, POLICY_OF_CGROUP, dashes - optind,
			   argv + optind, argv[0]);
	if (err)
		return err;
	if (!sys_loaded())
		return sys_say_not_loaded();
	return run(&want, argv + dashes + 1);
}

// SPDX-License-Identifier: GPL-2.0
/* doctor.c - kactl doctor: look for what is wrong, and say what mends it */
#include <getopt.h>
#include <stdio.h>

#include "doctor.h"
#include "kactl.h"
#include "say.h"
#include "sys.h"

/* Returns 0, or KACTL_FAILED after a complaint: not all could be looked at. */
static int look_at_sockets(struct findings *f)
{
	struct socks *socks;
	int err;

	err = socks_collect(&socks, 0);
	if (err)
		return err;
	doctor_sockets(f, socks);
	err = socks_say_hidden(socks);
	socks_free(socks);
	return err;
}

/**
 * cmd_doctor() - kactl doctor [-j]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: KACTL_DONE if nothing is wrong, KACTL_FAILED if something is or not
 * all could be looked at, KACTL_MISUSED.
 */
int cmd_doctor(int argc, char **argv)
{
	struct findings f = { 0 };
	int json = 0;
	int c, err = 0;

	c = command_options(argc, argv, "", &json);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "%s: doctor takes only options",
				  argv[optind]);
	doctor_module(&f);
	if (sys_loaded()) {
		doctor_policies(&f);
		err = look_at_sockets(&f);
	}
	findings_print(&f, json);
	if (f.nr)
		err = KACTL_FAILED;
	findings_free(&f);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/* default.c - kactl default: show or set the default policy */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "default.h"
#include "kactl.h"
#include "policy.h"
#include "say.h"
#include "sys.h"
#include "table.h"

/**
 * default_table() - the default policy as a table of one row
 * @p: the policy
 *
 * Return: the table, to be freed.
 */
struct table *default_table(const struct policy *p)
{
	static const struct column columns[] = {
		{ .name = "MODE" },
		{ .name = "KEEPIDLE", .kind = COLUMN_NUMBER },
		{ .name = "KEEPINTVL", .kind = COLUMN_NUMBER },
		{ .name = "KEEPCNT", .kind = COLUMN_NUMBER },
		{ .name = "USER_TIMEOUT" },
		{ .name = "KERNEL_SOCKETS" },
		{ NULL }
	};
	struct table *t = table_new("default", columns);
	int f;

	table_row(t);
	for (f = 0; f < POLICY_NR_FIELDS; f++)
		table_set(t, f, "%s", p->value[f]);
	return t;
}

static int show(bool json)
{
	struct policy p;
	struct table *t;
	int err;

	err = policy_read(&p, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (err)
		return say_failure("cannot read %s: %s", SYS_PARAMETERS,
				   strerror(-err));
	t = default_table(&p);
	if (json)
		tables_print_json(&t, 1, stdout);
	else
		table_print(t, true, stdout);
	table_free(t);
	return KACTL_DONE;
}

/**
 * cmd_default() - kactl default [-j] [KEY=VALUE...]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_default(int argc, char **argv)
{
	struct policy want = { 0 };
	int json = 0;
	int c, err;

	c = command_options(argc, argv, "", &json);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	err = policy_parse(&want, POLICY_OF_DEFAULT, argc - optind,
			   argv + optind, argv[0]);
	if (err)
		return err;
	if (!sys_loaded())
		return sys_say_not_loaded();
	if (optind == argc)
		return show(json);
	err = policy_write(&want, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	return err || !json ? err : show(json);
}

// SPDX-License-Identifier: GPL-2.0
/* status.c - kactl status: the module and its policies at one glance */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "default.h"
#include "kactl.h"
#include "policy.h"
#include "say.h"
#include "sys.h"
#include "table.h"

enum {
	TABLE_MODULE,
	TABLE_DEFAULT,
	TABLE_CGROUPS,
	TABLE_COUNTERS,
	TABLE_NR,
};

static const char *const titles[TABLE_NR] = {
	[TABLE_DEFAULT] = "default policy",
	[TABLE_CGROUPS] = "cgroup policies",
	[TABLE_COUNTERS] = "sockets",
};

/* One cell of the row: what a file says, or why it cannot be read. */
static int set_file(struct table *t, size_t column, const char *path)
{
	char value[256];
	int err;

	err = sys_get(value, sizeof(value), path);
	if (!err)
		table_set(t, column, "%s", value);
	return err;
}

static struct table *module_table(void)
{
	static const struct column columns[] = {
		{ .name = "VERSION" },
		{ .name = "HOOK" },
		{ .name = "HEALTH" },
		{ NULL }
	};
	static const char health[] = SYS_KA "/health";
	struct table *t = table_new("module", columns);
	char value[256];
	int err;

	table_row(t);
	set_file(t, 0, "/sys/module/ka_default/version");
	set_file(t, 1, SYS_PARAMETERS "/hook");
	err = sys_get(value, sizeof(value), health);
	if (err)
		table_set(t, 2, "unknown: %s", strerror(-err));
	else
		table_set(t, 2, "%s", value);
	table_color(t, 2, !err && !strcmp(value, "ok") ? "green" : "red");
	return t;
}

static struct table *counter_table(void)
{
	static const struct column columns[] = {
		{ .name = "CREATED", .kind = COLUMN_NUMBER },
		{ .name = "ACCEPTED", .kind = COLUMN_NUMBER },
		{ .name = "ADOPTED", .kind = COLUMN_NUMBER },
		{ .name = "ENFORCED", .kind = COLUMN_NUMBER },
		{ .name = "SKIPPED_OFF", .kind = COLUMN_NUMBER },
		{ .name = "SKIPPED_KERNEL", .kind = COLUMN_NUMBER },
		{ .name = "MISSED", .kind = COLUMN_NUMBER },
		{ NULL }
	};
	static const char *const names[] = {
		"created", "accepted", "adopted", "enforced", "skipped_off",
		"skipped_kernel", "missed", NULL
	};
	struct table *t = table_new("counters", columns);
	char path[SYS_PATH_MAX];
	size_t i;

	table_row(t);
	for (i = 0; names[i]; i++) {
		snprintf(path, sizeof(path), "%s/stats/%s", SYS_KA, names[i]);
		set_file(t, i, path);
	}
	return t;
}

/* What a 0 of the policy means to sockets made here. */
static void explain_zero(const struct policy *p)
{
	char time[16], intvl[16], probes[16];

	if (strcmp(p->value[POLICY_KEEPIDLE], "0") &&
	    strcmp(p->value[POLICY_KEEPINTVL], "0") &&
	    strcmp(p->value[POLICY_KEEPCNT], "0"))
		return;
	if (sys_get(time, sizeof(time), "/proc/sys/net/ipv4/tcp_keepalive_time") ||
	    sys_get(intvl, sizeof(intvl), "/proc/sys/net/ipv4/tcp_keepalive_intvl") ||
	    sys_get(probes, sizeof(probes), "/proc/sys/net/ipv4/tcp_keepalive_probes"))
		return;
	printf("0 follows net.ipv4.tcp_keepalive_time, _intvl, _probes: here %s, %s, %s\n",
	       time, intvl, probes);
}

static void print(struct table *const tables[], const struct policy *p)
{
	int i;

	for (i = 0; i < TABLE_NR; i++) {
		if (!table_rows(tables[i])) {
			puts("\nno cgroup has a policy");
			continue;
		}
		if (titles[i])
			printf("\n%s\n", titles[i]);
		table_print(tables[i], true, stdout);
		if (i == TABLE_DEFAULT)
			explain_zero(p);
	}
}

static int show(bool json)
{
	struct table *tables[TABLE_NR];
	struct policy p;
	int i, err;

	err = policy_read(&p, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (err)
		return say_failure("cannot read %s: %s", SYS_PARAMETERS,
				   strerror(-err));
	tables[TABLE_MODULE] = module_table();
	tables[TABLE_DEFAULT] = default_table(&p);
	tables[TABLE_CGROUPS] = cgroup_table(json, true);
	tables[TABLE_COUNTERS] = counter_table();
	if (json)
		tables_print_json(tables, TABLE_NR, stdout);
	else
		print(tables, &p);
	for (i = 0; i < TABLE_NR; i++)
		table_free(tables[i]);
	return KACTL_DONE;
}

/**
 * cmd_status() - kactl status [-j]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_status(int argc, char **argv)
{
	int json = 0;
	int c;

	c = command_options(argc, argv, "", &json);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "%s is too much: status takes options only",
				  argv[optind]);
	if (!sys_loaded())
		return sys_say_not_loaded();
	return show(json);
}

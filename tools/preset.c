// SPDX-License-Identifier: GPL-2.0
/*
 * preset.c - kactl preset: values for what is known to forget idle connections
 *
 * The first probe goes out when half of the limit is over, and the last one
 * that may be lost still well before it: keepidle + keepintvl * keepcnt is less
 * than the limit, so a dead peer is known by then, too.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kactl.h"
#include "nearest.h"
#include "policy.h"
#include "preset.h"
#include "say.h"
#include "sys.h"
#include "table.h"

const struct preset presets[] = {
	{ "aws", 350, 175, 30, 5,
	  "NLB, NAT gateway, Nitro v6 conntrack" },
	{ "azure", 240, 120, 20, 5,
	  "load balancer, outbound NAT" },
	{ "gcp", 600, 300, 50, 5,
	  "VPC firewall" },
	{ "swarm", 900, 450, 75, 5,
	  "IPVS of Docker Swarm" },
	{ "home", 900, 450, 75, 5,
	  "NAT of home routers (about)" },
	{ NULL }
};

/* All, or only that one. */
static int list(const struct preset *only, bool json)
{
	static const struct column columns[] = {
		{ .name = "NAME" },
		{ .name = "LIMIT", .kind = COLUMN_NUMBER },
		{ .name = "KEEPIDLE", .kind = COLUMN_NUMBER },
		{ .name = "KEEPINTVL", .kind = COLUMN_NUMBER },
		{ .name = "KEEPCNT", .kind = COLUMN_NUMBER },
		{ .name = "REASON", .trim = true },
		{ NULL }
	};
	struct table *t = table_new("presets", columns);
	const struct preset *p;

	for (p = presets; p->name; p++) {
		if (only && p != only)
			continue;
		table_row(t);
		table_set(t, 0, "%s", p->name);
		table_set(t, 1, "%d", p->limit);
		table_set(t, 2, "%d", p->keepidle);
		table_set(t, 3, "%d", p->keepintvl);
		table_set(t, 4, "%d", p->keepcnt);
		table_set(t, 5, "%s", p->reason);
	}
	if (json)
		tables_print_json(&t, 1, stdout);
	else
		table_print(t, true, stdout);
	table_free(t);
	return KACTL_DONE;
}

static void set_number(struct policy *p, enum policy_field f, int n)
{
	snprintf(p->value[f], sizeof(p->value[f]), "%d", n);
}

static int set(const struct preset *p, bool json)
{
	struct policy want = { 0 };
	char mode[16];
	int err;

	if (!sys_loaded())
		return sys_say_not_loaded();
	set_number(&want, POLICY_KEEPIDLE, p->keepidle);
	set_number(&want, POLICY_KEEPINTVL, p->keepintvl);
	set_number(&want, POLICY_KEEPCNT, p->keepcnt);
	err = policy_write(&want, POLICY_OF_DEFAULT, SYS_PARAMETERS);
	if (err)
		return err;
	if (json)
		return list(p, true);
	printf("default policy: keepidle=%d keepintvl=%d keepcnt=%d, ",
	       p->keepidle, p->keepintvl, p->keepcnt);
	printf("for an idle limit of %d s: %s\n", p->limit, p->reason);
	if (!sys_get(mode, sizeof(mode), SYS_PARAMETERS "/mode") &&
	    !strcmp(mode, "off"))
		puts("its mode is off: kactl default mode=default switches it on");
	return KACTL_DONE;
}

/**
 * cmd_preset() - kactl preset [-j] [NAME]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_preset(int argc, char **argv)
{
	const struct preset *p;
	const char *near;
	int json = 0;
	int c;

	c = command_options(argc, argv, "", &json);
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (argc - optind > 1)
		return say_misuse(argv[0], "one preset at a time");
	if (optind == argc)
		return list(NULL, json);
	for (p = presets; p->name; p++)
		if (!strcmp(p->name, argv[optind]))
			return set(p, json);
	near = nearest(argv[optind], &presets->name, sizeof(*presets));
	return say_misuse(argv[0], "unknown preset %s%s%s%s", argv[optind],
			  near ? ": did you mean " : ": kactl preset lists them",
			  near ? near : "", near ? "?" : "");
}

// SPDX-License-Identifier: GPL-2.0
/*
 * metrics.c - kactl metrics: what the module counts, for Prometheus
 *
 * Its text format, version 0.0.4. A module that is not loaded is no failure of
 * ours: monitoring is to see it, as ka_default_loaded 0.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "kactl.h"
#include "path.h"
#include "replace.h"
#include "say.h"
#include "state.h"
#include "sys.h"

#define PREFIX		"ka_default_"

/* The counters of stats/, one or more to a metric. */
static const struct counter {
	const char *file;
	const char *metric;
	const char *label;
	const char *help;
} counters[] = {
	{ "created", "sockets_created_total", "",
	  "Sockets that were made and got keepalive at once." },
	{ "accepted", "sockets_accepted_total", "",
	  "Accepted sockets that came under the policy of the accepting task." },
	{ "adopted", "sockets_adopted_total", "",
	  "Sockets that existed and came under a policy." },
	{ "skipped_off", "sockets_skipped_total", "{reason=\"off\"}",
	  "Sockets that were left alone, for mode off or because they are the kernel's own." },
	{ "skipped_kernel", "sockets_skipped_total", "{reason=\"kernel\"}", NULL },
	{ "missed", "sockets_missed_total", "",
	  "Sockets that should have come under a policy and could not." },
	{ "enforced", "setsockopt_enforced_total", "",
	  "Calls of setsockopt() that were answered with 0 and not done." },
};

static void print_head(FILE *to, const char *metric, const char *type,
		       const char *help)
{
	fprintf(to, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", metric,
		help, metric, type);
}

/* Labels are UTF-8; other bytes are written as systemd writes them, \xNN. */
static void print_label(FILE *to, const char *value)
{
	size_t n, left = strlen(value);
	mbstate_t state = { 0 };

	for (; left; value += n, left -= n) {
		n = mbrlen(value, left, &state);
		if (n > left) {
			fprintf(to, "\\\\x%02x", (unsigned char)*value);
			memset(&state, 0, sizeof(state));
			n = 1;
		} else if (*value == '\n') {
			fputs("\\n", to);
		} else {
			if (*value == '\\' || *value == '"')
				fputc('\\', to);
			fwrite(value, n, 1, to);
		}
	}
}

static void print_flag(FILE *to, const char *metric, bool value, const char *help)
{
	print_head(to, metric, "gauge", help);
	fprintf(to, PREFIX "%s %d\n", metric, value);
}

static void print_info(FILE *to, const struct state *s)
{
	char version[64], hook[32];

	sys_get(version, sizeof(version), "/sys/module/ka_default/version");
	sys_get(hook, sizeof(hook), SYS_PARAMETERS "/hook");
	print_head(to, "info", "gauge",
		   "1, labelled with the module's version, hook and default mode.");
	fputs(PREFIX "info{version=\"", to);
	print_label(to, version);
	fputs("\",hook=\"", to);
	print_label(to, hook);
	fprintf(to, "\",mode=\"%s\"} 1\n", s->standard.value[POLICY_MODE]);
}

static int print_counters(FILE *to)
{
	char value[32], path[SYS_PATH_MAX];
	const struct counter *c;
	int err;

	for (c = counters; c < counters + sizeof(counters) / sizeof(*c); c++) {
		snprintf(path, sizeof(path), SYS_KA "/stats/%s", c->file);
		err = sys_get(value, sizeof(value), path);
		if (err)
			return say_failure("cannot read %s: %s", path,
					   strerror(-err));
		if (c->help)
			print_head(to, c->metric, "counter", c->help);
		fprintf(to, PREFIX "%s%s %s\n", c->metric, c->label, value);
	}
	return 0;
}

/* A metric of each cgroup; of one that has just gone there is nothing. */
static void print_cgroups(FILE *to, const struct state *s, const char *metric,
			  const char *file, const char *one)
{
	char dir[SYS_PATH_MAX], path[SYS_PATH_MAX + 16], value[32];
	size_t i;

	for (i = 0; i < s->count; i++) {
		snprintf(path, sizeof(path), "%s/%s",
			 path_policy(dir, s->cgroups[i].path), file);
		if (sys_get(value, sizeof(value), path))
			continue;
		fprintf(to, PREFIX "%s{cgroup=\"", metric);
		print_label(to, s->cgroups[i].path);
		fprintf(to, "\"} %s\n", !one ? value :
			strcmp(value, one) ? "0" : "1");
	}
}

static int print_module(FILE *to, const struct state *s)
{
	char health[32];

	sys_get(health, sizeof(health), SYS_KA "/health");
	print_flag(to, "healthy", !strcmp(health, "ok"),
		   "Whether its hooks run, as /sys/kernel/ka_default/health says.");
	print_info(to, s);
	if (print_counters(to))
		return KACTL_FAILED;
	if (!s->count)
		return 0;
	print_head(to, "cgroup_sockets_total", "counter",
		   "Sockets that the policy of a cgroup was put on since it was added.");
	print_cgroups(to, s, "cgroup_sockets_total", "sockets", NULL);
	print_head(to, "cgroup_bound", "gauge",
		   "Whether a cgroup with a policy exists.");
	print_cgroups(to, s, "cgroup_bound", "state", "bound");
	return 0;
}

static int print(FILE *to)
{
	bool loaded = sys_loaded();
	struct state s = { 0 };
	int rc;

	if (loaded && state_read(&s)) {
		state_free(&s);
		return KACTL_FAILED;
	}
	print_flag(to, "loaded", loaded,
		   "Whether the module ka_default is loaded.");
	rc = loaded ? print_module(to, &s) : 0;
	state_free(&s);
	return rc;
}

/* All of it or nothing: it is made in memory first. */
static int print_to(const char *textfile)
{
	struct replace r = { .to = stdout };
	char *text = NULL;
	size_t size = 0;
	FILE *memory;
	int rc;

	memory = open_memstream(&text, &size);
	if (!memory)
		return say_failure("cannot print: %m");
	rc = print(memory);
	if (fclose(memory))
		rc = say_failure("cannot print: %m");
	if (!rc && textfile)
		rc = replace_begin(&r, textfile);
	if (!rc) {
		fwrite(text, 1, size, r.to);
		if (textfile)
			rc = replace_end(&r);
		else if (fflush(stdout))
			rc = say_failure("cannot write to stdout: %m");
	}
	free(text);
	return rc;
}

/**
 * cmd_metrics() - kactl metrics [--textfile FILE]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_metrics(int argc, char **argv)
{
	const char *textfile = NULL;
	int c;

	/* For print_label(), whatever the user speaks. */
	setlocale(LC_CTYPE, "C.UTF-8");
	while ((c = command_options(argc, argv, "t:", NULL)) == 't')
		textfile = optarg;
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "nothing goes after metrics: %s",
				  argv[optind]);
	return print_to(textfile);
}

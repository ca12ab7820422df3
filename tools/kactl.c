// SPDX-License-Identifier: GPL-2.0
/* kactl.c - the command line: find the command, run it, explain it */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kactl.h"
#include "nearest.h"
#include "policy.h"
#include "say.h"

const struct command commands[] = {
	{ "status", cmd_status, "[-j]",
	  "the module, its policies and counters at one glance" },
	{ "default", cmd_default, "[-j] [KEY=VALUE...]",
	  "show or set the default policy" },
	{ "cgroup", cmd_cgroup, "[list] [-j] | add|set [-j] PATH KEY=VALUE... | remove PATH",
	  "the policies of cgroups; a new one has mode=default unless told" },
	{ "apply", cmd_apply, "", "adopt the sockets that exist, now" },
	{ "run", cmd_run, "[KEY=VALUE...] -- COMMAND [ARGUMENT...]",
	  "run one program under its own policy, mode=default unless told" },
	{ "check", cmd_check, "[-4|-6] [--mptcp] [-j]",
	  "make a socket here and now and print what it got",
	  "  -4, -6           of IPv4 (so it is without an option), of IPv6\n"
	  "  --mptcp          an MPTCP socket\n" },
	{ "preset", cmd_preset, "[-j] [NAME]",
	  "list or set values for known idle limits" },
	{ "doctor", cmd_doctor, "[-j]",
	  "look for what is wrong, and say what mends it" },
	{ "sockets", cmd_sockets, "[-l] [--off] [--cgroup PATH] [--pid PID] [-j]",
	  "list the TCP sockets of all processes",
	  "  -l               only those that listen\n"
	  "  --off            only those without keepalive\n"
	  "  --cgroup PATH    only those of a cgroup and the ones below\n"
	  "  --pid PID        only those of a process\n" },
	{ "save", cmd_save, "[FILE]",
	  "write all policies to FILE (/etc/ka_default.conf; -: stdout)" },
	{ "restore", cmd_restore, "[FILE] [-n|--dry-run]",
	  "put into force what FILE says, all or nothing",
	  "  -n, --dry-run    only say what would be done\n" },
	{ "metrics", cmd_metrics, "[-t|--textfile FILE]",
	  "print the counters in Prometheus' text format",
	  "  -t, --textfile FILE    into FILE, which is replaced at once\n" },
	{ "completion", cmd_completion, "bash",
	  "print the script that completes these words" },
	{ NULL }
};

static const struct command *find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static void print_help(FILE *to)
{
	const struct command *c;

	fprintf(to, "usage: kactl COMMAND [ARGUMENT...]\n\n"
		"TCP keepalive by default: look at ka_default and steer it.\n\n");
	for (c = commands; c->name; c++)
		fprintf(to, "  %-11s %s\n", c->name, c->help);
	fprintf(to, "\n  KEYs: mode keepidle keepintvl keepcnt user_timeout\n"
		"  kactl COMMAND --help says what a command takes, kactl(8) says more.\n");
}

/**
 * command_usage() - print what a command takes
 * @name: the command
 *
 * Return: KACTL_DONE, for it was asked for.
 */
int command_usage(const char *name)
{
	const struct command *c = find(name);

	printf("usage: kactl %s%s%s\n\n%s\n", c->name, c->usage[0] ? " " : "",
	       c->usage, c->help);
	if (c->more)
		printf("\n%s", c->more);
	if (strstr(c->usage, "KEY=VALUE"))
		policy_help(c->run == cmd_default ? POLICY_OF_DEFAULT :
						    POLICY_OF_CGROUP);
	return KACTL_DONE;
}

static const struct option longs[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "mptcp", no_argument, NULL, 'm' },
	{ "off", no_argument, NULL, 'o' },
	{ "cgroup", required_argument, NULL, 'c' },
	{ "pid", required_argument, NULL, 'p' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "textfile", required_argument, NULL, 't' },
	{ NULL }
};

static bool is_long(int letter)
{
	const struct option *o;

	for (o = longs; o->name; o++)
		if (o->val == letter)
			return true;
	return false;
}

/* The option that getopt_long(3) has just complained of, returning @c. */
static const char *bad_option(int c, char **argv)
{
	static char letter[3];
	int last = optind - 1;

	/* Another command's long option, with its value after it. */
	if (optarg == argv[last])
		last--;
	/* In the midst of "-ab" that is the word before. */
	if (!strncmp(argv[last], "--", 2) &&
	    (c != '?' || !optopt || is_long(optopt)))
		return argv[last];
	snprintf(letter, sizeof(letter), "-%c", optopt);
	return letter;
}

/* Returns -3 after a complaint of what getopt_long(3) has just returned. */
static int say_bad_option(int c, char **argv, const char *letters)
{
	const char *known[sizeof(longs) / sizeof(*longs)];
	const char *near = NULL, *bad = bad_option(c, argv);
	const struct option *o;
	size_t n = 0;

	for (o = longs; o->name; o++)
		if (strchr(letters, o->val))
			known[n++] = o->name;
	known[n] = NULL;
	if (c == ':')
		say_misuse(argv[0], "%s needs a value", bad);
	else if (!strncmp(bad, "--", 2))
		near = nearest(bad + 2, known, sizeof(*known));
	if (near)
		say_misuse(argv[0], "unknown option %s: did you mean --%s?", bad, near);
	else if (c != ':')
		say_misuse(argv[0], "unknown option %s", bad);
	return -3;
}

/**
 * command_options() - the next option of a command, those common to all done
 * @argc: as the command has it
 * @argv: as the command has it
 * @extra: the command's own options for getopt(3), after which "j" and "h" come;
 *	a long option is known where its letter is; a "+" before them ends the
 *	options at the first argument that is none, for what follows is another's
 * @json: set by -j, or NULL where the command has no JSON
 *
 * Return: an option of @extra with optarg set; -1 at the end, with optind set;
 * -2 after --help, which has been answered; -3 after a complaint.
 */
int command_options(int argc, char **argv, const char *extra, int *json)
{
	bool first = extra[0] == '+';
	char shorts[64];
	int c;

	snprintf(shorts, sizeof(shorts), "%s:%s%sh", first ? "+" : "",
		 extra + first, json ? "j" : "");
	c = getopt_long(argc, argv, shorts, longs, NULL);
	if (c == 'h') {
		command_usage(argv[0]);
		return -2;
	}
	if (c == 'j' && json) {
		*json = 1;
		say_in_json(true);
		return command_options(argc, argv, extra, json);
	}
	if (c == '?' || c == ':' || (c != -1 && !strchr(extra, c)))
		return say_bad_option(c, argv, shorts);
	return c;
}

static int run(int argc, char **argv)
{
	static const char *const options[] = { "--help", "--version", NULL };
	const struct command *c;
	const char *near;

	if (argc < 2) {
		print_help(stderr);
		return KACTL_MISUSED;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		print_help(stdout);
		return KACTL_DONE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("kactl %s\n", KACTL_VERSION);
		return KACTL_DONE;
	}
	c = find(argv[1]);
	if (c)
		return c->run(argc - 1, argv + 1);

	near = nearest(argv[1], &commands->name, sizeof(*commands)) ?:
	       nearest(argv[1], options, sizeof(*options));
	if (near)
		return say_misuse(NULL, "unknown command %s: did you mean %s?",
				  argv[1], near);
	return say_misuse(NULL, "unknown command %s", argv[1]);
}

int main(int argc, char **argv)
{
	int rc;

	setlocale(LC_CTYPE, "");
	rc = run(argc, argv);
	/* Half an answer is none. */
	errno = EIO;
	if ((fflush(stdout) || ferror(stdout)) && rc == KACTL_DONE)
		rc = say_failure("cannot write to stdout: %s", strerror(errno));
	return rc;
}

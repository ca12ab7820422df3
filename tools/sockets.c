// SPDX-License-Identifier: GPL-2.0
/* sockets.c - kactl sockets: list the TCP sockets of all processes */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroupfs.h"
#include "kactl.h"
#include "path.h"
#include "say.h"
#include "socks.h"
#include "sys.h"
#include "table.h"

/* Which sockets are asked for. */
struct wanted {
	int json;
	bool listeners;
	bool off;
	char cgroup[SYS_PATH_MAX];	/* "" is all */
	pid_t pid;			/* 0 is all */
};

enum {
	COMMAND, PID, PROTO, STATE, LOCAL, PEER, KEEPALIVE, IDLE, INTVL, CNT,
	USER_TIMEOUT, POLICY, CGROUP, PIDS, INODE, NETNS
};

static const struct column columns[] = {
	[COMMAND] = { "COMMAND" },
	[PID] = { "PID", COLUMN_NUMBER },
	[PROTO] = { "PROTO" },
	[STATE] = { "STATE" },
	[LOCAL] = { "LOCAL" },
	[PEER] = { "PEER" },
	[KEEPALIVE] = { "KEEPALIVE", COLUMN_BOOLEAN },
	[IDLE] = { "IDLE", COLUMN_NUMBER },
	[INTVL] = { "INTVL", COLUMN_NUMBER },
	[CNT] = { "CNT", COLUMN_NUMBER },
	[USER_TIMEOUT] = { "USER_TIMEOUT", COLUMN_NUMBER },
	[POLICY] = { "POLICY" },
	[CGROUP] = { "CGROUP" },
	/* From here on only in JSON. */
	[PIDS] = { "PIDS", COLUMN_NUMBERS },
	[INODE] = { "INODE", COLUMN_NUMBER },
	[NETNS] = { "NETNS", COLUMN_NUMBER },
	{ NULL }
};

static bool in_cgroup(const struct cgroup *c, const char *top)
{
	return c && cgroupfs_within(c->path, top);
}

/* What a process in the cgroup holds is of interest there, too. */
static bool of_cgroup(const struct sock *s, const char *top)
{
	size_t i;

	if (in_cgroup(s->cgroup, top))
		return true;
	for (i = 0; i < s->nr_holders; i++)
		if (in_cgroup(s->holders[i]->cgroup, top))
			return true;
	return false;
}

static bool is_wanted(const struct sock *s, const struct wanted *w)
{
	return (!w->listeners || s->state == TCP_LISTEN) &&
	       (!w->off || !s->keepalive) &&
	       (!w->cgroup[0] || of_cgroup(s, w->cgroup));
}

static void set_number(struct table *t, size_t column, int value, bool json)
{
	if (value != SOCK_UNKNOWN)
		table_set(t, column, "%d", value);
	else if (!json)
		table_set(t, column, "-");
}

static void set_text(struct table *t, size_t column, const char *text, bool json)
{
	if (text)
		table_set(t, column, "%s", text);
	else if (!json)
		table_set(t, column, "-");
}

static void set_pids(struct table *t, const struct sock *s)
{
	size_t i, size = s->nr_holders * 12;
	char *list = malloc(size);
	int n = 0;

	for (i = 0; list && i < s->nr_holders; i++)
		n += snprintf(list + n, size - n, "%s%d", i ? "\n" : "",
			      s->holders[i]->pid);
	if (list)
		table_set(t, PIDS, "%s", list);
	free(list);
}

static void set_keepalive(struct table *t, const struct sock *s, bool json)
{
	bool on = s->keepalive > 0;

	if (json) {
		table_set(t, KEEPALIVE, "%s", on ? "true" : "false");
		return;
	}
	table_set(t, KEEPALIVE, "%s", on ? "on" : "off");
	table_color(t, KEEPALIVE, on ? "green" : "red");
}

static void add_row(struct table *t, const struct sock *s, bool json)
{
	char local[ADDRESS_MAX], peer[ADDRESS_MAX];

	table_row(t);
	table_set(t, COMMAND, "%s", s->holders[0]->command);
	if (json || s->nr_holders == 1)
		table_set(t, PID, "%d", s->holders[0]->pid);
	else
		table_set(t, PID, "%d+%zu", s->holders[0]->pid, s->nr_holders - 1);
	table_set(t, PROTO, s->protocol == IPPROTO_MPTCP ? "mptcp" : "tcp");
	table_set(t, STATE, "%s", sock_state(s));
	table_set(t, LOCAL, "%s", address_text(&s->local, local));
	table_set(t, PEER, "%s", address_text(&s->peer, peer));
	set_keepalive(t, s, json);
	set_number(t, IDLE, s->idle, json);
	set_number(t, INTVL, s->intvl, json);
	set_number(t, CNT, s->cnt, json);
	set_number(t, USER_TIMEOUT, s->user_timeout, json);
	set_text(t, POLICY, sock_policy(s), json);
	set_text(t, CGROUP, s->cgroup ? s->cgroup->path : NULL, json);
	if (!json)
		return;
	set_pids(t, s);
	table_set(t, INODE, "%llu", (unsigned long long)s->inode);
	if (s->netns)
		table_set(t, NETNS, "%llu", (unsigned long long)s->netns);
}

static struct table *new_table(bool json)
{
	struct column shown[sizeof(columns) / sizeof(*columns)];

	memcpy(shown, columns, sizeof(columns));
	if (!json)
		shown[PIDS].name = NULL;
	return table_new("sockets", shown);
}

static int show(const struct wanted *w)
{
	struct socks *socks;
	struct table *t;
	size_t i;
	int err;

	err = socks_collect(&socks, w->pid);
	if (err)
		return err;
	t = new_table(w->json);
	for (i = 0; i < socks->nr; i++)
		if (is_wanted(socks->sock[i], w))
			add_row(t, socks->sock[i], w->json);
	if (w->json)
		tables_print_json(&t, 1, stdout);
	else
		table_print(t, true, stdout);
	table_free(t);
	err = socks_say_hidden(socks);
	socks_free(socks);
	return err;
}

static int take_pid(struct wanted *w, const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || n < 1 || n > INT_MAX || *end || *text < '0' || *text > '9')
		return say_misuse("sockets", "--pid %s: it is the number of a process",
				  text);
	w->pid = n;
	return 0;
}

static int take_cgroup(struct wanted *w, const char *word)
{
	char path[SYS_PATH_MAX];
	int err;

	if (word[0] != '/') {
		err = path_find(path, word, "sockets");
		if (err)
			return err;
		word = path;
	}
	err = cgroupfs_argument(word, w->cgroup, sizeof(w->cgroup));
	if (err == -EOPNOTSUPP)
		return say_failure("this system has no cgroup v2");
	if (err)
		return say_failure("there is no cgroup %s: find yours in /proc/PID/cgroup",
				   word);
	return 0;
}

static int take_option(struct wanted *w, int option)
{
	switch (option) {
	case 'l':
		w->listeners = true;
		return 0;
	case 'o':
		w->off = true;
		return 0;
	case 'p':
		return take_pid(w, optarg);
	default:
		return take_cgroup(w, optarg);
	}
}

/**
 * cmd_sockets() - kactl sockets [-l] [--off] [--cgroup PATH] [--pid PID] [-j]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status.
 */
int cmd_sockets(int argc, char **argv)
{
	struct wanted w = { 0 };
	int c, err;

	while ((c = command_options(argc, argv, "loc:p:", &w.json)) >= 0) {
		err = take_option(&w, c);
		if (err)
			return err;
	}
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "%s: sockets takes only options",
				  argv[optind]);
	return show(&w);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - kactl check: make a socket here and now and print what it got
 *
 * In the words of the TCP keepalive HOWTO. It sets nothing and does not ask the
 * module: whatever it prints, the kernel gave the socket.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kactl.h"
#include "say.h"
#include "table.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* An option that a kernel does not have for MPTCP. */
#define UNKNOWN (-1)

enum {
	CHECK_ON,
	CHECK_CNT,
	CHECK_IDLE,
	CHECK_INTVL,
	CHECK_NR,
};

/* In the HOWTO's order. */
static const struct {
	const char *name;
	int level, option;
} asked[CHECK_NR] = {
	[CHECK_ON] = { "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE },
	[CHECK_CNT] = { "TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT },
	[CHECK_IDLE] = { "TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE },
	[CHECK_INTVL] = { "TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL },
};

static int get(int fd, int which)
{
	socklen_t len = sizeof(int);
	int value;

	if (getsockopt(fd, asked[which].level, asked[which].option, &value, &len))
		return UNKNOWN;
	return value;
}

static void print_text(const int got[])
{
	int i;

	printf("SO_KEEPALIVE is %s\n", got[CHECK_ON] ? "ON" : "OFF");
	for (i = CHECK_ON + 1; got[CHECK_ON] && i < CHECK_NR; i++)
		if (got[i] != UNKNOWN)
			printf("%-13s = %d\n", asked[i].name, got[i]);
}

static void print_json(const int got[])
{
	static const struct column columns[] = {
		{ .name = "SO_KEEPALIVE", .kind = COLUMN_BOOLEAN },
		{ .name = "TCP_KEEPCNT", .kind = COLUMN_NUMBER },
		{ .name = "TCP_KEEPIDLE", .kind = COLUMN_NUMBER },
		{ .name = "TCP_KEEPINTVL", .kind = COLUMN_NUMBER },
		{ NULL }
	};
	struct table *t = table_new("check", columns);
	int i;

	table_row(t);
	table_set(t, CHECK_ON, "%s", got[CHECK_ON] ? "true" : "false");
	for (i = CHECK_ON + 1; i < CHECK_NR; i++)
		if (got[i] != UNKNOWN)
			table_set(t, i, "%d", got[i]);
	tables_print_json(&t, 1, stdout);
	table_free(t);
}

static int look(int family, int protocol, bool json)
{
	int got[CHECK_NR];
	int fd, i;

	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return say_failure("cannot make an %s%s socket: %s",
				   family == AF_INET6 ? "IPv6" : "IPv4",
				   protocol == IPPROTO_MPTCP ? " MPTCP" : " TCP",
				   strerror(errno));
	for (i = 0; i < CHECK_NR; i++)
		got[i] = get(fd, i);
	close(fd);
	if (json)
		print_json(got);
	else
		print_text(got);
	return got[CHECK_ON] ? KACTL_DONE : KACTL_FAILED;
}

/**
 * cmd_check() - kactl check [-4|-6] [--mptcp] [-j]
 * @argc: of the command
 * @argv: of the command
 *
 * Return: an exit status; KACTL_FAILED also where keepalive is off.
 */
int cmd_check(int argc, char **argv)
{
	int family = AF_INET, protocol = IPPROTO_TCP, json = 0;
	int c;

	while ((c = command_options(argc, argv, "46m", &json)) >= 0) {
		if (c == 'm')
			protocol = IPPROTO_MPTCP;
		else
			family = c == '6' ? AF_INET6 : AF_INET;
	}
	if (c != -1)
		return c == -2 ? KACTL_DONE : KACTL_MISUSED;
	if (optind < argc)
		return say_misuse(argv[0], "%s is too much: check takes options only",
				  argv[optind]);
	return look(family, protocol, json);
}

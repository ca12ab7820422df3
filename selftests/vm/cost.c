// SPDX-License-Identifier: GPL-2.0
/*
 * What a system call costs in a guest whose clock counts instructions
 * (boot -I), as the least of many small batches:
 *
 *	cost socket [CGROUP]	socket() and close(), by a task in that cgroup
 *	cost option		setsockopt(TCP_NODELAY)
 *	cost add N		adds and sets N policies, /cost.many/0 and on
 *	cost adopt N...		an adoption of N connections, for each end of one
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCHES 300
#define CALLS 20
#define ROOT "/sys/kernel/ka_default/"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void enter(const char *cgroup)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	write_to(path, "0");
}

static void call_socket(int fd)
{
	close(socket(AF_INET, SOCK_STREAM, 0));
}

static void call_option(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void least(void (*call)(int fd))
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	unsigned long long t, best = ~0ULL;
	int b, i;

	for (b = 0; b < BATCHES; b++) {
		t = __rdtsc();
		for (i = 0; i < CALLS; i++)
			call(fd);
		t = __rdtsc() - t;
		if (t < best)
			best = t;
	}
	printf("%llu\n", best / CALLS);
}

static void add_policies(int n)
{
	char path[128], dir[128];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/cost.many/%d", i);
		write_to(ROOT "cgroups/add", path);
		snprintf(dir, sizeof(dir), ROOT "cgroups/cost.many!%d/mode", i);
		write_to(dir, "default");
	}
}

/* A listener for each ten thousand, for a client's ports are limited. */
static void connect_some(int n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int i, listener = -1, client;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < n; i++) {
		if (i % 10000 == 0) {
			listener = socket(AF_INET, SOCK_STREAM, 0);
			addr.sin_port = 0;
			if (bind(listener, (struct sockaddr *)&addr, len) ||
			    listen(listener, 1000) ||
			    getsockname(listener, (struct sockaddr *)&addr, &len))
				die("listen");
		}
		client = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(client, (struct sockaddr *)&addr, len) ||
		    accept(listener, NULL, NULL) < 0)
			die("connect");
	}
}

static void adopt(int n)
{
	unsigned long long t, best = ~0ULL;
	char idle[16];
	int i;

	/*
	 * Each time another value, so that every socket is written to. The clock
	 * also goes on while apply waits for its turn: the least is without that.
	 */
	for (i = 0; i < 20; i++) {
		snprintf(idle, sizeof(idle), "%d", 1000 + i);
		write_to("/sys/module/ka_default/parameters/keepidle", idle);
		t = __rdtsc();
		write_to(ROOT "apply", "1");
		t = __rdtsc() - t;
		if (t < best)
			best = t;
	}
	printf("%llu\n", best / (2 * n));
}

int main(int argc, char **argv)
{
	struct rlimit limit = { .rlim_cur = 1000000, .rlim_max = 1000000 };
	int i, n = 0;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "socket")) {
		if (argc > 2)
			enter(argv[2]);
		least(call_socket);
	} else if (!strcmp(argv[1], "option")) {
		least(call_option);
	} else if (!strcmp(argv[1], "add") && argc > 2) {
		add_policies(atoi(argv[2]));
	} else if (!strcmp(argv[1], "adopt")) {
		if (setrlimit(RLIMIT_NOFILE, &limit))
			die("setrlimit");
		for (i = 2; i < argc; i++) {
			connect_some(atoi(argv[i]) - n);
			n = atoi(argv[i]);
			adopt(n);
		}
	} else {
		return 2;
	}
	return 0;
}

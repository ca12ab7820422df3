// SPDX-License-Identifier: GPL-2.0
/*
 * A program that has sockets open, for those who look at others' sockets: does
 * what its arguments say, one after the other, prints "ready" and waits until
 * its stdin ends.
 *
 *	tcp4 tcp6 mptcp4 udp raw unix	make a socket, which is the one meant below
 *	listen=PORT	bind it to PORT of the loopback (tcp6: of all) and listen
 *	connect=PORT	connect it to PORT of the IPv4 loopback
 *	accept		accept one from the last that listens
 *	keepalive=N idle=N intvl=N cnt=N user_timeout=N	set an option
 *	pairs=N		N connections to the last that listens, both ends
 *	fork=N		N children that have the same sockets
 *	close		close it
 *	enter=DIR	go to the cgroup with that directory
 *	zombie		leave a child that has ended
 *	getfd=ERRNO	make pidfd_getfd(2) fail so from now on
 *	exec COMMAND...	become that, instead of waiting
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int sock = -1;
static int family;
static int listener = -1;
static int port;

static void check(int rc, const char *word)
{
	if (rc >= 0)
		return;
	printf("%s: %s\n", word, strerror(errno));
	exit(1);
}

static int make(const char *word)
{
	static const struct {
		const char *word;
		int family, type, protocol;
	} kinds[] = {
		{ "tcp4", AF_INET, SOCK_STREAM, 0 },
		{ "tcp6", AF_INET6, SOCK_STREAM, 0 },
		{ "mptcp4", AF_INET, SOCK_STREAM, IPPROTO_MPTCP },
		{ "udp", AF_INET, SOCK_DGRAM, 0 },
		{ "raw", AF_INET, SOCK_RAW, IPPROTO_TCP },
		{ "unix", AF_UNIX, SOCK_STREAM, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(word, kinds[i].word))
			continue;
		family = kinds[i].family;
		sock = socket(family, kinds[i].type, kinds[i].protocol);
		check(sock, word);
		return 1;
	}
	return 0;
}

static int set(const char *name, int value)
{
	static const struct {
		const char *word;
		int level, name;
	} options[] = {
		{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
		{ "idle", SOL_TCP, TCP_KEEPIDLE },
		{ "intvl", SOL_TCP, TCP_KEEPINTVL },
		{ "cnt", SOL_TCP, TCP_KEEPCNT },
		{ "user_timeout", SOL_TCP, TCP_USER_TIMEOUT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(name, options[i].word))
			continue;
		check(setsockopt(sock, options[i].level, options[i].name,
				 &value, sizeof(value)), name);
		return 1;
	}
	return 0;
}

static void listen_at(int p)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(p),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(p),
	};

	if (family == AF_INET6)
		check(bind(sock, (struct sockaddr *)&in6, sizeof(in6)), "bind");
	else
		check(bind(sock, (struct sockaddr *)&in, sizeof(in)), "bind");
	check(listen(sock, 1024), "listen");
	listener = sock;
	port = p;
}

static void connect_to(int p)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(p),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	check(connect(sock, (struct sockaddr *)&in, sizeof(in)), "connect");
}

static void make_pairs(int n)
{
	while (n--) {
		make("tcp4");
		connect_to(port);
		sock = accept(listener, NULL, NULL);
		check(sock, "accept");
	}
}

static void wait_for_end(void)
{
	char c;

	while (read(0, &c, 1) > 0)
		;
	exit(0);
}

static void make_children(int n)
{
	int pid;

	while (n--) {
		pid = fork();
		check(pid, "fork");
		if (!pid)
			wait_for_end();
	}
}

static int enter(const char *dir)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "w");
	check(f && fprintf(f, "%d\n", getpid()) > 0 && !fclose(f) ? 0 : -1, dir);
	return 1;
}

static void leave_zombie(void)
{
	int pid = fork();

	check(pid, "fork");
	if (!pid)
		_exit(0);
}

static void fail_getfd(int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "seccomp");
}

static int run_number(const char *word, int n)
{
	if (!strcmp(word, "listen"))
		listen_at(n);
	else if (!strcmp(word, "connect"))
		connect_to(n);
	else if (!strcmp(word, "pairs"))
		make_pairs(n);
	else if (!strcmp(word, "fork"))
		make_children(n);
	else if (!strcmp(word, "getfd"))
		fail_getfd(n);
	else
		return set(word, n);
	return 1;
}

static int run_word(const char *word)
{
	if (!strcmp(word, "accept")) {
		sock = accept(listener, NULL, NULL);
		check(sock, word);
	} else if (!strcmp(word, "close")) {
		check(close(sock), word);
	} else if (!strcmp(word, "zombie")) {
		leave_zombie();
	} else {
		return make(word);
	}
	return 1;
}

static int run(char *word)
{
	char *is = strchr(word, '=');

	if (!is)
		return run_word(word);
	*is = '\0';
	if (!strcmp(word, "enter"))
		return enter(is + 1);
	return run_number(word, atoi(is + 1));
}

int main(int argc, char **argv)
{
	struct rlimit files;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "exec") && i + 1 < argc) {
			execvp(argv[i + 1], argv + i + 1);
			check(-1, argv[i + 1]);
		}
		if (!run(argv[i])) {
			printf("what is %s?\n", argv[i]);
			return 1;
		}
	}
	puts("ready");
	wait_for_end();
	return 0;
}

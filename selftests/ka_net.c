// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets, connections over the loopback of a network namespace, and what the
 * kernel says about them: getsockopt(2) and the timers in /proc/net/tcp.
 */
#define KA_NO_HARNESS
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ka.h"

#define STATE_ESTABLISHED 1
#define TIMER_KEEPALIVE 2
#define CLOCKS_PER_SECOND 100	/* USER_HZ, in which /proc counts */

long ka_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Between two looks of a poll. */
void ka_nap(void)
{
	usleep(5000);
}

/* A new network namespace for this process, with its loopback up. */
int ka_netns_new(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd, ret = 0;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		ret = -errno;
	close(fd);
	return ret;
}

/* Of this process's network namespace, by the name below net.ipv4. */
int ka_sysctl_set(const char *name, int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	snprintf(text, sizeof(text), "%d\n", value);
	return ka_write(path, text);
}

int ka_sysctl_get(const char *name)
{
	const char *text;
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	text = ka_read(path);
	return text ? atoi(text) : -errno;
}

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &len) ? -errno : value;
}

/* What getsockopt(2) says; a negative errno in a field that it refuses. */
struct ka_sock ka_get(int fd)
{
	return (struct ka_sock) {
		.on = get(fd, SOL_SOCKET, SO_KEEPALIVE),
		.idle = get(fd, SOL_TCP, TCP_KEEPIDLE),
		.intvl = get(fd, SOL_TCP, TCP_KEEPINTVL),
		.cnt = get(fd, SOL_TCP, TCP_KEEPCNT),
	};
}

int ka_set_on(int fd, int on)
{
	return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) ? -errno : 0;
}

int ka_set_tcp(int fd, int name, int value)
{
	return setsockopt(fd, SOL_TCP, name, &value, sizeof(value)) ? -errno : 0;
}

/* The loopback address of a family. */
socklen_t ka_addr(struct sockaddr_storage *ss, int family, int port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	in6->sin6_addr = in6addr_loopback;
	return sizeof(*in6);
}

/* Makes a listener of a socket, on every address; the port that it got. */
int ka_listen(int fd, int family)
{
	struct sockaddr_storage ss = { .ss_family = family };
	socklen_t len = sizeof(ss);

	if (bind(fd, (struct sockaddr *)&ss, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

/*
 * For several who each connect, accept and reset: returns what was accepted, not
 * always the own one. -1 and EAGAIN where -rt has let a reset overtake the ACK that
 * makes a connection (then there is one less than who wait for them) or has refused
 * one while the kernel patched its text; both also without this module.
 */
int ka_meet(int client, int listener, int port)
{
	struct timeval second = { .tv_sec = 1 };
	struct linger reset = { .l_onoff = 1 };
	struct sockaddr_storage ss;
	socklen_t len = ka_addr(&ss, AF_INET, port);

	/* No ports are left behind in TIME_WAIT. */
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (!connect(client, (struct sockaddr *)&ss, len))
		return accept(listener, NULL, NULL);
	if (errno == ECONNREFUSED)
		errno = EAGAIN;
	return -1;
}

/* No call on a socket of a test blocks for longer than the cap. */
static void set_cap(int fd)
{
	struct timeval cap = { .tv_sec = KA_CAP_MS / 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof(cap));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &cap, sizeof(cap));
}

/* Connects c->client to c->listener, which the caller made. */
int ka_connect(struct ka_conn *c, int family)
{
	struct sockaddr_storage ss;
	socklen_t len;

	c->port = ka_listen(c->listener, family);
	if (c->port < 0)
		return c->port;
	set_cap(c->listener);
	set_cap(c->client);
	len = ka_addr(&ss, family, c->port);
	/* With a time-out neither is restarted, and io_uring interrupts its task. */
	while (connect(c->client, (struct sockaddr *)&ss, len))
		if (errno != EINTR)
			return -errno;
	while ((c->server = accept(c->listener, NULL, NULL)) < 0)
		if (errno != EINTR)
			return -errno;
	set_cap(c->server);
	return 0;
}

int ka_conn_open(struct ka_conn *c, int family, int listener_proto, int client_proto)
{
	c->server = -1;
	c->listener = socket(family, SOCK_STREAM, listener_proto);
	c->client = socket(family, SOCK_STREAM, client_proto);
	if (c->listener < 0 || c->client < 0)
		return -errno;
	return ka_connect(c, family);
}

void ka_conn_close(struct ka_conn *c)
{
	close(c->client);
	close(c->server);
	close(c->listener);
}

/* Sends some bytes from one end to the other and looks at what arrives. */
int ka_exchange(int from, int to)
{
	static unsigned char turn;
	unsigned char out[256], in[256];
	size_t i;

	turn++;
	for (i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 7 + turn);
	if (send(from, out, sizeof(out), MSG_NOSIGNAL) != sizeof(out))
		return -errno;
	if (recv(to, in, sizeof(in), MSG_WAITALL) != sizeof(in))
		return errno ? -errno : -EIO;
	return memcmp(in, out, sizeof(in)) ? -EBADMSG : 0;
}

/* One line: "sl: LOCAL:PORT REMOTE:PORT STATE TX:RX TIMER:WHEN ..." */
static void add_line(const char *line, unsigned int port, struct ka_timers *t)
{
	unsigned int local, remote, state, timer;
	unsigned long when;
	long seconds;

	if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %*x:%*x %x:%lx",
		   &local, &remote, &state, &timer, &when) != 5)
		return;
	if (state != STATE_ESTABLISHED || (local != port && remote != port))
		return;
	t->ends++;
	if (timer && timer != TIMER_KEEPALIVE)
		t->busy++;
	if (timer != TIMER_KEEPALIVE)
		return;
	seconds = (when + CLOCKS_PER_SECOND - 1) / CLOCKS_PER_SECOND;
	if (!t->keepalive || seconds < t->soonest)
		t->soonest = seconds;
	if (seconds > t->latest)
		t->latest = seconds;
	t->keepalive++;
}

/* All established ends whose own or other port this is, subflows included. */
struct ka_timers ka_timers_read(int port)
{
	static const char * const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	struct ka_timers t = { 0 };
	char line[512];
	size_t i;
	FILE *f;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		f = fopen(tables[i], "re");
		while (f && fgets(line, sizeof(line), f))
			add_line(line, port, &t);
		if (f)
			fclose(f);
	}
	return t;
}

/* Until there are that many ends and keepalive timers, or the cap is reached. */
struct ka_timers ka_timers_wait(int port, int ends, int keepalive)
{
	long cap = ka_ms() + KA_CAP_MS;
	struct ka_timers t;

	for (;;) {
		t = ka_timers_read(port);
		if (t.ends == ends && !t.busy && t.keepalive == keepalive)
			return t;
		if (ka_ms() > cap)
			return t;
		ka_nap();
	}
}

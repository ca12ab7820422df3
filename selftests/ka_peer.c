// SPDX-License-Identifier: GPL-2.0
/*
 * Two machines with a cable that can be cut, what goes over it, every line of
 * /proc/net/tcp, and what an application is told when its peer is gone.
 */
#define KA_NO_HARNESS
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ka_peer.h"

#define NEAR_MAC "02:00:00:00:00:01"
#define FAR_MAC "02:00:00:00:00:02"
#define FAR_IP4 "10.99.0.2"
#define FAR_IP6 "fd99::2"

int ka_apply(void)
{
	return ka_write(KA_APPLY, "1\n");
}

int ka_user_timeout(int fd)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_TCP, TCP_USER_TIMEOUT, &value, &len) ? -errno : value;
}

int ka_own_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

/* "sl: LOCAL:PORT REMOTE:PORT STATE TX:RX TIMER:WHEN ..." */
static bool parse_line(const char *line, struct ka_end *e)
{
	unsigned int local, remote, state, timer;
	unsigned long when;

	if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %*x:%*x %x:%lx",
		   &local, &remote, &state, &timer, &when) != 5)
		return false;
	*e = (struct ka_end) { local, remote, state, timer, when };
	return true;
}

/* All lines whose own or other port this is, in any state; how many. */
int ka_ends(int port, struct ka_end *ends, int max)
{
	static const char * const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	struct ka_end e;
	char line[512];
	int n = 0;
	size_t i;
	FILE *f;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		f = fopen(tables[i], "re");
		while (f && n < max && fgets(line, sizeof(line), f)) {
			if (parse_line(line, &e) && (e.local == port || e.remote == port))
				ends[n++] = e;
		}
		if (f)
			fclose(f);
	}
	return n;
}

/* How many of these are in a state. */
int ka_ends_in(int port, int state)
{
	struct ka_end ends[128];
	int i, n, found = 0;

	n = ka_ends(port, ends, ARRAY_SIZE(ends));
	for (i = 0; i < n; i++)
		found += ends[i].state == state;
	return found;
}

/* The one end of a connection; all 0 where there is no such line. */
struct ka_end ka_end(int local, int remote)
{
	struct ka_end ends[128];
	int i, n;

	n = ka_ends(local, ends, ARRAY_SIZE(ends));
	for (i = 0; i < n; i++) {
		if (ends[i].local == local && ends[i].remote == remote)
			return ends[i];
	}
	return (struct ka_end) { 0 };
}

/* Commands for ip(8), in the network namespace that this process is in. */
static int run_ip(const char *commands)
{
	FILE *f = popen("ip -batch - >/dev/null 2>&1", "w");

	if (!f)
		return -errno;
	fputs(commands, f);
	return pclose(f) ? -EIO : 0;
}

/* Both know the other's hardware address for good: a cut says nothing. */
static int plug(const char *device, int own, int other, const char *mac)
{
	char commands[512];

	snprintf(commands, sizeof(commands),
		 "address add 10.99.0.%d/24 dev %s\n"
		 "address add fd99::%d/64 dev %s nodad\n"
		 "link set %s up\n"
		 "neighbour replace 10.99.0.%d lladdr %s dev %s nud permanent\n"
		 "neighbour replace fd99::%d lladdr %s dev %s nud permanent\n",
		 own, device, own, device, device, other, mac, device, other, mac, device);
	return run_ip(commands);
}

static int open_own_netns(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

int ka_link_open(struct ka_link *l)
{
	char commands[256];
	int ret;

	l->near = open_own_netns();
	ret = ka_netns_new();
	if (ret)
		return ret;
	l->far = open_own_netns();
	if (l->near < 0 || l->far < 0 || setns(l->near, CLONE_NEWNET))
		return -errno;
	snprintf(commands, sizeof(commands),
		 "link add near address " NEAR_MAC " type veth peer name far address " FAR_MAC
		 " netns /proc/%d/fd/%d\n", getpid(), l->far);
	ret = run_ip(commands) ?: plug("near", 1, 2, FAR_MAC);
	if (ret || setns(l->far, CLONE_NEWNET))
		return ret ?: -errno;
	ret = plug("far", 2, 1, NEAR_MAC);
	return setns(l->near, CLONE_NEWNET) ? -errno : ret;
}

int ka_link_cut(struct ka_link *l)
{
	int ret;

	if (setns(l->far, CLONE_NEWNET))
		return -errno;
	ret = run_ip("link set far down\n");
	return setns(l->near, CLONE_NEWNET) ? -errno : ret;
}

/* One more client, which the caller made, for a listener that has its port. */
int ka_connect_more(struct ka_conn *c, int family)
{
	struct timeval cap = { .tv_sec = KA_CAP_MS / 1000 };
	struct sockaddr_storage ss;
	socklen_t len = ka_addr(&ss, family, c->port);

	setsockopt(c->client, SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof(cap));
	setsockopt(c->client, SOL_SOCKET, SO_SNDTIMEO, &cap, sizeof(cap));
	if (connect(c->client, (struct sockaddr *)&ss, len))
		return -errno;
	c->server = accept(c->listener, NULL, NULL);
	if (c->server < 0)
		return -errno;
	setsockopt(c->server, SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof(cap));
	return 0;
}

static socklen_t far_address(struct sockaddr_storage *ss, int family, int port)
{
	socklen_t len = ka_addr(ss, family, port);

	if (family == AF_INET)
		inet_pton(family, FAR_IP4, &((struct sockaddr_in *)ss)->sin_addr);
	else
		inet_pton(family, FAR_IP6, &((struct sockaddr_in6 *)ss)->sin6_addr);
	return len;
}

/* The listener and what it accepts are at the far end, the client at the near. */
int ka_link_connect(struct ka_link *l, struct ka_conn *c, int family, int protocol)
{
	struct timeval cap = { .tv_sec = KA_CAP_MS / 1000 };
	struct sockaddr_storage ss;
	socklen_t len;

	c->server = -1;
	if (setns(l->far, CLONE_NEWNET))
		return -errno;
	c->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (setns(l->near, CLONE_NEWNET))
		return -errno;
	c->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (c->listener < 0 || c->client < 0)
		return -errno;
	c->port = ka_listen(c->listener, family);
	if (c->port < 0)
		return c->port;
	setsockopt(c->listener, SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof(cap));
	setsockopt(c->client, SOL_SOCKET, SO_SNDTIMEO, &cap, sizeof(cap));
	len = far_address(&ss, family, c->port);
	if (connect(c->client, (struct sockaddr *)&ss, len))
		return -errno;
	c->server = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	return c->server < 0 ? -errno : 0;
}

/* What this network namespace receives of IPv4, with the time of each. */
int ka_capture_open(void)
{
	int fd, on = 1, size = 1 << 20;

	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_IP));
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size))) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* The next packet, and when it was seen in milliseconds. */
static ssize_t next_packet(int fd, void *buf, size_t size, long *ms)
{
	char control[CMSG_SPACE(sizeof(struct timeval))];
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	struct timeval t;
	ssize_t len;

	len = recvmsg(fd, &msg, 0);
	c = len < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (c) {
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		*ms = t.tv_sec * 1000 + t.tv_usec / 1000;
	}
	return len;
}

/* Consumes the capture. */
struct ka_traffic ka_capture_read(int capture, int from, int to)
{
	struct ka_traffic t = { .closest = -1 };
	long now = 0, last = 0;
	unsigned char buf[256];
	struct tcphdr *tcp;
	struct iphdr *ip;

	while (next_packet(capture, buf, sizeof(buf), &now) >= (ssize_t)sizeof(*ip)) {
		ip = (struct iphdr *)buf;
		tcp = (struct tcphdr *)(buf + ip->ihl * 4);
		if (ip->version != 4 || ip->protocol != IPPROTO_TCP ||
		    ntohs(tcp->source) != from || ntohs(tcp->dest) != to)
			continue;
		t.resets += tcp->rst;
		if (tcp->rst || tcp->syn || tcp->fin ||
		    ntohs(ip->tot_len) != ip->ihl * 4 + tcp->doff * 4)
			continue;
		if (t.empty++ && (t.closest < 0 || now - last < t.closest))
			t.closest = now - last;
		last = now;
	}
	return t;
}

/* What a read ends with: an errno, 0 for bytes or the end, -1 for nothing yet. */
int ka_error_within(int fd, long ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (poll(&p, 1, ms > 0 ? ms : 0) != 1)
		return -1;
	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 ? errno : 0;
}

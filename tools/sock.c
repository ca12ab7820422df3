// SPDX-License-Identifier: GPL-2.0
/* sock.c - a TCP or MPTCP socket and what is set on it */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "governs.h"
#include "sock.h"

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, level, name, &value, &len) ? SOCK_UNKNOWN : value;
}

/**
 * sock_protocol() - can this be one of our sockets?
 * @fd: any descriptor
 *
 * Return: IPPROTO_TCP or IPPROTO_MPTCP, or 0 if it is something else.
 */
int sock_protocol(int fd)
{
	int protocol = get(fd, SOL_SOCKET, SO_PROTOCOL);

	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP ? protocol : 0;
}

/**
 * sock_is_stream() - is it really one, if diagnosis knows nothing of it?
 * @fd: of a socket that has a sock_protocol()
 *
 * Return: false for raw sockets and netlink, which have a protocol 6, too.
 */
bool sock_is_stream(int fd)
{
	return get(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM;
}

/*
 * What the dump knows need not be asked of the socket: these calls wait for its
 * lock, which a program can keep for as long as it likes.
 */
static void read_ends(struct sock *s, int fd)
{
	struct sockaddr_storage ss;
	unsigned char state;
	socklen_t len = sizeof(state);

	/* It is the first member, and the answer is as long as it is asked for. */
	s->state = getsockopt(fd, SOL_TCP, TCP_INFO, &state, &len) ? TCP_CLOSE : state;
	memset(&ss, 0, sizeof(ss));
	len = sizeof(ss);
	if (!getsockname(fd, (struct sockaddr *)&ss, &len))
		address_from(&s->local, &ss);
	s->peer.family = s->local.family;
	memset(&ss, 0, sizeof(ss));
	len = sizeof(ss);
	if (!getpeername(fd, (struct sockaddr *)&ss, &len))
		address_from(&s->peer, &ss);
}

/**
 * sock_read() - read all of a socket that does not depend on who holds it
 * @s: filled, but for its inode, cgroup and holders; its protocol is set
 * @fd: a descriptor of it
 * @diag: what the kernel's diagnosis has said of it, or NULL
 */
void sock_read(struct sock *s, int fd, const struct diag *diag)
{
	if (diag) {
		s->netns = diag->netns;
		s->state = diag->state;
		s->local = diag->local;
		s->peer = diag->peer;
	} else {
		read_ends(s, fd);
	}
	s->keepalive = get(fd, SOL_SOCKET, SO_KEEPALIVE);
	s->idle = get(fd, SOL_TCP, TCP_KEEPIDLE);
	s->intvl = get(fd, SOL_TCP, TCP_KEEPINTVL);
	s->cnt = get(fd, SOL_TCP, TCP_KEEPCNT);
	s->user_timeout = get(fd, SOL_TCP, TCP_USER_TIMEOUT);
}

/**
 * sock_policy() - which policy governs a socket
 * @s: the socket
 *
 * The policy of its cgroup, but of the accepting task's where that has one of
 * its own, as the module does it.
 *
 * Return: the policy's path or "default"; NULL if there is no module, or no
 * saying because the cgroup was removed.
 */
const char *sock_policy(const struct sock *s)
{
	const struct cgroup *task = s->holders[0]->cgroup;

	if (s->accepted && task && task->policy &&
	    strcmp(task->policy, GOVERNS_DEFAULT))
		return task->policy;
	return s->cgroup ? s->cgroup->policy : NULL;
}

/**
 * sock_state() - the state of a socket, as ss(8) names it
 * @s: the socket
 *
 * Return: the word.
 */
const char *sock_state(const struct sock *s)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTAB",
		[TCP_SYN_SENT] = "SYN-SENT",
		[TCP_SYN_RECV] = "SYN-RECV",
		[TCP_FIN_WAIT1] = "FIN-WAIT-1",
		[TCP_FIN_WAIT2] = "FIN-WAIT-2",
		[TCP_TIME_WAIT] = "TIME-WAIT",
		[TCP_CLOSE] = "UNCONN",
		[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_LAST_ACK] = "LAST-ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
	};

	if (s->state <= 0 || s->state > TCP_CLOSING)
		return "UNCONN";
	return names[s->state];
}

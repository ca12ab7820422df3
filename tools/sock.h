/* SPDX-License-Identifier: GPL-2.0 */
/* sock.h - a TCP or MPTCP socket and what is set on it */
#ifndef KACTL_SOCK_H
#define KACTL_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "cgroups.h"
#include "sockdiag.h"

/* What a socket option is that this kernel does not tell. */
#define SOCK_UNKNOWN (-1)

/**
 * struct holder - a process that has a socket open
 * @pid: its number
 * @command: its name
 * @cgroup: its cgroup, which need not be the socket's, or NULL
 */
struct holder {
	pid_t pid;
	char command[32];
	const struct cgroup *cgroup;
};

/**
 * struct sock - a socket
 * @inode: its number
 * @netns: the number of its network namespace, 0 if it is not known
 * @protocol: IPPROTO_TCP or IPPROTO_MPTCP
 * @state: as enum tcp_state of <netinet/tcp.h>
 * @accepted: it came out of accept(2)
 * @local: its end
 * @peer: the other end
 * @keepalive: SO_KEEPALIVE
 * @idle: TCP_KEEPIDLE, in seconds
 * @intvl: TCP_KEEPINTVL, in seconds
 * @cnt: TCP_KEEPCNT
 * @user_timeout: TCP_USER_TIMEOUT, in milliseconds
 * @cgroup: the cgroup that it belongs to, or NULL if that was removed
 * @holders: the processes that have it, at least one
 * @nr_holders: how many
 */
struct sock {
	uint64_t inode;
	uint64_t netns;
	int protocol;
	int state;
	bool accepted;
	struct address local;
	struct address peer;
	int keepalive;
	int idle;
	int intvl;
	int cnt;
	int user_timeout;
	const struct cgroup *cgroup;
	const struct holder **holders;
	size_t nr_holders;
};

int sock_protocol(int fd);
bool sock_is_stream(int fd);
void sock_read(struct sock *s, int fd, const struct diag *diag);
const char *sock_policy(const struct sock *s);
const char *sock_state(const struct sock *s);

#endif /* KACTL_SOCK_H */

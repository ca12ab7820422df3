/* SPDX-License-Identifier: GPL-2.0 */
/* sockdiag.h - what the kernel's socket diagnosis says of all sockets of a namespace */
#ifndef KACTL_SOCKDIAG_H
#define KACTL_SOCKDIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/**
 * struct diag - what is said of one socket
 * @inode: with @protocol, the key
 * @protocol: IPPROTO_TCP or IPPROTO_MPTCP
 * @state: as enum tcp_state of <netinet/tcp.h>
 * @local: its end
 * @peer: the other end
 * @cgroup: the id of the cgroup that it belongs to, 0 if that is not known
 * @netns: the number of its network namespace
 */
struct diag {
	uint64_t inode;
	int protocol;
	int state;
	struct address local;
	struct address peer;
	uint64_t cgroup;
	uint64_t netns;
};

struct sockdiag;

struct sockdiag *sockdiag_new(void);
void sockdiag_free(struct sockdiag *d);
const struct diag *sockdiag_find(struct sockdiag *d, uint64_t inode,
				 int protocol);
const struct diag *sockdiag_find_from(struct sockdiag *d, uint64_t inode,
				      int protocol, int socket);
bool sockdiag_listens(const struct sockdiag *d, const struct diag *sock);

#endif /* KACTL_SOCKDIAG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of existing sockets share: adopting, two machines with a
 * cable that can be cut, what goes over it, and every line of /proc/net/tcp.
 *
 * What can fail returns a negative errno. None of it prints.
 */
#ifndef KA_PEER_H
#define KA_PEER_H

#include <poll.h>

#include "ka.h"

#define KA_APPLY "/sys/kernel/ka_default/apply"

/* States and timers as /proc/net/tcp writes them. */
#define KA_ESTABLISHED 0x1
#define KA_SYN_SENT 0x2
#define KA_SYN_RECV 0x3
#define KA_FIN_WAIT2 0x5
#define KA_TIME_WAIT 0x6
#define KA_TIMER_KEEPALIVE 2
#define KA_TIMER_TIME_WAIT 3

/* One line of /proc/net/tcp or tcp6; when is in hundredths of a second. */
struct ka_end {
	int local;
	int remote;
	int state;
	int timer;
	long when;
};

/* Two network namespaces and a veth cable: this process is at the near end. */
struct ka_link {
	int near;
	int far;
};

/* What one port has sent to another. */
struct ka_traffic {
	int empty;		/* segments without data, SYN or RST */
	int resets;
	long closest;		/* between two empty ones, in milliseconds */
};

int ka_apply(void);
int ka_user_timeout(int fd);
int ka_own_port(int fd);
int ka_ends(int port, struct ka_end *ends, int max);
int ka_ends_in(int port, int state);
struct ka_end ka_end(int local, int remote);
int ka_connect_more(struct ka_conn *c, int family);

int ka_link_open(struct ka_link *l);
int ka_link_connect(struct ka_link *l, struct ka_conn *c, int family, int protocol);
int ka_link_cut(struct ka_link *l);

int ka_capture_open(void);
struct ka_traffic ka_capture_read(int capture, int from, int to);

int ka_error_within(int fd, long ms);

#endif /* KA_PEER_H */

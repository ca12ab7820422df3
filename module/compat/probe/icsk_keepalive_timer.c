// SPDX-License-Identifier: GPL-2.0
/* Compiles where keepalive's timer is in struct inet_connection_sock. */
#include <net/inet_connection_sock.h>

struct timer_list *probe(struct sock *sk);
struct timer_list *probe(struct sock *sk)
{
	return &inet_csk(sk)->icsk_keepalive_timer;
}

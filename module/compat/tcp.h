/* SPDX-License-Identifier: GPL-2.0 */
/* compat/tcp.h - <net/tcp.h> and its like as the newest kernel has them */
#ifndef KA_COMPAT_TCP_H
#define KA_COMPAT_TCP_H

#include <net/inet_connection_sock.h>
#include <net/sock.h>

/* It moved there in a kernel of 2025, and in point releases of older ones. */
static inline struct timer_list *ka_keepalive_timer(struct sock *sk)
{
#ifdef KA_HAVE_ICSK_KEEPALIVE_TIMER
	return &inet_csk(sk)->icsk_keepalive_timer;
#else /* !KA_HAVE_ICSK_KEEPALIVE_TIMER */
	return &sk->sk_timer;
#endif /* !KA_HAVE_ICSK_KEEPALIVE_TIMER */
}

#endif /* KA_COMPAT_TCP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * keepalive.h - the keepalive of one TCP socket, read and written in place
 *
 * As net/ipv4/tcp.c does it: the values are read without the socket's lock by
 * the timer and by getsockopt(), so they are written with WRITE_ONCE(). Who
 * calls holds the socket's lock, or is the only one who knows the socket.
 */
#ifndef KA_KEEPALIVE_H
#define KA_KEEPALIVE_H

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "policy.h"

/* Is it a socket this module is about? */
static inline bool ka_is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

static inline bool ka_is_mptcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_MPTCP && sk->sk_type == SOCK_STREAM;
}

/**
 * ka_user_timeout() - what a policy's user_timeout is for a socket
 * @sk: the socket, with the policy's other values on it
 * @p: the policy, whose user_timeout is not 0
 *
 * keepalive_time_when() and its like give what is in force: the socket's own
 * value, else the sysctl of its namespace.
 *
 * Return: milliseconds, at most what setsockopt() would take.
 */
static inline u32 ka_user_timeout(const struct sock *sk,
				  const struct ka_policy *p)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 ms;

	if (p->user_timeout != KA_USER_TIMEOUT_AUTO)
		return p->user_timeout;
	ms = (u64)jiffies_to_msecs(keepalive_intvl_when(tp)) *
	     keepalive_probes(tp) + jiffies_to_msecs(keepalive_time_when(tp));
	return min_t(u64, ms, INT_MAX);
}

static inline void ka_set_user_timeout(struct sock *sk, u32 ms)
{
	WRITE_ONCE(inet_csk(sk)->icsk_user_timeout, ms);
}

static inline void ka_set_values(struct sock *sk, unsigned int idle,
				 unsigned int intvl, u8 cnt)
{
	struct tcp_sock *tp = tcp_sk(sk);

	WRITE_ONCE(tp->keepalive_time, idle);
	WRITE_ONCE(tp->keepalive_intvl, intvl);
	WRITE_ONCE(tp->keepalive_probes, cnt);
}

#endif /* KA_KEEPALIVE_H */

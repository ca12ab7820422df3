/* SPDX-License-Identifier: GPL-2.0 */
/* mptcp.h - the keepalive values of an MPTCP socket */
#ifndef KA_MPTCP_H
#define KA_MPTCP_H

#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "policy.h"

/**
 * struct ka_mptcp_layout - where struct mptcp_sock keeps its three values
 * @keepidle: offset of an int, in seconds
 * @keepintvl: offset of an int, in seconds
 * @keepcnt: offset of an int, in probes
 *
 * All 0 where it has none or they could not be found.
 */
struct ka_mptcp_layout {
	size_t keepidle;
	size_t keepintvl;
	size_t keepcnt;
};

extern struct ka_mptcp_layout ka_mptcp_layout;

static inline int *ka_mptcp_field(struct sock *msk, size_t offset)
{
	return (int *)((char *)msk + offset);
}

/* Puts a policy's values on an MPTCP socket that nobody else sees yet. */
static inline void ka_mptcp_put(struct sock *msk, const struct ka_policy *p)
{
	const struct ka_mptcp_layout *at = &ka_mptcp_layout;

	if (!at->keepidle)
		return;
	*ka_mptcp_field(msk, at->keepidle) = p->keepidle / HZ;
	*ka_mptcp_field(msk, at->keepintvl) = p->keepintvl / HZ;
	*ka_mptcp_field(msk, at->keepcnt) = p->keepcnt;
}

/* Gives a subflow its MPTCP socket's values; msk's lock is held. */
static inline void ka_mptcp_copy(struct sock *msk, struct sock *ssk)
{
	const struct ka_mptcp_layout *at = &ka_mptcp_layout;
	struct tcp_sock *tp = tcp_sk(ssk);

	if (!at->keepidle)
		return;
	WRITE_ONCE(tp->keepalive_time, *ka_mptcp_field(msk, at->keepidle) * HZ);
	WRITE_ONCE(tp->keepalive_intvl,
		   *ka_mptcp_field(msk, at->keepintvl) * HZ);
	WRITE_ONCE(tp->keepalive_probes, *ka_mptcp_field(msk, at->keepcnt));
}

int ka_mptcp_learn(void);

#endif /* KA_MPTCP_H */

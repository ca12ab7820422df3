/* SPDX-License-Identifier: GPL-2.0 */
/* accept.h - accepted sockets whose task stands under another policy */
#ifndef KA_ACCEPT_H
#define KA_ACCEPT_H

#include <linux/net.h>
#include <net/sock.h>

#include "cgroup.h"
#include "hook.h"
#include "policy.h"

#ifdef CONFIG_SOCK_CGROUP_DATA
int ka_accept_arm(enum ka_hook_kind kind);
void ka_accept_disarm(enum ka_hook_kind kind);
unsigned long ka_accept_missed(void);

/* accept.c's, for accept_mptcp.c */
bool ka_accept_policies(struct sock *sk, const struct ka_policy **listeners,
			const struct ka_policy **tasks);
void ka_accept_count(const struct ka_policy *p);

/* accept_mptcp.c's, for accept.c */
void ka_accept_mptcp(struct socket *parent);
void ka_accept_mptcp_exit(void);
unsigned long ka_accept_mptcp_missed(void);
#else /* !CONFIG_SOCK_CGROUP_DATA */
static inline unsigned long ka_accept_missed(void)
{
	return 0;
}
#endif /* !CONFIG_SOCK_CGROUP_DATA */

#endif /* KA_ACCEPT_H */

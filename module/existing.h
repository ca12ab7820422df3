/* SPDX-License-Identifier: GPL-2.0 */
/* existing.h - sockets that were there before their policy */
#ifndef KA_EXISTING_H
#define KA_EXISTING_H

#include <net/sock.h>

#include "policy.h"

int ka_existing_adopt(void);

/* existing.c's, for existing_mptcp.c */
bool ka_existing_policy(struct sock *sk, struct ka_policy *p);
int ka_existing_wait(unsigned int *tries);
int ka_existing_adopt_mptcp(void);

#endif /* KA_EXISTING_H */

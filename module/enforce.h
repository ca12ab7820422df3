/* SPDX-License-Identifier: GPL-2.0 */
/* enforce.h - setsockopt() that must not change what a policy says */
#ifndef KA_ENFORCE_H
#define KA_ENFORCE_H

#include <linux/net.h>

#include "hook.h"

int ka_enforce_get(void);
void ka_enforce_put(void);
int ka_enforce_init(enum ka_hook_kind kind);
void ka_enforce_exit(void);
unsigned long ka_enforce_missed(void);
int ka_enforce_setsockopt(struct socket *sock, int level, int optname,
			  int value);

#endif /* KA_ENFORCE_H */

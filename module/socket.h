/* SPDX-License-Identifier: GPL-2.0 */
/* socket.h - the hooks on a socket's way into life */
#ifndef KA_SOCKET_H
#define KA_SOCKET_H

#include "hook.h"

enum ka_socket_hook {
	KA_SOCKET_TCP_INIT,
#if IS_ENABLED(CONFIG_MPTCP)
	KA_SOCKET_MPTCP_INIT,
	KA_SOCKET_SUBFLOW_INIT,
	KA_SOCKET_SUBFLOW_SYNC,
	KA_SOCKET_SUBFLOW_SYNC_LOCKED,
#endif
	KA_NR_SOCKET_HOOKS
};

extern struct ka_hook ka_socket_hooks[KA_NR_SOCKET_HOOKS];

int ka_socket_arm(enum ka_hook_kind kind);
void ka_socket_disarm(enum ka_hook_kind kind);
unsigned long ka_socket_missed(void);

#endif /* KA_SOCKET_H */

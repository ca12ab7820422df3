/* SPDX-License-Identifier: GPL-2.0 */
/* socks.h - the TCP sockets of all processes */
#ifndef KACTL_SOCKS_H
#define KACTL_SOCKS_H

#include <stddef.h>

#include "sock.h"

/**
 * struct socks - sockets, in the order of the processes that hold them
 * @sock: each socket once, however many processes have it
 * @nr: how many
 * @hidden: processes that we have no right to look into
 */
struct socks {
	struct sock **sock;
	size_t nr;
	size_t hidden;
};

int socks_collect(struct socks **socks, pid_t only);
int socks_say_hidden(const struct socks *socks);
void socks_free(struct socks *socks);

#endif /* KACTL_SOCKS_H */

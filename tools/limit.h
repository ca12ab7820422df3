/* SPDX-License-Identifier: GPL-2.0 */
/* limit.h - idle limits of what may be on the way of a connection */
#ifndef KACTL_LIMIT_H
#define KACTL_LIMIT_H

#include <stddef.h>

/**
 * struct limit - after so long a silence the connection is forgotten
 * @name: who does it, as kactl preset knows it
 * @seconds: the limit
 */
struct limit {
	const char *name;
	int seconds;
};

const struct limit *limits_missed(long idle, char *text, size_t size);

#endif /* KACTL_LIMIT_H */

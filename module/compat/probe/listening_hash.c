// SPDX-License-Identifier: GPL-2.0
/* Compiles where listeners are in listening_hash, not only in lhash2. */
#include <net/inet_hashtables.h>

void *probe(struct inet_hashinfo *hashinfo);
void *probe(struct inet_hashinfo *hashinfo)
{
	return &hashinfo->listening_hash[INET_LHTABLE_SIZE - 1];
}

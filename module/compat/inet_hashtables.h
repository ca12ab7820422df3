/* SPDX-License-Identifier: GPL-2.0 */
/* compat/inet_hashtables.h - <net/inet_hashtables.h> as the newest kernel has it */
#ifndef KA_COMPAT_INET_HASHTABLES_H
#define KA_COMPAT_INET_HASHTABLES_H

#include <net/inet_hashtables.h>

/* The lists of all listeners, linked by sk_nulls_node, and their number. */
static inline struct inet_listen_hashbucket *
ka_listeners(struct inet_hashinfo *hashinfo, unsigned int *n)
{
#ifdef KA_HAVE_LISTENING_HASH /* before 5.19 lhash2 is linked otherwise */
	*n = INET_LHTABLE_SIZE;
	return hashinfo->listening_hash;
#else /* !KA_HAVE_LISTENING_HASH */
	*n = hashinfo->lhash2_mask + 1;
	return hashinfo->lhash2;
#endif /* !KA_HAVE_LISTENING_HASH */
}

#endif /* KA_COMPAT_INET_HASHTABLES_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The ways by which a program can set an option of a socket. */
#ifndef KA_WAY_H
#define KA_WAY_H

enum ka_way {
	KA_WAY_64,		/* setsockopt(2) of this program */
	KA_WAY_32,		/* of a 32-bit one, set_32 */
	KA_WAY_RING,		/* io_uring's command, at once */
	KA_WAY_RING_WORKER,	/* the same in one of its workers */
};

const char *ka_way_open(enum ka_way way);
int ka_way_set(enum ka_way way, int fd, int level, int name, int value);

#endif /* KA_WAY_H */

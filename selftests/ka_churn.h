/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The workers of the churn test: who makes sockets in which cgroup and what he
 * has seen, and who changes policies meanwhile.
 */
#ifndef KA_CHURN_H
#define KA_CHURN_H

#include "ka_cgroup.h"

enum { STEPS, FLIP, UP, DOWN, COMES, AGAIN, FLEETING, X, L, NR_POLICIES };

struct ka_churn_policy {
	const char *name;
	int idle, other_idle, intvl, cnt;
	bool removed;		/* now and then, and its count with it */
};

/* Who works where: what else than the own policy a socket may come under. */
enum { OFF = 1, UPPER = 2, DEFAULT = 4, ACCEPTS = 8, RESTARTS = 16, PER_CPU = 32 };

struct ka_churn_role {
	int policy;
	int may;
};

struct ka_tally {
	long created, accepted, off, kept;
	long sockets[NR_POLICIES];
	long writes, gone, bad;
	struct ka_sock first_bad;
};

/* Seen by all processes. */
struct ka_churn {
	int stop;
	int listener, port;
	struct ka_tally tallies[64];
};

extern const struct ka_churn_policy ka_churn_policies[NR_POLICIES];
extern struct ka_churn *ka_churn;

void ka_churn_work(const struct ka_churn_role *r, struct ka_tally *t, int cpu);
void ka_churn_change(struct ka_tally *t);
void ka_churn_replace(struct ka_tally *t);
void ka_churn_hold(struct ka_tally *t);
int ka_churn_set(int policy, const char *file, int value);
int ka_churn_put(int policy);

#endif /* KA_CHURN_H */

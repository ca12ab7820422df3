/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The jobs of the stress test. Each is done by a process of its own, over and
 * over, and says of every turn what came of it.
 */
#ifndef KA_STRESS_H
#define KA_STRESS_H

#include "ka_cgroup.h"

#define KA_STRESS_MAX 16

/* What a job has done; only its process writes it. */
struct ka_stress_tally {
	long turns;
	long absent;		/* things to do for which there was no module */
	long seen;		/* what the job calls by its "unit" */
	long bad;
	char first[160];	/* what was bad first */
};

/* Seen by all processes. */
struct ka_stress {
	int stop;
	struct ka_stress_tally tallies[KA_STRESS_MAX];
};

struct ka_stress_job {
	const char *name;
	const char *unit;
	void (*turn)(struct ka_stress_tally *t);
	bool own_netns;
	int protocol;		/* not done where there is none */
};

extern struct ka_stress *ka_stress;
extern const struct ka_stress_job ka_stress_jobs[];	/* ends with no name */

void ka_stress_work(int job);

#endif /* KA_STRESS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* stats.h - the counters under /sys/kernel/ka_default/stats/ */
#ifndef KA_STATS_H
#define KA_STATS_H

#include <linux/percpu.h>

enum ka_stat {
	/* A socket was made and its policy put on it. An MPTCP socket is one. */
	KA_STAT_CREATED,
	/* An accepted socket came under its task's policy, not its listener's. */
	KA_STAT_ACCEPTED,
	/* A socket that was there already came under its policy. */
	KA_STAT_ADOPTED,
	/* A socket was not adopted, for a task kept it locked. */
	KA_STAT_BUSY,
	/* A setsockopt() was answered with 0 and not done. */
	KA_STAT_ENFORCED,
	/* A socket was made, or accepted, under a policy in mode off. */
	KA_STAT_SKIPPED_OFF,
	/* The kernel made a socket for itself while kernel_sockets was N. */
	KA_STAT_SKIPPED_KERNEL,
	KA_NR_STATS
};

struct ka_stats {
	unsigned long n[KA_NR_STATS];
};

DECLARE_PER_CPU(struct ka_stats, ka_stats);

/* Any context, any CPU: one per-CPU instruction where the machine has it. */
static __always_inline void ka_stat_inc(enum ka_stat stat)
{
	this_cpu_inc(ka_stats.n[stat]);
}

/* Takes back what turned out to be counted wrong. */
static __always_inline void ka_stat_dec(enum ka_stat stat)
{
	this_cpu_dec(ka_stats.n[stat]);
}

unsigned long ka_stat_sum(const unsigned long __percpu *n);

/* How often it happened since the module was loaded; as ka_stat_sum(). */
static inline unsigned long ka_stat_read(enum ka_stat stat)
{
	return ka_stat_sum(&ka_stats.n[stat]);
}

#endif /* KA_STATS_H */

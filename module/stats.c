// SPDX-License-Identifier: GPL-2.0
/* stats.c - the counters, one set per CPU */
#include "ka_default.h"

#include <linux/cpumask.h>

#include "stats.h"

DEFINE_PER_CPU(struct ka_stats, ka_stats);

/**
 * ka_stat_read() - a counter's value over all CPUs
 * @stat: which counter
 *
 * Context: any. Counters go on moving meanwhile; a CPU's part may be negative
 * where another CPU counted what this one took back, the sum is right.
 * Return: how often it happened since the module was loaded.
 */
unsigned long ka_stat_read(enum ka_stat stat)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(ka_stats, cpu).n[stat]);
	return sum;
}

// SPDX-License-Identifier: GPL-2.0
/* stats.c - the counters, one set per CPU */
#include "ka_default.h"

#include <linux/cpumask.h>
#include <linux/minmax.h>

#include "stats.h"

DEFINE_PER_CPU(struct ka_stats, ka_stats);

/**
 * ka_stat_sum() - a counter's value over all CPUs
 * @n: the counter
 *
 * Context: any. Counters go on moving meanwhile; a CPU's part may be negative
 * where another CPU counted what this one took back, the sum is right. It is
 * one short for a moment, if the taking back is seen and the count is not, and
 * for good for each subflow that was made while the policy was written
 * (uncount_kernel_socket() in socket.c); never less than nothing.
 * Return: how often it happened.
 */
unsigned long ka_stat_sum(const unsigned long __percpu *n)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(n, cpu));
	return max(sum, 0L);
}

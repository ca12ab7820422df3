// SPDX-License-Identifier: GPL-2.0
/* Compiles where an ftrace callback gets a struct ftrace_regs (5.11). */
#include <linux/ftrace.h>

#pragma GCC diagnostic error "-Wincompatible-pointer-types"

void probe(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
	   struct ftrace_regs *fregs);
ftrace_func_t probe_func = probe;

// SPDX-License-Identifier: GPL-2.0
/* Compiles where <linux/ftrace.h> has the function of that name (6.2). */
#include <linux/ftrace.h>

void probe(struct ftrace_regs *fregs);
void probe(struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs, 0);
}

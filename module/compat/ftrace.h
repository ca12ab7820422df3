/* SPDX-License-Identifier: GPL-2.0 */
/* compat/ftrace.h - <linux/ftrace.h> as the newest kernel has it */
#ifndef KA_COMPAT_FTRACE_H
#define KA_COMPAT_FTRACE_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>

#ifndef KA_HAVE_FTRACE_FUNC_REGS /* before 5.11 a callback got a pt_regs */
#define ftrace_regs pt_regs
#endif /* !KA_HAVE_FTRACE_FUNC_REGS */

#ifndef KA_HAVE_FTRACE_REGS_GET_ARGUMENT /* before 6.2 */
#define ftrace_regs_get_argument(fregs, n) \
	regs_get_kernel_argument(&(fregs)->regs, n)
#endif /* !KA_HAVE_FTRACE_REGS_GET_ARGUMENT */

#ifndef KA_HAVE_FTRACE_REGS_SET_INSTRUCTION_POINTER /* before 6.2 */
#define ftrace_regs_set_instruction_pointer(fregs, ip) \
	ftrace_instruction_pointer_set(fregs, ip)
#endif /* !KA_HAVE_FTRACE_REGS_SET_INSTRUCTION_POINTER */

/* Exported from 6.2 on, and in later point releases of older ones. */
static inline void ka_ftrace_free_filter(struct ftrace_ops *ops)
{
#ifdef KA_EXPORTED_FTRACE_FREE_FILTER
	ftrace_free_filter(ops);
#else /* !KA_EXPORTED_FTRACE_FREE_FILTER: some bytes stay behind */
	ftrace_set_filter(ops, NULL, 0, 1);
#endif /* !KA_EXPORTED_FTRACE_FREE_FILTER */
}

#endif /* KA_COMPAT_FTRACE_H */

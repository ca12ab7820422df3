/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hook.h - run a function of ours when a function of the kernel begins
 *
 * Two kinds: ftrace, where the kernel hands over a function's arguments
 * (CONFIG_DYNAMIC_FTRACE_WITH_ARGS), and kprobe everywhere else. KA_HOOK()
 * makes an entry point of each kind around one inline function, so that a TCP
 * socket's path holds no indirect call of ours.
 */
#ifndef KA_HOOK_H
#define KA_HOOK_H

#include <linux/build_bug.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/types.h>

#include "compat/ftrace.h"

enum ka_hook_kind {
	KA_HOOK_AUTO,
	KA_HOOK_FTRACE,
	KA_HOOK_KPROBE,
};

/**
 * struct ka_hook - one function of the kernel and what runs at its entry
 * @symbol: the function's name
 * @optional: not every kernel has it, and where it is not, it is not needed
 * @fired: seen to run for a socket of ours, see health.c
 * @missed: by the kprobes that were there before @kp
 * @addr: where the function begins, while it is hooked; else 0
 * @kp: the kprobe kind
 * @func: the ftrace kind
 */
struct ka_hook {
	const char *symbol;
	bool optional;
	bool fired;
	unsigned long missed;
	unsigned long addr;
	struct kprobe kp;
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
	ftrace_func_t func;
#endif
};

/* The most hooks that a set may have. */
#define KA_HOOK_SET_MAX 4

/**
 * struct ka_hook_set - hooks that are armed and disarmed as one
 * @hooks: the hooks, of which the first is not optional
 * @nr: how many
 * @overrides: may end the functions before they begin, with the result 0
 * @ops: ftrace's side of all of them; of kprobes that override, their claim
 *
 * ftrace waits for all tasks and CPUs each time a struct ftrace_ops goes, so
 * hooks share one. A hook whose cost counts has a set of its own: then its
 * callback need not be found first.
 */
struct ka_hook_set {
	struct ka_hook *hooks;
	int nr;
	bool overrides;
#ifdef CONFIG_DYNAMIC_FTRACE
	struct ftrace_ops ops;
#endif
};

/* Its initializer. */
#define KA_HOOK_SET(_hooks, _nr, ...) {					\
	.hooks = (_hooks),						\
	.nr = (_nr) + BUILD_BUG_ON_ZERO((_nr) > KA_HOOK_SET_MAX),	\
	__VA_ARGS__							\
}

/*
 * The ftrace entry point around _call, which sees the hooked function's first
 * arguments as a, b, c, d, and is true if that function must not begin. Then the
 * instruction pointer is set to a function that returns 0, as livepatch would.
 *
 * The callback may be preempted, so RCU's readers need the pair around it; the
 * _notrace variants, for what traces preemption may be traced itself.
 */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#define KA_HOOK_FTRACE_FUNC(_name, _call)				\
static void notrace _name##_ftrace(unsigned long ip,			\
				   unsigned long parent_ip,		\
				   struct ftrace_ops *op,		\
				   struct ftrace_regs *regs)		\
{									\
	unsigned long a = ftrace_regs_get_argument(regs, 0);		\
	unsigned long b = ftrace_regs_get_argument(regs, 1);		\
	unsigned long c __maybe_unused = ftrace_regs_get_argument(regs, 2); \
	unsigned long d __maybe_unused = ftrace_regs_get_argument(regs, 3); \
									\
	preempt_disable_notrace();					\
	if (_call)							\
		ftrace_regs_set_instruction_pointer(regs,		\
						    (unsigned long)ka_hook_zero); \
	preempt_enable_notrace();					\
}

#define KA_HOOK_FTRACE_INIT(_name)	.func = _name##_ftrace,
#else /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */
#define KA_HOOK_FTRACE_FUNC(...)
#define KA_HOOK_FTRACE_INIT(...)
#endif /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */

/* Both; kprobes call with preemption disabled. */
#define KA_HOOK_ENTRIES(_name, _call)					\
	KA_HOOK_FTRACE_FUNC(_name, _call)				\
static int notrace _name##_kprobe(struct kprobe *kp,			\
				  struct pt_regs *regs)			\
{									\
	unsigned long a = regs_get_kernel_argument(regs, 0);		\
	unsigned long b = regs_get_kernel_argument(regs, 1);		\
	unsigned long c __maybe_unused = regs_get_kernel_argument(regs, 2); \
	unsigned long d __maybe_unused = regs_get_kernel_argument(regs, 3); \
									\
	if (!(_call))							\
		return 0;						\
	instruction_pointer_set(regs, (unsigned long)ka_hook_zero);	\
	return 1;							\
}

/* The entry points around void _name(pointer, pointer). */
#define KA_HOOK_FUNC(_name) \
	KA_HOOK_ENTRIES(_name, (_name((void *)a, (void *)b), false))

/* Around bool _name(pointer, int, int, pointer), which may override. */
#define KA_HOOK_OVERRIDE_FUNC(_name) \
	KA_HOOK_ENTRIES(_name, _name((void *)a, b, c, (void *)d))

/* The initializer of the struct ka_hook that calls them. */
#define KA_HOOK(_name, _symbol, ...) {					\
	.symbol = _symbol,						\
	.kp = { .symbol_name = _symbol, .pre_handler = _name##_kprobe }, \
	KA_HOOK_FTRACE_INIT(_name)					\
	__VA_ARGS__							\
}

int ka_hook_zero(void);
int ka_hook_choose(enum ka_hook_kind *kind);
int ka_hook_arm(struct ka_hook_set *set, enum ka_hook_kind kind);
void ka_hook_disarm(struct ka_hook_set *set, enum ka_hook_kind kind);
unsigned long ka_hook_missed(const struct ka_hook_set *set);
const char *ka_hook_silencer(const struct ka_hook *hook,
			     enum ka_hook_kind kind);

#endif /* KA_HOOK_H */

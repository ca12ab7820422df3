/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hook.h - run a function of ours when a function of the kernel begins
 *
 * Two kinds: ftrace, where the kernel hands over a function's arguments
 * (CONFIG_DYNAMIC_FTRACE_WITH_ARGS), and kprobe everywhere else. KA_HOOK()
 * makes an entry point of each kind around one inline function, so that a
 * socket's path holds no indirect call of ours.
 */
#ifndef KA_HOOK_H
#define KA_HOOK_H

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
 * @armed: registered
 * @fired: seen to run for a socket of ours, see health.c
 * @ops: the ftrace kind
 * @kp: the kprobe kind
 */
struct ka_hook {
	const char *symbol;
	bool optional;
	bool armed;
	bool fired;
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
	struct ftrace_ops ops;
#endif
#ifdef CONFIG_KPROBES
	struct kprobe kp;
#endif
};

/*
 * An ftrace callback may be preempted, so RCU's readers need the pair around
 * it; the _notrace variants, for what traces preemption may be traced itself.
 */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#define KA_HOOK_FTRACE_FUNC(_name)					\
static void notrace _name##_ftrace(unsigned long ip,			\
				   unsigned long parent_ip,		\
				   struct ftrace_ops *op,		\
				   struct ftrace_regs *fregs)		\
{									\
	preempt_disable_notrace();					\
	_name((void *)ftrace_regs_get_argument(fregs, 0),		\
	      (void *)ftrace_regs_get_argument(fregs, 1));		\
	preempt_enable_notrace();					\
}
/* Permanent, as livepatch's: kernel.ftrace_enabled=0 cannot silence it. */
#define KA_HOOK_FTRACE_OPS(_name)					\
	.ops = { .func = _name##_ftrace, .flags = FTRACE_OPS_FL_PERMANENT },
#else /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */
#define KA_HOOK_FTRACE_FUNC(_name)
#define KA_HOOK_FTRACE_OPS(_name)
#endif /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */

/* kprobes call with preemption disabled. */
#ifdef CONFIG_KPROBES
#define KA_HOOK_KPROBE_FUNC(_name)					\
static int notrace _name##_kprobe(struct kprobe *kp,			\
				  struct pt_regs *regs)			\
{									\
	_name((void *)regs_get_kernel_argument(regs, 0),		\
	      (void *)regs_get_kernel_argument(regs, 1));		\
	return 0;							\
}
#define KA_HOOK_KPROBE_KP(_name, _symbol)				\
	.kp = { .symbol_name = _symbol, .pre_handler = _name##_kprobe },
#else /* !CONFIG_KPROBES */
#define KA_HOOK_KPROBE_FUNC(_name)
#define KA_HOOK_KPROBE_KP(_name, _symbol)
#endif /* !CONFIG_KPROBES */

/* The entry points around _name(struct sock *, struct sock *). */
#define KA_HOOK_FUNC(_name)						\
	KA_HOOK_FTRACE_FUNC(_name)					\
	KA_HOOK_KPROBE_FUNC(_name)

/* The initializer of the struct ka_hook that calls them. */
#define KA_HOOK(_name, _symbol) {					\
	.symbol = _symbol,						\
	KA_HOOK_FTRACE_OPS(_name)					\
	KA_HOOK_KPROBE_KP(_name, _symbol)				\
}

#define KA_HOOK_OPTIONAL(_name, _symbol) {				\
	.symbol = _symbol,						\
	.optional = true,						\
	KA_HOOK_FTRACE_OPS(_name)					\
	KA_HOOK_KPROBE_KP(_name, _symbol)				\
}

int ka_hook_choose(enum ka_hook_kind *kind);
int ka_hook_arm(struct ka_hook *hook, enum ka_hook_kind kind);
void ka_hook_disarm(struct ka_hook *hook, enum ka_hook_kind kind);
unsigned long ka_hook_missed(const struct ka_hook *hook);
const char *ka_hook_silencer(const struct ka_hook *hook,
			     enum ka_hook_kind kind);

#endif /* KA_HOOK_H */

// SPDX-License-Identifier: GPL-2.0
/* hook.c - arm and disarm the entry of a kernel function */
#include "ka_default.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/printk.h>

#include "hook.h"

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
/* As before the first time: ftrace leaves pointers to what it freed. */
static void renew_ftrace(struct ka_hook *hook)
{
	ka_ftrace_free_filter(&hook->ops);
	hook->ops = (struct ftrace_ops){
		.func = hook->ops.func,
	};
}

static int arm_ftrace(struct ka_hook *hook)
{
	int err;

	/* Permanent, as livepatch's: kernel.ftrace_enabled=0 is refused. */
	hook->ops.flags = FTRACE_OPS_FL_PERMANENT;
	if (hook->overrides)
		hook->ops.flags |= FTRACE_OPS_FL_IPMODIFY;
	err = ftrace_set_filter(&hook->ops, (unsigned char *)hook->symbol,
				strlen(hook->symbol), 1);
	if (err)
		return -ENOENT;
	err = register_ftrace_function(&hook->ops);
	if (err)
		renew_ftrace(hook);
	return err;
}

/* Waits for every task that is in the callback. */
static void disarm_ftrace(struct ka_hook *hook)
{
	unregister_ftrace_function(&hook->ops);
	renew_ftrace(hook);
}
#else /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */
static int arm_ftrace(struct ka_hook *hook)
{
	return -EOPNOTSUPP;
}

static void disarm_ftrace(struct ka_hook *hook)
{
}
#endif /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */

/* A struct kprobe must be as new to be registered again. */
static void renew_kprobe(struct ka_hook *hook)
{
	hook->kp = (struct kprobe){
		.symbol_name = hook->symbol,
		.pre_handler = hook->kp.pre_handler,
	};
}

static int arm_kprobe(struct ka_hook *hook)
{
	int err = register_kprobe(&hook->kp);

	if (err)
		renew_kprobe(hook);
	return err;
}

/* Waits for every CPU that is in the handler. */
static void disarm_kprobe(struct ka_hook *hook)
{
	unregister_kprobe(&hook->kp);
	hook->missed += hook->kp.nmissed;
	renew_kprobe(hook);
}

/**
 * ka_hook_missed() - how often a hook was reached but did not run
 * @hook: the hook
 *
 * A kprobe is missed when it is hit while the same CPU is in a probe already;
 * an ftrace callback never is.
 *
 * Context: any.
 * Return: the number since the module was loaded.
 */
unsigned long ka_hook_missed(const struct ka_hook *hook)
{
	return READ_ONCE(hook->missed) + READ_ONCE(hook->kp.nmissed);
}

#ifdef CONFIG_DYNAMIC_FTRACE
static void notrace ftrace_nothing(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *op,
				   struct ftrace_regs *fregs)
{
}

/*
 * The switch itself is not exported, but a permanent ftrace user is refused
 * while it is off (register_ftrace_function()).
 */
static bool ftrace_is_off(const struct ka_hook *hook)
{
	static struct ftrace_ops ops;
	int err;

	ops = (struct ftrace_ops){
		.func = ftrace_nothing,
		.flags = FTRACE_OPS_FL_PERMANENT,
	};
	err = ftrace_set_filter(&ops, (unsigned char *)hook->symbol,
				strlen(hook->symbol), 1);
	if (err)
		return false;
	err = register_ftrace_function(&ops);
	if (!err)
		unregister_ftrace_function(&ops);
	ka_ftrace_free_filter(&ops);
	return err == -EBUSY;
}
#else /* !CONFIG_DYNAMIC_FTRACE */
static bool ftrace_is_off(const struct ka_hook *hook)
{
	return false;
}
#endif /* !CONFIG_DYNAMIC_FTRACE */

/**
 * ka_hook_zero() - where a hooked function is sent that must not begin
 *
 * It runs in its place, with its arguments, and returns to its caller.
 *
 * Return: 0.
 */
noinline notrace int ka_hook_zero(void)
{
	return 0;
}

/**
 * ka_hook_choose() - settle which kind of hook this kernel gets
 * @kind: in: what the administrator asked for; out: what is used
 *
 * Return: 0, or -EOPNOTSUPP and a line in the log.
 */
int ka_hook_choose(enum ka_hook_kind *kind)
{
	bool ftrace = IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_ARGS);

	if (*kind == KA_HOOK_AUTO)
		*kind = ftrace ? KA_HOOK_FTRACE : KA_HOOK_KPROBE;
	if (*kind == KA_HOOK_FTRACE && !ftrace) {
		pr_err("hook=ftrace: this kernel lacks CONFIG_DYNAMIC_FTRACE_WITH_ARGS, use hook=kprobe\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * ka_hook_arm() - make a hook run from now on
 * @hook: the hook, not armed
 * @kind: ftrace or kprobe
 *
 * Context: may sleep.
 * Return: 0, also where an optional hook's function does not exist, or the
 * kernel's errno and a line in the log with the symbol and the reason.
 */
int ka_hook_arm(struct ka_hook *hook, enum ka_hook_kind kind)
{
	const char *why = "refused";
	int err;

	if (kind == KA_HOOK_FTRACE)
		err = arm_ftrace(hook);
	else
		err = arm_kprobe(hook);
	if (err == -ENOENT && hook->optional)
		return 0;
	if (!err) {
		hook->armed = true;
		return 0;
	}

	if (err == -ENOENT)
		why = "no such function in this kernel, or not traceable";
	else if (err == -EBUSY && kind == KA_HOOK_FTRACE)
		why = ftrace_is_off(hook) ?
		      "kernel.ftrace_enabled is 0, set it to 1" :
		      "a livepatch has it";
	pr_err("cannot hook %s by %s: %s (error %d)\n", hook->symbol,
	       kind == KA_HOOK_FTRACE ? "ftrace" : "kprobe", why, err);
	return err;
}

/**
 * ka_hook_disarm() - undo ka_hook_arm()
 * @hook: the hook, armed or not
 * @kind: as it was armed
 *
 * Context: may sleep. After the return nobody runs in the hook any more.
 */
void ka_hook_disarm(struct ka_hook *hook, enum ka_hook_kind kind)
{
	if (!hook->armed)
		return;
	if (kind == KA_HOOK_FTRACE)
		disarm_ftrace(hook);
	else
		disarm_kprobe(hook);
	hook->armed = false;
}

/**
 * ka_hook_silencer() - say why an armed hook does not run
 * @hook: a hook that is armed and does not run
 * @kind: as it was armed
 *
 * Context: may sleep; one caller at a time.
 * Return: what to name to the administrator.
 */
const char *ka_hook_silencer(const struct ka_hook *hook, enum ka_hook_kind kind)
{
	if (kind == KA_HOOK_FTRACE)
		return "its ftrace callback does not run";
	/* Finding out patches the kernel's text: not for everybody. */
	if (!capable(CAP_NET_ADMIN))
		return "its kprobe is silenced by kernel.ftrace_enabled=0 or kprobes/enabled=0";
	if (ftrace_is_off(hook))
		return "its kprobe is silenced by kernel.ftrace_enabled=0";
	return "its kprobe is silenced by debugfs kprobes/enabled=0";
}

// SPDX-License-Identifier: GPL-2.0
/* hook.c - arm and disarm the entry of a kernel function */
#include "ka_default.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/printk.h>

#include "hook.h"

/*
 * A struct kprobe must be as new to be registered again. ka_hook_missed() may be
 * looking at both counts meanwhile, for it takes no lock.
 */
static void renew_kprobe(struct ka_hook *hook)
{
	struct kprobe kp = {
		.symbol_name = hook->symbol,
		.pre_handler = hook->kp.pre_handler,
	};

	WRITE_ONCE(hook->missed, hook->missed + hook->kp.nmissed);
	/* Of all of it the other one reads nmissed only, a single word. */
	data_race(hook->kp = kp);
}

/*
 * Where kprobes are ftrace's the kernel allocates to disarm one. When it cannot
 * it warns, keeps the kprobe in its list and says so by its address, whereas ours
 * must go: the struct is used again, or goes with the module. Nobody calls it any
 * more, and one that is disabled only leaves the list, for which nothing is needed.
 */
static void unlist(struct ka_hook *hook)
{
	hook->kp.addr = (kprobe_opcode_t *)hook->addr;
	hook->kp.flags |= KPROBE_FLAG_DISABLED;
	unregister_kprobe(&hook->kp);
}

/* Waits, once for all, for every CPU that is in a handler. */
static void unregister(struct ka_hook_set *set)
{
	struct kprobe *kps[KA_HOOK_SET_MAX];
	int i, nr = 0;

	for (i = 0; i < set->nr; i++) {
		if (set->hooks[i].addr)
			kps[nr++] = &set->hooks[i].kp;
	}
	unregister_kprobes(kps, nr);
	for (i = 0; i < set->nr; i++) {
		if (set->hooks[i].addr && !set->hooks[i].kp.addr)
			unlist(&set->hooks[i]);
		renew_kprobe(&set->hooks[i]);
	}
}

static void forget(struct ka_hook_set *set)
{
	int i;

	for (i = 0; i < set->nr; i++)
		set->hooks[i].addr = 0;
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
	err = ftrace_set_filter_ip(&ops, hook->addr, 0, 1);
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

static int refused(const struct ka_hook *hook, enum ka_hook_kind kind, int err)
{
	const char *why = "refused";

	if (err == -ENOENT)
		why = "no such function in this kernel, or not traceable";
	else if (err == -EBUSY)
		why = kind == KA_HOOK_FTRACE && ftrace_is_off(hook) ?
		      "kernel.ftrace_enabled is 0, set it to 1" :
		      "a livepatch has it";
	pr_err("cannot hook %s by %s: %s (error %d)\n", hook->symbol,
	       kind == KA_HOOK_FTRACE ? "ftrace" : "kprobe", why, err);
	return err;
}

/*
 * Also for ftrace, with the kprobes disabled: there is no other way for a
 * module to find a function's address.
 */
static int register_or_find(struct ka_hook_set *set, enum ka_hook_kind kind)
{
	int i, err;

	for (i = 0; i < set->nr; i++) {
		struct ka_hook *hook = &set->hooks[i];

		if (kind == KA_HOOK_FTRACE)
			hook->kp.flags = KPROBE_FLAG_DISABLED;
		err = register_kprobe(&hook->kp);
		if (!err) {
			hook->addr = (unsigned long)hook->kp.addr;
			continue;
		}
		if (err == -ENOENT && hook->optional)
			continue;
		unregister(set);
		return refused(hook, kind, err);
	}
	return 0;
}

#ifdef CONFIG_DYNAMIC_FTRACE
/* As before the first time: ftrace leaves pointers to what it freed. */
static void renew_ftrace(struct ka_hook_set *set)
{
	ka_ftrace_free_filter(&set->ops);
	set->ops = (struct ftrace_ops){};
}

static void unclaim(struct ka_hook_set *set)
{
	if (set->ops.func) {
		unregister_ftrace_function(&set->ops);
		renew_ftrace(set);
	}
}

/*
 * Kprobes set the instruction pointer behind ftrace's back: a livepatch would set
 * it again, and what eBPF runs at a function's end calls the function itself, so
 * that nothing would be overridden. An ftrace user that does nothing but say so
 * keeps a livepatch away, and has eBPF heed the instruction pointer.
 */
static int claim(struct ka_hook_set *set)
{
	struct ka_hook *hook = set->hooks;
	bool any = false;
	int i, err = 0;

	for (i = 0; i < set->nr && !err; i++) {
		hook = &set->hooks[i];
		err = ftrace_set_filter_ip(&set->ops, hook->addr, 0, 0);
		any |= !err;
		/* What is not traceable nobody else can have. */
		if (err == -EINVAL)
			err = 0;
	}
	if (!err && any) {
		set->ops.func = ftrace_nothing;
		set->ops.flags = FTRACE_OPS_FL_IPMODIFY;
		hook = set->hooks;
		err = register_ftrace_function(&set->ops);
	}
	if (err || !any)
		renew_ftrace(set);
	return err ? refused(hook, KA_HOOK_KPROBE, err) : 0;
}
#else /* !CONFIG_DYNAMIC_FTRACE */
static int claim(struct ka_hook_set *set)
{
	return 0;
}

static void unclaim(struct ka_hook_set *set)
{
}
#endif /* !CONFIG_DYNAMIC_FTRACE */

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
/* @ip is in the function that begins nearest before it. */
static void notrace call_nearest(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *op,
				 struct ftrace_regs *regs)
{
	struct ka_hook_set *set = container_of(op, struct ka_hook_set, ops);
	struct ka_hook *hook = set->hooks;
	int i;

	for (i = 1; i < set->nr; i++) {
		if (ip - set->hooks[i].addr < ip - hook->addr)
			hook = &set->hooks[i];
	}
	hook->func(ip, parent_ip, op, regs);
}

static int add_to_filter(struct ka_hook_set *set, struct ka_hook *hook)
{
	int err = ftrace_set_filter_ip(&set->ops, hook->addr, 0, 0);

	if (err != -EINVAL)
		return err;
	/* It is there and not traceable. */
	hook->addr = 0;
	return hook->optional ? 0 : -ENOENT;
}

static int arm_ftrace(struct ka_hook_set *set)
{
	struct ka_hook *hook = set->hooks;
	int i, err = 0;

	/* Permanent, as livepatch's: kernel.ftrace_enabled=0 is refused. */
	set->ops.flags = FTRACE_OPS_FL_PERMANENT;
	if (set->overrides)
		set->ops.flags |= FTRACE_OPS_FL_IPMODIFY;
	set->ops.func = set->nr == 1 ? hook->func : call_nearest;
	for (i = 0; i < set->nr && !err; i++) {
		hook = &set->hooks[i];
		if (hook->addr)
			err = add_to_filter(set, hook);
	}
	if (!err) {
		hook = set->hooks;
		err = register_ftrace_function(&set->ops);
	}
	if (!err)
		return 0;
	renew_ftrace(set);
	return refused(hook, KA_HOOK_FTRACE, err);
}

/* Waits for every task that is in a callback. */
static void disarm_ftrace(struct ka_hook_set *set)
{
	unregister_ftrace_function(&set->ops);
	renew_ftrace(set);
}
#else /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */
static int arm_ftrace(struct ka_hook_set *set)
{
	return -EOPNOTSUPP;
}

static void disarm_ftrace(struct ka_hook_set *set)
{
}
#endif /* !CONFIG_DYNAMIC_FTRACE_WITH_ARGS */

/**
 * ka_hook_missed() - how often a set's hooks were reached but did not run
 * @set: the hooks
 *
 * A kprobe is missed when it is hit while the same CPU is in a probe already;
 * an ftrace callback never is.
 *
 * Context: any. While the set is armed or disarmed a probe's count may be seen
 * twice, or not, for a moment.
 * Return: the number since the module was loaded.
 */
unsigned long ka_hook_missed(const struct ka_hook_set *set)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < set->nr; i++) {
		n += READ_ONCE(set->hooks[i].missed);
		/* Another CPU's handler adds one at a time, without a mark. */
		n += data_race(READ_ONCE(set->hooks[i].kp.nmissed));
	}
	return n;
}

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
 * ka_hook_arm() - make hooks run from now on
 * @set: the hooks, not armed
 * @kind: ftrace or kprobe
 *
 * Context: may sleep.
 * Return: 0, also where an optional hook's function does not exist, or the
 * kernel's errno, a line in the log with the symbol and the reason, and none
 * of the hooks armed.
 */
int ka_hook_arm(struct ka_hook_set *set, enum ka_hook_kind kind)
{
	int err;

	err = register_or_find(set, kind);
	if (!err && kind == KA_HOOK_FTRACE) {
		unregister(set);
		err = arm_ftrace(set);
	} else if (!err && set->overrides) {
		err = claim(set);
		if (err)
			unregister(set);
	}
	if (err)
		forget(set);
	return err;
}

/**
 * ka_hook_disarm() - undo ka_hook_arm()
 * @set: the hooks, armed or not
 * @kind: as they were armed
 *
 * Context: may sleep. After the return nobody runs in the hooks any more.
 */
void ka_hook_disarm(struct ka_hook_set *set, enum ka_hook_kind kind)
{
	if (!set->hooks->addr)
		return;
	if (kind == KA_HOOK_FTRACE) {
		disarm_ftrace(set);
	} else {
		unregister(set);
		unclaim(set);
	}
	forget(set);
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

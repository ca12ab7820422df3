// SPDX-License-Identifier: GPL-2.0
/*
 * ka_floor.c - kprobes that do nothing, at the functions that enforce hooks
 *
 * What is measured with it is the kernel's part of hook=kprobe, and no module can
 * have less. claim=Y: also an ftrace user that does nothing but claim them, as
 * hook.c has one.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static bool claim;
module_param(claim, bool, 0444);
MODULE_PARM_DESC(claim, "an ftrace user that claims the functions, too");

static int nothing(struct kprobe *kp, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe first = { .symbol_name = "sock_setsockopt", .pre_handler = nothing };
static struct kprobe second = { .symbol_name = "sock_common_setsockopt", .pre_handler = nothing };
static struct kprobe *kps[] = { &first, &second };

static void notrace ftrace_nothing(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *op, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ops = { .func = ftrace_nothing, .flags = FTRACE_OPS_FL_IPMODIFY };

static int claim_all(void)
{
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(kps) && !err; i++)
		err = ftrace_set_filter_ip(&ops, (unsigned long)kps[i]->addr, 0, 0);
	return err ?: register_ftrace_function(&ops);
}

static int __init ka_floor_init(void)
{
	int err;

	err = register_kprobes(kps, ARRAY_SIZE(kps));
	if (err || !claim)
		return err;
	err = claim_all();
	if (err) {
		ftrace_free_filter(&ops);
		unregister_kprobes(kps, ARRAY_SIZE(kps));
	}
	return err;
}

static void __exit ka_floor_exit(void)
{
	if (claim) {
		unregister_ftrace_function(&ops);
		ftrace_free_filter(&ops);
	}
	unregister_kprobes(kps, ARRAY_SIZE(kps));
}

module_init(ka_floor_init);
module_exit(ka_floor_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Kprobes that do nothing, for ka_default's benchmark");

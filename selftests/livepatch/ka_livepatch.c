// SPDX-License-Identifier: GPL-2.0
/*
 * ka_livepatch.c - a livepatch of one function, for the test of neighbours
 *
 * The new function counts its calls and goes on with the old one behind the
 * place at which ftrace calls, so that it does what the kernel's would.
 */
#include <linux/kprobes.h>
#include <linux/livepatch.h>
#include <linux/module.h>

#define CALL_SIZE 5		/* of ftrace's call, on x86 */
#define ENDBR 0xfa1e0ff3	/* what may be before it */

static char *function = "tcp_init_sock";
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "the function to patch");

static unsigned long hits;
module_param(hits, ulong, 0444);
MODULE_PARM_DESC(hits, "how often it was called");

typedef unsigned long (*any_function)(unsigned long a, unsigned long b,
				      unsigned long c, unsigned long d,
				      unsigned long e, unsigned long f);

static any_function behind_call;

static unsigned long patched(unsigned long a, unsigned long b, unsigned long c,
			     unsigned long d, unsigned long e, unsigned long f)
{
	WRITE_ONCE(hits, READ_ONCE(hits) + 1);
	return behind_call(a, b, c, d, e, f);
}

static struct klp_func funcs[] = { { .new_func = patched }, { } };
static struct klp_object objs[] = { { .funcs = funcs }, { } };
static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

/* A kprobe that is never armed tells where the function is. */
static int find(void)
{
	struct kprobe kp = {
		.symbol_name = function, .flags = KPROBE_FLAG_DISABLED,
	};
	u8 *at;
	int err;

	err = register_kprobe(&kp);
	if (err)
		return err;
	at = (u8 *)kp.addr;
	unregister_kprobe(&kp);
	if (*(u32 *)at == ENDBR)
		at += sizeof(u32);
	behind_call = (any_function)(at + CALL_SIZE);
	return 0;
}

static int __init ka_livepatch_init(void)
{
	int err = find();

	if (err)
		return err;
	funcs[0].old_name = function;
	return klp_enable_patch(&patch);
}

static void __exit ka_livepatch_exit(void)
{
}

module_init(ka_livepatch_init);
module_exit(ka_livepatch_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Livepatch of one function, for ka_default's tests");
MODULE_INFO(livepatch, "Y");

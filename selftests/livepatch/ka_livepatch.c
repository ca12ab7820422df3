// SPDX-License-Identifier: GPL-2.0
/*
 * ka_livepatch.c - a livepatch of a function or two, for the test of neighbours
 *
 * Each new function counts its calls and goes on with the old one behind the
 * place at which ftrace calls, so that it does what the kernel's would.
 */
#include <linux/kprobes.h>
#include <linux/livepatch.h>
#include <linux/module.h>

#define CALL_SIZE 5		/* of ftrace's call, on x86 */
#define ENDBR 0xfa1e0ff3	/* what may be before it */

static char *function[2] = { "tcp_init_sock" };
static unsigned int nr = 1;
module_param_array(function, charp, &nr, 0444);
MODULE_PARM_DESC(function, "the functions to patch, one or two");

static unsigned long hits[2];
module_param_array(hits, ulong, &nr, 0444);
MODULE_PARM_DESC(hits, "how often each was called");

typedef unsigned long (*any_function)(unsigned long a, unsigned long b,
				      unsigned long c, unsigned long d,
				      unsigned long e, unsigned long f);

static any_function behind_call[2];

static unsigned long first(unsigned long a, unsigned long b, unsigned long c,
			   unsigned long d, unsigned long e, unsigned long f)
{
	WRITE_ONCE(hits[0], READ_ONCE(hits[0]) + 1);
	return behind_call[0](a, b, c, d, e, f);
}

static unsigned long second(unsigned long a, unsigned long b, unsigned long c,
			    unsigned long d, unsigned long e, unsigned long f)
{
	WRITE_ONCE(hits[1], READ_ONCE(hits[1]) + 1);
	return behind_call[1](a, b, c, d, e, f);
}

static struct klp_func funcs[3] = {
	{ .new_func = first }, { .new_func = second }, { }
};

static struct klp_object objs[] = { { .funcs = funcs }, { } };
static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

/* A kprobe that is never armed tells where the function is. */
static int find(int i)
{
	struct kprobe kp = {
		.symbol_name = function[i], .flags = KPROBE_FLAG_DISABLED,
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
	behind_call[i] = (any_function)(at + CALL_SIZE);
	funcs[i].old_name = function[i];
	return 0;
}

static int __init ka_livepatch_init(void)
{
	int i, err = 0;

	for (i = 0; i < nr && !err; i++)
		err = find(i);
	if (err)
		return err;
	/* The end of the list. */
	if (nr == 1)
		funcs[1].new_func = NULL;
	return klp_enable_patch(&patch);
}

static void __exit ka_livepatch_exit(void)
{
}

module_init(ka_livepatch_init);
module_exit(ka_livepatch_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Livepatch of a function or two, for ka_default's tests");
MODULE_INFO(livepatch, "Y");

// SPDX-License-Identifier: GPL-2.0
/* main.c - start and stop ka_default: TCP keepalive as the default, as BSD has it */
#include "ka_default.h"

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>

#include "cgroup.h"
#include "enforce.h"
#include "existing.h"
#include "health.h"
#include "mptcp.h"
#include "params.h"
#include "socket.h"
#include "sysfs.h"

static int __init check_hooks(void)
{
	char why[160];
	int err;

	err = ka_health_check(why, sizeof(why));
	if (err == -ENODEV)
		pr_err("hook does not fire: %s\n", why);
	else if (err)
		pr_err("cannot make a socket to try the hooks: error %d\n",
		       err);
	return err;
}

/*
 * The end of all hooks, and of whoever is in the module: a task may be preempted
 * in here with nothing left to do but return, in ka_hook_zero(), in run() of
 * accept_mptcp.c after it gave its note back, in release() of cgroup_dir.c. RCU
 * waits for none of these. unregister_ftrace_function() does, kprobes do not.
 */
static void disarm(void)
{
	ka_enforce_exit();
	ka_socket_disarm(ka_hook_kind);
	if (ka_hook_kind == KA_HOOK_KPROBE)
		synchronize_rcu_tasks();
}

static int __init ka_init(void)
{
	int err;

	err = ka_hook_choose(&ka_hook_kind);
	if (err)
		return err;

	err = ka_cgroup_init();
	if (err)
		return err;

	err = ka_mptcp_learn();
	if (err) {
		pr_err("cannot learn how MPTCP sockets are laid out: error %d\n",
		       err);
		return err;
	}

	err = ka_socket_arm(ka_hook_kind);
	if (err)
		return err;

	err = check_hooks();
	if (err)
		goto err_disarm;

	err = ka_enforce_init(ka_hook_kind);
	if (err)
		goto err_disarm;

	if (ka_existing) {
		err = ka_existing_adopt();
		if (err) {
			pr_err("cannot adopt the sockets that exist: error %d\n",
			       err);
			goto err_disarm;
		}
	}

	err = ka_sysfs_init();
	if (err) {
		pr_err("cannot make /sys/kernel/ka_default: error %d\n", err);
		goto err_disarm;
	}

	pr_info("version %s: new TCP sockets start with keepalive (hook=%s)\n",
		THIS_MODULE->version,
		ka_hook_kind == KA_HOOK_FTRACE ? "ftrace" : "kprobe");
	return 0;

err_disarm:
	disarm();
	return err;
}

static void __exit ka_exit(void)
{
	ka_sysfs_exit();
	disarm();
}

module_init(ka_init);
module_exit(ka_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ka_default authors");
MODULE_DESCRIPTION("TCP keepalive on by default, for every socket");
MODULE_VERSION("0.1.0");

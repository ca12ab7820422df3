// SPDX-License-Identifier: GPL-2.0
/* main.c - start and stop ka_default: TCP keepalive as the default, as BSD has it */
#include "ka_default.h"

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

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
			goto err_enforce;
		}
	}

	err = ka_sysfs_init();
	if (err) {
		pr_err("cannot make /sys/kernel/ka_default: error %d\n", err);
		goto err_enforce;
	}

	pr_info("version %s: new TCP sockets start with keepalive (hook=%s)\n",
		THIS_MODULE->version,
		ka_hook_kind == KA_HOOK_FTRACE ? "ftrace" : "kprobe");
	return 0;

err_enforce:
	ka_enforce_exit();
err_disarm:
	ka_socket_disarm(ka_hook_kind);
	return err;
}

static void __exit ka_exit(void)
{
	ka_sysfs_exit();
	ka_enforce_exit();
	ka_socket_disarm(ka_hook_kind);
}

module_init(ka_init);
module_exit(ka_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The ka_default authors");
MODULE_DESCRIPTION("TCP keepalive on by default, for every socket");
MODULE_VERSION("0.1.0");

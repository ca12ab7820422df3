// SPDX-License-Identifier: GPL-2.0
/*
 * params.c - the module's parameters: the default policy, and how it is run
 *
 * The kernel holds the module's parameter lock around every set and get, and
 * prints the line that names a bad parameter at load (parse_args()).
 */
#include "ka_default.h"

#include <linux/capability.h>
#include <linux/moduleparam.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "params.h"
#include "policy.h"

/* Y: sockets that the kernel makes for itself are covered too. */
bool ka_kernel_sockets;

/* Y: sockets that exist when the module is loaded are adopted. */
bool ka_existing = true;

/* How creation is hooked: as asked for until ka_hook_choose() has decided. */
enum ka_hook_kind ka_hook_kind = KA_HOOK_AUTO;

static enum ka_field to_field(const struct kernel_param *kp)
{
	return (enum ka_field)(uintptr_t)kp->arg;
}

static int policy_set(const char *text, const struct kernel_param *kp)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	return ka_policy_store(&ka_policy_default, to_field(kp), text);
}

static int policy_get(char *page, const struct kernel_param *kp)
{
	return ka_policy_show(&ka_policy_default, to_field(kp), page);
}

/*
 * The kernel calls this for each parameter when the module goes, also when it
 * never came up: the only place that is passed in every case.
 */
static void policy_free(void *arg)
{
	ka_policy_reset_default();
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
	.free = policy_free,
};

#define KA_POLICY_PARAM(_name, _field, _text)				\
	module_param_cb(_name, &policy_ops, (void *)(uintptr_t)(_field), 0644); \
	MODULE_PARM_DESC(_name, _text)

KA_POLICY_PARAM(mode, KA_FIELD_MODE,
		"What TCP sockets get: off, default or enforce (default: default)");
KA_POLICY_PARAM(keepidle, KA_FIELD_KEEPIDLE,
		"TCP_KEEPIDLE, 0..32767 seconds, 0 follows tcp_keepalive_time (default: 0)");
KA_POLICY_PARAM(keepintvl, KA_FIELD_KEEPINTVL,
		"TCP_KEEPINTVL, 0..32767 seconds, 0 follows tcp_keepalive_intvl (default: 0)");
KA_POLICY_PARAM(keepcnt, KA_FIELD_KEEPCNT,
		"TCP_KEEPCNT, 0..127 probes, 0 follows tcp_keepalive_probes (default: 0)");

KA_POLICY_PARAM(user_timeout, KA_FIELD_USER_TIMEOUT,
		"TCP_USER_TIMEOUT, 0..2147483647 ms or auto, 0 leaves it alone (default: 0)");

/* param_set_bool() would take "yesterday" for Y: it looks at one character. */
static int bool_set(const char *text, const struct kernel_param *kp)
{
	static const char *const words[] = { "N", "Y", "n", "y", "0", "1" };
	int i;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	i = sysfs_match_string(words, text);
	if (i < 0)
		return i;
	WRITE_ONCE(*(bool *)kp->arg, i & 1);
	return 0;
}

static const struct kernel_param_ops bool_ops = {
	.set = bool_set,
	.get = param_get_bool,
};

module_param_cb(kernel_sockets, &bool_ops, &ka_kernel_sockets, 0644);
MODULE_PARM_DESC(kernel_sockets,
		 "Y: sockets that the kernel makes for itself too (default: N)");

module_param_cb(existing, &bool_ops, &ka_existing, 0444);
MODULE_PARM_DESC(existing,
		 "Y: at load, adopt the sockets that are there already (default: Y)");

static const char *const hook_names[] = {
	[KA_HOOK_AUTO] = "auto",
	[KA_HOOK_FTRACE] = "ftrace",
	[KA_HOOK_KPROBE] = "kprobe",
};

static int hook_set(const char *text, const struct kernel_param *kp)
{
	int kind = sysfs_match_string(hook_names, text);

	if (kind < 0)
		return kind;
	ka_hook_kind = kind;
	return 0;
}

static int hook_get(char *page, const struct kernel_param *kp)
{
	return sysfs_emit(page, "%s\n", hook_names[ka_hook_kind]);
}

static const struct kernel_param_ops hook_ops = {
	.set = hook_set,
	.get = hook_get,
};

module_param_cb(hook, &hook_ops, NULL, 0444);
MODULE_PARM_DESC(hook,
		 "How socket creation is hooked: auto, ftrace or kprobe (default: auto)");

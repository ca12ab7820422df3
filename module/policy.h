/* SPDX-License-Identifier: GPL-2.0 */
/* policy.h - what ka_default does to a socket: its fields, published as one */
#ifndef KA_POLICY_H
#define KA_POLICY_H

#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

enum ka_mode {
	KA_MODE_OFF,
	KA_MODE_DEFAULT,
	KA_MODE_ENFORCE,
	KA_MODE_INHERIT,	/* of a cgroup: as if it had no policy */
};

/* The fields of a policy, in the words of tcp(7). */
enum ka_field {
	KA_FIELD_MODE,
	KA_FIELD_KEEPIDLE,
	KA_FIELD_KEEPINTVL,
	KA_FIELD_KEEPCNT,
	KA_FIELD_USER_TIMEOUT,
	KA_NR_FIELDS
};

struct ka_cgroup;

/**
 * struct ka_policy - one state of a policy, never changed after it is published
 * @rcu: frees it after the last reader
 * @builtin: lies in the module, not on the heap: never freed
 * @cgroup: whose policy it is, NULL for the default policy; only a cgroup's may
 *	be in mode inherit
 * @mode: enum ka_mode
 * @keepcnt: probes, 0 follows the sysctl, as it does in struct tcp_sock
 * @keepidle: jiffies, 0 follows the sysctl, as it does in struct tcp_sock
 * @keepintvl: jiffies, 0 follows the sysctl, as it does in struct tcp_sock
 * @user_timeout: milliseconds, 0 leaves TCP_USER_TIMEOUT alone, or
 *	KA_USER_TIMEOUT_AUTO
 *
 * A write makes a new object and publishes it in one step, so a socket gets
 * the values of one moment and never half of two.
 */
struct ka_policy {
	struct rcu_head rcu;
	struct ka_cgroup *cgroup;
	bool builtin;
	u8 mode;
	u8 keepcnt;
	unsigned int keepidle;
	unsigned int keepintvl;
	unsigned int user_timeout;
};

/* As long as keepalive itself would take, by the values of the socket. */
#define KA_USER_TIMEOUT_AUTO UINT_MAX

extern struct ka_policy __rcu *ka_policy_default;

int ka_policy_store(struct ka_policy __rcu **slot, enum ka_field field,
		    const char *text);
ssize_t ka_policy_show(struct ka_policy __rcu **slot, enum ka_field field,
		       char *page);
void ka_policy_reset_default(void);
void ka_policy_init_cgroup(struct ka_cgroup *c);
void ka_policy_retire_cgroup(struct ka_cgroup *c);

#endif /* KA_POLICY_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * policy.c - policies: parse a field, publish the result, print it back
 *
 * Everything here is for writers and for people. The readers are in socket.c.
 */
#include "ka_default.h"

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <net/tcp.h>

#include "cgroup.h"
#include "enforce.h"
#include "policy.h"

/*
 * Serialises the writers of all policies: from reading the old object to
 * publishing the new one. Sockets are made without it, under RCU.
 */
static DEFINE_MUTEX(ka_policy_lock);

static const char *const mode_names[] = {
	[KA_MODE_OFF] = "off",
	[KA_MODE_DEFAULT] = "default",
	[KA_MODE_ENFORCE] = "enforce",
	[KA_MODE_INHERIT] = "inherit",
};

/* What the module does when nobody has said anything. */
static struct ka_policy builtin_default = {
	.builtin = true,
	.mode = KA_MODE_DEFAULT,
};

struct ka_policy __rcu *ka_policy_default = RCU_INITIALIZER(&builtin_default);

static int parse_mode(struct ka_policy *p, const char *text)
{
	int mode;

	mode = sysfs_match_string(mode_names, text);
	if (mode < 0)
		return mode;
	if (mode == KA_MODE_INHERIT && !p->cgroup)
		return -EINVAL;
	p->mode = mode;
	return 0;
}

/* Decimal only: "010" is ten and "0x10" is no number, for an administrator. */
static int parse_number(const char *text, unsigned int max, unsigned int *value)
{
	long long n;
	int err;

	err = kstrtoll(text, 10, &n);
	if (err)
		return err;
	if (n < 0 || n > max)
		return -ERANGE;
	*value = n;
	return 0;
}

static int parse_field(struct ka_policy *p, enum ka_field field,
		       const char *text)
{
	unsigned int n;
	int err;

	switch (field) {
	case KA_FIELD_MODE:
		return parse_mode(p, text);
	case KA_FIELD_KEEPIDLE:
		err = parse_number(text, MAX_TCP_KEEPIDLE, &n);
		if (!err)
			p->keepidle = n * HZ;
		return err;
	case KA_FIELD_KEEPINTVL:
		err = parse_number(text, MAX_TCP_KEEPINTVL, &n);
		if (!err)
			p->keepintvl = n * HZ;
		return err;
	case KA_FIELD_KEEPCNT:
		err = parse_number(text, MAX_TCP_KEEPCNT, &n);
		if (!err)
			p->keepcnt = n;
		return err;
	case KA_FIELD_USER_TIMEOUT:
		if (sysfs_streq(text, "auto")) {
			p->user_timeout = KA_USER_TIMEOUT_AUTO;
			return 0;
		}
		return parse_number(text, INT_MAX, &p->user_timeout);
	default:
		return -EINVAL;
	}
}

/*
 * Puts @new in the place of the old state. The hooks of enforce are armed
 * before the first policy that needs them can be seen, and disarmed after the
 * last: an application is never told 0 for what was done.
 */
static int publish(struct ka_policy __rcu **slot, struct ka_policy *new)
{
	struct ka_policy *old;
	int err;

	if (new->mode == KA_MODE_ENFORCE) {
		err = ka_enforce_get();
		if (err)
			return err;
	}
	old = rcu_replace_pointer(*slot, new, lockdep_is_held(&ka_policy_lock));
	if (old->mode == KA_MODE_ENFORCE)
		ka_enforce_put();
	if (!old->builtin)
		kfree_rcu(old, rcu);
	return 0;
}

/**
 * ka_policy_store() - set one field of a policy
 * @slot: the policy
 * @field: which field
 * @text: what the administrator wrote; a newline at its end is allowed
 *
 * Context: may sleep. Sockets made after the return get the new value.
 * Return: 0, or -EINVAL, -ERANGE, -ENOMEM, or for mode enforce the errno that
 * kept its hooks from being armed; nothing changed then.
 */
int ka_policy_store(struct ka_policy __rcu **slot, enum ka_field field,
		    const char *text)
{
	struct ka_policy *new;
	int err;

	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;

	mutex_lock(&ka_policy_lock);
	*new = *rcu_dereference_protected(*slot,
					  lockdep_is_held(&ka_policy_lock));
	new->builtin = false;
	err = parse_field(new, field, text);
	if (!err)
		err = publish(slot, new);
	mutex_unlock(&ka_policy_lock);

	if (err)
		kfree(new);
	return err;
}

/**
 * ka_policy_show() - print one field of a policy as it was written
 * @slot: the policy
 * @field: which field
 * @page: a page to print to
 *
 * Context: any.
 * Return: the number of bytes printed.
 */
ssize_t ka_policy_show(struct ka_policy __rcu **slot, enum ka_field field,
		       char *page)
{
	const struct ka_policy *p;
	ssize_t len = -EINVAL;

	rcu_read_lock();
	p = rcu_dereference(*slot);
	switch (field) {
	case KA_FIELD_MODE:
		len = sysfs_emit(page, "%s\n", mode_names[p->mode]);
		break;
	case KA_FIELD_KEEPIDLE:
		len = sysfs_emit(page, "%u\n", p->keepidle / HZ);
		break;
	case KA_FIELD_KEEPINTVL:
		len = sysfs_emit(page, "%u\n", p->keepintvl / HZ);
		break;
	case KA_FIELD_KEEPCNT:
		len = sysfs_emit(page, "%u\n", p->keepcnt);
		break;
	case KA_FIELD_USER_TIMEOUT:
		if (p->user_timeout == KA_USER_TIMEOUT_AUTO)
			len = sysfs_emit(page, "auto\n");
		else
			len = sysfs_emit(page, "%u\n", p->user_timeout);
		break;
	default:
		break;
	}
	rcu_read_unlock();
	return len;
}

/**
 * ka_policy_reset_default() - give back what writes to the default policy took
 *
 * Context: the module's end, when its parameters' files are gone and its hooks
 * are disarmed: there is neither a writer nor a reader. To take a lock is too
 * late, as lockdep does not know the locks of a module that is being freed.
 */
void ka_policy_reset_default(void)
{
	struct ka_policy *p = rcu_dereference_protected(ka_policy_default, 1);

	RCU_INIT_POINTER(ka_policy_default, &builtin_default);
	if (!p->builtin)
		kfree(p);
}

/**
 * ka_policy_init_cgroup() - a cgroup's policy begins: mode inherit, all zero
 * @c: the cgroup, seen by nobody else yet
 *
 * Context: any.
 */
void ka_policy_init_cgroup(struct ka_cgroup *c)
{
	c->initial.builtin = true;
	c->initial.mode = KA_MODE_INHERIT;
	c->initial.cgroup = c;
	RCU_INIT_POINTER(c->policy, &c->initial);
}

/**
 * ka_policy_retire_cgroup() - a cgroup's policy ends: as it began
 * @c: the cgroup, whose policy nobody writes to any more
 *
 * Context: may sleep. If it enforced it does no longer.
 */
void ka_policy_retire_cgroup(struct ka_cgroup *c)
{
	mutex_lock(&ka_policy_lock);
	publish(&c->policy, &c->initial);
	mutex_unlock(&ka_policy_lock);
}

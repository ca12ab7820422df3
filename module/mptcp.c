// SPDX-License-Identifier: GPL-2.0
/*
 * mptcp.c - find where an MPTCP socket keeps its keepalive values
 *
 * struct mptcp_sock is private to the kernel (net/mptcp/protocol.h), and
 * point releases move its fields. Its setsockopt() is not: set an option of a
 * socket of our own to two telling values and see which word followed.
 */
#include "ka_default.h"

#include <linux/cache.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "mptcp.h"

struct ka_mptcp_layout ka_mptcp_layout __ro_after_init;

#if IS_ENABLED(CONFIG_MPTCP)
static int __init set(struct socket *sock, int optname, int value)
{
	return sock->ops->setsockopt(sock, SOL_TCP, optname,
				     KERNEL_SOCKPTR(&value), sizeof(value));
}

/* The one int that was @first in @before and is @second in @now, or 0. */
static size_t __init find(const int *before, const int *now, size_t size,
			  int first, int second)
{
	size_t i, found = 0;

	for (i = 0; i < size / sizeof(int); i++) {
		if (before[i] != first || READ_ONCE(now[i]) != second)
			continue;
		if (found)
			return 0;
		found = i * sizeof(int);
	}
	return found;
}

static int __init learn(struct socket *sock, int optname, int first,
			int second, size_t *at)
{
	size_t size = sock->sk->sk_prot->obj_size;
	int *before;

	if (set(sock, optname, first))
		return 0;
	before = kmemdup(sock->sk, size, GFP_KERNEL);
	if (!before)
		return -ENOMEM;
	if (!set(sock, optname, second))
		*at = find(before, (int *)sock->sk, size, first, second);
	kfree(before);
	return 0;
}

/* Not for ever: a load at another time would learn. */
static bool __init is_shortage(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -ENFILE;
}

/**
 * ka_mptcp_learn() - fill ka_mptcp_layout
 *
 * Where it cannot (an MPTCP without these options, or net.mptcp.enabled=0 at
 * load), an MPTCP socket's subflows get the policy's values all the same, and
 * only getsockopt() on the MPTCP socket itself shows the sysctls.
 *
 * Context: may sleep; at load, before the hooks are armed.
 * Return: 0, or the errno of a want of memory: another load may know more.
 */
int __init ka_mptcp_learn(void)
{
	struct ka_mptcp_layout at = {};
	struct socket *sock;
	int err;

	/* Not a kernel socket: see make_mptcp() in health.c. */
	err = __sock_create(&init_net, AF_INET, SOCK_STREAM, IPPROTO_MPTCP,
			    &sock, 0);
	if (err)
		return is_shortage(err) ? err : 0;
	err = learn(sock, TCP_KEEPIDLE, 32719, 31337, &at.keepidle);
	if (!err)
		err = learn(sock, TCP_KEEPINTVL, 32717, 31333, &at.keepintvl);
	if (!err)
		err = learn(sock, TCP_KEEPCNT, 113, 101, &at.keepcnt);
	if (at.keepidle && at.keepintvl && at.keepcnt)
		ka_mptcp_layout = at;
	sock_release(sock);
	return err;
}
#else /* !CONFIG_MPTCP */
int __init ka_mptcp_learn(void)
{
	return 0;
}
#endif /* !CONFIG_MPTCP */

// SPDX-License-Identifier: GPL-2.0
/*
 * health.c - make sockets of our own and look which hooks ran
 *
 * What registering returned proves nothing: a kprobe can be accepted and never
 * fire, and be silenced later without a trace.
 */
#include "ka_default.h"

#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/sockptr.h>
#include <net/net_namespace.h>

#include "health.h"
#include "params.h"
#include "socket.h"

/* Serialises those who look: there is one ka_health_task and one "fired". */
static DEFINE_MUTEX(ka_health_lock);

struct task_struct *ka_health_task;

static int make_tcp(void)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return err;
	sock_release(sock);
	return 0;
}

#if IS_ENABLED(CONFIG_MPTCP)
/*
 * Newer kernels make an MPTCP socket's first subflow when it is first needed;
 * SO_REUSEADDR is the least that needs it. net.mptcp.enabled=0 refuses the
 * socket after its hook has run, and then there are no subflows to look at.
 *
 * Not a kernel socket: those share a lock class with subflows, which are locked
 * under them, and lockdep would take it for a deadlock.
 */
static int make_mptcp(void)
{
	struct socket *sock;
	int one = 1;
	int err;

	err = __sock_create(&init_net, AF_INET, SOCK_STREAM, IPPROTO_MPTCP,
			    &sock, 0);
	if (err == -ENOPROTOOPT) {
		ka_socket_hooks[KA_SOCKET_SUBFLOW_INIT].fired = true;
		return 0;
	}
	if (err)
		return err;
	/* Without memory for the subflow its hook is not to blame. */
	err = sock->ops->setsockopt(sock, SOL_SOCKET, SO_REUSEADDR,
				    KERNEL_SOCKPTR(&one), sizeof(one));
	sock_release(sock);
	return err;
}
#else /* !CONFIG_MPTCP */
static int make_mptcp(void)
{
	return 0;
}
#endif /* !CONFIG_MPTCP */

static const struct ka_hook *find_silent(void)
{
	int i;

	for (i = 0; i < KA_NR_SOCKET_HOOKS; i++) {
		const struct ka_hook *hook = &ka_socket_hooks[i];

		if (hook->addr && !hook->optional && !hook->fired)
			return hook;
	}
	return NULL;
}

/**
 * ka_health_check() - look whether every hook that is needed runs
 * @why: filled with one line without newline: "ok", or what does not work
 * @size: of @why
 *
 * Context: may sleep; makes two sockets in the initial network namespace.
 * Return: 0 if all is well, -ENODEV if a hook does not run, or the errno that
 * made looking impossible (@why is not filled then).
 */
int ka_health_check(char *why, size_t size)
{
	const struct ka_hook *silent;
	int i, err;

	mutex_lock(&ka_health_lock);
	for (i = 0; i < KA_NR_SOCKET_HOOKS; i++)
		ka_socket_hooks[i].fired = false;

	WRITE_ONCE(ka_health_task, current);
	err = make_tcp();
	if (!err)
		err = make_mptcp();
	WRITE_ONCE(ka_health_task, NULL);

	if (!err) {
		silent = find_silent();
		if (silent) {
			scnprintf(why, size, "%s: %s", silent->symbol,
				  ka_hook_silencer(silent, ka_hook_kind));
			err = -ENODEV;
		} else {
			scnprintf(why, size, "ok");
		}
	}
	mutex_unlock(&ka_health_lock);
	return err;
}

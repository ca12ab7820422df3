/* SPDX-License-Identifier: GPL-2.0 */
/* compat/net.h - <linux/net.h> as the newest kernel has it */
#ifndef KA_COMPAT_NET_H
#define KA_COMPAT_NET_H

#include <linux/net.h>

static inline struct socket *ka_sock_from_file(struct file *file)
{
#ifdef KA_HAVE_SOCK_FROM_FILE_NO_ERR
	return sock_from_file(file);
#else /* !KA_HAVE_SOCK_FROM_FILE_NO_ERR: before 5.11 */
	int err;

	return sock_from_file(file, &err);
#endif /* !KA_HAVE_SOCK_FROM_FILE_NO_ERR */
}

#endif /* KA_COMPAT_NET_H */

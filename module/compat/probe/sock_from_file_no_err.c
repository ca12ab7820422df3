// SPDX-License-Identifier: GPL-2.0
/* Compiles where sock_from_file() takes the file alone (5.11). */
#include <linux/net.h>

struct socket *probe(struct file *file);
struct socket *probe(struct file *file)
{
	return sock_from_file(file);
}

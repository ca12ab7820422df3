// SPDX-License-Identifier: GPL-2.0
/*
 * An application: makes a TCP socket and says what is set on it. Built dynamic
 * and static; program.sh runs it.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return 1;
	printf("%d %d %d %d\n", get(fd, SOL_SOCKET, SO_KEEPALIVE), get(fd, SOL_TCP, TCP_KEEPIDLE),
	       get(fd, SOL_TCP, TCP_KEEPINTVL), get(fd, SOL_TCP, TCP_KEEPCNT));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * checkkeepalive - make a TCP socket and print what keepalive it starts with
 *
 * What the TCP keepalive HOWTO suggests for a first look. It sets nothing:
 * whatever it prints, the kernel gave the socket.
 */
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

static int option(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value;

	if (getsockopt(fd, level, name, &value, &len))
		err(1, "getsockopt");
	return value;
}

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	if (fd < 0)
		err(1, "socket");

	if (!option(fd, SOL_SOCKET, SO_KEEPALIVE)) {
		puts("SO_KEEPALIVE is OFF");
		return 0;
	}
	puts("SO_KEEPALIVE is ON");
	printf("TCP_KEEPCNT   = %d\n", option(fd, IPPROTO_TCP, TCP_KEEPCNT));
	printf("TCP_KEEPIDLE  = %d\n", option(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	printf("TCP_KEEPINTVL = %d\n", option(fd, IPPROTO_TCP, TCP_KEEPINTVL));
	return 0;
}

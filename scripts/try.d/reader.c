// SPDX-License-Identifier: GPL-2.0
/*
 * reader - a program that never heard of keepalive: connect, then wait in read()
 *
 * usage: reader ADDRESS PORT
 *
 * Says what came of the read(), and how long after the connect. It sets no
 * socket option and has no time-out of its own, as most programs.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)),
	};
	int fd;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(2, "no IPv4 address: %s", address);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect to %s", address);
	return fd;
}

int main(int argc, char *argv[])
{
	char text[80];
	double since;
	ssize_t len;
	int fd;

	if (argc != 3)
		errx(2, "usage: reader ADDRESS PORT");
	setvbuf(stdout, NULL, _IOLBF, 0);

	fd = connect_to(argv[1], argv[2]);
	since = now();
	puts("connected");

	len = read(fd, text, sizeof(text));
	if (len < 0)
		printf("error: %s", strerror(errno));
	else
		printf("text: %.*s", (int)len, text);
	printf(" [%.1f s after connect]\n", now() - since);
	return len <= 0;
}

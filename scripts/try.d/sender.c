// SPDX-License-Identifier: GPL-2.0
/*
 * sender - the other end of reader: accept one connection, say something late
 *
 * usage: sender PORT
 *
 * Waits for a line on standard input, however long that takes, sends it to its
 * client and says what came of that: the client took it and hung up, or an error.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int accept_on(const char *port)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int client;

	if (fd < 0)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 1))
		err(1, "listen on port %s", port);
	puts("listening");

	client = accept(fd, NULL, NULL);
	if (client < 0)
		err(1, "accept");
	puts("accepted");
	return client;
}

int main(int argc, char *argv[])
{
	char line[80];
	int client;

	if (argc != 2)
		errx(2, "usage: sender PORT");
	setvbuf(stdout, NULL, _IOLBF, 0);

	client = accept_on(argv[1]);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	if (send(client, line, strlen(line), MSG_NOSIGNAL) < 0)
		err(1, "send");
	puts("sent");

	if (read(client, line, sizeof(line)) < 0) {
		printf("error: %s\n", strerror(errno));
		return 1;
	}
	puts("delivered");
	return 0;
}

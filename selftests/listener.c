// SPDX-License-Identifier: GPL-2.0
/*
 * An application that was there before: makes a listening TCP socket, says so
 * by making the file that it is told, and says what is set on the socket when
 * SIGUSR1 comes.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int get(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (argc != 2 || fd < 0 || listen(fd, 1))
		return 1;
	close(open(argv[1], O_CREAT | O_WRONLY, 0600));
	if (sigwait(&set, &sig))
		return 1;
	printf("%d %d\n", get(fd, SOL_SOCKET, SO_KEEPALIVE), get(fd, SOL_TCP, TCP_KEEPIDLE));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * As show.c, for the kernel's 32-bit system calls: a program of its own with
 * no C library, so that a 64-bit compiler alone builds it.
 */
#define NR_EXIT 1
#define NR_WRITE 4
#define NR_SOCKET 359
#define NR_GETSOCKOPT 365

#define AF_INET 2
#define SOCK_STREAM 1
#define SOL_SOCKET 1
#define SOL_TCP 6
#define SO_KEEPALIVE 9
#define TCP_KEEPIDLE 4
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT 6

static int call(int nr, int a, int b, int c, void *d, void *e)
{
	int ret;

	asm volatile ("int $0x80"
		      : "=a" (ret)
		      : "0" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
		      : "memory");
	return ret;
}

static int get(int fd, int level, int name)
{
	int len = sizeof(int);
	int value = -1;

	return call(NR_GETSOCKOPT, fd, level, name, &value, &len) ? -1 : value;
}

/* Prints a number and what comes after it. */
static void print(int value, char after)
{
	char text[16];
	int at = sizeof(text);

	text[--at] = after;
	if (value < 0) {
		text[--at] = '?';
	} else {
		do {
			text[--at] = (char)('0' + value % 10);
			value /= 10;
		} while (value);
	}
	call(NR_WRITE, 1, (int)(text + at), (int)sizeof(text) - at, 0, 0);
}

void _start(void);

void _start(void)
{
	int fd = call(NR_SOCKET, AF_INET, SOCK_STREAM, 0, 0, 0);

	if (fd < 0)
		call(NR_EXIT, 1, 0, 0, 0, 0);
	print(get(fd, SOL_SOCKET, SO_KEEPALIVE), ' ');
	print(get(fd, SOL_TCP, TCP_KEEPIDLE), ' ');
	print(get(fd, SOL_TCP, TCP_KEEPINTVL), ' ');
	print(get(fd, SOL_TCP, TCP_KEEPCNT), '\n');
	call(NR_EXIT, 0, 0, 0, 0, 0);
}

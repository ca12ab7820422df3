// SPDX-License-Identifier: GPL-2.0
/*
 * setsockopt(2) of a 32-bit program, on a socket that it inherits:
 *
 *	set_32 DESCRIPTOR LEVEL OPTION VALUE
 *
 * Its exit status is the errno, or 0. Without a C library, as show_32.c.
 */
#define NR_EXIT 1
#define NR_SETSOCKOPT 366

/* What exec(2) has put on the stack. */
struct start {
	int argc;
	const char *argv[5];
};

static int call(int nr, int a, int b, int c, const void *d, int e)
{
	int ret;

	asm volatile ("int $0x80"
		      : "=a" (ret)
		      : "0" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
		      : "memory");
	return ret;
}

static int number(const char *text)
{
	int sign = 1, n = 0;

	if (*text == '-') {
		sign = -1;
		text++;
	}
	while (*text)
		n = n * 10 + *text++ - '0';
	return sign * n;
}

void run(const struct start *s);

void run(const struct start *s)
{
	int value, ret = -255;

	if (s->argc == 5) {
		value = number(s->argv[4]);
		ret = call(NR_SETSOCKOPT, number(s->argv[1]), number(s->argv[2]),
			   number(s->argv[3]), &value, sizeof(value));
	}
	call(NR_EXIT, -ret, 0, 0, 0, 0);
}

/* Hands over the stack as it was, aligned as a function expects it. */
#define START \
	".globl _start\n" \
	"_start:\n" \
	"	mov %esp, %eax\n" \
	"	and $-16, %esp\n" \
	"	sub $12, %esp\n" \
	"	push %eax\n" \
	"	call run\n"

asm(START);

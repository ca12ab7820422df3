// SPDX-License-Identifier: GPL-2.0
/*
 * The ways by which a program can set an option of a socket: the system call of
 * a 64-bit and of a 32-bit program, and io_uring's command (6.7 and newer).
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ka_way.h"

#define PROGRAM_32 "./set_32"
#define ENTRIES 4

/* The numbers of newer headers. */
#define OP_URING_CMD 46		/* IORING_OP_URING_CMD */
#define CMD_SETSOCKOPT 3	/* SOCKET_URING_OP_SETSOCKOPT */
#define IN_WORKER 0x10		/* IOSQE_ASYNC */

/* struct io_uring_sqe as that command has it. */
struct command {
	__u8 opcode;
	__u8 flags;
	__u16 ioprio;
	__s32 fd;
	__u32 cmd_op;
	__u32 pad1;
	__u32 level;
	__u32 optname;
	__u32 pad2[5];
	__u32 optlen;
	__u64 optval;
	__u64 pad3;
};

static struct {
	int fd;
	unsigned char *sq;
	unsigned char *cq;
	struct command *commands;
	struct io_uring_params p;
} ring = { .fd = -1 };

static void *map(size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd,
			offset);

	return at == MAP_FAILED ? NULL : at;
}

static int ring_open(void)
{
	struct io_uring_params *p = &ring.p;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	if (ring.fd < 0)
		return -errno;
	ring.sq = map(p->sq_off.array + p->sq_entries * sizeof(__u32), IORING_OFF_SQ_RING);
	ring.cq = map(p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	ring.commands = map(p->sq_entries * sizeof(*ring.commands), IORING_OFF_SQES);
	return ring.sq && ring.cq && ring.commands ? 0 : -ENOMEM;
}

/* Submits the one command and waits for what comes of it. */
static int ring_set(unsigned int flags, int fd, int level, int name, int value)
{
	__u32 *tail = (__u32 *)(ring.sq + ring.p.sq_off.tail);
	__u32 *array = (__u32 *)(ring.sq + ring.p.sq_off.array);
	__u32 *head = (__u32 *)(ring.cq + ring.p.cq_off.head);
	__u32 at = *tail & (ring.p.sq_entries - 1);
	struct io_uring_cqe *cqe;

	ring.commands[at] = (struct command) {
		.opcode = OP_URING_CMD, .flags = flags, .fd = fd, .cmd_op = CMD_SETSOCKOPT,
		.level = level, .optname = name, .optlen = sizeof(value),
		.optval = (unsigned long)&value,
	};
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	cqe = (struct io_uring_cqe *)(ring.cq + ring.p.cq_off.cqes) +
		(*head & (ring.p.cq_entries - 1));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return cqe->res;
}

/* The program's exit status is the errno. */
static int program_set(int fd, int level, int name, int value)
{
	char text[4][16];
	int status;
	pid_t pid;

	snprintf(text[0], sizeof(text[0]), "%d", fd);
	snprintf(text[1], sizeof(text[1]), "%d", level);
	snprintf(text[2], sizeof(text[2]), "%d", name);
	snprintf(text[3], sizeof(text[3]), "%d", value);
	pid = vfork();
	if (!pid) {
		execl(PROGRAM_32, PROGRAM_32, text[0], text[1], text[2], text[3], NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Why it cannot be gone here, NULL if it can. It is tried on another option. */
const char *ka_way_open(enum ka_way way)
{
	static const char * const missing[] = {
		[KA_WAY_64] = "no socket to be had",
		[KA_WAY_32] = "no 32-bit program for this machine or kernel",
		[KA_WAY_RING] = "this kernel's io_uring sets no options of sockets",
		[KA_WAY_RING_WORKER] = "this kernel's io_uring sets no options of sockets",
	};
	int fd, ret = 0;

	if (way >= KA_WAY_RING && ring.fd < 0 && ring_open())
		return "no io_uring here";
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return missing[KA_WAY_64];
	ret = ka_way_set(way, fd, SOL_SOCKET, SO_REUSEADDR, 1);
	close(fd);
	return ret ? missing[way] : NULL;
}

/* 0 or a negative errno. */
int ka_way_set(enum ka_way way, int fd, int level, int name, int value)
{
	switch (way) {
	case KA_WAY_32:
		return program_set(fd, level, name, value);
	case KA_WAY_RING:
		return ring_set(0, fd, level, name, value);
	case KA_WAY_RING_WORKER:
		return ring_set(IN_WORKER, fd, level, name, value);
	default:
		return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A socket made by io_uring's socket operation, which is no system call
 * socket(2). Raw system calls: no liburing.
 */
#include <linux/io_uring.h>
#include <sys/syscall.h>

#include "ka.h"

#define OP_SOCKET 45		/* IORING_OP_SOCKET, since 5.19 */
#define ENTRIES 4

struct ring {
	int fd;
	unsigned char *sq;
	unsigned char *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
};

FIXTURE(io_uring) {
	struct ka_env env;
	struct ring ring;
};

FIXTURE_VARIANT(io_uring) {
	int family;
	int protocol;
};

FIXTURE_VARIANT_ADD(io_uring, tcp4) {
	.family = AF_INET, .protocol = 0,
};

FIXTURE_VARIANT_ADD(io_uring, tcp6) {
	.family = AF_INET6, .protocol = IPPROTO_TCP,
};

FIXTURE_VARIANT_ADD(io_uring, mptcp4) {
	.family = AF_INET, .protocol = IPPROTO_MPTCP,
};

static void *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	return at == MAP_FAILED ? NULL : at;
}

static int ring_open(struct ring *r)
{
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &r->p);
	if (r->fd < 0)
		return -errno;
	r->sq = map(r->fd, r->p.sq_off.array + r->p.sq_entries * sizeof(__u32),
		    IORING_OFF_SQ_RING);
	r->cq = map(r->fd, r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	r->sqes = map(r->fd, r->p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
	return r->sq && r->cq && r->sqes ? 0 : -ENOMEM;
}

static bool ring_knows(struct ring *r, int op)
{
	struct io_uring_probe *probe;
	bool knows;

	probe = calloc(1, sizeof(*probe) + 256 * sizeof(probe->ops[0]));
	knows = probe &&
		!syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_PROBE, probe, 256) &&
		op <= probe->last_op && probe->ops[op].flags & IO_URING_OP_SUPPORTED;
	free(probe);
	return knows;
}

/* Submits the one operation and waits for it: a socket or a negative errno. */
static int ring_socket(struct ring *r, int family, int type, int protocol)
{
	__u32 *tail = (__u32 *)(r->sq + r->p.sq_off.tail);
	__u32 *array = (__u32 *)(r->sq + r->p.sq_off.array);
	__u32 *head = (__u32 *)(r->cq + r->p.cq_off.head);
	__u32 mask = r->p.sq_entries - 1;
	struct io_uring_cqe *cqe;

	r->sqes[*tail & mask] = (struct io_uring_sqe) {
		.opcode = OP_SOCKET, .fd = family, .off = type, .len = protocol,
	};
	array[*tail & mask] = *tail & mask;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	cqe = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes) + (*head & (r->p.cq_entries - 1));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return cqe->res;
}

FIXTURE_SETUP(io_uring)
{
	int ret;

	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	ret = ring_open(&self->ring);
	if (ret)
		KA_SKIP(return, "no io_uring here: %s", strerror(-ret));
	if (!ring_knows(&self->ring, OP_SOCKET))
		KA_SKIP(return, "this kernel's io_uring makes no sockets");
}

FIXTURE_TEARDOWN(io_uring)
{
	if (self->ring.fd > 0)
		close(self->ring.fd);
	KA_TEARDOWN();
}

TEST_F(io_uring, socket_operation)
{
	int fd;

	fd = ring_socket(&self->ring, variant->family, SOCK_STREAM, variant->protocol);
	ASSERT_LE(0, fd);
	EXPECT_KA(fd, 1, 600, 30, 5);
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	fd = ring_socket(&self->ring, variant->family, SOCK_STREAM, variant->protocol);
	ASSERT_LE(0, fd);
	EXPECT_KA(fd, 0, 7200, 75, 9);
}

TEST_HARNESS_MAIN

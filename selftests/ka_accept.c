// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners of a task in cgroup "l", and the ways in which a task elsewhere
 * accepts from one.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "ka_accept.h"

int ka_by_accept(struct ka_job *job)
{
	int fd = accept(job->listener, NULL, NULL);

	return fd < 0 ? -errno : fd;
}

int ka_by_accept4(struct ka_job *job)
{
	int fd = accept4(job->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* A task that was born elsewhere and has been moved. */
int ka_by_moved_task(struct ka_job *job)
{
	return ka_write(job->procs, "0\n") ?: ka_by_accept(job);
}

ssize_t ka_pass_fd(int sock, int *fd, bool receive)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t len;

	if (!receive) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), fd, sizeof(int));
		return sendmsg(sock, &msg, 0);
	}
	len = recvmsg(sock, &msg, 0);
	if (len == 1)
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return len;
}

int ka_by_passed_descriptor(struct ka_job *job)
{
	int listener = job->listener;

	if (ka_pass_fd(job->unix_socket, &job->listener, true) != 1 || job->listener == listener)
		return -EIO;
	return ka_by_accept(job);
}

/* Waits for the connection in io_uring: one system call, no accept(2). */
int ka_by_io_uring(struct ka_job *job)
{
	struct io_uring_params p = { 0 };
	int prot = PROT_READ | PROT_WRITE;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	char *sq, *cq;
	int ring;

	ring = syscall(SYS_io_uring_setup, 1, &p);
	if (ring < 0)
		return -errno;
	sq = mmap(NULL, p.sq_off.array + 64, prot, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + 64, prot, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, sizeof(*sqe), prot, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return -ENOMEM;
	sqe->opcode = IORING_OP_ACCEPT;
	sqe->fd = job->listener;
	*(__u32 *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((__u32 *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	close(ring);
	return cqe->res;
}

int ka_job_run(void *arg)
{
	struct ka_job_task *t = arg;
	int fd = t->accept(t->job);

	t->job->seen = ka_get(fd);
	return fd;
}

/* A listener of a task in "l", and a client without keepalive. */
int ka_job_open(struct ka_conn *c, struct ka_job *job)
{
	struct timeval cap = { .tv_sec = KA_CAP_MS / 1000 };

	c->listener = ka_cg_socket("l", job->family, job->protocol);
	c->client = socket(job->family, SOCK_STREAM, 0);
	if (c->listener < 0 || c->client < 0)
		return -EIO;
	setsockopt(c->listener, SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof(cap));
	ka_set_on(c->client, 0);
	job->listener = c->listener;
	return 0;
}

int ka_job_connect(struct ka_conn *c, struct ka_job *job)
{
	struct sockaddr_storage ss;
	socklen_t len;

	c->port = ka_listen(c->listener, job->family);
	if (c->port < 0)
		return c->port;
	len = ka_addr(&ss, job->family, c->port);
	return connect(c->client, (struct sockaddr *)&ss, len) ? -errno : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of accepted sockets share: a listener that a task in cgroup
 * "l" has made, and the ways in which a task elsewhere accepts from it.
 */
#ifndef KA_ACCEPT_H
#define KA_ACCEPT_H

#include "ka_cgroup.h"

struct ka_job {
	int family;
	int protocol;		/* of the listener */
	int listener;
	int unix_socket;	/* that it is passed over */
	const char *procs;	/* where to move first */
	struct ka_sock seen;	/* by the process that accepted */
};

struct ka_job_task {
	struct ka_job *job;
	int (*accept)(struct ka_job *job);
};

int ka_by_accept(struct ka_job *job);
int ka_by_accept4(struct ka_job *job);
int ka_by_moved_task(struct ka_job *job);
int ka_by_passed_descriptor(struct ka_job *job);
int ka_by_io_uring(struct ka_job *job);
ssize_t ka_pass_fd(int sock, int *fd, bool receive);
int ka_job_open(struct ka_conn *c, struct ka_job *job);
int ka_job_connect(struct ka_conn *c, struct ka_job *job);
int ka_job_run(void *arg);

#ifndef KA_NO_HARNESS

#define OPEN() do { \
	ka_conn_close(&self->c); \
	ASSERT_EQ(0, ka_job_open(&self->c, self->job)); \
} while (0)

/* Connected, and accepted by a new task in a cgroup. */
#define ACCEPT_BY(_name, _how) do { \
	struct ka_job_task __task = { self->job, _how }; \
	ASSERT_EQ(0, ka_job_connect(&self->c, self->job)); \
	self->c.server = ka_cg_run(_name, ka_job_run, &__task); \
	ASSERT_LE(0, self->c.server) TH_LOG("%s", strerror(-self->c.server)); \
} while (0)

#define ACCEPT_IN(_name) ACCEPT_BY(_name, ka_by_accept)

/* On, as the accepting process and this one see it and as the timer runs. */
#define EXPECT_SERVER_ON(_idle, _intvl, _cnt) do { \
	struct ka_timers __t = ka_timers_wait(self->c.port, 2, 1); \
	EXPECT_EQ(1, self->job->seen.on); \
	EXPECT_EQ(_idle, self->job->seen.idle); \
	EXPECT_KA(self->c.server, 1, _idle, _intvl, _cnt); \
	EXPECT_EQ(2, __t.ends); \
	EXPECT_EQ(1, __t.keepalive); \
	EXPECT_GE(_idle, __t.latest); \
	EXPECT_LT((_idle) - 50, __t.latest); \
} while (0)

#define EXPECT_SERVER_OFF(_idle, _intvl, _cnt) do { \
	EXPECT_EQ(0, self->job->seen.on); \
	EXPECT_KA(self->c.server, 0, _idle, _intvl, _cnt); \
	EXPECT_TIMERS(self->c.port, 2, 0); \
} while (0)

#endif /* !KA_NO_HARNESS */
#endif /* KA_ACCEPT_H */

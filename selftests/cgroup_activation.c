// SPDX-License-Identifier: GPL-2.0
/*
 * Socket activation: the ways in which a listener of one cgroup ("l") comes to
 * a task of another ("s"), and in which that accepts from it.
 */
#include <linux/io_uring.h>
#include <sys/syscall.h>

#include "ka_accept.h"

FIXTURE(cgroup_activation) {
	struct ka_env env;
	struct ka_job *job;
	struct ka_conn c;
};

FIXTURE_SETUP(cgroup_activation)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	self->job = ka_cg_shared(sizeof(*self->job));
	self->job->family = AF_INET;
	self->c = (struct ka_conn) { -1, -1, -1, -1 };
	ASSERT_EQ(0, ka_cg_make("l"));
	ASSERT_EQ(0, ka_cg_make("s"));
}

FIXTURE_TEARDOWN(cgroup_activation)
{
	ka_conn_close(&self->c);
	KA_CG_TEARDOWN();
}

#define POLICIES() do { \
	ASSERT_EQ(0, ka_cg_policy("l", "default", 300, 20, 2)); \
	ASSERT_EQ(0, ka_cg_policy("s", "default", 1200, 40, 7)); \
	OPEN(); \
} while (0)

TEST_F(cgroup_activation, accept4)
{
	POLICIES();
	ACCEPT_BY("s", ka_by_accept4);
	EXPECT_SERVER_ON(1200, 40, 7);
}

TEST_F(cgroup_activation, moved_task)
{
	POLICIES();
	self->job->procs = strdup(ka_cg_fs("s", "cgroup.procs"));
	ACCEPT_BY("l", ka_by_moved_task);
	EXPECT_SERVER_ON(1200, 40, 7);
}

TEST_F(cgroup_activation, passed_over_a_unix_socket)
{
	int pair[2];

	POLICIES();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(1, ka_pass_fd(pair[0], &self->c.listener, false));
	self->job->unix_socket = pair[1];
	ACCEPT_BY("s", ka_by_passed_descriptor);
	EXPECT_SERVER_ON(1200, 40, 7);
}

TEST_F(cgroup_activation, io_uring)
{
	int ring;

	ring = syscall(SYS_io_uring_setup, 1, &(struct io_uring_params) { 0 });
	if (ring < 0)
		KA_SKIP(return, "no io_uring here: %s", strerror(errno));
	close(ring);
	POLICIES();
	ACCEPT_BY("s", ka_by_io_uring);
	EXPECT_SERVER_ON(1200, 40, 7);
}

/* A descriptor that was inherited, in a process that shares nothing else. */
TEST_F(cgroup_activation, inherited_descriptor)
{
	struct ka_job_task task = { self->job, ka_by_accept };
	pid_t pid;

	POLICIES();
	ASSERT_EQ(0, ka_job_connect(&self->c, self->job));
	pid = ka_cg_fork("s", 0);
	if (!pid)
		_exit(ka_job_run(&task) < 0);
	ASSERT_EQ(0, ka_cg_wait(pid));
	EXPECT_EQ(1, self->job->seen.on);
	EXPECT_EQ(1200, self->job->seen.idle);
	EXPECT_EQ(40, self->job->seen.intvl);
	EXPECT_EQ(7, self->job->seen.cnt);
}

TEST_HARNESS_MAIN

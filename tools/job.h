/* SPDX-License-Identifier: GPL-2.0 */
/* job.h - the command of kactl run, as if kactl were not there */
#ifndef KACTL_JOB_H
#define KACTL_JOB_H

#include <signal.h>
#include <sys/types.h>

/**
 * struct job - a command that waits to be let go, or runs
 * @pid: its process
 * @go: it waits for a byte from here
 * @mask: the signals that were blocked before
 * @child: what SIGCHLD did before
 * @forwarded: the signals that kactl hands on, and SIGCHLD
 */
struct job {
	pid_t pid;
	int go;
	sigset_t mask;
	struct sigaction child;
	sigset_t forwarded;
};

int job_start(struct job *j, char **argv);
void job_cancel(struct job *j);
int job_run(struct job *j);
int job_end(int status);

#endif /* KACTL_JOB_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * job.c - the command of kactl run, as if kactl were not there
 *
 * Command and kactl are in one process group, so a terminal's signals reach
 * both and a shell stops and continues both; what is sent to kactl alone is
 * handed on. Signals stay blocked and are waited for, so nothing that shall be
 * put away afterwards is lost to one, and what was ignored stays ignored.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "kactl.h"
#include "say.h"

static void block_signals(struct job *j)
{
	static const int own[] = {
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, 0
	};
	struct sigaction usual = { .sa_handler = SIG_DFL };
	const int *s;

	sigfillset(&j->forwarded);
	for (s = own; *s; s++)
		sigdelset(&j->forwarded, *s);
	sigprocmask(SIG_BLOCK, &j->forwarded, &j->mask);
	/* Where it is ignored there is no status to wait for. */
	sigaction(SIGCHLD, &usual, &j->child);
}

/* Ends with the command, or as env(1) does where there is none. */
static void become(struct job *j, int go, char **argv)
{
	char byte;
	int err;

	if (read(go, &byte, 1) != 1)
		_exit(KACTL_FAILED);
	sigaction(SIGCHLD, &j->child, NULL);
	sigprocmask(SIG_SETMASK, &j->mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	say_failure("cannot run %s: %s", argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

/**
 * job_start() - make the command's process, which waits
 * @j: filled
 * @argv: the command
 *
 * Signals are held back from here on, until job_run() hands them on.
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int job_start(struct job *j, char **argv)
{
	int pipes[2];

	block_signals(j);
	if (pipe2(pipes, O_CLOEXEC))
		return say_failure("cannot make a pipe: %s", strerror(errno));
	j->pid = fork();
	if (j->pid < 0)
		return say_failure("cannot make a process: %s", strerror(errno));
	if (!j->pid) {
		close(pipes[1]);
		become(j, pipes[0], argv);
	}
	close(pipes[0]);
	j->go = pipes[1];
	return 0;
}

/**
 * job_cancel() - the command shall not run
 * @j: the job, started
 */
void job_cancel(struct job *j)
{
	close(j->go);
	while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void hand_on(const struct job *j, const siginfo_t *info)
{
	/* The terminal has sent it to both; and nobody wants back what he sent. */
	if (info->si_code == SI_KERNEL || info->si_pid == j->pid)
		return;
	kill(j->pid, info->si_signo);
}

/* The command was stopped: so that a shell takes the terminal back, we are, too. */
static void stop_too(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

/**
 * job_run() - let the command run, up to its end
 * @j: the job, started
 *
 * Return: its status, as of waitpid(2).
 */
int job_run(struct job *j)
{
	siginfo_t info;
	int status = 0;
	pid_t pid;

	/* It may have been killed meanwhile, which its status tells. */
	signal(SIGPIPE, SIG_IGN);
	if (write(j->go, "", 1) < 0)
		status = 0;
	close(j->go);
	for (;;) {
		pid = waitpid(j->pid, &status, WNOHANG | WUNTRACED);
		if (pid > 0 && !WIFSTOPPED(status))
			return status;
		if (pid > 0)
			stop_too();
		else if (sigwaitinfo(&j->forwarded, &info) > 0 &&
			 info.si_signo != SIGCHLD)
			hand_on(j, &info);
	}
}

/**
 * job_end() - end as the command did
 * @status: of waitpid(2)
 *
 * Return: the exit status; not at all where a signal has killed the command.
 */
int job_end(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;
	int sig;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	/* One core is enough. */
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	return 128 + sig;
}

// SPDX-License-Identifier: GPL-2.0
/* program.c - other programs, run for what they say */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

extern char **environ;

/* Without a terminal, so that there is no pager and no colour. */
static int start(pid_t *pid, char *const argv[], int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* All of it, so that the program never meets a closed pipe; kept up to @size. */
static void take(int fd, char *text, size_t size)
{
	char rest[256];
	size_t n = 0;
	ssize_t got;

	do {
		got = n < size - 1 ? read(fd, text + n, size - 1 - n) :
				     read(fd, rest, sizeof(rest));
		if (got > 0 && n < size - 1)
			n += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	text[n] = '\0';
}

/**
 * program_output() - run a program and take what it prints
 * @argv: its arguments, looked for in PATH
 * @text: filled with its stdout and stderr
 * @size: of @text; what is longer is cut
 *
 * Return: 0, a negative errno where it cannot be run, -EIO where it failed.
 */
int program_output(char *const argv[], char *text, size_t size)
{
	int pipes[2], status = -1, err;
	pid_t pid;

	text[0] = '\0';
	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	err = start(&pid, argv, pipes[1]);
	close(pipes[1]);
	if (!err) {
		take(pipes[0], text, size);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		err = WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
	}
	close(pipes[0]);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command while a program of keepalive.bpf.o is attached to the root
 * cgroup:
 *
 *	with_bpf FILE PROGRAM COMMAND [ARGUMENT...]
 *
 * The command's exit status, or 125 with a line of what the kernel refused.
 */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 125;
}

static int run(char **command)
{
	int status;

	if (!fork()) {
		execvp(command[0], command);
		_exit(fail(command[0]));
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

int main(int argc, char **argv)
{
	int cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_link *link;

	if (argc < 4)
		return 2;
	object = bpf_object__open(argv[1]);
	if (!object)
		return fail(argv[1]);
	program = bpf_object__find_program_by_name(object, argv[2]);
	if (!program || bpf_program__set_autoload(program, true) || bpf_object__load(object))
		return fail(argv[2]);
	link = bpf_program__attach_cgroup(program, cgroup);
	if (!link)
		return fail("attach");
	return run(argv + 3);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* kactl.h - the commands of kactl and what they return */
#ifndef KACTL_H
#define KACTL_H

/* Exit statuses, as kactl(8) promises them. */
enum {
	KACTL_DONE = 0,
	KACTL_FAILED = 1,
	KACTL_MISUSED = 2,
};

/**
 * struct command - one word that may follow "kactl"
 * @name: the word
 * @run: called with argv[0] = @name and what follows it; returns an exit status
 * @usage: what may follow the name, as in the man page's synopsis
 * @help: what it does, one line
 * @more: its own options, a line each, or NULL
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *help;
	const char *more;
};

extern const struct command commands[];

int command_usage(const char *name);
int command_options(int argc, char **argv, const char *extra, int *json);

int cmd_apply(int argc, char **argv);
int cmd_cgroup(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_default(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_preset(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_sockets(int argc, char **argv);
int cmd_status(int argc, char **argv);

#endif /* KACTL_H */

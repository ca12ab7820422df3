/* SPDX-License-Identifier: GPL-2.0 */
/* process.h - a process and the sockets that it holds */
#ifndef KACTL_PROCESS_H
#define KACTL_PROCESS_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct process - a process whose sockets are looked at
 * @pid: its number
 * @pidfd: what keeps the number from meaning another process
 * @fds: its directory of descriptors
 */
struct process {
	pid_t pid;
	int pidfd;
	DIR *fds;
};

bool process_possible(void);
int process_open(struct process *p, pid_t pid);
void process_close(struct process *p);
int process_next_socket(struct process *p, uint64_t *inode);
int process_get(const struct process *p, int fd, uint64_t inode);
void process_command(pid_t pid, char *command, size_t size);
bool process_has_none(pid_t pid);
bool process_parse_stat(const char *text, char *state, unsigned long *flags);

#endif /* KACTL_PROCESS_H */

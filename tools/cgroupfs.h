/* SPDX-License-Identifier: GPL-2.0 */
/* cgroupfs.h - the cgroup v2 hierarchy: whose cgroup has which path */
#ifndef KACTL_CGROUPFS_H
#define KACTL_CGROUPFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

const char *cgroupfs_mount(void);
int cgroupfs_parse(const char *text, char *path, size_t size);
int cgroupfs_of_process(pid_t pid, char *path, size_t size);
uint64_t cgroupfs_id(const char *path);
int cgroupfs_path(uint64_t id, char *path, size_t size);
bool cgroupfs_within(const char *path, const char *top);
int cgroupfs_argument(const char *word, char *path, size_t size);

#endif /* KACTL_CGROUPFS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* sys.h - the files of the kernel and of the machine that kactl reads and writes */
#ifndef KACTL_SYS_H
#define KACTL_SYS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

#define SYS_PARAMETERS	"/sys/module/ka_default/parameters"
#define SYS_KA		"/sys/kernel/ka_default"
#define SYS_CGROUPS	SYS_KA "/cgroups"
#define SYS_CGROUP_FS	"/sys/fs/cgroup"

#define SYS_PATH_MAX	4096

__printf(2, 3)
char *sys_path(char *buf, const char *format, ...);
bool sys_has(const char *path);
int sys_get(char *value, size_t size, const char *path);
int sys_put(const char *path, const char *value);
void sys_hold_signals(sigset_t *had);
void sys_let_signals(const sigset_t *had);
int sys_say_refused(const char *path, const char *value, int err);
bool sys_loaded(void);
int sys_say_not_loaded(void);

#endif /* KACTL_SYS_H */

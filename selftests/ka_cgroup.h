/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of policies per cgroup share: cgroups, policies, processes
 * that are born in a cgroup, and the fixture that all of them start from.
 *
 * A cgroup is called by its name below the run's own one, which is "". So
 * "a/b" is /sys/fs/cgroup/ka.PID/a/b, and its policy's path is /ka.PID/a/b.
 * What can fail returns a negative errno.
 */
#ifndef KA_CGROUP_H
#define KA_CGROUP_H

#include <sys/types.h>

#include "ka.h"

#define KA_CGROUPS "/sys/kernel/ka_default/cgroups/"

/* The longest name of a directory, which is a path without its first '/'. */
#define KA_CG_PATH_MAX 255

int ka_cg_begin(void);
void ka_cg_end(void);
const char *ka_cg_mount(void);
const char *ka_cg_path(const char *name);
const char *ka_cg_fs(const char *name, const char *file);
const char *ka_cg_file(const char *name, const char *file);

/* Cgroups. Parents are made with them; "" stays until the end of the test. */
int ka_cg_make(const char *name);
int ka_cg_remove(const char *name);

/* Policies. */
int ka_cg_add_path(const char *path);
int ka_cg_drop_path(const char *path);
int ka_cg_add(const char *name);
int ka_cg_drop(const char *name);
int ka_cg_set(const char *name, const char *file, const char *value);
const char *ka_cg_get(const char *name, const char *file);
int ka_cg_policy(const char *name, const char *mode, int idle, int intvl, int cnt);
long long ka_cg_sockets(const char *name);
int ka_cg_count(void);

/* Processes (ka_cgroup_task.c). */
void *ka_cg_shared(size_t size);
pid_t ka_cg_fork(const char *name, unsigned long long flags);
int ka_cg_wait(pid_t pid);
int ka_cg_run(const char *name, int (*fn)(void *arg), void *arg);
struct ka_sock ka_cg_sock(const char *name);
int ka_cg_socket(const char *name, int family, int protocol);

#ifndef KA_NO_HARNESS

/* The first socket of a process that is born in the cgroup. */
#define EXPECT_CG(_name, _on, _idle, _intvl, _cnt) do { \
	struct ka_sock __ka = ka_cg_sock(_name); \
	EXPECT_EQ(_on, __ka.on) TH_LOG("in %s", _name); \
	EXPECT_EQ(_idle, __ka.idle) TH_LOG("in %s", _name); \
	EXPECT_EQ(_intvl, __ka.intvl) TH_LOG("in %s", _name); \
	EXPECT_EQ(_cnt, __ka.cnt) TH_LOG("in %s", _name); \
} while (0)

/* A cgroup with a policy: mode, idle, interval, count. */
#define ASSERT_POLICY(_name, _mode, _idle, _intvl, _cnt) do { \
	ASSERT_EQ(0, ka_cg_make(_name)); \
	ASSERT_EQ(0, ka_cg_policy(_name, _mode, _idle, _intvl, _cnt)); \
} while (0)

/* As KA_SETUP() and KA_TEARDOWN(), and with a cgroup of the run's own. */
#define KA_CG_SETUP(_params) do { \
	KA_SETUP(_params); \
	ASSERT_EQ(0, ka_cg_begin()); \
} while (0)

#define KA_CG_TEARDOWN() do { \
	ka_cg_end(); \
	KA_TEARDOWN(); \
} while (0)

#endif /* !KA_NO_HARNESS */
#endif /* KA_CGROUP_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * scope.c - the transient cgroup of one program
 *
 * Where systemd runs the hierarchy is its own, so it is asked for a scope.
 * Elsewhere the cgroup is made below the one we are in, whose limits then hold
 * for the program as they would without us. No controller is switched on, so
 * it does not matter that there are processes above it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "kactl.h"
#include "path.h"
#include "say.h"
#include "scope.h"
#include "sys.h"
#include "systemd.h"

#define PREFIX "kactl-run-"

static void nap(void)
{
	const struct timespec ms = { .tv_nsec = 10 * 1000 * 1000 };

	nanosleep(&ms, NULL);
}

/* The cgroup of a process, in the hierarchy of version 2; 0 is ourselves. */
static int cgroup_of(pid_t pid, char *path, size_t size)
{
	char real[SYS_PATH_MAX], name[32] = "self", *line = NULL;
	size_t room = 0;
	int err = -ENOENT;
	FILE *f;

	if (pid)
		snprintf(name, sizeof(name), "%d", pid);
	f = fopen(sys_path(real, "/proc/%s/cgroup", name), "re");
	if (!f)
		return -errno;
	while (err && getline(&line, &room, f) > 0) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		err = snprintf(path, size, "%s", line + 3) < (int)size ?
		      0 : -ENAMETOOLONG;
	}
	free(line);
	fclose(f);
	return err;
}

/* Are there processes in it, or below it? */
static bool is_populated(const char *path)
{
	char mount[SYS_PATH_MAX], file[2 * SYS_PATH_MAX], events[128];

	path_mount(mount);
	snprintf(file, sizeof(file), "%s%s/cgroup.events", mount, path);
	return !sys_get(events, sizeof(events), file) &&
	       strstr(events, "populated 1");
}

static int plan_by_hand(struct scope *s)
{
	char here[SYS_PATH_MAX / 2], mount[SYS_PATH_MAX], why[128];

	if (!path_is_host())
		return say_failure("a container does not see the host's cgroups: do it there");
	if (!path_mount(mount) || cgroup_of(0, here, sizeof(here)))
		return say_failure("cgroup v2 is not mounted: mount -t cgroup2 none %s",
				   SYS_CGROUP_FS);
	snprintf(s->path, sizeof(s->path), "%s/" PREFIX "%d",
		 here[1] ? here : "", getpid());
	snprintf(s->dir, sizeof(s->dir), "%.2000s%.2090s", mount, s->path);
	if (path_check(s->path, why, sizeof(why)))
		return say_failure("cannot make the cgroup %s: %s", s->path, why);
	return 0;
}

/**
 * scope_plan() - where the cgroup will be
 * @s: filled
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int scope_plan(struct scope *s)
{
	memset(s, 0, sizeof(*s));
	if (!systemd_runs())
		return plan_by_hand(s);
	snprintf(s->unit, sizeof(s->unit), PREFIX "%d.scope", getpid());
	snprintf(s->path, sizeof(s->path), "/system.slice/%s", s->unit);
	return 0;
}

/* systemd answers before it has moved the process. */
static int enter_by_systemd(struct scope *s, pid_t pid)
{
	char here[SYS_PATH_MAX], why[512];
	int tries;

	if (systemd_scope(s->unit, pid, why, sizeof(why)))
		return say_failure("systemd does not make %s: %s", s->unit, why);
	for (tries = 0; tries < 3000; tries++) {
		if (!cgroup_of(pid, here, sizeof(here)) && !strcmp(here, s->path))
			return 0;
		nap();
	}
	return say_failure("systemd has not made %s in 30 s", s->unit);
}

static int enter_by_hand(struct scope *s, pid_t pid)
{
	char real[SYS_PATH_MAX], procs[SYS_PATH_MAX + 16], text[16];
	int err;

	if (mkdir(sys_path(real, "%s", s->dir), 0755))
		return say_failure("cannot make %s: %s", s->dir, strerror(errno));
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", s->dir);
	snprintf(text, sizeof(text), "%d", pid);
	err = sys_put(procs, text);
	if (err)
		return say_failure("cannot write %s to %s: %s", text, procs,
				   strerror(-err));
	return 0;
}

/**
 * scope_enter() - make the cgroup and put a process into it
 * @s: planned
 * @pid: the process
 *
 * Return: 0 when it is there and its policy governs it, or KACTL_FAILED after
 * a complaint.
 */
int scope_enter(struct scope *s, pid_t pid)
{
	char dir[SYS_PATH_MAX], file[SYS_PATH_MAX + 8], state[16];
	int err;

	err = s->unit[0] ? enter_by_systemd(s, pid) : enter_by_hand(s, pid);
	if (err)
		return err;
	snprintf(file, sizeof(file), "%s/state", path_policy(dir, s->path));
	err = sys_get(state, sizeof(state), file);
	if (err || strcmp(state, "bound"))
		return say_failure("the module does not see the cgroup %s: ask kactl status",
				   s->path);
	return 0;
}

/**
 * scope_leave() - take the policy and the cgroup away
 * @s: planned or entered
 *
 * Both stay while the program has left processes behind.
 */
void scope_leave(struct scope *s)
{
	char real[SYS_PATH_MAX];
	int tries;

	/* What was killed with it may take a moment to be gone. */
	for (tries = 0; tries < 50 && is_populated(s->path); tries++)
		nap();
	if (is_populated(s->path)) {
		say_failure("processes go on in %s, so its policy stays (kactl cgroup remove)",
			    s->path);
		return;
	}
	cgroup_remove(s->path);
	if (s->dir[0])
		rmdir(sys_path(real, "%s", s->dir));
}

/**
 * scope_owner() - whose cgroup is it?
 * @path: of any cgroup
 *
 * Return: the process of the kactl run that made it, 0 if none has.
 */
pid_t scope_owner(const char *path)
{
	const char *name = strrchr(path, '/');
	char *end;
	long pid;

	if (!name || strncmp(name + 1, PREFIX, strlen(PREFIX)))
		return 0;
	pid = strtol(name + 1 + strlen(PREFIX), &end, 10);
	return pid <= 0 || (*end && strcmp(end, ".scope")) ? 0 : pid;
}

/* Is it one of ours whose kactl was killed? */
static bool is_stale(const char *path)
{
	pid_t pid = scope_owner(path);

	return pid && kill(pid, 0) && errno == ESRCH && !is_populated(path);
}

/**
 * scope_sweep() - take away what was left behind
 *
 * By a kactl that was killed, or because the program had left processes.
 */
void scope_sweep(void)
{
	char mount[SYS_PATH_MAX], real[SYS_PATH_MAX];
	char **paths = cgroup_paths(), **p;

	path_mount(mount);
	for (p = paths; *p; p++) {
		if (is_stale(*p) && !sys_put(SYS_CGROUPS "/remove", *p))
			rmdir(sys_path(real, "%s%s", mount, *p));
		free(*p);
	}
	free(paths);
}

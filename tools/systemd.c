// SPDX-License-Identifier: GPL-2.0
/*
 * systemd.c - what systemd is asked for, where it runs
 *
 * By systemctl(1) and busctl(1), which are always there with it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "sys.h"
#include "systemd.h"

/**
 * systemd_runs() - is systemd the machine's init?
 *
 * Return: true if it is, by sd_booted(3)'s rule.
 */
bool systemd_runs(void)
{
	return sys_has("/run/systemd/system");
}

/* Takes VALUE of a line "KEY=VALUE". */
static bool take(char *to, size_t size, const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) || line[n] != '=')
		return false;
	snprintf(to, size, "%s", line + n + 1);
	return true;
}

/**
 * systemd_show() - ask for a unit
 * @u: filled
 * @name: its name, or an alias
 *
 * Return: 0 or a negative errno.
 */
int systemd_show(struct unit *u, const char *name)
{
	char *argv[6] = {
		"systemctl", "show", "--property=Id,LoadState,Slice,ControlGroup",
		"--", (char *)name, NULL
	};
	char text[8192], state[32] = "";
	char *line, *rest = text;
	int err;

	memset(u, 0, sizeof(*u));
	err = program_output(argv, text, sizeof(text));
	if (err)
		return err;
	while ((line = strsep(&rest, "\n"))) {
		if (take(u->id, sizeof(u->id), line, "Id") ||
		    take(u->slice, sizeof(u->slice), line, "Slice") ||
		    take(u->cgroup, sizeof(u->cgroup), line, "ControlGroup") ||
		    take(state, sizeof(state), line, "LoadState"))
			continue;
	}
	u->known = u->cgroup[0] || strcmp(state, "not-found");
	return u->id[0] ? 0 : -ENOENT;
}

/**
 * systemd_scope() - have systemd make a transient scope around a process
 * @name: of the scope
 * @pid: the process
 * @why: filled with what it said if it does not
 * @size: of @why
 *
 * What systemd-run(1) --scope asks for; but that would run the program itself.
 *
 * Return: 0 or a negative errno. The process may be moved a moment later.
 */
int systemd_scope(const char *name, pid_t pid, char *why, size_t size)
{
	char number[16];
	char *argv[21] = {
		"busctl", "call", "org.freedesktop.systemd1",
		"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
		"StartTransientUnit", "ssa(sv)a(sa(sv))", (char *)name, "fail",
		"2", "PIDs", "au", "1", number,
		"CollectMode", "s", "inactive-or-failed",
		"0", NULL
	};
	int err;

	snprintf(number, sizeof(number), "%d", pid);
	err = program_output(argv, why, size);
	why[strcspn(why, "\n")] = '\0';
	if (err && !why[0])
		snprintf(why, size, "%s", err == -EIO ? "busctl failed" : strerror(-err));
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/* systemd.c - what systemd is asked for, where it runs: by systemctl(1) */
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

// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz/proc.c - any text as a file that kactl sockets and kactl doctor take apart
 *
 * /proc/PID/cgroup, /proc/PID/stat, the lockdown file, a line of a sysctl.conf.
 * What is found stands in the text, and is what it must be.
 */
#include <stdlib.h>
#include <string.h>

#include "../cgroupfs.h"
#include "../doctor.h"
#include "../process.h"
#include "fuzz.h"

#define TEXT_MAX 2000

static void must(int truth)
{
	if (!truth)
		abort();
}

static void look_at_cgroup(const char *text)
{
	char path[300];
	int err = cgroupfs_parse(text, path, sizeof(path));

	if (err)
		return;
	must(path[0] == '/' && !strchr(path, '\n') && strstr(text, path));
	must(!!strstr(text, "0::/"));
}

static void look_at_stat(const char *text)
{
	unsigned long flags;
	char state = 0;

	if (process_parse_stat(text, &state, &flags))
		must(state && strchr(strrchr(text, ')'), state));
}

static void look_at_lockdown(const char *text)
{
	char word[32], small[4];

	if (doctor_lockdown_word(text, word, sizeof(word)))
		must(word[0] && !strchr(word, ']') && strcmp(word, "none") &&
		     strstr(text, word));
	doctor_lockdown_word(text, small, sizeof(small));
	must(strlen(small) < sizeof(small));
}

static void look_at_sysctl(const char *text)
{
	if (doctor_line_stops_ftrace(text))
		must(strstr(text, "ftrace_enabled") && strchr(text, '0'));
}

int fuzz(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1];

	if (size > TEXT_MAX)
		return -1;
	memcpy(text, data, size);
	text[size] = '\0';
	look_at_cgroup(text);
	look_at_stat(text);
	look_at_lockdown(text);
	look_at_sysctl(text);
	return 0;
}

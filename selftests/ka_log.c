// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel log from a point in time on, through /dev/kmsg: what the module
 * wrote, and whether the kernel complained about anything.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ka.h"

#define PREFIX "ka_default: "

static const char * const trouble[] = {
	"WARNING:", "BUG:", "Oops", "Call Trace:", "KASAN", "kernel panic",
	"INFO: task", "possible recursive locking", "suspicious RCU usage",
	"refcount_t:", "unregister_netdevice: waiting",
};

/* From the end of the log on. */
int ka_log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log < 0)
		return -errno;
	lseek(log, 0, SEEK_END);
	return log;
}

/*
 * The text of the next line, NULL after the last one. A record reads
 * "level,number,time,flags;text\n" and then indented lines about devices.
 */
const char *ka_log_next(int log)
{
	static char record[8192];
	char *text, *end;
	ssize_t len;

	do {
		len = read(log, record, sizeof(record) - 1);
	} while (len < 0 && (errno == EPIPE || errno == EINTR));
	if (len <= 0)
		return NULL;
	record[len] = '\0';
	text = strchr(record, ';');
	if (!text)
		return "";
	end = strchr(++text, '\n');
	if (end)
		*end = '\0';
	return text;
}

/* What the kernel says of the module's taint is not the module's. */
bool ka_log_is_ours(const char *line)
{
	return !strncmp(line, PREFIX, strlen(PREFIX)) && !strstr(line, "taint");
}

static const char *next_of_module(int log)
{
	const char *line;

	do {
		line = ka_log_next(log);
	} while (line && !ka_log_is_ours(line));
	return line;
}

/* Consumes the log: how many lines the module has written. */
int ka_log_lines(int log)
{
	int n = 0;

	while (next_of_module(log))
		n++;
	return n;
}

/* Consumes the log: the module's line, or how many if it is not just one. */
const char *ka_log_only(int log)
{
	static char only[512];
	const char *line = next_of_module(log);
	int more;

	snprintf(only, sizeof(only), "%.500s", line ? line : "(no line)");
	more = ka_log_lines(log);
	if (more)
		snprintf(only, sizeof(only), "(%d lines)", more + 1);
	return only;
}

/* Whose race KCSAN reports is told by the report's other lines: see vm/log.awk. */
static bool is_trouble(const char *line)
{
	size_t i;

	if (strstr(line, "BUG: KCSAN: "))
		return false;
	for (i = 0; i < ARRAY_SIZE(trouble); i++) {
		if (strstr(line, trouble[i]))
			return true;
	}
	return false;
}

/*
 * While allocations are made to fail the kernel may show who has made one, and warn
 * that it could not disarm a kprobe.
 */
static bool is_of_failing(const char *line)
{
	return strstr(line, "Call Trace:") ||
		(strstr(line, "WARNING:") && strstr(line, "disarm_kprobe_ftrace"));
}

/* Consumes the log: the first line that tells of trouble, "" without one. */
const char *ka_log_trouble(int log)
{
	bool failing = false;
	const char *line;

	while ((line = ka_log_next(log))) {
		if (strstr(line, KA_LOG_FAILING))
			failing = true;
		if (strstr(line, KA_LOG_WORKING))
			failing = false;
		if (is_trouble(line) && !(failing && is_of_failing(line)))
			return line;
	}
	return "";
}

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
static const char *next_line(int log)
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

/* The module's next line; what the kernel says of its taint is not the module's. */
static const char *next_of_module(int log)
{
	const char *line;

	do {
		line = next_line(log);
	} while (line && (strncmp(line, PREFIX, strlen(PREFIX)) || strstr(line, "taint")));
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

/* Consumes the log: the first line that tells of trouble, "" without one. */
const char *ka_log_trouble(int log)
{
	const char *line;
	size_t i;

	while ((line = next_line(log))) {
		for (i = 0; i < ARRAY_SIZE(trouble); i++) {
			if (strstr(line, trouble[i]))
				return line;
		}
	}
	return "";
}

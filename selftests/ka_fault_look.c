// SPDX-License-Identifier: GPL-2.0
/* All that a call into the module may change, as a text to be compared. */
#define KA_NO_HARNESS
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ka_fault.h"

#define TRACED "/sys/kernel/tracing/enabled_functions"
#define PROBED "/sys/kernel/debug/kprobes/list"
#define FILES "/sys/kernel/ka_default"
#define PARAMETERS "/sys/module/ka_default/parameters"

static size_t put(char *text, size_t len, const char *what)
{
	size_t left = len < KA_FAULT_TEXT ? KA_FAULT_TEXT - len : 0;

	return len + snprintf(text + len, left, "%s", what);
}

/* Is it of those that count, or that go by themselves? */
static bool is_still(const char *path)
{
	return !strstr(path, "/stats/") && !strstr(path, "/sockets") && !strstr(path, "/health");
}

static size_t put_file(char *text, size_t len, const char *path)
{
	char line[PATH_MAX + 64];
	struct stat st;

	if (stat(path, &st))
		return put(text, len, path);
	snprintf(line, sizeof(line), "%s %o ", path, st.st_mode);
	len = put(text, len, line);
	if (S_ISREG(st.st_mode) && st.st_mode & 0400 && is_still(path))
		len = put(text, len, ka_read(path) ?: "unreadable");
	return put(text, len, "\n");
}

/* A directory and all in it, in whatever order the kernel has. */
static size_t put_tree(char *text, size_t len, const char *dir)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		len = put_file(text, len, path);
		if (e->d_type == DT_DIR)
			len = put_tree(text, len, path);
	}
	if (d)
		closedir(d);
	return len;
}

/* The first word of each line, which is a function; a kprobe's is the third. */
static size_t put_list(char *text, size_t len, const char *path, const char *format)
{
	char line[512], name[256];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, format, name) == 1) {
			len = put(text, len, name);
			len = put(text, len, "\n");
		}
	}
	if (f)
		fclose(f);
	return len;
}

static size_t put_socket(char *text, size_t len, int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);
	struct ka_sock s = ka_get(fd);
	char line[64];

	close(fd);
	snprintf(line, sizeof(line), "socket %d %d %d %d\n", s.on, s.idle, s.intvl, s.cnt);
	return put(text, len, line);
}

/* All that a call of ours may change, as a text. */
void ka_fault_look(char *text)
{
	size_t len = 0;

	len = put_tree(text, len, FILES);
	len = put_tree(text, len, PARAMETERS);
	len = put_list(text, len, PROBED, "%*s %*s %255s");
	len = put_list(text, len, TRACED, "%255[^ \t\n]");
	len = put_socket(text, len, IPPROTO_TCP);
	len = put_socket(text, len, IPPROTO_MPTCP);
	len = put(text, len, ka_loaded() ? "loaded\n" : "not loaded\n");
}

/* From the first difference on. */
const char *ka_fault_difference(const char *a, const char *b)
{
	const char *line = b;

	for (; *a && *a == *b; a++, b++) {
		if (*b == '\n')
			line = b + 1;
	}
	return line;
}

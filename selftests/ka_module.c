// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading ka_default, its parameters and its files.
 *
 * KA_MODULE is the path of the module to test; without it the one that
 * modprobe would take. KA_HOOK is the hook to load it with (default auto).
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ka.h"

#define PARAMETERS "/sys/module/ka_default/parameters/"
#define FILES "/sys/kernel/ka_default/"

/* A file's one line without its newline; "" where there is no such file. */
static const char *read_line(const char *dir, const char *name)
{
	static char line[4096];
	char path[PATH_MAX];
	const char *text;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	text = ka_read(path);
	snprintf(line, sizeof(line), "%s", text ? text : "");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

const char *ka_param_read(const char *name)
{
	return read_line(PARAMETERS, name);
}

const char *ka_file_read(const char *name)
{
	return read_line(FILES, name);
}

int ka_param_write(const char *name, const char *value)
{
	char path[PATH_MAX], line[256];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(line, sizeof(line), "%s\n", value);
	return ka_write(path, line);
}

int ka_param_set(const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	return ka_param_write(name, text);
}

long long ka_stat(const char *name)
{
	char file[64], *end;
	const char *text;
	long long value;

	snprintf(file, sizeof(file), "stats/%s", name);
	text = ka_file_read(file);
	value = strtoll(text, &end, 10);
	return end == text || *end ? -1 : value;
}

bool ka_loaded(void)
{
	return !access("/sys/module/ka_default", F_OK);
}

/* The hook that the tests are to use; "none" leaves the choice to the module. */
const char *ka_hook(void)
{
	const char *hook = getenv("KA_HOOK");

	return hook && *hook ? hook : "auto";
}

/* What the kernel's index of modules has for it, as modprobe looks it up. */
bool ka_module_path(char *path, size_t size)
{
	const char *override = getenv("KA_MODULE");
	char line[1024], dir[128];
	bool seen = false;
	struct utsname u;
	FILE *dep;

	if (override && *override)
		return (size_t)snprintf(path, size, "%s", override) < size;
	uname(&u);
	snprintf(dir, sizeof(dir), "/lib/modules/%s/", u.release);
	snprintf(path, size, "%smodules.dep", dir);
	dep = fopen(path, "re");
	while (dep && !seen && fgets(line, sizeof(line), dep)) {
		line[strcspn(line, ":\n")] = '\0';
		seen = strstr(line, "/ka_default.ko");
		snprintf(path, size, "%s%s", *line == '/' ? "" : dir, line);
	}
	if (dep)
		fclose(dep);
	return seen;
}

/* The module as a file to load: a distribution may have it compressed. */
static int module_open(void)
{
	const char *tool = NULL;
	char path[PATH_MAX];
	int fd;

	if (!ka_module_path(path, sizeof(path)))
		return -ENOENT;
	if (strstr(path, ".ko.xz"))
		tool = "xz";
	else if (strstr(path, ".ko.zst"))
		tool = "zstd";
	else if (strstr(path, ".ko.gz"))
		tool = "gzip";
	if (!tool) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = syscall(SYS_memfd_create, "ka_default", 0);
	if (fd < 0 || ka_run(fd, tool, "-dc", path))
		return -EIO;
	return fd;
}

int ka_insert(const char *params)
{
	int fd = module_open();
	int ret = 0;

	if (fd < 0)
		return fd;
	if (syscall(SYS_finit_module, fd, params, 0))
		ret = -errno;
	close(fd);
	return ret;
}

/* Loads the module anew. KA_HOOK counts unless @params choose a hook. */
int ka_load(const char *params)
{
	char line[512];
	int ret;

	ret = ka_unload();
	if (ret)
		return ret;
	ka_shared->plain = !strstr(params, "hook") && strcmp(ka_hook(), "none");
	if (!ka_shared->plain)
		return ka_insert(params);
	snprintf(line, sizeof(line), "%s hook=%s", params, ka_hook());
	return ka_insert(line);
}

int ka_unload(void)
{
	ka_shared->test = getpgrp();
	if (!ka_loaded())
		return 0;
	return syscall(SYS_delete_module, "ka_default", O_NONBLOCK) ? -errno : 0;
}

/*
 * As ka_load(), but a module that is there already is told by writes: loading
 * and unloading takes long where it goes through ftrace.
 */
int ka_policy(const char *params)
{
	static const char builtin[] =
		"mode=default keepidle=0 keepintvl=0 keepcnt=0 user_timeout=0 kernel_sockets=N ";
	char line[512], *name, *value, *save = NULL;
	int ret;

	if (!ka_loaded() || !ka_shared->plain)
		return ka_load(params);
	snprintf(line, sizeof(line), "%s%s", builtin, params);
	for (name = strtok_r(line, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		value = strchr(name, '=');
		*value++ = '\0';
		ret = ka_param_write(name, value);
		if (ret)
			return ret;
	}
	return 0;
}

/* How many times as long as usual everything may take: KA_SLOW. */
long ka_slow(void)
{
	const char *text = getenv("KA_SLOW");

	return text ? atol(text) : 1;
}

/* How often a test loads the module: KA_ROUNDS, or what is usual. */
int ka_rounds(int usual)
{
	const char *text = getenv("KA_ROUNDS");

	return text && atoi(text) > 0 ? atoi(text) : usual;
}

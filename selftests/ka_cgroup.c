// SPDX-License-Identifier: GPL-2.0
/*
 * Cgroups of the tests and their policies. All of them are below one cgroup
 * that is named after the run; it goes with all that is in it at the end of a
 * test, after a failed one and when the run is told to stop.
 */
#define KA_NO_HARNESS
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ka_cgroup.h"

#define PATH_SIZE 1024

#define KSFT_FAIL 1
#define KSFT_SKIP 4

static pid_t owner;
static char base[32];
static struct sigaction before[NSIG];

/* Where the host's cgroup v2 hierarchy is mounted; "" where it is not. */
const char *ka_cg_mount(void)
{
	static char mount[256];
	char line[1024], type[64];
	FILE *f;

	*mount = '\0';
	f = fopen("/proc/self/mounts", "re");
	while (f && !*mount && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %255s %63s", mount, type) != 2 || strcmp(type, "cgroup2"))
			*mount = '\0';
	}
	if (f)
		fclose(f);
	return mount;
}

/* One of a few buffers, so that several names may be in use at a time. */
static char *buffer(void)
{
	static char *buffers[16];
	static int next;
	int i = next++ % 16;

	free(buffers[i]);
	buffers[i] = calloc(1, PATH_SIZE);
	if (!buffers[i])
		abort();
	return buffers[i];
}

/* The path of a cgroup as a policy has it. */
const char *ka_cg_path(const char *name)
{
	char *path = buffer();

	snprintf(path, PATH_SIZE, "/%s%s%s", base, *name ? "/" : "", name);
	return path;
}

/* A file of the cgroup filesystem; the directory itself where it is "". */
const char *ka_cg_fs(const char *name, const char *file)
{
	static char mount[256];
	char *path = buffer();

	if (!*mount)
		snprintf(mount, sizeof(mount), "%s", ka_cg_mount());
	snprintf(path, PATH_SIZE, "%s%s%s%s", mount, ka_cg_path(name), *file ? "/" : "", file);
	return path;
}

/* A file of a policy; the directory itself where it is "". */
const char *ka_cg_file(const char *name, const char *file)
{
	char *path = buffer(), *c;

	snprintf(path, PATH_SIZE, "%s", ka_cg_path(name) + 1);
	for (c = path; *c; c++) {
		if (*c == '/')
			*c = '!';
	}
	memmove(path + strlen(KA_CGROUPS), path, c - path + 1);
	memcpy(path, KA_CGROUPS, strlen(KA_CGROUPS));
	if (*file)
		snprintf(path + strlen(path), PATH_SIZE - strlen(path), "/%s", file);
	return path;
}

int ka_cg_make(const char *name)
{
	char path[PATH_SIZE], *slash;

	snprintf(path, sizeof(path), "%s", ka_cg_fs(name, ""));
	slash = path + strlen(path) - strlen(ka_cg_path(name));
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

int ka_cg_remove(const char *name)
{
	return rmdir(ka_cg_fs(name, "")) ? -errno : 0;
}

static int tell(const char *file, const char *path)
{
	char *line;
	int ret;

	if (asprintf(&line, "%s\n", path) < 0)
		return -ENOMEM;
	ret = ka_write(file, line);
	free(line);
	return ret;
}

int ka_cg_add_path(const char *path)
{
	return tell(KA_CGROUPS "add", path);
}

int ka_cg_drop_path(const char *path)
{
	return tell(KA_CGROUPS "remove", path);
}

int ka_cg_add(const char *name)
{
	return ka_cg_add_path(ka_cg_path(name));
}

int ka_cg_drop(const char *name)
{
	return ka_cg_drop_path(ka_cg_path(name));
}

int ka_cg_set(const char *name, const char *file, const char *value)
{
	return tell(ka_cg_file(name, file), value);
}

/* A file's one line without its newline; "" where there is none. */
const char *ka_cg_get(const char *name, const char *file)
{
	char *line = buffer();
	const char *text;

	text = ka_read(ka_cg_file(name, file));
	snprintf(line, PATH_SIZE, "%s", text ? text : "");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int set_number(const char *name, const char *file, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	return ka_cg_set(name, file, text);
}

/* Adds a policy and says what it is; the mode last, when it begins to count. */
int ka_cg_policy(const char *name, const char *mode, int idle, int intvl, int cnt)
{
	return ka_cg_add(name) ?: set_number(name, "keepidle", idle) ?:
		set_number(name, "keepintvl", intvl) ?: set_number(name, "keepcnt", cnt) ?:
		ka_cg_set(name, "mode", mode);
}

long long ka_cg_sockets(const char *name)
{
	const char *text = ka_cg_get(name, "sockets");
	char *end;
	long long n;

	n = strtoll(text, &end, 10);
	return end == text || *end ? -1 : n;
}

/* How many policies there are: each is a directory. */
int ka_cg_count(void)
{
	struct stat st;

	return stat(KA_CGROUPS, &st) ? -errno : (int)st.st_nlink - 2;
}

static void kill_in(const char *dir)
{
	char path[PATH_SIZE];
	int pid;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

/* A cgroup goes when its last process has: polls for that, up to the cap. */
static void remove_tree(const char *dir)
{
	char path[PATH_SIZE];
	struct dirent *e;
	long cap;
	DIR *d;

	d = opendir(dir);
	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		remove_tree(path);
	}
	if (d)
		closedir(d);
	cap = ka_ms() + KA_CAP_MS;
	while (rmdir(dir) && errno == EBUSY && ka_ms() < cap) {
		kill_in(dir);
		ka_nap();
	}
}

static void drop_all(void)
{
	char path[PATH_SIZE];
	struct dirent *e;
	size_t len = strlen(base);
	DIR *d;

	d = opendir(KA_CGROUPS);
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, base, len) ||
		    (e->d_name[len] && e->d_name[len] != '!'))
			continue;
		snprintf(path, sizeof(path), "%s%s/path", KA_CGROUPS, e->d_name);
		snprintf(path, sizeof(path), "%s", ka_read(path) ?: "");
		path[strcspn(path, "\n")] = '\0';
		ka_cg_drop_path(path);
	}
	if (d)
		closedir(d);
}

/* Removes the policies and the cgroups of this run. */
void ka_cg_end(void)
{
	drop_all();
	if (*ka_cg_mount())
		remove_tree(ka_cg_fs("", ""));
}

int ka_cg_begin(void)
{
	ka_cg_end();
	return ka_cg_make("");
}

static void clean(void)
{
	if (getpid() == owner)
		ka_cg_end();
}

/* ka_module.c's handler kills the test and ends the run, so this goes first. */
static void stop(int sig)
{
	clean();
	if (before[sig].sa_handler != SIG_DFL && before[sig].sa_handler != SIG_IGN)
		before[sig].sa_handler(sig);
	_exit(128 + sig);
}

static void wrap(int sig)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(sig, &action, &before[sig]);
}

static void __attribute__((constructor)) begin(void)
{
	owner = getpid();
	snprintf(base, sizeof(base), "ka.%d", owner);
	if (!*ka_cg_mount()) {
		printf("TAP version 13\n1..0 # SKIP cgroup v2 is not mounted\n");
		exit(getenv("KA_NO_SKIP") ? KSFT_FAIL : KSFT_SKIP);
	}
	atexit(clean);
	wrap(SIGTERM);
	wrap(SIGINT);
	wrap(SIGHUP);
}

// SPDX-License-Identifier: GPL-2.0
/* cgroupfs.c - the cgroup v2 hierarchy: whose cgroup has which path */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroupfs.h"
#include "path.h"
#include "sys.h"

/* A handle of kernfs is a cgroup's id (fs/exportfs.h: FILEID_KERNFS). */
#define HANDLE_OF_KERNFS 0xfe

/**
 * cgroupfs_mount() - where cgroup v2 is mounted
 *
 * Looked up once, for the path of each socket begins there.
 *
 * Return: the directory, or NULL if it is not mounted.
 */
const char *cgroupfs_mount(void)
{
	static char dir[SYS_PATH_MAX];
	static bool looked;

	if (!looked && !path_mount(dir))
		dir[0] = '\0';
	looked = true;
	return dir[0] ? dir : NULL;
}

/**
 * cgroupfs_parse() - find the cgroup v2 path in a /proc/PID/cgroup
 * @text: the whole file
 * @path: filled
 * @size: of @path
 *
 * Its line begins with "0::"; those of v1 hierarchies have other numbers.
 *
 * Return: 0, -ENOENT if there is no such line or -ENAMETOOLONG.
 */
int cgroupfs_parse(const char *text, char *path, size_t size)
{
	static const char removed[] = " (deleted)";
	size_t n;

	path[0] = '\0';
	while (strncmp(text, "0::", 3)) {
		text = strchr(text, '\n');
		if (!text)
			return -ENOENT;
		text++;
	}
	text += 3;
	n = strcspn(text, "\n");
	if (n > strlen(removed) &&
	    !strncmp(text + n - strlen(removed), removed, strlen(removed)))
		n -= strlen(removed);
	if (text[0] != '/')
		return -ENOENT;
	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(path, text, n);
	path[n] = '\0';
	return 0;
}

/**
 * cgroupfs_of_process() - the path of a process's cgroup
 * @pid: the process
 * @path: filled, "" after an error
 * @size: of @path
 *
 * Return: 0 or a negative errno.
 */
int cgroupfs_of_process(pid_t pid, char *path, size_t size)
{
	char file[64], text[2 * SYS_PATH_MAX];
	int err;

	path[0] = '\0';
	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	err = sys_get(text, sizeof(text), file);
	return err ? err : cgroupfs_parse(text, path, size);
}

/**
 * cgroupfs_id() - the id of a cgroup
 * @path: the cgroup
 *
 * It is the number of the directory's inode.
 *
 * Return: the id, or 0 if there is no such cgroup.
 */
uint64_t cgroupfs_id(const char *path)
{
	char real[SYS_PATH_MAX];
	struct stat st;

	if (!cgroupfs_mount() ||
	    stat(sys_path(real, "%s%s", cgroupfs_mount(), path), &st))
		return 0;
	return st.st_ino;
}

/**
 * cgroupfs_path() - the path of the cgroup that has an id
 * @id: the id
 * @path: filled, "" after an error
 * @size: of @path
 *
 * The kernel finds it without a walk through the tree, for CAP_DAC_READ_SEARCH.
 *
 * Return: 0; -ESTALE if it was removed, or another negative errno.
 */
int cgroupfs_path(uint64_t id, char *path, size_t size)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = { { sizeof(id), HANDLE_OF_KERNFS }, id };
	char link[64], real[SYS_PATH_MAX];
	const char *top = cgroupfs_mount();
	int mount, fd, err = 0;
	ssize_t n;

	path[0] = '\0';
	if (!top)
		return -ENOENT;
	mount = open(sys_path(real, "%s", top), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount < 0)
		return -errno;
	fd = open_by_handle_at(mount, &handle.head, O_PATH | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	close(mount);
	if (err)
		return err;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	close(fd);
	if (n < 0)
		return -errno;
	real[n] = '\0';
	if (strncmp(real, top, strlen(top)))
		return -ESTALE;
	n = snprintf(path, size, "%s", real[strlen(top)] ? real + strlen(top) : "/");
	return n < (ssize_t)size ? 0 : -ENAMETOOLONG;
}

/**
 * cgroupfs_within() - does a cgroup belong to a subtree?
 * @path: the cgroup
 * @top: the subtree's uppermost cgroup
 *
 * Return: true if it does, as @top itself does.
 */
bool cgroupfs_within(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (!strcmp(top, "/"))
		return path[0] == '/';
	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

/**
 * cgroupfs_argument() - the cgroup that somebody means
 * @word: a path in the hierarchy, or one under where it is mounted
 * @path: filled with the path in the hierarchy
 * @size: of @path
 *
 * Return: 0; -EOPNOTSUPP without cgroup v2, -ENOENT if there is no such cgroup.
 */
int cgroupfs_argument(const char *word, char *path, size_t size)
{
	const char *top = cgroupfs_mount();
	size_t n;

	if (!top)
		return -EOPNOTSUPP;
	n = strlen(top);
	if (!strncmp(word, top, n) && (!word[n] || word[n] == '/'))
		word += n;
	n = strlen(word);
	while (n && word[n - 1] == '/')
		n--;
	if (n >= size)
		return -ENAMETOOLONG;
	snprintf(path, size, "%.*s", n ? (int)n : 1, n ? word : "/");
	return path[0] == '/' && cgroupfs_id(path) ? 0 : -ENOENT;
}

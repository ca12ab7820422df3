// SPDX-License-Identifier: GPL-2.0
/*
 * sys.c - the files of the kernel and of the machine that kactl reads and writes
 *
 * Every path under /sys, /proc and /etc goes through here, so that KACTL_ROOT
 * in the environment puts a tree of a test's in the place of the machine's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kactl.h"
#include "say.h"
#include "sys.h"

/**
 * sys_path() - where a file of the machine really is
 * @buf: of SYS_PATH_MAX bytes; a longer path becomes one that does not exist
 * @format: the absolute path, for printf(3)
 *
 * Return: @buf.
 */
char *sys_path(char *buf, const char *format, ...)
{
	const char *root = getenv("KACTL_ROOT");
	va_list ap;
	int n, m;

	n = snprintf(buf, SYS_PATH_MAX, "%s", root ? root : "");
	va_start(ap, format);
	m = n < SYS_PATH_MAX ?
	    vsnprintf(buf + n, SYS_PATH_MAX - n, format, ap) : SYS_PATH_MAX;
	va_end(ap);
	if (n + m >= SYS_PATH_MAX)
		snprintf(buf, SYS_PATH_MAX, "/too/long");
	return buf;
}

/**
 * sys_has() - does a file exist?
 * @path: as on a real machine
 *
 * Return: true if it does.
 */
bool sys_has(const char *path)
{
	char real[SYS_PATH_MAX];

	return !access(sys_path(real, "%s", path), F_OK);
}

/**
 * sys_get() - read a file of one value
 * @value: filled, without the newline at the end
 * @size: of @value; a longer value is cut
 * @path: as on a real machine
 *
 * Return: 0 or a negative errno, with @value empty.
 */
int sys_get(char *value, size_t size, const char *path)
{
	char real[SYS_PATH_MAX];
	ssize_t n;
	int fd, err;

	value[0] = '\0';
	fd = open(sys_path(real, "%s", path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, value, size - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	value[n] = '\0';
	if (n && value[n - 1] == '\n')
		value[n - 1] = '\0';
	return 0;
}

/**
 * sys_put() - write a value into a file
 * @path: as on a real machine
 * @value: the value, without a newline
 *
 * One write(2), as sysfs wants it.
 *
 * Return: 0 or a negative errno.
 */
int sys_put(const char *path, const char *value)
{
	char real[SYS_PATH_MAX], line[SYS_PATH_MAX];
	int fd, n, err = 0;

	n = snprintf(line, sizeof(line), "%s\n", value);
	if (n >= (int)sizeof(line))
		return -ENAMETOOLONG;
	fd = open(sys_path(real, "%s", path), O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, line, n) != n)
		err = -errno;
	close(fd);
	return err;
}

/* What an errno of the contract means to a person. */
static const char *reason(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return "it needs CAP_NET_ADMIN on the host: run it as root";
	case EEXIST:
		return "the path has a policy already";
	case ENOSPC:
		return "there are as many policies as can be";
	case EOPNOTSUPP:
		return "this system has no cgroup v2";
	case ENAMETOOLONG:
		return "the path is longer than 255 bytes";
	case ERANGE:
		return "the number is out of its range";
	case EINVAL:
		return "the kernel does not take this value";
	case EBUSY:
		return "a livepatch has the function that must be hooked";
	default:
		return strerror(-err);
	}
}

/**
 * sys_say_refused() - name the file that did not take a value, and why
 * @path: the file
 * @value: what was written
 * @err: what sys_put() returned
 *
 * Return: KACTL_FAILED.
 */
int sys_say_refused(const char *path, const char *value, int err)
{
	return say_failure("cannot write %s to %s: %s", value, path,
			   reason(err));
}

/**
 * sys_loaded() - is the module loaded?
 *
 * Return: true if it is.
 */
bool sys_loaded(void)
{
	return sys_has(SYS_KA "/health");
}

/**
 * sys_say_not_loaded() - say that the module is not loaded
 *
 * Return: KACTL_FAILED.
 */
int sys_say_not_loaded(void)
{
	return say_failure("the module ka_default is not loaded: modprobe ka_default");
}

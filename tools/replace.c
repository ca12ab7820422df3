// SPDX-License-Identifier: GPL-2.0
/*
 * replace.c - write a file beside the old one and put it in its place
 *
 * Who reads it meanwhile, or after a crash, has the old or the new one, whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kactl.h"
#include "replace.h"
#include "say.h"

static int fail(const struct replace *r, int err)
{
	return say_failure("cannot write %s: %s", r->path, strerror(err));
}

/* What is no regular file (a pipe, a terminal) has no other place beside it. */
static int open_itself(struct replace *r)
{
	r->beside[0] = '\0';
	r->to = fopen(r->path, "we");
	return r->to ? 0 : fail(r, errno);
}

static int open_beside(struct replace *r)
{
	const char *slash = strrchr(r->path, '/');
	int dir = slash ? slash + 1 - r->path : 0;
	int fd;

	snprintf(r->beside, sizeof(r->beside), "%.*s.%s.XXXXXX", dir, r->path,
		 r->path + dir);
	fd = mkostemp(r->beside, O_CLOEXEC);
	if (fd < 0)
		return fail(r, errno);
	r->to = fdopen(fd, "w");
	if (r->to && !fchmod(fd, 0644))
		return 0;
	fail(r, errno);
	unlink(r->beside);
	return KACTL_FAILED;
}

/**
 * replace_begin() - begin to write a file
 * @r: filled
 * @path: the file; of a link, what it leads to is replaced
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int replace_begin(struct replace *r, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (strlen(path) >= sizeof(r->path))
		return say_failure("cannot write %s: the name is too long", path);
	snprintf(r->path, sizeof(r->path), "%s", path);
	if (stat(path, &st))
		return open_beside(r);
	if (!S_ISREG(st.st_mode))
		return open_itself(r);
	if (realpath(path, real))
		snprintf(r->path, sizeof(r->path), "%s", real);
	return open_beside(r);
}

/**
 * replace_end() - put it in its place, or leave the old one if it is not whole
 * @r: as replace_begin() left it
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int replace_end(struct replace *r)
{
	int err = 0;

	errno = EIO;
	if (ferror(r->to) || fflush(r->to) ||
	    (r->beside[0] && fsync(fileno(r->to))))
		err = errno;
	if (fclose(r->to) && !err)
		err = errno;
	if (!err && r->beside[0] && rename(r->beside, r->path))
		err = errno;
	if (!err)
		return 0;
	if (r->beside[0])
		unlink(r->beside);
	return fail(r, err);
}

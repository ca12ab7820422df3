/* SPDX-License-Identifier: GPL-2.0 */
/* replace.h - write a file beside the old one and put it in its place */
#ifndef KACTL_REPLACE_H
#define KACTL_REPLACE_H

#include <limits.h>
#include <stdio.h>

/**
 * struct replace - a file that is being written
 * @to: where to write it
 * @path: the file's own place
 * @beside: where it is written, "" where it needs no other place
 */
struct replace {
	FILE *to;
	char path[PATH_MAX];
	char beside[PATH_MAX + 16];
};

int replace_begin(struct replace *r, const char *path);
int replace_end(struct replace *r);

#endif /* KACTL_REPLACE_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz/conf.c - any text as /etc/ka_default.conf
 *
 * What is taken must come out as a file that is taken again and says the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf.h"
#include "fuzz.h"

/* The file that says the same. */
static char *print(const struct state *s, size_t *len)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, len);

	conf_print(s, to);
	fclose(to);
	return text;
}

static int parse(struct state *s, const void *text, size_t len)
{
	FILE *from = fmemopen((void *)text, len, "r");
	int rc = conf_read(s, from, "text");

	fclose(from);
	return rc;
}

int fuzz(const uint8_t *data, size_t size)
{
	char *once, *twice;
	size_t len, len2;
	struct state s;

	if (!size)
		return -1;
	/* Our complaints are many, and of no interest; libFuzzer's go to fd 2. */
	if (fileno(stderr) == STDERR_FILENO)
		stderr = fopen("/dev/null", "w");
	if (!parse(&s, data, size)) {
		once = print(&s, &len);
		state_free(&s);
		if (parse(&s, once, len))
			abort();
		twice = print(&s, &len2);
		if (len != len2 || memcmp(once, twice, len))
			abort();
		free(once);
		free(twice);
	}
	state_free(&s);
	return 0;
}

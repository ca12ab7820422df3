// SPDX-License-Identifier: GPL-2.0
/* limit.c - idle limits of what may be on the way of a connection */
#include <stdio.h>

#include "limit.h"

/* The lowest first. */
static const struct limit limits[] = {
	{ "azure", 240 },
	{ "aws", 350 },
	{ "gcp", 600 },
	{ "swarm", 900 },
	{ "home", 900 },
	{ NULL }
};

/**
 * limits_missed() - the limits for which a first probe comes too late
 * @idle: seconds of silence before the probe
 * @text: filled with all of them, for a person
 * @size: of @text
 *
 * Return: the lowest, or NULL if there is none.
 */
const struct limit *limits_missed(long idle, char *text, size_t size)
{
	const struct limit *l;
	size_t n = 0;

	text[0] = '\0';
	for (l = limits; l->name && l->seconds <= idle && n < size; l++)
		n += snprintf(text + n, size - n, "%s%d s (%s)", n ? ", " : "",
			      l->seconds, l->name);
	return l == limits ? NULL : limits;
}

// SPDX-License-Identifier: GPL-2.0
/* nearest.c - the known word that somebody may have meant */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "nearest.h"

#define LONGEST 31

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many letters must be put in, taken out, replaced or swapped, capitals
 * being as the small ones.
 */
static size_t distance(const char *a, const char *b)
{
	size_t d[LONGEST + 1][LONGEST + 1];
	size_t n = strlen(a), m = strlen(b);
	size_t i, j;

	for (i = 0; i <= n; i++)
		d[i][0] = i;
	for (j = 0; j <= m; j++)
		d[0][j] = j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && d[i - 2][j - 2] < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

/**
 * nearest() - the known word that is nearest to one that is not known
 * @word: what was written
 * @known: the first of the known words, the last is NULL
 * @stride: bytes from one pointer in @known to the next
 *
 * Return: the word, or NULL if none is near: more than a third of its letters
 * would have to change.
 */
const char *nearest(const char *word, const char *const *known, size_t stride)
{
	const char *best = NULL;
	size_t least = LONGEST;

	if (strlen(word) > LONGEST)
		return NULL;
	for (; *known; known = (const void *)((const char *)known + stride)) {
		size_t d, len = strlen(*known);

		if (len > LONGEST)
			continue;
		d = distance(word, *known);
		if (d < least && d <= (len + 2) / 3) {
			least = d;
			best = *known;
		}
	}
	return best;
}

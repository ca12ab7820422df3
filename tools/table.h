/* SPDX-License-Identifier: GPL-2.0 */
/* table.h - tables for people and for programs, by libsmartcols */
#ifndef KACTL_TABLE_H
#define KACTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compiler.h"

enum column_kind {
	COLUMN_STRING,
	COLUMN_NUMBER,
	COLUMN_BOOLEAN,		/* set to "true" or "false"; people read yes or no */
	COLUMN_NUMBERS,		/* set to numbers, one a line; an array in JSON */
};

/**
 * struct column - a column of a table
 * @name: in capitals, as its heading; in JSON libsmartcols writes it small
 * @kind: what its cells are in JSON; numbers stand to the right
 * @trim: may be cut where a terminal is too narrow
 */
struct column {
	const char *name;
	enum column_kind kind;
	bool trim;
};

struct table;

struct table *table_new(const char *name, const struct column *columns);
void table_free(struct table *t);
void table_row(struct table *t);
__printf(3, 4)
void table_set(struct table *t, size_t column, const char *format, ...);
void table_color(struct table *t, size_t column, const char *color);
size_t table_rows(const struct table *t);
void table_print(struct table *t, bool headings, FILE *to);
void tables_print_json(struct table *const *tables, size_t count, FILE *to);

#endif /* KACTL_TABLE_H */

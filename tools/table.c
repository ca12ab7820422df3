// SPDX-License-Identifier: GPL-2.0
/* table.c - tables for people and for programs, by libsmartcols */
#include <ctype.h>
#include <err.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kactl.h"
#include "table.h"

struct table {
	struct libscols_table *scols;
	struct libscols_line *line;
};

/* Out of memory is the only way in which libsmartcols fails us. */
static void *must(void *p)
{
	if (!p)
		err(KACTL_FAILED, "kactl");
	return p;
}

static void add_column(struct table *t, const struct column *c)
{
	static const int json[] = {
		[COLUMN_STRING] = SCOLS_JSON_STRING,
		[COLUMN_NUMBER] = SCOLS_JSON_NUMBER,
		[COLUMN_BOOLEAN] = SCOLS_JSON_BOOLEAN,
		[COLUMN_NUMBERS] = SCOLS_JSON_ARRAY_NUMBER,
	};
	struct libscols_column *column;
	int flags = 0;

	if (c->kind == COLUMN_NUMBER)
		flags |= SCOLS_FL_RIGHT;
	if (c->trim)
		flags |= SCOLS_FL_TRUNC;
	if (c->kind == COLUMN_NUMBERS)
		flags |= SCOLS_FL_WRAP;
	column = must(scols_table_new_column(t->scols, c->name, 0, flags));
	scols_column_set_json_type(column, json[c->kind]);
	if (c->kind == COLUMN_NUMBERS)
		scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
}

/**
 * table_new() - an empty table
 * @name: what it is called in JSON
 * @columns: its columns, up to one without a name
 *
 * Return: the table, never NULL.
 */
struct table *table_new(const char *name, const struct column *columns)
{
	struct table *t = must(calloc(1, sizeof(*t)));

	t->scols = must(scols_new_table());
	scols_table_set_name(t->scols, name);
	for (; columns->name; columns++)
		add_column(t, columns);
	return t;
}

/**
 * table_free() - the end of a table
 * @t: the table or NULL
 */
void table_free(struct table *t)
{
	if (t)
		scols_unref_table(t->scols);
	free(t);
}

/**
 * table_row() - begin the next row
 * @t: the table
 */
void table_row(struct table *t)
{
	t->line = must(scols_table_new_line(t->scols, NULL));
}

/* To libsmartcols what begins with an "n" is false, but for "false" it isn't. */
static const char *as_boolean(struct table *t, size_t column, const char *text)
{
	struct libscols_column *c = scols_table_get_column(t->scols, column);

	if (scols_column_get_json_type(c) != SCOLS_JSON_BOOLEAN)
		return text;
	return !strcmp(text, "true") ? "yes" : !strcmp(text, "false") ? "no" : text;
}

/**
 * table_set() - fill a cell of the row that was begun last
 * @t: the table
 * @column: its number, from 0
 * @format: for printf(3)
 *
 * A cell that is never set is empty, in JSON null.
 */
void table_set(struct table *t, size_t column, const char *format, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0 || scols_line_set_data(t->line, column,
					 as_boolean(t, column, text)))
		err(KACTL_FAILED, "kactl");
	free(text);
}

/**
 * table_color() - colour a cell of the row that was begun last
 * @t: the table
 * @column: its number, from 0
 * @color: as libsmartcols knows it ("red", "green"), shown only on a terminal
 */
void table_color(struct table *t, size_t column, const char *color)
{
	scols_cell_set_color(scols_line_get_cell(t->line, column), color);
}

/**
 * table_rows() - how many rows there are
 * @t: the table
 *
 * Return: their number.
 */
size_t table_rows(const struct table *t)
{
	return scols_table_get_nlines(t->scols);
}

/**
 * table_print() - print it for a person
 * @t: the table
 * @headings: with the columns' names
 * @to: where
 */
void table_print(struct table *t, bool headings, FILE *to)
{
	bool color = isatty(fileno(to)) && !getenv("NO_COLOR");

	scols_table_enable_noheadings(t->scols, !headings);
	scols_table_enable_colors(t->scols, color);
	scols_table_set_stream(t->scols, to);
	scols_print_table(t->scols);
}

/* What libsmartcols prints of one table, without the braces around it. */
static void print_member(struct table *t, FILE *to)
{
	char *text = NULL, *from, *end;

	scols_table_enable_json(t->scols, 1);
	if (scols_print_table_to_string(t->scols, &text) || !text)
		err(KACTL_FAILED, "kactl");
	from = strchr(text, '{');
	end = strrchr(text, '}');
	if (from && end) {
		from++;
		from += strspn(from, "\n");
		while (end > from && isspace((unsigned char)end[-1]))
			end--;
		fprintf(to, "%.*s", (int)(end - from), from);
	}
	free(text);
}

/**
 * tables_print_json() - print tables as the members of one JSON object
 * @tables: the tables
 * @count: how many
 * @to: where
 *
 * libsmartcols makes an object of each table; a command may have several.
 */
void tables_print_json(struct table *const *tables, size_t count, FILE *to)
{
	size_t i;

	fputs("{\n", to);
	for (i = 0; i < count; i++) {
		print_member(tables[i], to);
		fputs(i + 1 < count ? ",\n" : "\n", to);
	}
	fputs("}\n", to);
}

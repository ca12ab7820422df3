// SPDX-License-Identifier: GPL-2.0
/* finding.c - what kactl doctor has found, and how it is said */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "kactl.h"
#include "table.h"

/**
 * finding_add() - remember something that is wrong
 * @f: the findings
 * @check: one word for its kind, a constant
 * @mend: the command that mends it
 * @format: what is wrong, for printf(3)
 */
void finding_add(struct findings *f, const char *check, const char *mend,
		 const char *format, ...)
{
	struct finding *new;
	va_list ap;
	int n;

	f->finding = reallocarray(f->finding, f->nr + 1, sizeof(*f->finding));
	if (!f->finding)
		err(KACTL_FAILED, "kactl");
	new = &f->finding[f->nr++];
	new->check = check;
	new->mend = strdup(mend);
	va_start(ap, format);
	n = vasprintf(&new->text, format, ap);
	va_end(ap);
	if (n < 0 || !new->mend)
		err(KACTL_FAILED, "kactl");
}

static void print_json(const struct findings *f)
{
	static const struct column columns[] = {
		{ .name = "CHECK" },
		{ .name = "FINDING" },
		{ .name = "MEND" },
		{ NULL }
	};
	struct table *t = table_new("findings", columns);
	size_t i;

	for (i = 0; i < f->nr; i++) {
		table_row(t);
		table_set(t, 0, "%s", f->finding[i].check);
		table_set(t, 1, "%s", f->finding[i].text);
		table_set(t, 2, "%s", f->finding[i].mend);
	}
	tables_print_json(&t, 1, stdout);
	table_free(t);
}

/**
 * findings_print() - print what was found, and how much
 * @f: the findings
 * @json: for a program, not for a person
 */
void findings_print(const struct findings *f, bool json)
{
	size_t i;

	if (json) {
		print_json(f);
		return;
	}
	for (i = 0; i < f->nr; i++)
		printf("%s: %s\n\t%s\n", f->finding[i].check, f->finding[i].text,
		       f->finding[i].mend);
	printf("%zu finding%s\n", f->nr, f->nr == 1 ? "" : "s");
}

/**
 * findings_free() - the end of them
 * @f: the findings
 */
void findings_free(struct findings *f)
{
	size_t i;

	for (i = 0; i < f->nr; i++) {
		free(f->finding[i].text);
		free(f->finding[i].mend);
	}
	free(f->finding);
}

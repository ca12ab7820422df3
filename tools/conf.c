// SPDX-License-Identifier: GPL-2.0
/*
 * conf.c - all policies as a file: ka_default.conf(5)
 *
 * inih takes the lines apart: comments, blanks, keys and values. It keeps 49
 * bytes of a section's name, a cgroup's path has up to 256, and it takes an
 * indented line for more of the one before. So it reads through next_line(),
 * which keeps the sections' names to itself and takes the indentation off.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "kactl.h"
#include "nearest.h"
#include "path.h"
#include "say.h"

/* Longer ones inih would cut. */
#define LONGEST_LINE	(INI_MAX_LINE - 2)

/**
 * struct reading - where we are in a file
 * @s: what it has said so far
 * @from: the file
 * @name: its name
 * @line: number of the line, from 1
 * @text: the line
 * @room: of @text
 * @policy: the section we are in, NULL before the first one
 * @of: whose that is
 * @standard: the line with [default], or 0
 * @set: the lines in which the section's fields were set, or 0
 * @failed: something was wrong, and has been said
 */
struct reading {
	struct state *s;
	FILE *from;
	const char *name;
	unsigned int line;
	char *text;
	size_t room;
	struct policy *policy;
	enum policy_of of;
	unsigned int standard;
	unsigned int set[POLICY_NR_FIELDS];
	bool failed;
};

/* Says what is wrong with a line, and ends the reading. */
__printf(3, 4)
static void wrong(struct reading *r, unsigned int line, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (r->failed)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	say_failure("%s:%u: %s", r->name, line, text);
	r->failed = true;
}

static void begin_standard(struct reading *r)
{
	if (r->standard)
		wrong(r, r->line, "[default] is there already, in line %u",
		      r->standard);
	r->standard = r->line;
	r->policy = &r->s->standard;
	r->of = POLICY_OF_DEFAULT;
}

static void begin_cgroup(struct reading *r, const char *path)
{
	struct state_cgroup *c;
	char why[128];

	if (path_check(path, why, sizeof(why))) {
		wrong(r, r->line, "[cgroup %s]: %s", path, why);
		return;
	}
	c = state_add(r->s, path);
	c->line = r->line;
	r->policy = &c->policy;
	r->of = POLICY_OF_CGROUP;
}

/* A line that begins with "[": the section is all up to the last "]". */
static void begin_section(struct reading *r, char *text)
{
	static const char *const known[] = { "default", "cgroup", NULL };
	size_t len = strlen(text);
	const char *near;

	memset(r->set, 0, sizeof(r->set));
	if (text[len - 1] != ']') {
		wrong(r, r->line, "a section ends with \"]\", and nothing follows it");
		return;
	}
	text[len - 1] = '\0';
	text++;
	if (!strcmp(text, "default")) {
		begin_standard(r);
	} else if (!strncmp(text, "cgroup ", 7)) {
		begin_cgroup(r, text + 7 + strspn(text + 7, " \t"));
	} else {
		near = nearest(text, known, sizeof(*known));
		wrong(r, r->line, "unknown section [%s]: it is %s%s", text,
		      !near || near == known[0] ? "[default]" : "",
		      !near ? " or [cgroup PATH]" :
		      near == known[1] ? "[cgroup PATH]" : "");
	}
}

/* inih's fgets(3): an empty line where it has nothing to do. */
static char *next_line(char *line, int size, void *data)
{
	struct reading *r = data;
	ssize_t n;
	char *text;

	if (r->failed)
		return NULL;
	n = getline(&r->text, &r->room, r->from);
	if (n < 0)
		return NULL;
	r->line++;
	line[0] = '\0';
	while (n && isspace((unsigned char)r->text[n - 1]))
		n--;
	r->text[n] = '\0';
	if ((ssize_t)strlen(r->text) != n) {
		wrong(r, r->line, "a zero byte");
		return line;
	}
	text = r->text + strspn(r->text, " \t\n\v\f\r");
	if (text[0] == '[')
		begin_section(r, text);
	else if (strlen(text) > LONGEST_LINE && !strchr("#;", text[0]))
		wrong(r, r->line, "the line is longer than %d bytes", LONGEST_LINE);
	else if (text[0] && !strchr("#;", text[0]))
		snprintf(line, size, "%s", text);
	return line;
}

static int take_value(void *data, const char *section, const char *key,
		      const char *value)
{
	struct reading *r = data;
	char why[400];
	int f;

	(void)section;
	if (r->failed)
		return 1;
	if (!r->policy) {
		wrong(r, r->line, "%s stands before the first section: [default] or [cgroup PATH]",
		      key);
		return 1;
	}
	if (policy_set(r->policy, r->of, key, value, why, sizeof(why))) {
		wrong(r, r->line, "%s", why);
		return 1;
	}
	for (f = 0; strcmp(key, policy_names[f]); f++)
		;
	if (r->set[f])
		wrong(r, r->line, "%s is there already, in line %u", key,
		      r->set[f]);
	r->set[f] = r->line;
	return 1;
}

static void complete(struct policy *p, enum policy_field f, const char *value)
{
	if (!p->value[f][0])
		snprintf(p->value[f], sizeof(p->value[f]), "%s", value);
}

static void complete_numbers(struct policy *p)
{
	int f;

	for (f = POLICY_KEEPIDLE; f <= POLICY_USER_TIMEOUT; f++)
		complete(p, f, "0");
}

/* What only shows when all is read; and what was not said. */
static void finish(struct reading *r)
{
	struct state *s = r->s;
	size_t i;

	state_sort(s);
	for (i = 0; i < s->count && !r->failed; i++) {
		struct state_cgroup *c = &s->cgroups[i];

		if (i && !strcmp(c[-1].path, c->path))
			wrong(r, c->line, "[cgroup %s] is there already, in line %u",
			      c->path, c[-1].line);
		complete(&c->policy, POLICY_MODE, "default");
		complete_numbers(&c->policy);
	}
	complete(&s->standard, POLICY_MODE, "default");
	complete_numbers(&s->standard);
	complete(&s->standard, POLICY_KERNEL_SOCKETS, "N");
}

/**
 * conf_read() - read all policies from a file
 * @s: filled; to be freed also after a complaint
 * @from: the file
 * @name: what to call it in a complaint
 *
 * Return: 0, or KACTL_FAILED after a complaint.
 */
int conf_read(struct state *s, FILE *from, const char *name)
{
	struct reading r = { .s = s, .from = from, .name = name };
	int bad;

	memset(s, 0, sizeof(*s));
	bad = ini_parse_stream(next_line, &r, take_value, &r);
	if (bad > 0)
		wrong(&r, bad, "this is neither [SECTION] nor KEY = VALUE");
	if (!r.failed && ferror(from)) {
		say_failure("cannot read %s: %s", name, strerror(errno));
		r.failed = true;
	}
	if (!r.failed)
		finish(&r);
	free(r.text);
	return r.failed ? KACTL_FAILED : 0;
}

static void print_policy(const struct policy *p, FILE *to)
{
	int f;

	for (f = 0; f < POLICY_NR_FIELDS; f++)
		if (p->value[f][0])
			fprintf(to, "%s = %s\n", policy_names[f], p->value[f]);
}

/**
 * conf_print() - write all policies so that conf_read() reads them
 * @s: the policies
 * @to: where
 */
void conf_print(const struct state *s, FILE *to)
{
	size_t i;

	fputs("# The policies of ka_default, see ka_default.conf(5). \"kactl save\" has written\n"
	      "# them and writes them anew, \"kactl restore\" puts them into force.\n\n"
	      "[default]\n", to);
	print_policy(&s->standard, to);
	for (i = 0; i < s->count; i++) {
		fprintf(to, "\n[cgroup %s]\n", s->cgroups[i].path);
		print_policy(&s->cgroups[i].policy, to);
	}
}

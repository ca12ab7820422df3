// SPDX-License-Identifier: GPL-2.0
/*
 * Makes every allocation of a call fail once: the first, the second, one by one
 * until the call makes fewer. After an error all is as it was; after a success,
 * for the kernel makes do without some memory, all works.
 *
 * Where a call ended is seen by the backtrace that the kernel writes of each
 * allocation it fails: which line of the module had called what.
 */
#define KA_NO_HARNESS
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ka_fault.h"

#define FAILSLAB "/sys/kernel/debug/failslab/"
#define CACHES "/sys/kernel/slab"
#define MOST 20000		/* allocations of one call: more is a loop */

#define NR_ENDINGS 128

/* How calls ended: what the module had called, from where, and what it said. */
struct ka_ending {
	char function[64];
	char caller[64];
	char said[128];
};

/* Between two of the allocations of a load that fail. */
int ka_fault_step(void)
{
	const char *text = getenv("KA_FAULTS");

	return text && atoi(text) > 0 ? atoi(text) : 3;
}

/* What debugging allocates for itself, without harm when it cannot. */
static bool is_for_debugging(const char *cache)
{
	return !strncmp(cache, "kmemleak", 8) || !strncmp(cache, "debug_objects", 13);
}

/* Which caches fail: all but those. */
static int choose_caches(const char *fail)
{
	DIR *d = opendir(CACHES);
	char path[PATH_MAX];
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), CACHES "/%s/failslab", e->d_name);
		if (e->d_name[0] != '.' && !is_for_debugging(e->d_name))
			ka_write(path, fail);
	}
	closedir(d);
	return 0;
}

/*
 * 0, or -ENOENT where the kernel has no failslab. Without these knobs only what
 * must not sleep would fail, and without a backtrace.
 */
int ka_fault_begin(struct ka_fault *f)
{
	f->nth = -1;
	if (ka_knob_write(FAILSLAB "ignore-gfp-wait", "N\n") ||
	    ka_knob_write(FAILSLAB "verbose", "2\n"))
		return -ENOENT;
	if (!choose_caches("1"))
		ka_knob_write(FAILSLAB "cache-filter", "Y\n");
	f->before = calloc(1, KA_FAULT_TEXT);
	f->after = calloc(1, KA_FAULT_TEXT);
	f->endings = calloc(NR_ENDINGS, sizeof(*f->endings));
	if (!f->before || !f->after || !f->endings)
		return -ENOMEM;
	f->nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (f->nth < 0)
		return -errno;
	/* They are for us and not for the console, a slow one. */
	ka_knob_write("/proc/sys/kernel/printk", "4\n");
	/* For all who read the log: these backtraces are no trouble. */
	return ka_write("/dev/kmsg", "ka_default test: " KA_LOG_FAILING);
}

void ka_fault_end(struct ka_fault *f)
{
	if (f->nth < 0)
		return;
	close(f->nth);
	ka_write("/dev/kmsg", "ka_default test: " KA_LOG_WORKING);
	choose_caches("0");
}

/* Makes it with its n-th allocation failing; how many it would have had to make more. */
static int make_failing(int nth, int n, const struct ka_call *call, int *ret)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", n);
	if (pwrite(nth, number, strlen(number), 0) < 0)
		return -errno;
	*ret = call->make();
	memset(number, 0, sizeof(number));
	if (pread(nth, number, sizeof(number) - 1, 0) < 0 || pwrite(nth, "0", 1, 0) < 0)
		return -errno;
	return atoi(number);
}

/* A line of a backtrace, "function+0x1/0x2 [module]", or with a '?' what may be none. */
static bool is_frame(const char *line, char *function, bool *ours)
{
	*ours = strstr(line, " [ka_default]");
	return *line == ' ' && line[1] != '?' && sscanf(line, " %63[^ /]/0x", function) == 1 &&
		strchr(function, '+');
}

/* Of the last backtrace in the log, and of the module's last line. */
static void read_ending(int log, struct ka_ending *e, int *lines)
{
	char function[64], last[64] = "";
	const char *line;
	bool ours;

	memset(e, 0, sizeof(*e));
	*lines = 0;
	while ((line = ka_log_next(log))) {
		if (strstr(line, "FAULT_INJECTION: ")) {
			memset(e, 0, sizeof(*e));
		} else if (ka_log_is_ours(line)) {
			snprintf(e->said, sizeof(e->said), "%.120s", line);
			++*lines;
		} else if (!*e->caller && is_frame(line, function, &ours)) {
			if (ours) {
				snprintf(e->caller, sizeof(e->caller), "%s", function);
				snprintf(e->function, sizeof(e->function), "%.*s",
					 (int)strcspn(last, "+"), last);
			}
			snprintf(last, sizeof(last), "%s", function);
		}
	}
}

static void note_ending(struct ka_fault *f, const struct ka_ending *e)
{
	int i;

	for (i = 0; i < f->nr_endings; i++) {
		if (!memcmp(&f->endings[i], e, sizeof(*e)))
			return;
	}
	if (f->nr_endings < NR_ENDINGS)
		f->endings[f->nr_endings++] = *e;
}

/* From how many places of the module's a function was called that ended the call. */
int ka_fault_called(const struct ka_fault *f, const char *function)
{
	int i, n = 0;

	for (i = 0; i < f->nr_endings; i++)
		n += !strcmp(f->endings[i].function, function);
	return n;
}

/* In how many ways calls ended after which the module said that. */
int ka_fault_said(const struct ka_fault *f, const char *text)
{
	int i, n = 0;

	for (i = 0; i < f->nr_endings; i++)
		n += !!strstr(f->endings[i].said, text);
	return n;
}

void ka_fault_show(const struct ka_fault *f)
{
	int i;

	printf("# %d allocations, %d of them ended the call:\n", f->calls, f->failed);
	for (i = 0; i < f->nr_endings; i++) {
		const struct ka_ending *e = &f->endings[i];

		printf("#   %s%s%s", *e->caller ? e->function : "the kernel itself",
		       *e->caller ? " <- " : "", e->caller);
		printf("%s%s\n", *e->said ? ", " : "", e->said);
	}
	fflush(stdout);
}

static char wrong[512];

static bool is_as_before(struct ka_fault *f, const char *what, int n)
{
	ka_fault_look(f->after);
	if (!strcmp(f->before, f->after))
		return true;
	snprintf(wrong, sizeof(wrong), "%s allocation %d: now %.300s", what, n,
		 ka_fault_difference(f->before, f->after));
	return false;
}

/* It has succeeded, in spite of a failure or without one. */
static bool does_work(struct ka_fault *f, const struct ka_call *call, int n)
{
	if (!call->works()) {
		snprintf(wrong, sizeof(wrong), "does not work after allocation %d", n);
		return false;
	}
	call->undo();
	return is_as_before(f, "undone after", n);
}

static bool has_failed_well(struct ka_fault *f, const struct ka_call *call, int n)
{
	int ret;

	if (!is_as_before(f, "failed by", n))
		return false;
	/* Now and then at once: else the next is the proof. */
	if (f->failed++ % 16)
		return true;
	ret = call->make();
	if (!ret)
		return does_work(f, call, n);
	snprintf(wrong, sizeof(wrong), "again after allocation %d: error %d", n, ret);
	return false;
}

static void begin(struct ka_fault *f)
{
	f->calls = 0;
	f->failed = 0;
	f->nr_endings = 0;
	*wrong = '\0';
	ka_fault_look(f->before);
}

/*
 * One allocation fails: whether all is well. *left is above 0 where the call makes
 * fewer, and *lines what the module has said.
 */
static bool fail_one(struct ka_fault *f, const struct ka_call *call, int n, int *left, int *lines)
{
	struct ka_ending e;
	int log = ka_log_open();
	int ret = 0;

	*left = make_failing(f->nth, n, call, &ret);
	read_ending(log, &e, lines);
	close(log);
	f->calls += !*left;
	if (*left < 0) {
		snprintf(wrong, sizeof(wrong), "fail-nth: error %d", *left);
		return false;
	}
	if (ret && *left) {
		snprintf(wrong, sizeof(wrong), "error %d without a failure", ret);
		return false;
	}
	if (!ret)
		return does_work(f, call, n);
	note_ending(f, &e);
	return has_failed_well(f, call, n);
}

/* From the first to the last, or every step-th. "", or what has gone wrong. */
const char *ka_fault_each(struct ka_fault *f, const struct ka_call *call, int step)
{
	int n, lines, left = 0;

	begin(f);
	for (n = 1; !left && n < MOST; n += step) {
		if (!fail_one(f, call, n, &left, &lines))
			return wrong;
	}
	return left ? "" : "there is no end";
}

/*
 * From the last-th back to the first of the module's, before which an error comes
 * without a line of the module's: the kernel allocates for a load before that. The
 * last may be so many more or fewer, and what surrounds it the kernel's.
 */
const char *ka_fault_back(struct ka_fault *f, const struct ka_call *call, int last, int more,
			  int step)
{
	int n, left, lines, failed;

	begin(f);
	for (n = last + more; n > 0; n -= step) {
		failed = f->failed;
		if (!fail_one(f, call, n, &left, &lines))
			return wrong;
		if (f->failed > failed && !lines && n <= last - more)
			return "";
		if (f->failed > failed && lines > 1)
			return "the module has said more than one line";
	}
	return "there is no beginning";
}

/* How many allocations a call makes. */
int ka_fault_count(struct ka_fault *f, const struct ka_call *call, int *ret)
{
	return MOST - make_failing(f->nth, MOST, call, ret);
}

// SPDX-License-Identifier: GPL-2.0
/* The grammar of the module's files, and numbers to choose by. */
#define KA_NO_HARNESS
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ka_grammar.h"

/* xorshift64*, one for each process. */
static unsigned long long state;

unsigned int ka_rnd(unsigned int below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717ULL >> 33) % below;
}

void ka_grammar_seed(unsigned long long seed)
{
	int i;

	state = seed * 2654435769ULL + 1;
	/* Near seeds begin alike. */
	for (i = 0; i < 8; i++)
		ka_rnd(2);
}

const struct ka_grammar_file ka_grammar_parameters[] = {
	{ "mode", MODE, true }, { "keepidle", SECONDS, true }, { "keepintvl", SECONDS, true },
	{ "keepcnt", PROBES, true }, { "user_timeout", TIMEOUT, true },
	{ "kernel_sockets", BOOL, true }, { "existing", BOOL }, { "hook", HOOK },
	{ }
};

const struct ka_grammar_file ka_grammar_files[] = {
	{ "apply", APPLY, true }, { "health", HEALTH }, { "cgroups/add", ADD, true },
	{ "cgroups/remove", REMOVE, true }, { "stats/created", COUNTER },
	{ "stats/accepted", COUNTER }, { "stats/adopted", COUNTER }, { "stats/enforced", COUNTER },
	{ "stats/skipped_off", COUNTER }, { "stats/skipped_kernel", COUNTER },
	{ "stats/missed", COUNTER },
	{ }
};

const struct ka_grammar_file ka_grammar_policy[] = {
	{ "mode", POLICY_MODE, true }, { "keepidle", SECONDS, true },
	{ "keepintvl", SECONDS, true }, { "keepcnt", PROBES, true },
	{ "user_timeout", TIMEOUT, true }, { "state", STATE }, { "path", PATH },
	{ "sockets", COUNTER },
	{ }
};

/* Cgroups and policies, which need not be there. */
const char * const ka_grammar_cgroups[] = {
	"", "a", "a/b", "a/b/c", "d", "e.service", "f@1", "g h", NULL
};

const char *ka_grammar_cgroup(void)
{
	return ka_grammar_cgroups[ka_rnd(ARRAY_SIZE(ka_grammar_cgroups) - 1)];
}

/* A number from 0 to @max, as the kernel writes one. */
static bool is_number(const char *text, long long max)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoll(text, &end, 10);
	return !errno && !*end && n <= max && (*text != '0' || !text[1]);
}

static bool is_word(const char *text, const char * const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

/* One value, without its newline. */
bool ka_grammar_is_value(enum ka_kind kind, const char *text)
{
	static const char * const modes[] = { "off", "default", "enforce", NULL };
	static const char * const bools[] = { "Y", "N", NULL };
	static const char * const hooks[] = { "ftrace", "kprobe", NULL };
	static const char * const states[] = { "bound", "waiting", NULL };

	switch (kind) {
	case POLICY_MODE:
		return !strcmp(text, "inherit") || is_word(text, modes);
	case MODE:
		return is_word(text, modes);
	case SECONDS:
		return is_number(text, KA_MAX_IDLE);
	case PROBES:
		return is_number(text, KA_MAX_CNT);
	case TIMEOUT:
		return !strcmp(text, "auto") || is_number(text, INT_MAX);
	case BOOL:
		return is_word(text, bools);
	case HOOK:
		return is_word(text, hooks);
	case COUNTER:
		return is_number(text, LONG_MAX);
	case HEALTH:
		return !strcmp(text, "ok");
	case STATE:
		return is_word(text, states);
	case PATH:
		return !strncmp(text, ka_cg_path(""), strlen(ka_cg_path("")));
	default:
		return false;
	}
}

/* Near to what is right, or far from it; NUL at its end, for the report. */
size_t ka_grammar_invent(enum ka_kind kind, char *text, size_t size)
{
	static const char * const words[] = {
		"off", "default", "enforce", "inherit", "auto", "Y", "N", "1", "0", "", " ", "-1",
		"32767", "32768", "127", "128", "2147483647", "2147483648", "99999999999999999999",
		"ftrace", "\n", "5 5", "0x10", "/", "/a!", "..", "%n%s",
	};
	size_t len, i;

	switch (ka_rnd(8)) {
	case 0:
		len = ka_rnd(24);
		for (i = 0; i < len; i++)
			text[i] = ka_rnd(256);
		/* No policy but of the run's own cgroups. */
		if (*text == '/')
			*text = '!';
		text[len] = '\0';
		return len;
	case 1:
		return snprintf(text, size, "%s", words[ka_rnd(ARRAY_SIZE(words))]);
	default:
		break;
	}
	switch (kind) {
	case MODE:
	case POLICY_MODE:
		len = snprintf(text, size, "%s", words[ka_rnd(4)]);
		break;
	case BOOL:
		len = snprintf(text, size, "%s", words[5 + ka_rnd(4)]);
		break;
	case PROBES:
		len = snprintf(text, size, "%u", ka_rnd(140));
		break;
	case TIMEOUT:
		len = snprintf(text, size, "%s", "auto");
		if (ka_rnd(2))
			len = snprintf(text, size, "%u", ka_rnd(300000));
		break;
	case ADD:
	case REMOVE:
		len = snprintf(text, size, "%s", ka_cg_path(ka_grammar_cgroup()));
		break;
	case APPLY:
		len = snprintf(text, size, "1");
		break;
	default:
		len = snprintf(text, size, "%u", ka_rnd(ka_rnd(2) ? 1000 : 40000));
		break;
	}
	if (ka_rnd(2))
		len += snprintf(text + len, size - len, "\n");
	return len;
}

/* Which errno may a write have? ENODEV: what was written to has been removed. */
bool ka_grammar_may_fail(enum ka_kind kind, int err)
{
	switch (err) {
	case EINVAL:
		return true;
	case ERANGE:
		return kind == SECONDS || kind == PROBES || kind == TIMEOUT;
	case ENOENT:
		return kind == REMOVE;
	case EEXIST:
		return kind == ADD;
	default:
		return err == ENODEV;
	}
}

/* A file of one of the three sorts, and its path; those of policies most often. */
const struct ka_grammar_file *ka_grammar_any(char *path, size_t size)
{
	const struct ka_grammar_file *f;

	switch (ka_rnd(5)) {
	case 0:
		f = &ka_grammar_parameters[ka_rnd(ARRAY_SIZE(ka_grammar_parameters) - 1)];
		snprintf(path, size, KA_PARAMETERS "%s", f->name);
		return f;
	case 1:
	case 2:
		f = &ka_grammar_files[ka_rnd(ARRAY_SIZE(ka_grammar_files) - 1)];
		/* All that exists is adopted: some of that will do. */
		if (f->kind == APPLY && ka_rnd(10))
			f = &ka_grammar_files[2 + ka_rnd(2)];
		snprintf(path, size, KA_FILES "%s", f->name);
		return f;
	default:
		f = &ka_grammar_policy[ka_rnd(ARRAY_SIZE(ka_grammar_policy) - 1)];
		snprintf(path, size, "%s", ka_cg_file(ka_grammar_cgroup(), f->name));
		return f;
	}
}

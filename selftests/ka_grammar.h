/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of the module's files: which there are, what each holds, what may
 * be written to it, nearly or far from it, and with which errno that may fail.
 */
#ifndef KA_GRAMMAR_H
#define KA_GRAMMAR_H

#include "ka_cgroup.h"

#define KA_FILES "/sys/kernel/ka_default/"
#define KA_PARAMETERS "/sys/module/ka_default/parameters/"

/* What a file holds; those from ADD on cannot be read. */
enum ka_kind {
	MODE, POLICY_MODE, SECONDS, PROBES, TIMEOUT, BOOL, HOOK, COUNTER, HEALTH, STATE, PATH,
	ADD, REMOVE, APPLY
};

struct ka_grammar_file {
	const char *name;
	enum ka_kind kind;
	bool writable;
};

/* Each ends with one that has no name. */
extern const struct ka_grammar_file ka_grammar_parameters[];
extern const struct ka_grammar_file ka_grammar_files[];
extern const struct ka_grammar_file ka_grammar_policy[];
extern const char * const ka_grammar_cgroups[];

void ka_grammar_seed(unsigned long long seed);
unsigned int ka_rnd(unsigned int below);
const char *ka_grammar_cgroup(void);
const struct ka_grammar_file *ka_grammar_any(char *path, size_t size);
bool ka_grammar_is_value(enum ka_kind kind, const char *text);
size_t ka_grammar_invent(enum ka_kind kind, char *text, size_t size);
bool ka_grammar_may_fail(enum ka_kind kind, int err);

#endif /* KA_GRAMMAR_H */

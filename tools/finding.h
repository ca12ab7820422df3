/* SPDX-License-Identifier: GPL-2.0 */
/* finding.h - what kactl doctor has found, and how it is said */
#ifndef KACTL_FINDING_H
#define KACTL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

/**
 * struct finding - something that is wrong
 * @check: one word for its kind
 * @text: what is wrong
 * @mend: the command that mends it
 */
struct finding {
	const char *check;
	char *text;
	char *mend;
};

struct findings {
	struct finding *finding;
	size_t nr;
};

__printf(4, 5)
void finding_add(struct findings *f, const char *check, const char *mend,
		 const char *format, ...);
void findings_print(const struct findings *f, bool json);
void findings_free(struct findings *f);

#endif /* KACTL_FINDING_H */

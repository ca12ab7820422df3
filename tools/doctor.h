/* SPDX-License-Identifier: GPL-2.0 */
/* doctor.h - what kactl doctor looks at */
#ifndef KACTL_DOCTOR_H
#define KACTL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "finding.h"
#include "policy.h"
#include "socks.h"

/* What a policy comes to where its fields at 0 follow the sysctls. */
struct effective {
	long idle;
	long intvl;
	long cnt;
};

void doctor_module(struct findings *f);
bool doctor_lockdown_word(const char *text, char *word, size_t size);
bool doctor_line_stops_ftrace(const char *line);

void doctor_policies(struct findings *f);
bool doctor_is_on(const struct policy *p);
void doctor_effective(struct effective *e, const struct policy *p);
void doctor_command(char *text, size_t size, const char *path,
		    const struct policy *p, const char *more);

void doctor_sockets(struct findings *f, const struct socks *socks);

#endif /* KACTL_DOCTOR_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* policy.h - the fields of a policy: parsed, checked, read, written */
#ifndef KACTL_POLICY_H
#define KACTL_POLICY_H

#include <stdbool.h>
#include <stddef.h>

enum policy_field {
	POLICY_MODE,
	POLICY_KEEPIDLE,
	POLICY_KEEPINTVL,
	POLICY_KEEPCNT,
	POLICY_USER_TIMEOUT,
	POLICY_KERNEL_SOCKETS,	/* of the default policy alone */
	POLICY_NR_FIELDS,
};

/* Whose policy it is decides which fields and words it has. */
enum policy_of {
	POLICY_OF_DEFAULT,
	POLICY_OF_CGROUP,
};

/**
 * struct policy - what is asked for, or what is there
 * @value: of each field, as its file has it; "" is not given
 */
struct policy {
	char value[POLICY_NR_FIELDS][16];
};

extern const char *const policy_names[POLICY_NR_FIELDS + 1];

int policy_set(struct policy *p, enum policy_of of, const char *key,
	       const char *value, char *why, size_t size);
int policy_parse(struct policy *p, enum policy_of of, int argc, char **argv,
		 const char *command);
void policy_help(enum policy_of of);
int policy_read(struct policy *p, enum policy_of of, const char *dir);
int policy_write(const struct policy *want, enum policy_of of, const char *dir);

#endif /* KACTL_POLICY_H */

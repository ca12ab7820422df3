// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz/policy.c - any text as KEY=VALUE, for either kind of policy
 *
 * What is taken must be a value that the kernel takes, and taken again it must
 * come out the same; what is refused must leave the policy alone and say why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../policy.h"
#include "fuzz.h"

#define TEXT_MAX 400

static void set(enum policy_of of, const char *key, const char *value)
{
	struct policy was = { 0 }, once, twice;
	char why[512] = "";
	int f;

	once = was;
	if (policy_set(&once, of, key, value, why, sizeof(why))) {
		if (!why[0] || memcmp(&once, &was, sizeof(was)))
			abort();
		return;
	}
	for (f = 0; strcmp(policy_names[f], key);)
		if (!policy_names[++f])
			abort();
	if (!once.value[f][0] || strlen(once.value[f]) > 10)
		abort();
	twice = once;
	if (policy_set(&twice, of, key, once.value[f], why, sizeof(why)) ||
	    memcmp(&twice, &once, sizeof(once)))
		abort();
}

int fuzz(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX + 1];
	char *is;

	if (!size || size > TEXT_MAX)
		return -1;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	is = strchr(text, '=');
	if (!is)
		return -1;
	*is = '\0';
	set(data[0] & 1 ? POLICY_OF_CGROUP : POLICY_OF_DEFAULT, text, is + 1);
	return 0;
}

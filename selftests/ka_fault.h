/* SPDX-License-Identifier: GPL-2.0 */
/* Making every allocation of a call fail once, one by one (ka_fault.c). */
#ifndef KA_FAULT_H
#define KA_FAULT_H

#include "ka_cgroup.h"

/* A call into the module: an errno or 0. */
struct ka_call {
	int (*make)(void);
	bool (*works)(void);	/* after it has succeeded */
	void (*undo)(void);
};

#define KA_FAULT_TEXT 65536

struct ka_fault {
	int nth;		/* /proc/self/fail-nth, -1 without it */
	char *before;
	char *after;
	int calls;		/* that were made to fail in some allocation */
	int failed;		/* of these, have returned an error */
	struct ka_ending *endings;	/* the ways in which they did */
	int nr_endings;
};

int ka_fault_begin(struct ka_fault *f);
void ka_fault_end(struct ka_fault *f);
int ka_fault_step(void);
int ka_fault_count(struct ka_fault *f, const struct ka_call *call, int *ret);
const char *ka_fault_each(struct ka_fault *f, const struct ka_call *call, int step);
const char *ka_fault_back(struct ka_fault *f, const struct ka_call *call, int last, int more,
			  int step);
int ka_fault_called(const struct ka_fault *f, const char *function);
int ka_fault_said(const struct ka_fault *f, const char *text);
void ka_fault_look(char *text);
const char *ka_fault_difference(const char *a, const char *b);
void ka_fault_show(const struct ka_fault *f);

#endif /* KA_FAULT_H */

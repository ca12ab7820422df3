/* SPDX-License-Identifier: GPL-2.0 */
/*
 * eBPF without a library: programs that count how often they run, and at most
 * do one thing besides, put together here and loaded by bpf(2).
 */
#ifndef KA_BPF_H
#define KA_BPF_H

#include <linux/bpf.h>
#include <stddef.h>

struct ka_bpf {
	int map;		/* its one element is the counter */
	int prog;
	int link;		/* to what it is attached; 0 for none */
};

struct ka_bpf_program {
	int type;
	int attach_type;
	int returns;
	int btf_id;		/* of the function that it is for */
	const struct bpf_insn *first;	/* runs first, with the context in r6 */
	size_t nr_first;
};

int ka_bpf_call(int cmd, union bpf_attr *attr);
int ka_bpf_map(int type, unsigned int value_size);
int ka_bpf_load(struct ka_bpf *b, const struct ka_bpf_program *p);
int ka_bpf_link(struct ka_bpf *b, int target, int attach_type);
int ka_bpf_function(const char *name);
long long ka_bpf_count(const struct ka_bpf *b);
void ka_bpf_close(struct ka_bpf *b);

#endif /* KA_BPF_H */

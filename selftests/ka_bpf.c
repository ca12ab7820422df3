// SPDX-License-Identifier: GPL-2.0
/* eBPF without a library: programs that count how often they run. */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ka_bpf.h"

#define MAX_INSNS 64

static const struct bpf_insn count[] = {
	/* r2 = &key, which is 0 */
	{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4 },
	/* r1 = the map, by its descriptor, in two instructions */
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD },
	{ },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
	{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2 },
	/* and the element there is one more */
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1 },
	{ .code = BPF_STX | BPF_XADD | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1 },
};

#define MAP_AT 3

int ka_bpf_call(int cmd, union bpf_attr *attr)
{
	int ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

int ka_bpf_map(int type, unsigned int value_size)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = value_size, .max_entries = 4,
	};

	return ka_bpf_call(BPF_MAP_CREATE, &attr);
}

/* Loads a program that counts; nothing is left of it where it cannot be had. */
int ka_bpf_load(struct ka_bpf *b, const struct ka_bpf_program *p)
{
	struct bpf_insn insns[MAX_INSNS], *at = insns;
	union bpf_attr attr = {
		.prog_type = p->type, .expected_attach_type = p->attach_type,
		.attach_btf_id = p->btf_id,
		.insns = (unsigned long)insns, .license = (unsigned long)"GPL",
	};
	int ret;

	memset(b, 0, sizeof(*b));
	b->map = ka_bpf_map(BPF_MAP_TYPE_ARRAY, 8);
	if (b->map < 0)
		return b->map;
	*at++ = (struct bpf_insn) { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6,
				    .src_reg = BPF_REG_1 };
	if (p->nr_first)
		memcpy(at, p->first, p->nr_first * sizeof(*at));
	at += p->nr_first;
	memcpy(at, count, sizeof(count));
	at[MAP_AT].imm = b->map;
	at += sizeof(count) / sizeof(*count);
	*at++ = (struct bpf_insn) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
				    .imm = p->returns };
	*at++ = (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT };
	attr.insn_cnt = at - insns;
	b->prog = ka_bpf_call(BPF_PROG_LOAD, &attr);
	ret = b->prog;
	if (ret < 0)
		ka_bpf_close(b);
	return ret < 0 ? ret : 0;
}

/* It is attached for as long as the link is open. */
int ka_bpf_link(struct ka_bpf *b, int target, int attach_type)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = b->prog, .target_fd = target, .attach_type = attach_type,
		},
	};

	b->link = ka_bpf_call(BPF_LINK_CREATE, &attr);
	return b->link < 0 ? b->link : 0;
}

/* How many bytes follow a type in BTF, by its kind. */
static size_t more_of(const struct btf_type *t)
{
	size_t n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		return 12 * n;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * n;
	default:
		return 0;
	}
}

static int find_in(const char *btf, const char *name)
{
	const struct btf_header *h = (const void *)btf;
	const char *at = btf + h->hdr_len + h->type_off, *end = at + h->type_len;
	const char *strings = btf + h->hdr_len + h->str_off;
	const struct btf_type *t;
	int id;

	for (id = 1; at < end; id++) {
		t = (const void *)at;
		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC && !strcmp(strings + t->name_off, name))
			return id;
		at += sizeof(*t) + more_of(t);
	}
	return -ENOENT;
}

/* All of the kernel's BTF; NULL where it has none. */
static char *read_btf(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	size_t size = 32 << 20, len = 0;
	char *btf = malloc(size);
	ssize_t n = 0;

	while (btf && fd >= 0 && (n = read(fd, btf + len, size - len)) > 0)
		len += n;
	close(fd);
	if (len && !n && len < size)
		return btf;
	free(btf);
	return NULL;
}

/* The kernel's number of a function in its BTF, for programs that enter with it. */
int ka_bpf_function(const char *name)
{
	static char *btf;

	if (!btf)
		btf = read_btf();
	return btf ? find_in(btf, name) : -ENOENT;
}

long long ka_bpf_count(const struct ka_bpf *b)
{
	unsigned long long value = 0;
	unsigned int key = 0;
	union bpf_attr attr = {
		.map_fd = b->map, .key = (unsigned long)&key, .value = (unsigned long)&value,
	};
	int ret = ka_bpf_call(BPF_MAP_LOOKUP_ELEM, &attr);

	return ret < 0 ? ret : (long long)value;
}

void ka_bpf_close(struct ka_bpf *b)
{
	if (b->link > 0)
		close(b->link);
	if (b->prog > 0)
		close(b->prog);
	if (b->map > 0)
		close(b->map);
	memset(b, 0, sizeof(*b));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Beside eBPF programs that a cgroup has for its sockets (setsockopt, sockops,
 * sock_create), and with connections in a sockmap: the module does its work and
 * they see theirs, whoever comes and goes first.
 */
#include <netinet/tcp.h>

#include "ka_bpf.h"
#include "ka_neighbour.h"

FIXTURE(neighbour_bpf) {
	struct ka_env env;
};

static struct ka_bpf program;

FIXTURE_SETUP(neighbour_bpf)
{
	KA_CG_SETUP(NULL);
	ka_bpf_close(&program);
}

FIXTURE_TEARDOWN(neighbour_bpf)
{
	ka_bpf_close(&program);
	KA_CG_TEARDOWN();
}

/* At the root of all cgroups. */
static int begin(const struct ka_bpf_program *p)
{
	int root, ret;

	ret = ka_bpf_load(&program, p);
	if (ret)
		return ret;
	root = open(ka_cg_mount(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = ka_bpf_link(&program, root, p->attach_type);
	close(root);
	return ret;
}

static void end(void)
{
	ka_bpf_close(&program);
}

static long see(void)
{
	return ka_bpf_count(&program);
}

static const struct ka_bpf_program setsockopt_program = {
	.type = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach_type = BPF_CGROUP_SETSOCKOPT, .returns = 1,
};

static const struct ka_bpf_program sockops_program = {
	.type = BPF_PROG_TYPE_SOCK_OPS, .attach_type = BPF_CGROUP_SOCK_OPS, .returns = 1,
};

static const struct ka_bpf_program create_program = {
	.type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET_SOCK_CREATE, .returns = 1,
};

static int begin_setsockopt(void)
{
	return begin(&setsockopt_program);
}

static int begin_sockops(void)
{
	return begin(&sockops_program);
}

static int begin_create(void)
{
	return begin(&create_program);
}

#define BESIDE(_skip, _begin) do { \
	static const struct ka_neighbour __n = { _begin, end, see }; \
	if (__n.begin()) \
		KA_SKIP(_skip, "this kernel has no such program"); \
	__n.end(); \
	EXPECT_NEIGHBOURS(&__n); \
} while (0)

/* It sees each call, also those that are enforced, and copies their values. */
TEST_F(neighbour_bpf, cgroup_setsockopt)
{
	BESIDE(return, begin_setsockopt);
}

TEST_F(neighbour_bpf, cgroup_sockops)
{
	BESIDE(return, begin_sockops);
}

TEST_F(neighbour_bpf, cgroup_sock_create)
{
	BESIDE(return, begin_create);
}

#define IDLE_OF_PROGRAM 77

/* When a client connects: bpf_setsockopt(ctx, SOL_TCP, TCP_KEEPIDLE, &77, 4) */
static const struct bpf_insn set_idle[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_6 },
	{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_1, .off = 8,
	  .imm = BPF_SOCK_OPS_TCP_CONNECT_CB },
	{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -8,
	  .imm = IDLE_OF_PROGRAM },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_6 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = SOL_TCP },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = TCP_KEEPIDLE },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_4, .imm = -8 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_5, .imm = sizeof(int) },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_setsockopt },
};

/* A program of the administrator's has the last word, also beside enforce. */
TEST_F(neighbour_bpf, sockops_sets_values)
{
	struct ka_bpf_program p = sockops_program;
	struct ka_conn c;

	p.first = set_idle;
	p.nr_first = ARRAY_SIZE(set_idle);
	if (begin(&p))
		KA_SKIP(return, "this kernel's sockops programs set no options");
	ASSERT_EQ(0, ka_neighbour_load());
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	EXPECT_KA(c.client, 1, IDLE_OF_PROGRAM, 30, 5);
	EXPECT_KA(c.server, 1, 600, 30, 5);
	EXPECT_LT(0, see());
	ka_conn_close(&c);
	end();
	EXPECT_NEIGHBOUR_MODULE(true);
	ASSERT_EQ(0, ka_unload());
}

/* Puts a socket into the map, which takes over its protocol. */
static int put_in_map(int map, int slot, int fd)
{
	unsigned long long value = fd;
	union bpf_attr attr = {
		.map_fd = map, .key = (unsigned long)&slot, .value = (unsigned long)&value,
	};

	return ka_bpf_call(BPF_MAP_UPDATE_ELEM, &attr);
}

static const struct ka_bpf_program msg_program = {
	.type = BPF_PROG_TYPE_SK_MSG, .returns = 1 /* SK_PASS */,
};

/* Both ends of a connection in a map, whose program sees what they send. */
static int open_in_map(struct ka_conn *c, int *map)
{
	union bpf_attr attr = { .attach_type = BPF_SK_MSG_VERDICT };
	int ret;

	ret = ka_bpf_load(&program, &msg_program);
	if (ret)
		return ret;
	*map = ka_bpf_map(BPF_MAP_TYPE_SOCKMAP, 8);
	if (*map < 0)
		return *map;
	attr.target_fd = *map;
	attr.attach_bpf_fd = program.prog;
	ret = ka_bpf_call(BPF_PROG_ATTACH, &attr) ?: ka_conn_open(c, AF_INET, 0, 0);
	return ret ?: put_in_map(*map, 0, c->client) ?: put_in_map(*map, 1, c->server);
}

#define EXPECT_TRAFFIC(_c) do { \
	long __before = see(); \
	EXPECT_EQ(0, ka_exchange((_c)->client, (_c)->server)); \
	EXPECT_EQ(0, ka_exchange((_c)->server, (_c)->client)); \
	EXPECT_EQ(__before + 2, see()); \
} while (0)

TEST_F(neighbour_bpf, sockmap)
{
	struct ka_conn c;
	int map;

	/* The sockets are new, and in the map for a time. */
	ASSERT_EQ(0, ka_neighbour_load());
	if (open_in_map(&c, &map))
		KA_SKIP(return, "this kernel has no sockmap with programs");
	EXPECT_TRAFFIC(&c);
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_EQ(0, ka_set_on(c.client, 0));
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(c.port, 2, 600);
	ASSERT_EQ(0, ka_unload());
	EXPECT_TRAFFIC(&c);
	EXPECT_EQ(0, ka_set_on(c.client, 0));
	EXPECT_KA(c.client, 0, 600, 30, 5);
	ka_conn_close(&c);
	close(map);
	end();

	/* They are in the map already, and are adopted there. */
	ASSERT_EQ(0, open_in_map(&c, &map));
	EXPECT_KA(c.server, 0, 7200, 75, 9);
	ASSERT_EQ(0, ka_neighbour_load());
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_KA(c.server, 1, 600, 30, 5);
	EXPECT_TIMERS(c.port, 2, 2);
	EXPECT_TRAFFIC(&c);
	/* The map goes, and they have their own protocol again. */
	close(map);
	end();
	EXPECT_EQ(0, ka_exchange(c.client, c.server));
	EXPECT_EQ(0, ka_write("/sys/kernel/ka_default/apply", "1\n"));
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_TIMERS(c.port, 2, 2);
	ka_conn_close(&c);
	ASSERT_EQ(0, ka_unload());
}

TEST_HARNESS_MAIN

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

static struct ka_bpf programs[4];

/* The module stays from one test to the next, but of those who say otherwise. */
FIXTURE_SETUP(neighbour_bpf)
{
	self->env.log = ka_log_open();
	ASSERT_LE(0, self->env.log);
	ASSERT_EQ(0, ka_netns_new());
	ASSERT_EQ(0, ka_neighbour_stay());
}

FIXTURE_TEARDOWN(neighbour_bpf)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++)
		ka_bpf_close(&programs[i]);
	KA_TEARDOWN();
}

static const struct ka_bpf_program kinds[] = {
	{ .type = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach_type = BPF_CGROUP_SETSOCKOPT,
	  .returns = 1 },
	{ .type = BPF_PROG_TYPE_SOCK_OPS, .attach_type = BPF_CGROUP_SOCK_OPS, .returns = 1 },
	{ .type = BPF_PROG_TYPE_CGROUP_SOCK, .attach_type = BPF_CGROUP_INET_SOCK_CREATE,
	  .returns = 1 },
};

#define SOCKOPS 1
#define OTHER 3		/* in programs */

/* At the root of all cgroups. */
static int attach(struct ka_bpf *b, const struct ka_bpf_program *p)
{
	int root, ret;

	ret = ka_bpf_load(b, p);
	if (ret)
		return ret;
	root = open(ka_cg_mount(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = ka_bpf_link(b, root, p->attach_type);
	close(root);
	return ret;
}

static int begin(const struct ka_neighbour *n)
{
	return attach(&programs[n->number], &kinds[n->number]);
}

static void end(const struct ka_neighbour *n)
{
	ka_bpf_close(&programs[n->number]);
}

static long see(const struct ka_neighbour *n)
{
	return ka_bpf_count(&programs[n->number]);
}

/* In the order of kinds. */
static const struct ka_neighbour neighbours[] = {
	{ "setsockopt", begin, end, see, "__cgroup_bpf_run_filter_setsockopt", .number = 0 },
	{ "sockops", begin, end, see, "__cgroup_bpf_run_filter_sock_ops", .number = SOCKOPS },
	{ "sock_create", begin, end, see, "__cgroup_bpf_run_filter_sk", .number = 2 },
};

/* It sees each call, also those that are enforced, and copies their values. */
TEST_F(neighbour_bpf, cgroup_setsockopt)
{
	EXPECT_NEIGHBOUR_WITHIN(return, &neighbours[0]);
}

TEST_F(neighbour_bpf, cgroup_sockops)
{
	EXPECT_NEIGHBOUR_WITHIN(return, &neighbours[SOCKOPS]);
}

TEST_F(neighbour_bpf, cgroup_sock_create)
{
	EXPECT_NEIGHBOUR_WITHIN(return, &neighbours[2]);
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
	struct ka_bpf_program p = kinds[SOCKOPS];
	struct ka_conn c;
	int ret;

	p.first = set_idle;
	p.nr_first = ARRAY_SIZE(set_idle);
	ret = attach(&programs[OTHER], &p);
	if (ret && ka_neighbour_lacks(&neighbours[SOCKOPS]))
		KA_SKIP(return, "this kernel has no %s", neighbours[SOCKOPS].needs);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	EXPECT_KA(c.client, 1, IDLE_OF_PROGRAM, 30, 5);
	EXPECT_KA(c.server, 1, 600, 30, 5);
	EXPECT_LT(0, ka_bpf_count(&programs[OTHER]));
	ka_conn_close(&c);
	ka_bpf_close(&programs[OTHER]);
	EXPECT_NEIGHBOUR_MODULE(true);
}

/* They are there when the module is loaded, and when it goes. */
TEST_F(neighbour_bpf, cgroup_across)
{
	ASSERT_EQ(0, ka_unload());
	EXPECT_NEIGHBOURS_ACROSS(neighbours, ARRAY_SIZE(neighbours));
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

	ret = ka_bpf_load(&programs[OTHER], &msg_program);
	if (ret)
		return ret;
	*map = ka_bpf_map(BPF_MAP_TYPE_SOCKMAP, 8);
	if (*map < 0)
		return *map;
	attr.target_fd = *map;
	attr.attach_bpf_fd = programs[OTHER].prog;
	ret = ka_bpf_call(BPF_PROG_ATTACH, &attr) ?: ka_conn_open(c, AF_INET, 0, 0);
	return ret ?: put_in_map(*map, 0, c->client) ?: put_in_map(*map, 1, c->server);
}

#define EXPECT_TRAFFIC(_c) do { \
	long __before = ka_bpf_count(&programs[OTHER]); \
	EXPECT_EQ(0, ka_exchange((_c)->client, (_c)->server)); \
	EXPECT_EQ(0, ka_exchange((_c)->server, (_c)->client)); \
	EXPECT_EQ(__before + 2, ka_bpf_count(&programs[OTHER])); \
} while (0)

TEST_F(neighbour_bpf, sockmap)
{
	struct ka_conn c;
	const struct ka_neighbour n = { "sockmap", .needs = "sock_map_get_from_fd" };
	int map, ret;

	/* The sockets are new, and in the map for a time. */
	ret = open_in_map(&c, &map);
	if (ret && ka_neighbour_lacks(&n))
		KA_SKIP(return, "this kernel has no %s", n.needs);
	ASSERT_EQ(0, ret);
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
	ka_bpf_close(&programs[OTHER]);

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
	ka_bpf_close(&programs[OTHER]);
	EXPECT_EQ(0, ka_exchange(c.client, c.server));
	EXPECT_EQ(0, ka_write("/sys/kernel/ka_default/apply", "1\n"));
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_TIMERS(c.port, 2, 2);
	ka_conn_close(&c);
	ASSERT_EQ(0, ka_unload());
}

TEST_HARNESS_MAIN

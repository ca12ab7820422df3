// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that somebody else does more with: kTLS, TCP_REPAIR (as CRIU takes
 * them from one machine to another), SMC, and the kernel's own knobs of TCP and
 * of sockets turned. They come under the policy as others do, new or adopted,
 * and do what they are for.
 */
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <sched.h>

#include "ka_neighbour.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

FIXTURE(neighbour_socket) {
	struct ka_env env;
};

FIXTURE_SETUP(neighbour_socket)
{
	KA_CG_SETUP(NULL);
}

FIXTURE_TEARDOWN(neighbour_socket)
{
	KA_CG_TEARDOWN();
}

#define EXPECT_TRAFFIC(_c) do { \
	EXPECT_EQ(0, ka_exchange((_c)->client, (_c)->server)); \
	EXPECT_EQ(0, ka_exchange((_c)->server, (_c)->client)); \
} while (0)

/* Under the policy of ka_neighbour_load(), and what a program says is enforced. */
#define EXPECT_BOTH_ENDS(_c) do { \
	EXPECT_KA((_c)->client, 1, 600, 30, 5); \
	EXPECT_KA((_c)->server, 1, 600, 30, 5); \
	EXPECT_EQ(0, ka_set_on((_c)->client, 0)); \
	EXPECT_EQ(0, ka_set_tcp((_c)->server, TCP_KEEPIDLE, 41)); \
	EXPECT_KA((_c)->client, 1, 600, 30, 5); \
	EXPECT_KA((_c)->server, 1, 600, 30, 5); \
	EXPECT_TIMERS((_c)->port, 2, 2); \
} while (0)

/* With a key that is no secret, from one end to the other. */
static int encrypt(int from, int to)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info = { .version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
		.iv = "ka_iv_8", .key = "of sixteen byte", .salt = "sal",
	};

	if (setsockopt(from, SOL_TLS, TLS_TX, &key, sizeof(key)) ||
	    setsockopt(to, SOL_TLS, TLS_RX, &key, sizeof(key)))
		return -errno;
	return 0;
}

static int open_tls(struct ka_conn *c)
{
	int ret = ka_conn_open(c, AF_INET, 0, 0);

	if (ret)
		return ret;
	if (setsockopt(c->client, SOL_TCP, TCP_ULP, "tls", 4) ||
	    setsockopt(c->server, SOL_TCP, TCP_ULP, "tls", 4))
		return -errno;
	return encrypt(c->client, c->server) ?: encrypt(c->server, c->client);
}

/* It is kTLS that carries the bytes. */
static bool is_tls(int fd)
{
	socklen_t len = 16;
	char ulp[16] = "";

	return !getsockopt(fd, SOL_TCP, TCP_ULP, ulp, &len) && !strcmp(ulp, "tls");
}

TEST_F(neighbour_socket, ktls)
{
	struct ka_conn c;

	if (!ka_borrow("tls"))
		KA_SKIP(return, "this kernel has no module tls");
	ASSERT_EQ(0, open_tls(&c));
	/* Adopted. */
	EXPECT_KA(c.client, 0, 7200, 75, 9);
	EXPECT_TRAFFIC(&c);
	ASSERT_EQ(0, ka_neighbour_load());
	EXPECT_BOTH_ENDS(&c);
	EXPECT_TRAFFIC(&c);
	ka_conn_close(&c);
	/* New, and there after the unload. */
	ASSERT_EQ(0, open_tls(&c));
	EXPECT_TRAFFIC(&c);
	EXPECT_BOTH_ENDS(&c);
	ASSERT_EQ(0, ka_write("/sys/kernel/ka_default/apply", "1\n"));
	EXPECT_BOTH_ENDS(&c);
	ASSERT_EQ(0, ka_unload());
	EXPECT_TRAFFIC(&c);
	EXPECT_TRUE(is_tls(c.client) && is_tls(c.server));
	EXPECT_KA(c.client, 1, 600, 30, 5);
	EXPECT_EQ(0, ka_set_on(c.client, 0));
	EXPECT_KA(c.client, 0, 600, 30, 5);
	ka_conn_close(&c);
}

/* One end of a connection as CRIU has taken it down. */
struct image {
	struct sockaddr_storage own, peer;
	unsigned int seq[3];	/* by queue */
	int keepalive;
};

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &len) ? -1 : value;
}

static int dump(int fd, struct image *image)
{
	socklen_t len = sizeof(image->own), len2 = len;
	int queue;

	if (ka_set_tcp(fd, TCP_REPAIR, 1) ||
	    getsockname(fd, (struct sockaddr *)&image->own, &len) ||
	    getpeername(fd, (struct sockaddr *)&image->peer, &len2))
		return -errno;
	for (queue = TCP_RECV_QUEUE; queue <= TCP_SEND_QUEUE; queue++) {
		if (ka_set_tcp(fd, TCP_REPAIR_QUEUE, queue))
			return -errno;
		image->seq[queue] = get_int(fd, SOL_TCP, TCP_QUEUE_SEQ);
	}
	image->keepalive = get_int(fd, SOL_SOCKET, SO_KEEPALIVE);
	/* Closed in repair it says nothing to its peer. */
	return close(fd) ? -errno : 0;
}

static int restore(const struct image *image)
{
	const struct sockaddr *own = (const void *)&image->own, *peer = (const void *)&image->peer;
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, queue;

	if (ka_set_tcp(fd, TCP_REPAIR, 1))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	for (queue = TCP_RECV_QUEUE; queue <= TCP_SEND_QUEUE; queue++) {
		if (ka_set_tcp(fd, TCP_REPAIR_QUEUE, queue) ||
		    ka_set_tcp(fd, TCP_QUEUE_SEQ, image->seq[queue]))
			return -1;
	}
	if (bind(fd, own, sizeof(struct sockaddr_in)) ||
	    connect(fd, peer, sizeof(struct sockaddr_in)))
		return -1;
	return fd;
}

/* Both ends are taken down, and are there again in other sockets. */
#define MOVE(_c, _keepalive) do { \
	struct image __client, __server; \
	ASSERT_EQ(0, dump((_c)->client, &__client)); \
	ASSERT_EQ(0, dump((_c)->server, &__server)); \
	EXPECT_EQ(_keepalive, __client.keepalive); \
	EXPECT_EQ(_keepalive, __server.keepalive); \
	(_c)->client = restore(&__client); \
	(_c)->server = restore(&__server); \
	ASSERT_LE(0, (_c)->client); \
	ASSERT_LE(0, (_c)->server); \
} while (0)

#define END_REPAIR(_c) do { \
	EXPECT_EQ(0, ka_set_tcp((_c)->client, TCP_REPAIR, 0)); \
	EXPECT_EQ(0, ka_set_tcp((_c)->server, TCP_REPAIR, 0)); \
} while (0)

TEST_F(neighbour_socket, tcp_repair)
{
	struct ka_conn c;

	/* The module is there when they are restored. */
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET, 0, 0));
	EXPECT_TRAFFIC(&c);
	close(c.listener);
	c.listener = -1;
	ASSERT_EQ(0, ka_neighbour_load());
	MOVE(&c, 1);
	END_REPAIR(&c);
	EXPECT_TRAFFIC(&c);
	EXPECT_BOTH_ENDS(&c);
	/* It comes between: they are in repair when they are adopted. */
	ASSERT_EQ(0, ka_unload());
	MOVE(&c, 1);
	EXPECT_KA(c.client, 0, 7200, 75, 9);
	ASSERT_EQ(0, ka_neighbour_load());
	EXPECT_KA(c.client, 1, 600, 30, 5);
	ASSERT_EQ(0, ka_write("/sys/kernel/ka_default/apply", "1\n"));
	END_REPAIR(&c);
	EXPECT_TRAFFIC(&c);
	EXPECT_BOTH_ENDS(&c);
	/* It goes between. */
	MOVE(&c, 1);
	ASSERT_EQ(0, ka_unload());
	END_REPAIR(&c);
	EXPECT_TRAFFIC(&c);
	EXPECT_KA(c.server, 1, 600, 30, 5);
	ka_conn_close(&c);
}

static int open_smc(struct ka_conn *c)
{
	c->listener = socket(AF_SMC, SOCK_STREAM, 0);
	c->client = socket(AF_SMC, SOCK_STREAM, 0);
	c->server = -1;
	return c->listener < 0 || c->client < 0 ? -errno : ka_connect(c, AF_INET);
}

/* Nobody here has the hardware: the TCP socket beneath does the work. */
TEST_F(neighbour_socket, smc)
{
	static const char * const params[] = {
		"keepidle=600 keepintvl=30 keepcnt=5",
		"keepidle=600 keepintvl=30 keepcnt=5 kernel_sockets=Y",
		"mode=enforce keepidle=600 keepintvl=30 keepcnt=5 kernel_sockets=Y",
	};
	struct ka_conn before, c;
	size_t i;

	if (!ka_borrow("smc"))
		KA_SKIP(return, "this kernel has no module smc");
	for (i = 0; i < ARRAY_SIZE(params); i++) {
		ASSERT_EQ(0, open_smc(&before));
		EXPECT_TRAFFIC(&before);
		ASSERT_EQ(0, ka_load(params[i]));
		ASSERT_EQ(0, open_smc(&c));
		EXPECT_TRAFFIC(&before);
		EXPECT_TRAFFIC(&c);
		EXPECT_EQ(i ? 600 : 7200, ka_get(c.client).idle);
		EXPECT_EQ(i ? 600 : 7200, ka_get(before.client).idle);
		EXPECT_TIMERS(before.port, 2, i ? 2 : 0);
		/* When it connects, SMC puts its own SO_KEEPALIVE over that of TCP. */
		ASSERT_EQ(0, ka_write("/sys/kernel/ka_default/apply", "1\n"));
		EXPECT_TIMERS(c.port, 2, i ? 2 : 0);
		ASSERT_EQ(0, ka_unload());
		EXPECT_TRAFFIC(&before);
		EXPECT_TRAFFIC(&c);
		ka_conn_close(&before);
		ka_conn_close(&c);
	}
}

struct knob {
	const char *path, *text;
};

/* Those of a network namespace, and those that only the first one has. */
static const struct knob knobs[] = {
	{ "/proc/sys/net/ipv4/tcp_timestamps", "0\n" },
	{ "/proc/sys/net/ipv4/tcp_sack", "0\n" },
	{ "/proc/sys/net/ipv4/tcp_syncookies", "2\n" },
	{ "/proc/sys/net/ipv4/tcp_retries2", "3\n" },
	{ "/proc/sys/net/ipv4/tcp_congestion_control", "reno\n" },
	{ "/proc/sys/net/core/somaxconn", "16\n" },
}, global_knobs[] = {
	{ "/proc/sys/net/core/rmem_default", "16384\n" },
	{ "/proc/sys/net/core/wmem_default", "16384\n" },
	{ "/proc/sys/net/core/optmem_max", "8192\n" },
};

/* Turns the knobs in the first namespace until @until is closed: 0 if it could. */
static int turn_global(int until)
{
	char old[ARRAY_SIZE(global_knobs)][64], byte;
	int ret, ns = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	size_t i;

	ret = setns(ns, CLONE_NEWNET);
	for (i = 0; !ret && i < ARRAY_SIZE(global_knobs); i++) {
		snprintf(old[i], sizeof(old[i]), "%.60s", ka_read(global_knobs[i].path) ?: "");
		ret = ka_write(global_knobs[i].path, global_knobs[i].text);
	}
	/* Says that it is done, and waits for the other end to go. */
	if (write(until, ret ? "-" : "+", 1) != 1 || read(until, &byte, 1) > 0)
		ret = -1;
	while (i--)
		ka_write(global_knobs[i].path, old[i]);
	return ret;
}

/* The one that this namespace does not have, "" if all are turned. */
static const char *turn_own(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (ka_write(knobs[i].path, knobs[i].text))
			return knobs[i].path;
	}
	return "";
}

TEST_F(neighbour_socket, sysctls)
{
	struct tcp_info info = { };
	char congestion[16] = "";
	int ends[2], status;
	struct ka_conn c;
	socklen_t len;
	char said = 0;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pid = fork();
	if (!pid) {
		close(ends[0]);
		_exit(turn_global(ends[1]) ? 1 : 0);
	}
	close(ends[1]);
	ASSERT_EQ(1, read(ends[0], &said, 1));
	ASSERT_EQ('+', said);
	ASSERT_EQ(0, ka_load("mode=enforce keepintvl=30"));
	ASSERT_STREQ("", turn_own());
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 1234));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_intvl", 5));
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_probes", 3));
	ASSERT_EQ(0, ka_conn_open(&c, AF_INET6, 0, 0));
	EXPECT_TRAFFIC(&c);
	EXPECT_KA(c.client, 1, 1234, 30, 3);
	EXPECT_KA(c.server, 1, 1234, 30, 3);
	EXPECT_TIMERS_IDLE(c.port, 2, 1234);
	/* And they do what they are for. */
	len = sizeof(congestion);
	ASSERT_EQ(0, getsockopt(c.client, SOL_TCP, TCP_CONGESTION, congestion, &len));
	EXPECT_STREQ("reno", congestion);
	len = sizeof(info);
	ASSERT_EQ(0, getsockopt(c.client, SOL_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(0, info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK));
	/* A value that is 0 goes on to follow them. */
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_probes", 6));
	EXPECT_KA(c.client, 1, 1234, 30, 6);
	EXPECT_STREQ("ok", ka_file_read("health"));
	ka_conn_close(&c);
	ASSERT_EQ(0, ka_unload());
	close(ends[0]);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN

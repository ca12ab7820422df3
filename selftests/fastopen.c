// SPDX-License-Identifier: GPL-2.0
/*
 * TCP Fast Open: a socket that has keepalive on before its SYN is sent, which
 * connect(2) leaves to the first write, was once the kernel's undoing.
 */
#include <netinet/tcp.h>

#include "ka.h"

#define EVERYTHING 0x207	/* client, server, and neither needs a cookie */

FIXTURE(fastopen) {
	struct ka_env env;
};

FIXTURE_SETUP(fastopen)
{
	KA_SETUP("keepidle=1 keepintvl=1 keepcnt=2");
}

FIXTURE_TEARDOWN(fastopen)
{
	KA_TEARDOWN();
}

static bool syn_had_data(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len);
	return info.tcpi_options & TCPI_OPT_SYN_DATA;
}

static int listen_fast(int *port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int ret;

	ret = ka_set_tcp(fd, TCP_FASTOPEN, 8);
	*port = ka_listen(fd, AF_INET);
	return ret ?: *port < 0 ? *port : fd;
}

TEST_F(fastopen, connect_then_write)
{
	int listener, client, server, port;
	struct sockaddr_storage ss;
	socklen_t len;
	char buf[16];
	long end;

	ASSERT_EQ(0, ka_sysctl_set("tcp_fastopen", EVERYTHING));
	listener = listen_fast(&port);
	ASSERT_LE(0, listener);
	client = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_EQ(0, ka_set_tcp(client, TCP_FASTOPEN_CONNECT, 1));
	EXPECT_KA(client, 1, 1, 1, 2);
	len = ka_addr(&ss, AF_INET, port);
	ASSERT_EQ(0, connect(client, (struct sockaddr *)&ss, len));
	/* Longer than keepidle: a timer, if there were one, would fire now. */
	for (end = ka_ms() + 1100; ka_ms() < end; ka_nap())
		;
	ASSERT_EQ(5, send(client, "hello", 5, MSG_NOSIGNAL));
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);
	EXPECT_EQ(5, recv(server, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	EXPECT_TRUE(syn_had_data(client));
	EXPECT_EQ(0, ka_exchange(client, server));
	EXPECT_EQ(0, ka_exchange(server, client));
	EXPECT_KA(client, 1, 1, 1, 2);
	EXPECT_KA(server, 1, 1, 1, 2);
	EXPECT_TIMERS(port, 2, 2);
}

TEST_HARNESS_MAIN

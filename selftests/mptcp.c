// SPDX-License-Identifier: GPL-2.0
/*
 * MPTCP: every subflow of both ends runs the keepalive timer, the first one
 * and those that join later, with the values of the MPTCP socket; what the
 * application says on that socket holds for all of them. /proc/net/tcp lists
 * the subflows, so each connection shows two ends per subflow there.
 */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/mptcp.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <sched.h>

#include "ka.h"

/* A generic netlink request under construction, and its answer. */
struct request {
	union {
		struct nlmsghdr h;
		char buf[4096];
	};
	int fd;
};

static void *add_attr(struct request *r, int type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(r->buf + NLMSG_ALIGN(r->h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static void begin_request(struct request *r, int family, int cmd, int version)
{
	struct genlmsghdr g = { .cmd = cmd, .version = version };

	memset(r->buf, 0, sizeof(r->buf));
	r->h.nlmsg_len = NLMSG_LENGTH(sizeof(g));
	r->h.nlmsg_type = family;
	r->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	memcpy(NLMSG_DATA(&r->h), &g, sizeof(g));
}

/* Sends it. The first answer, which may be the acknowledgment, replaces it. */
static int talk(struct request *r)
{
	struct nlmsgerr *e = NLMSG_DATA(&r->h);

	if (send(r->fd, r->buf, r->h.nlmsg_len, 0) < 0 ||
	    recv(r->fd, r->buf, sizeof(r->buf), 0) < (ssize_t)NLMSG_HDRLEN)
		return -errno;
	return r->h.nlmsg_type == NLMSG_ERROR ? e->error : 0;
}

/* The number that generic netlink has given to MPTCP's path manager. */
static int find_family(struct request *r)
{
	struct nlattr *a;
	int ret;

	begin_request(r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	add_attr(r, CTRL_ATTR_FAMILY_NAME, MPTCP_PM_NAME, sizeof(MPTCP_PM_NAME));
	ret = talk(r);
	if (ret)
		return ret;
	a = (struct nlattr *)((char *)NLMSG_DATA(&r->h) + GENL_HDRLEN);
	while ((char *)a < r->buf + r->h.nlmsg_len && a->nla_len) {
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(__u16 *)((char *)a + NLA_HDRLEN);
		a = (struct nlattr *)((char *)a + NLA_ALIGN(a->nla_len));
	}
	return -ENOENT;
}

/* As many subflows and addresses as the test likes. */
static int pm_limits(struct request *r, int family)
{
	__u32 limit = 8;

	begin_request(r, family, MPTCP_PM_CMD_SET_LIMITS, MPTCP_PM_VER);
	add_attr(r, MPTCP_PM_ATTR_RCV_ADD_ADDRS, &limit, sizeof(limit));
	add_attr(r, MPTCP_PM_ATTR_SUBFLOWS, &limit, sizeof(limit));
	return talk(r);
}

static int pm_endpoint(struct request *r, int family, const char *addr, __u16 port, __u32 flags)
{
	in_addr_t in = inet_addr(addr);
	__u16 af = AF_INET;
	struct nlattr *nest;

	begin_request(r, family, MPTCP_PM_CMD_ADD_ADDR, MPTCP_PM_VER);
	nest = add_attr(r, MPTCP_PM_ATTR_ADDR | NLA_F_NESTED, NULL, 0);
	add_attr(r, MPTCP_PM_ADDR_ATTR_FAMILY, &af, sizeof(af));
	add_attr(r, MPTCP_PM_ADDR_ATTR_ADDR4, &in, sizeof(in));
	add_attr(r, MPTCP_PM_ADDR_ATTR_FLAGS, &flags, sizeof(flags));
	if (port)
		add_attr(r, MPTCP_PM_ADDR_ATTR_PORT, &port, sizeof(port));
	nest->nla_len = r->buf + r->h.nlmsg_len - (char *)nest;
	return talk(r);
}

/* Without an address: sets the limits, which hold for sockets made later. */
static int path_manager(const char *addr, __u16 port, __u32 flags)
{
	struct request r;
	int family, ret;

	r.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (r.fd < 0)
		return -errno;
	family = find_family(&r);
	ret = family;
	/* The acknowledgment that follows the answer. */
	if (family > 0 && recv(r.fd, r.buf, sizeof(r.buf), 0) > 0)
		ret = addr ? pm_endpoint(&r, family, addr, port, flags) : pm_limits(&r, family);
	close(r.fd);
	return ret;
}

static int allow_subflows(void)
{
	return path_manager(NULL, 0, 0);
}

/* One more address in the namespace, for the client to connect from. */
static int add_client_address(void)
{
	return path_manager("127.0.0.2", 0, MPTCP_PM_ADDR_FLAG_SUBFLOW);
}

/* One that the server announces and the client connects to. */
static int add_server_address(void)
{
	return path_manager("127.0.0.3", 0, MPTCP_PM_ADDR_FLAG_SIGNAL);
}

/* As well, with a port on which the kernel makes a listener of its own. */
static int add_server_port(int port)
{
	return path_manager("127.0.0.4", port, MPTCP_PM_ADDR_FLAG_SIGNAL);
}

FIXTURE(mptcp) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_SETUP(mptcp)
{
	int fd;

	KA_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
	self->c = (struct ka_conn){ -1, -1, -1, -1 };
	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (fd < 0)
		KA_SKIP(return, "the kernel makes no MPTCP sockets: %s", strerror(errno));
	close(fd);
	ASSERT_EQ(0, allow_subflows());
	self->c.listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	self->c.client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
}

FIXTURE_TEARDOWN(mptcp)
{
	ka_conn_close(&self->c);
	KA_TEARDOWN();
}

/* Data both ways, after which MPTCP lets further subflows join. */
#define ASSERT_CONNECTED(_c) do { \
	ASSERT_EQ(0, ka_connect(_c, AF_INET)); \
	ASSERT_EQ(0, ka_exchange((_c)->client, (_c)->server)); \
	ASSERT_EQ(0, ka_exchange((_c)->server, (_c)->client)); \
} while (0)

TEST_F(mptcp, both_ends)
{
	ASSERT_CONNECTED(&self->c);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

TEST_F(mptcp, subflow_from_another_address)
{
	ASSERT_CONNECTED(&self->c);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS_IDLE(self->c.port, 4, 600);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
}

TEST_F(mptcp, subflow_to_another_address)
{
	ASSERT_CONNECTED(&self->c);
	ASSERT_EQ(0, add_server_address());
	EXPECT_TIMERS_IDLE(self->c.port, 4, 600);
}

/* Both ends live in this namespace, so both announce the port and connect to it. */
TEST_F(mptcp, subflow_to_another_port)
{
	int port;

	ASSERT_CONNECTED(&self->c);
	port = self->c.port == 65535 ? 65534 : self->c.port + 1;
	ASSERT_EQ(0, add_server_port(port));
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
	EXPECT_TIMERS_IDLE(port, 4, 600);
}

/* A server that offers MPTCP, as Go's do by default, and an old client. */
TEST_F(mptcp, plain_client)
{
	close(self->c.client);
	self->c.client = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_CONNECTED(&self->c);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

TEST_F(mptcp, plain_server)
{
	close(self->c.listener);
	self->c.listener = socket(AF_INET, SOCK_STREAM, 0);
	ASSERT_CONNECTED(&self->c);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
}

TEST_F(mptcp, zero_follows_the_sysctl)
{
	struct ka_conn c;

	ASSERT_EQ(0, ka_param_set("keepidle", 0));
	c.listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	c.client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	ASSERT_EQ(0, ka_sysctl_set("tcp_keepalive_time", 800));
	ASSERT_CONNECTED(&c);
	EXPECT_KA(c.client, 1, 800, 30, 5);
	EXPECT_KA(c.server, 1, 800, 30, 5);
	EXPECT_TIMERS_IDLE(c.port, 2, 800);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS_IDLE(c.port, 4, 800);
	ka_conn_close(&c);
}

/*
 * The kernel may make the first subflow long after socket(2): it belongs to
 * the socket that was made then, under the policy of then.
 */
TEST_F(mptcp, policy_of_when_it_was_made)
{
	ASSERT_EQ(0, ka_param_set("keepidle", 100));
	ASSERT_CONNECTED(&self->c);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
	ASSERT_EQ(0, ka_param_set("keepidle", 50));
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS_IDLE(self->c.port, 4, 600);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
}

TEST_F(mptcp, made_while_on_connected_while_off)
{
	ASSERT_EQ(0, ka_param_write("mode", "off"));
	ASSERT_CONNECTED(&self->c);
	EXPECT_TIMERS_IDLE(self->c.port, 2, 600);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS_IDLE(self->c.port, 4, 600);
}

TEST_F(mptcp, made_while_off_connected_while_on)
{
	struct ka_conn c;

	ASSERT_EQ(0, ka_param_write("mode", "off"));
	c.listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	c.client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	ASSERT_EQ(0, ka_param_write("mode", "default"));
	ASSERT_CONNECTED(&c);
	EXPECT_KA(c.client, 0, 7200, 75, 9);
	EXPECT_KA(c.server, 0, 7200, 75, 9);
	EXPECT_TIMERS(c.port, 2, 0);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS(c.port, 4, 0);
	ka_conn_close(&c);
}

/*
 * Loaded while the first namespace refused MPTCP: the module could not look at
 * an MPTCP socket, and the subflows elsewhere get the policy all the same.
 */
TEST_F(mptcp, loaded_while_it_was_refused)
{
	int own, first;
	struct ka_conn c;

	ASSERT_EQ(0, ka_unload());
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	first = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, own);
	ASSERT_EQ(0, setns(first, CLONE_NEWNET));
	ASSERT_EQ(0, ka_knob_write("/proc/sys/net/mptcp/enabled", "0\n"));
	ASSERT_EQ(0, ka_load("keepidle=600 keepintvl=30 keepcnt=5"));
	EXPECT_STREQ("ok", ka_file_read("health"));
	ka_knobs_restore();
	EXPECT_STREQ("ok", ka_file_read("health"));
	ASSERT_EQ(0, setns(own, CLONE_NEWNET));

	c.listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	c.client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	ASSERT_CONNECTED(&c);
	EXPECT_EQ(1, ka_get(c.client).on);
	EXPECT_EQ(1, ka_get(c.server).on);
	EXPECT_TIMERS_IDLE(c.port, 2, 600);
	ASSERT_EQ(0, ka_set_on(c.client, 0));
	ASSERT_EQ(0, ka_set_on(c.server, 0));
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS(c.port, 4, 0);
	ka_conn_close(&c);
	/* The tests to come need a module that has looked. */
	EXPECT_EQ(0, ka_unload());
}

TEST_F(mptcp, off_by_the_application_before_connect)
{
	ASSERT_EQ(0, ka_set_on(self->c.client, 0));
	ASSERT_EQ(0, ka_set_on(self->c.listener, 0));
	ASSERT_CONNECTED(&self->c);
	EXPECT_TIMERS(self->c.port, 2, 0);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS(self->c.port, 4, 0);
	EXPECT_KA(self->c.client, 0, 600, 30, 5);
	EXPECT_KA(self->c.server, 0, 600, 30, 5);
}

TEST_F(mptcp, off_by_the_application_while_connected)
{
	ASSERT_CONNECTED(&self->c);
	ASSERT_EQ(0, ka_set_on(self->c.client, 0));
	ASSERT_EQ(0, ka_set_on(self->c.server, 0));
	EXPECT_TIMERS(self->c.port, 2, 0);
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS(self->c.port, 4, 0);
	/* And on again: all of them. */
	ASSERT_EQ(0, ka_set_on(self->c.client, 1));
	ASSERT_EQ(0, ka_set_on(self->c.server, 1));
	EXPECT_TIMERS_IDLE(self->c.port, 4, 600);
}

TEST_F(mptcp, values_of_the_application)
{
	ASSERT_EQ(0, ka_set_tcp(self->c.client, TCP_KEEPIDLE, 200));
	ASSERT_EQ(0, ka_set_tcp(self->c.listener, TCP_KEEPIDLE, 150));
	ASSERT_CONNECTED(&self->c);
	EXPECT_KA(self->c.client, 1, 200, 30, 5);
	EXPECT_KA(self->c.server, 1, 150, 30, 5);
	ASSERT_EQ(0, ka_set_tcp(self->c.server, TCP_KEEPIDLE, 180));
	ASSERT_EQ(0, ka_set_tcp(self->c.server, TCP_KEEPCNT, 2));
	ASSERT_EQ(0, add_client_address());
	EXPECT_TIMERS_IDLE(self->c.port, 4, 200);
	EXPECT_KA(self->c.client, 1, 200, 30, 5);
	EXPECT_KA(self->c.server, 1, 180, 30, 2);
}

/*
 * What makes a socket a subflow can be asked for by anybody, and is refused:
 * the application's socket stays as it made it, and counts as it did.
 */
TEST_F(mptcp, subflow_by_the_application)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long long created, before;

	ASSERT_EQ(0, ka_set_on(fd, 0));
	ASSERT_EQ(0, ka_set_tcp(fd, TCP_KEEPIDLE, 70));
	/* Others on this machine may make sockets, but take none back. */
	before = ka_stat("created");
	ASSERT_EQ(-1, setsockopt(fd, SOL_TCP, TCP_ULP, "mptcp", 5));
	ASSERT_EQ(EOPNOTSUPP, errno);
	created = ka_stat("created");
	EXPECT_LE(before, created);
	EXPECT_KA(fd, 0, 70, 30, 5);
	EXPECT_EQ(0, ka_set_on(fd, 1));
	ASSERT_EQ(-1, setsockopt(fd, SOL_TCP, TCP_ULP, "mptcp", 5));
	EXPECT_LE(created, ka_stat("created"));
	EXPECT_KA(fd, 1, 70, 30, 5);
}

TEST_HARNESS_MAIN

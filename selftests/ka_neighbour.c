// SPDX-License-Identifier: GPL-2.0
/*
 * The module as its neighbours find it, with every hook armed: a default policy
 * that enforces, and a cgroup's for what is accepted there.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

#include "ka_neighbour.h"

const char * const ka_neighbour_functions[] = {
	"tcp_init_sock", "security_sock_graft", "sock_setsockopt", "sock_common_setsockopt", NULL
};

static const struct ka_sock of_default = { 1, 600, 30, 5 };
static const struct ka_sock of_cgroup = { 1, 100, 20, 2 };
static const struct ka_sock of_none = { 0, 7200, 75, 9 };

int ka_neighbour_load(void)
{
	int ret;

	ret = ka_load("mode=enforce keepidle=600 keepintvl=30 keepcnt=5");
	ret = ret ?: ka_cg_make("a");
	return ret ?: ka_cg_policy("a", "default", 100, 20, 2);
}

/* As the last test has left it, where all is as it must be; loaded anew elsewhere. */
int ka_neighbour_stay(void)
{
	if (ka_loaded() && !*ka_neighbour_wrong(true))
		return 0;
	return ka_cg_begin() ?: ka_neighbour_load();
}

/* What the kernel lacks that such a neighbour needs, or NULL. */
const char *ka_neighbour_lacks(const struct ka_neighbour *n)
{
	char line[512], name[256];
	bool found = !n->needs;
	FILE *f;

	if (n->file && access(n->file, F_OK))
		return n->file;
	f = fopen("/proc/kallsyms", "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %255s", name) == 1 && !strcmp(name, n->needs);
	if (f)
		fclose(f);
	return found ? NULL : n->needs;
}

static int accept_one(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);

	return fd < 0 ? -errno : fd;
}

/* A connection that a task in "a" accepts from a listener of another's. */
static int meet(struct ka_conn *c, int family)
{
	struct sockaddr_storage ss;
	socklen_t len;

	*c = (struct ka_conn) { -1, -1, -1, -1 };
	c->listener = socket(family, SOCK_STREAM, 0);
	c->client = socket(family, SOCK_STREAM, 0);
	c->port = ka_listen(c->listener, family);
	len = ka_addr(&ss, family, c->port);
	if (connect(c->client, (struct sockaddr *)&ss, len))
		return -errno;
	c->server = ka_cg_run("a", accept_one, &c->listener);
	return c->server < 0 ? c->server : 0;
}

/* All that is hooked is done once. */
int ka_neighbour_use(void)
{
	struct ka_conn c;
	int ret, one = 1;

	ret = ka_cg_make("a") ?: meet(&c, AF_INET);
	ret = ret ?: ka_set_on(c.client, 1) ?: ka_set_tcp(c.client, TCP_KEEPCNT, 3);
	/* And what nobody enforces, that nobody's calls may end early. */
	ret = ret ?: ka_set_tcp(c.client, TCP_NODELAY, 1);
	if (!ret && setsockopt(c.client, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		ret = -errno;
	ret = ret ?: ka_exchange(c.client, c.server) ?: ka_exchange(c.server, c.client);
	ka_conn_close(&c);
	return ret;
}

static bool is(int fd, const struct ka_sock *want)
{
	struct ka_sock s = ka_get(fd);

	return s.on == want->on && s.idle == want->idle && s.intvl == want->intvl &&
		s.cnt == want->cnt;
}

static int set_idle(void *arg)
{
	return ka_set_tcp(*(int *)arg, TCP_KEEPIDLE, 42);
}

static const char *wrong_with(struct ka_conn *c, bool loaded)
{
	const struct ka_sock *want = loaded ? &of_default : &of_none;

	if (!is(c->client, want) || !is(c->listener, want))
		return "a new socket";
	if (!is(c->server, loaded ? &of_cgroup : &of_none))
		return "an accepted socket";
	if (ka_exchange(c->client, c->server) || ka_exchange(c->server, c->client))
		return "what is sent";
	/* What this task says is enforced, and not what one in "a" says. */
	if (ka_set_on(c->client, !want->on) || ka_set_tcp(c->client, TCP_KEEPIDLE, 41) ||
	    ka_cg_run("a", set_idle, &c->server))
		return "setsockopt()";
	if (ka_get(c->client).on != 1 || ka_get(c->client).idle != (loaded ? 600 : 41))
		return "what setsockopt() did";
	return ka_get(c->server).idle == 42 ? "" : "what setsockopt() did in a cgroup";
}

static bool is_mptcp_wrong(bool loaded)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	bool wrong = fd >= 0 && ka_get(fd).on != loaded;

	close(fd);
	return wrong;
}

/* What is not as it must be with the module, or without; "" if all is. */
const char *ka_neighbour_wrong(bool loaded)
{
	static const int families[] = { AF_INET, AF_INET6 };
	const char *wrong = "";
	struct ka_conn c;
	size_t i;

	if (loaded && strcmp(ka_file_read("health"), "ok"))
		return ka_file_read("health");
	for (i = 0; i < ARRAY_SIZE(families) && !*wrong; i++) {
		wrong = meet(&c, families[i]) ? "a connection" : wrong_with(&c, loaded);
		ka_conn_close(&c);
	}
	return *wrong || !is_mptcp_wrong(loaded) ? wrong : "an MPTCP socket";
}

// SPDX-License-Identifier: GPL-2.0
/*
 * sockdiag.c - what the kernel's socket diagnosis says of all sockets of a namespace
 *
 * One dump for a namespace answers for thousands of sockets and takes none of
 * their locks. Where there is no dump (no right to enter the namespace, no
 * tcp_diag in this kernel) a socket is not found; that is no error.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kactl.h"
#include "sockdiag.h"
#include "sys.h"

/* A struct diag with this for protocol says that a port is listened on. */
#define LISTENS (-1)

struct sockdiag {
	void *found;		/* tsearch(3) of struct diag */
	uint64_t netns;		/* being dumped */
	uint64_t *dumped;	/* namespaces */
	size_t nr_dumped;
	int own;		/* our namespace, -1 if there is no saying */
};

static int compare(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	/* Inodes are the machine's, ports are a namespace's. */
	if (x->protocol == LISTENS && x->netns != y->netns)
		return x->netns < y->netns ? -1 : 1;
	return 0;
}

static void *must(void *p)
{
	if (!p)
		err(KACTL_FAILED, "kactl");
	return p;
}

static void add(struct sockdiag *d, const struct diag *sock)
{
	struct diag *new = must(malloc(sizeof(*new)));
	struct diag **at;

	*new = *sock;
	at = must(tsearch(new, &d->found, compare));
	if (*at != new)
		free(new);
}

static void take_address(struct address *a, int family, const __be32 *ip,
			 __be16 port)
{
	a->family = family;
	a->port = ntohs(port);
	memcpy(a->ip, ip, family == AF_INET ? 4 : 16);
}

static int take_cgroup(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == INET_DIAG_CGROUP_ID &&
	    !mnl_attr_validate(attr, MNL_TYPE_U64))
		*(uint64_t *)data = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

struct dump {
	struct sockdiag *d;
	int protocol;
};

static int take_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	struct dump *dump = data;
	struct diag sock = {
		.protocol = dump->protocol,
		.netns = dump->d->netns,
	};

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m) || !m->idiag_inode)
		return MNL_CB_OK;
	sock.inode = m->idiag_inode;
	sock.state = m->idiag_state;
	take_address(&sock.local, m->idiag_family, m->id.idiag_src,
		     m->id.idiag_sport);
	take_address(&sock.peer, m->idiag_family, m->id.idiag_dst,
		     m->id.idiag_dport);
	mnl_attr_parse(nlh, sizeof(*m), take_cgroup, &sock.cgroup);
	add(dump->d, &sock);
	if (sock.state == TCP_LISTEN) {
		sock.inode = sock.local.port;
		sock.protocol = LISTENS;
		add(dump->d, &sock);
	}
	return MNL_CB_OK;
}

static struct nlmsghdr *request(void *buf, int family, int protocol)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	/* A number that does not fit goes into an attribute of its own. */
	req->sdiag_protocol = protocol > 255 ? IPPROTO_RAW : protocol;
	req->idiag_states = ~(1U << TCP_TIME_WAIT | 1U << TCP_SYN_RECV);
	if (protocol > 255)
		mnl_attr_put_u32(nlh, INET_DIAG_REQ_PROTOCOL, protocol);
	return nlh;
}

static void dump(struct sockdiag *d, struct mnl_socket *nl, int family,
		 int protocol)
{
	struct dump to = { .d = d, .protocol = protocol };
	static char buf[1 << 16];
	ssize_t n;

	if (mnl_socket_sendto(nl, buf, request(buf, family, protocol)->nlmsg_len) < 0)
		return;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	} while (n > 0 && mnl_cb_run(buf, n, 0, 0, take_socket, &to) > 0);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static bool is_dumped(const struct sockdiag *d, uint64_t netns)
{
	size_t i;

	for (i = 0; i < d->nr_dumped; i++)
		if (d->dumped[i] == netns)
			return true;
	return false;
}

/* All of the namespace that we are in now. */
static void dump_all(struct sockdiag *d)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct mnl_socket *nl;
	size_t i;

	for (i = 0; i < 2; i++) {
		/* A socket each, for an error may leave answers behind. */
		nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
		if (!nl)
			continue;
		dump(d, nl, families[i], IPPROTO_TCP);
		mnl_socket_close(nl);
		nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
		if (!nl)
			continue;
		dump(d, nl, families[i], IPPROTO_MPTCP);
		mnl_socket_close(nl);
	}
}

/* Goes to a namespace, if that is not ours, and back. */
static void dump_netns(struct sockdiag *d, int ns)
{
	bool go = ns != d->own;

	d->netns = inode_of(ns);
	if (is_dumped(d, d->netns))
		return;
	d->dumped = must(realloc(d->dumped,
				 (d->nr_dumped + 1) * sizeof(*d->dumped)));
	d->dumped[d->nr_dumped++] = d->netns;
	if (go && (d->own < 0 || setns(ns, CLONE_NEWNET)))
		return;
	dump_all(d);
	if (go && setns(d->own, CLONE_NEWNET))
		err(KACTL_FAILED, "kactl: cannot return to its network namespace");
}

/**
 * sockdiag_new() - begin with the sockets of our own network namespace
 *
 * Return: never NULL.
 */
struct sockdiag *sockdiag_new(void)
{
	struct sockdiag *d = must(calloc(1, sizeof(*d)));
	char path[SYS_PATH_MAX];

	d->own = open(sys_path(path, "/proc/self/ns/net"), O_RDONLY | O_CLOEXEC);
	dump_netns(d, d->own);
	return d;
}

/**
 * sockdiag_free() - the end of it
 * @d: of sockdiag_new()
 */
void sockdiag_free(struct sockdiag *d)
{
	tdestroy(d->found, free);
	free(d->dumped);
	if (d->own >= 0)
		close(d->own);
	free(d);
}

/**
 * sockdiag_find() - look up a socket in what was dumped already
 * @d: of sockdiag_new()
 * @inode: the socket's inode
 * @protocol: its protocol
 *
 * Return: what is known of it, valid until sockdiag_free(), or NULL.
 */
const struct diag *sockdiag_find(struct sockdiag *d, uint64_t inode,
				 int protocol)
{
	const struct diag key = { .inode = inode, .protocol = protocol };
	struct diag *const *at = tfind(&key, &d->found, compare);

	return at ? *at : NULL;
}

/**
 * sockdiag_find_from() - look up a socket again, after a dump of its namespace
 * @d: of sockdiag_new()
 * @inode: the socket's inode
 * @protocol: its protocol
 * @socket: a descriptor of the socket, which knows its namespace
 *
 * Return: as sockdiag_find().
 */
const struct diag *sockdiag_find_from(struct sockdiag *d, uint64_t inode,
				      int protocol, int socket)
{
	int ns = ioctl(socket, SIOCGSKNS);

	if (ns < 0)
		return NULL;
	dump_netns(d, ns);
	close(ns);
	return sockdiag_find(d, inode, protocol);
}

/**
 * sockdiag_listens() - does somebody listen on a socket's own port?
 * @d: of sockdiag_new()
 * @sock: what sockdiag_find() found
 *
 * Then it was accepted, unless it listens itself.
 *
 * Return: true if so, in the socket's namespace.
 */
bool sockdiag_listens(const struct sockdiag *d, const struct diag *sock)
{
	const struct diag key = {
		.inode = sock->local.port,
		.protocol = LISTENS,
		.netns = sock->netns,
	};

	return tfind(&key, &d->found, compare);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a user could load in place of the module, as small as it gets: keepalive
 * with three values for each TCP socket, by eBPF of the root cgroup. The kernel
 * lets neither program write to a socket, so each value is a helper call.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOL_SOCKET 1
#define SO_KEEPALIVE 9
#define SOL_TCP 6
#define TCP_KEEPIDLE 4
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT 6

/* CO-RE: where these fields are is the running kernel's to say. */
struct sock;
struct socket {
	struct sock *sk;
} __attribute__((preserve_access_index));

static __always_inline void keep_alive(void *sk)
{
	int on = 1, idle = 100, intvl = 20, cnt = 5;

	bpf_setsockopt(sk, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	bpf_setsockopt(sk, SOL_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	bpf_setsockopt(sk, SOL_TCP, TCP_KEEPINTVL, &intvl, sizeof(intvl));
	bpf_setsockopt(sk, SOL_TCP, TCP_KEEPCNT, &cnt, sizeof(cnt));
}

SEC("?lsm_cgroup/socket_post_create")
int BPF_PROG(socket_made, struct socket *sock, int family, int type, int protocol, int kern)
{
	struct sock *sk;

	if (type != SOCK_STREAM || (family != AF_INET && family != AF_INET6) || kern)
		return 1;
	sk = sock->sk;
	if (sk)
		keep_alive(sk);
	return 1;
}

/* Who connects, and who listens: what is accepted inherits it. */
SEC("?sockops")
int connecting(struct bpf_sock_ops *skops)
{
	if (skops->op == BPF_SOCK_OPS_TCP_CONNECT_CB ||
	    skops->op == BPF_SOCK_OPS_TCP_LISTEN_CB)
		keep_alive(skops);
	return 1;
}

char _license[] SEC("license") = "GPL";

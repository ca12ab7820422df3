# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Nothing changes for the kernel, either: its own selftests of TCP (net) and of MPTCP
# (net/mptcp), from the source of the kernel that is booted, pass or fail without the
# module exactly as with it. What is compared is each of their results, line by line, with
# the numbers of ports and times left out, and their exit status. That the module was at
# work is said by a program of its own, which asks getsockopt(2). What of net/mptcp takes
# longest is the scene mptcp.
#
# Packages: iptables ethtool iputils-ping
# Memory: 1024
# Guest: second

tests=(tcp_inq reuseport_addr_any.sh reuseport_dualstack reuseport_bpf reuseaddr_conflict
	reuseaddr_ports_exhausted.sh tcp_fastopen_backup_key.sh sk_connect_zero_addr
	sk_bind_sendto_listen)
# The transfers are small, and the wire is a good one: what is random in there would differ.
mptcp=(diag.sh pm_netlink.sh mptcp_sockopt.sh userspace_pm.sh 'mptcp_join.sh -f -e -6'
	'mptcp_connect.sh -4 -f 4096 -d 1 -l 0 -r 0 -e tso')

all() {
	results "$1" net "${tests[@]}"
	results "$1" net/mptcp "${mptcp[@]}"
}

heading "The kernel's own selftests of TCP and MPTCP"
twice all
as_before net net/mptcp

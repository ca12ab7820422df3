# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scene kselftest has no time for: of the kernel's own selftests of MPTCP
# (net/mptcp) those that take long, whole, pass or fail without the module exactly as with
# it. These are the joining and leaving of subflows in each of its 19 groups, several paths
# at once, whose throughput is measured, and transfers on IPv4 and IPv6 with checksums, by
# mmap and by sendfile.
#
# Packages: iptables ethtool iputils-ping
# Memory: 1024
# Guest: second
# When: named

wire=(-f 4096 -d 1 -l 0 -r 0 -e tso)

all() {
	results "$1" net/mptcp mptcp_join.sh simult_flows.sh "mptcp_connect.sh ${wire[*]}" \
		"mptcp_connect_checksum.sh ${wire[*]}" "mptcp_connect_mmap.sh ${wire[*]}" \
		"mptcp_connect_sendfile.sh ${wire[*]}"
}

heading "The kernel's own selftests of MPTCP that take long"
twice all
as_before net/mptcp

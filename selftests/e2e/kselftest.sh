# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Nothing changes for the kernel, either: its own selftests of TCP (net) and of MPTCP
# (net/mptcp), from the source of the kernel that is booted, pass or fail without the
# module exactly as with it. What is compared is each of their results, line by line, with
# the numbers of ports and times left out, and their exit status. That the module was at
# work is said by a program of its own, which asks getsockopt(2).
#
# Packages: iptables ethtool iputils-ping
# Memory: 1024
# Guest: second

tests=(tcp_inq reuseport_addr_any.sh reuseport_dualstack reuseport_bpf reuseaddr_conflict
	reuseaddr_ports_exhausted.sh tcp_fastopen_backup_key.sh sk_connect_zero_addr
	sk_bind_sendto_listen)
# The transfers are small, and the wire is a good one: what is random in there would differ.
# diag.sh wants 200 connections within 20 s, which a busy machine may not make.
mptcp=(pm_netlink.sh mptcp_sockopt.sh userspace_pm.sh
	'mptcp_connect.sh -4 -f 4096 -d 1 -l 0 -r 0 -e tso')

# results DIRECTORY TEST...: a line for each that ends, with its name. How long each took
# goes to the log.
results() {
	local test rc from dir=$1
	shift
	for test; do
		rc=0
		from=$(clock)
		# shellcheck disable=SC2086
		(cd "/kselftest/$dir" && timeout 900 unshare -n sh -c "ip link set lo up && exec ./$test") \
			>/tmp/kselftest.log 2>&1 </dev/null || rc=$?
		sed -n -E -e 's/\x1b\[[0-9;]*m//g' -e '/\[? *(ok|OK|FAIL|fail|SKIP|skip|PASS)\b/p' /tmp/kselftest.log |
			sed -E -e 's/\(duration[^)]*\)//' -e 's/[0-9]+ms//' -e 's/\bid:[0-9]+/id/g' -e 's/\b(ns[0-9_a-z]*)-[0-9a-f]{8}(-[A-Za-z0-9]{6})?/\1/g' \
				-e 's/ +/ /g' -e "s/^/${test%% *}: /"
		echo "${test%% *}: exit status $rc"
		echo "    ${test%% *}: $(since "$from") s" >&2
	done
}

# all without|with
all() {
	local from
	from=$(clock)
	results net "${tests[@]}" >"/tmp/net-$1"
	say "$1: net: $(wc -l <"/tmp/net-$1") results in $(since "$from") s"
	from=$(clock)
	results net/mptcp "${mptcp[@]}" >"/tmp/mptcp-$1"
	say "$1: net/mptcp: $(wc -l <"/tmp/mptcp-$1") results in $(since "$from") s"
}

heading "The kernel's own selftests of TCP and MPTCP"
twice all
for suite in net mptcp; do
	grep -q ': exit status 0' "/tmp/$suite-without" ||
		fail "no test of $suite passes, even without the module"
	unchanged $suite
	sed -n 's/: exit status 0$/ passed/p; s/: exit status 4$/ skipped/p; s/: exit status / failed, status /p' \
		"/tmp/$suite-with" | sed 's/^/    /'
done

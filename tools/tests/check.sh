#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl check: prints what a socket gets on this machine, be the module loaded
# or not. perl's sockets tell what is true.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

# FAMILY: 1 or 0
keepalive() {
	perl -MSocket -e 'socket(S, $ARGV[0] eq 6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or die $!;
		print unpack("i", getsockopt(S, SOL_SOCKET, SO_KEEPALIVE)) ? 1 : 0' "$1"
}

# NUMBER: of an option of IPPROTO_TCP
option() {
	perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) or die $!;
		print unpack("i", getsockopt(S, 6, $ARGV[0]))' "$1"
}

# FAMILY ARGUMENT...
is_true() {
	local on
	on=$(keepalive "$1")
	shift
	kactl $((!on)) check "$@"
	if [ "$on" = 1 ]; then
		has "$out" 'SO_KEEPALIVE is ON'
		has "$out" "TCP_KEEPCNT   = $(option 6)"
		has "$out" "TCP_KEEPIDLE  = $(option 4)"
		has "$out" "TCP_KEEPINTVL = $(option 5)"
	else
		is "$out" 'SO_KEEPALIVE is OFF'
	fi
}

test_ipv4() {
	is_true 4
	is_true 4 -4
}

test_ipv6() {
	is_true 6 -6
}

test_json() {
	local on
	on=$(keepalive 4)
	kactl $((!on)) check -j
	is "$(json "$out" '.check[0].so_keepalive')" "$( ((on)) && echo true || echo false)"
	is "$(json "$out" '.check[0] | [.tcp_keepcnt, .tcp_keepidle, .tcp_keepintvl]')" \
		"[$(option 6),$(option 4),$(option 5)]"
}

# Without MPTCP there is no such socket; with it the flag is as ever.
test_mptcp() {
	if perl -MSocket -e 'exit !socket(S, AF_INET, SOCK_STREAM, 262)'; then
		kactl $((!$(keepalive 4))) check --mptcp
		has "$out" 'SO_KEEPALIVE is O'
	else
		kactl 1 check --mptcp
		has "$err" 'cannot make an IPv4 MPTCP socket: '
		kactl 1 check --mptcp -j
		has "$(json "$err" '.error[0].message')" 'cannot make an IPv4 MPTCP socket: '
	fi
}

test_takes_options_only() {
	kactl 2 check 4
	has "$err" '4 is too much'
	kactl 2 check -5
	has "$err" 'unknown option -5'
	kactl 2 check -45
	has "$err" 'unknown option -5'
}

run_all

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl sockets: real sockets of real processes, in network namespaces of the
# test's. What it must say comes from ss(8) and from what the sockets were told.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

# ARGUMENT...: as start_hold(), and all of the machine's processes are seen.
start_real() {
	real_proc
	start_hold "$@"
}

# FILTER: what jq finds in the sockets of $pid.
sockets() {
	kactl 0 sockets --pid "$pid" -j
	json "$out" ".sockets[] | $1"
}

# In the program's own namespace.
inside() {
	local user=()
	[ "$(id -u)" = 0 ] || user=(-U)
	nsenter -t "$pid" "${user[@]}" -n "$@"
}

test_lists_what_ss_lists() {
	start_real tcp4 listen=8080 tcp4 connect=8080 accept \
		tcp6 listen=8081 tcp4 connect=8081 accept
	# It writes "*" for the IPv6 address of a socket that takes IPv4, too.
	inside ss -H -tane | awk '{
		sub(/^\*/, "[::]", $4); sub(/^\*/, "[::]", $5)
		match($0, /ino:[0-9]+/); print $1, $4, $5, substr($0, RSTART + 4, RLENGTH - 4)
	}' | sort >"$KACTL_ROOT/.ss"
	sockets '"\(.state) \(.local) \(.peer) \(.inode)"' | sort >"$KACTL_ROOT/.kactl"
	is "$(wc -l <"$KACTL_ROOT/.ss")" 6
	is "$(cat "$KACTL_ROOT/.kactl")" "$(cat "$KACTL_ROOT/.ss")"
}

test_finds_processes_of_other_namespaces() {
	start_real tcp4 listen=8080
	kactl 0 sockets -j
	is "$(json "$out" ".sockets[] | select(.pid == $pid) | .local")" 127.0.0.1:8080
	is "$(json "$out" ".sockets[] | select(.pid == $pid) | .netns")" \
		"$(stat -Lc %i "/proc/$pid/ns/net")"
}

test_prints_a_table() {
	start_real tcp4 listen=8080 keepalive=1 idle=181 intvl=61 cnt=7 user_timeout=4321
	kactl 0 sockets --pid "$pid"
	has "$out" 'COMMAND*PID PROTO STATE*LOCAL*PEER*KEEPALIVE IDLE INTVL CNT USER_TIMEOUT POLICY CGROUP'
	has "$out" "hold*$pid tcp * LISTEN 127.0.0.1:8080 0.0.0.0:\* on * 181 * 61 * 7 * 4321 - "
	is "$(wc -l <<<"$out")" 2
}

test_shows_what_was_set() {
	start_real tcp4 listen=8080 keepalive=1 idle=181 intvl=61 cnt=7 user_timeout=4321 tcp6
	is "$(sockets '[.proto, .keepalive, .idle, .intvl, .cnt, .user_timeout]' | head -n 1)" \
		'["tcp",true,181,61,7,4321]'
	is "$(sockets '[.proto, .keepalive, .user_timeout]' | tail -n 1)" '["tcp",false,0]'
}

# One that was neither bound nor connected is in no table of the kernel's.
test_shows_a_socket_that_is_only_made() {
	start_real tcp6 idle=99
	is "$(sockets '[.state, .local, .peer, .idle]')" '["UNCONN","[::]:*","[::]:*",99]'
}

test_shows_mptcp() {
	[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] || skip "no MPTCP here"
	start_real mptcp4 listen=8080 mptcp4 keepalive=1 connect=8080 accept mptcp4
	is "$(sockets '"\(.proto) \(.state) \(.keepalive)"')" "mptcp LISTEN false
mptcp ESTAB true
mptcp ESTAB false
mptcp UNCONN false"
	# Their namespace is known from the diagnosis of MPTCP alone.
	is "$(sockets '"\(.state) \(.netns)"' | sort -u)" \
		"$(stat -Lc 'ESTAB %i;LISTEN %i;UNCONN null' "/proc/$pid/ns/net" | tr ';' '\n')"
	inside ss -H -M -ane | awk '{ print $1, $4, $5 }' | sort >"$KACTL_ROOT/.ss"
	sockets 'select(.state != "UNCONN") | "\(.state) \(.local) \(.peer)"' |
		sort >"$KACTL_ROOT/.kactl"
	is "$(cat "$KACTL_ROOT/.kactl")" "$(cat "$KACTL_ROOT/.ss")"
}

test_leaves_out_what_is_not_tcp() {
	start_real udp unix tcp4
	is "$(sockets '.proto')" tcp
	[ "$(id -u)" = 0 ] || return 0 # others can make no raw socket
	start_real raw tcp4
	is "$(sockets '.proto')" tcp
}

test_filters_listeners() {
	start_real tcp4 listen=8080 tcp4 connect=8080 accept
	kactl 0 sockets -l --pid "$pid" -j
	is "$(json "$out" '.sockets[].state')" LISTEN
}

test_filters_off() {
	start_real tcp4 keepalive=1 idle=11 tcp4 idle=12
	kactl 0 sockets --off --pid "$pid" -j
	is "$(json "$out" '.sockets[].idle')" 12
}

test_filters_a_process() {
	local first
	start_real tcp4 idle=11
	first=$pid
	start_real tcp4 idle=12
	is "$(sockets .idle)" 12
	pid=$first
	is "$(sockets .idle)" 11
}

test_finds_nothing() {
	start_real udp
	kactl 0 sockets --pid "$pid"
	is "$out$err" ''
	kactl 0 sockets --pid "$pid" -j
	is "$(json "$out" '.sockets | length')" 0
}

# A server with workers: the socket once, its processes in JSON.
test_shows_a_shared_socket_once() {
	start_real tcp4 listen=8080 fork=3
	kactl 0 sockets -j
	is "$(json "$out" "[.sockets[] | select(.netns == $(stat -Lc %i "/proc/$pid/ns/net"))] | length")" 1
	is "$(json "$out" ".sockets[] | select(.pid == $pid) | .pids | length")" 4
	is "$(json "$out" ".sockets[] | select(.pid == $pid) | .pids | map(tostring) | .[]")" \
		"$(printf '%s\n' "$pid" "$(cat "/proc/$pid/task/$pid/children")" | tr ' ' '\n' | grep .)"
	kactl 0 sockets
	has "$out" " $pid+3 tcp "
}

test_passes_by_zombies() {
	start_real tcp4 zombie
	kactl 0 sockets -j
	is "$err" ''
	is "$(json "$out" ".sockets[] | select(.pid == $pid) | .state")" UNCONN
}

test_says_misuse() {
	real_proc
	for bad in 0 -1 x 1x '' 99999999999; do
		kactl 2 sockets --pid "$bad"
		has "$err" 'the number of a process'
	done
	kactl 2 sockets --pid
	has "$err" '--pid needs a value'
	kactl 2 sockets --dead
	has "$err" 'unknown option --dead'
	kactl 2 sockets 80
	has "$err" '80: sockets takes only options'
	kactl 0 sockets --help
	has "$out" 'usage: kactl sockets \[-l] \[--off]'
}

test_says_failure() {
	real_proc
	kactl 1 sockets --pid 2147483647
	has "$err" 'there is no process 2147483647'
	kactl 1 sockets --pid 2147483647 -j
	has "$(json "$err" '.error[0].message')" 'there is no process'
	kactl 1 sockets --cgroup /none.slice
	has "$err" 'there is no cgroup /none.slice'
	kactl 1 sockets --cgroup none.service
	has "$err" 'there is no cgroup /system.slice/none.service'
	kactl 2 sockets --cgroup none
	has "$err" 'did you mean none.service?'
}

test_says_no_cgroup_v2() {
	put /proc/self/mounts 'proc /proc proc rw 0 0'
	kactl 1 sockets --cgroup /
	has "$err" 'no cgroup v2'
}

# ENOSYS is what a kernel before 5.6 says.
test_says_no_pidfd_getfd() {
	real_proc
	local rc=0
	err=$("$HOLD" getfd=38 exec "$KACTL" sockets 2>&1) || rc=$?
	is "$rc" 1
	has "$err" 'this kernel has no pidfd_getfd(2)'
	is "$(wc -l <<<"$err")" 1
}

# EPERM is what a process of somebody else says.
test_says_what_it_may_not_see() {
	start_real tcp4
	local rc=0
	out=$("$HOLD" getfd=1 exec "$KACTL" sockets --pid "$pid" 2>"$KACTL_ROOT/.err") || rc=$?
	is "$rc" 1
	is "$out" ''
	has "$(cat "$KACTL_ROOT/.err")" '1 process was not looked into: that needs'
}

# COMMAND...: as somebody who is not root.
ordinary() {
	local as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	"${as[@]}" "$@"
}

# Where somebody who is not root can reach it.
publish() {
	chmod 755 "$KACTL_ROOT"
	cp "$KACTL" "$HOLD" "$KACTL_ROOT/"
}

test_shows_an_ordinary_user_his_own() {
	local rc=0
	real_proc
	publish
	coproc held { ordinary "$KACTL_ROOT/hold" tcp4 idle=33; }
	read -r -u "${held[0]}" _
	ordinary "$KACTL_ROOT/kactl" sockets -j >"$KACTL_ROOT/.out" 2>"$KACTL_ROOT/.err" || rc=$?
	is "$(jq '.sockets[] | select(.command == "hold") | .idle' "$KACTL_ROOT/.out")" 33
	is "$rc" 1
	has "$(jq -r '.error[0].message' "$KACTL_ROOT/.err")" 'not looked into: that needs root'
}

# Neither threads of the kernel's (PF_KTHREAD) nor zombies have sockets, and
# there is no more to be seen as root.
test_counts_what_it_may_not_see() {
	local state flags hidden
	publish
	mkdir -p "$KACTL_ROOT/proc/1/fd"
	chmod 0 "$KACTL_ROOT/proc/1/fd"
	while read -r state flags hidden; do
		put /proc/1/stat "1 (a) S 0 (b) $state 0 1 1 0 -1 $flags 25867"
		err=$(ordinary "$KACTL_ROOT/kactl" sockets 2>&1) || true
		is "${err:+1}" "$hidden"
	done <<-'END'
		S 4194560 1
		S 2129984
		Z 4194560
	END
}

test_filters_a_cgroup() {
	needs_root
	make_cgroups a/b ab
	start_real enter="$cgroup2$top/a/b" tcp4 idle=11 listen=81 enter="$cgroup2$top/ab" \
		tcp4 idle=12 listen=82
	is "$(sockets '"\(.idle) \(.cgroup)"')" "11 $top/a/b
12 $top/ab"
	# The process is in ab, so all that it has is of interest there.
	is "$(in_cgroup "$top/a")" 11
	is "$(in_cgroup "$top/a/b/")" 11
	is "$(in_cgroup "$cgroup2$top/a")" 11
	is "$(in_cgroup "$top/ab")" '11 12'
	is "$(in_cgroup "$top")" '11 12'
	is "$(in_cgroup /)" '11 12'
	mkdir -p "$cgroup2/system.slice/kactl-test-$$.service"
	is "$(in_cgroup "kactl-test-$$.service")" ''
	rmdir "$cgroup2/system.slice/kactl-test-$$.service"
	rmdir "$cgroup2/system.slice" 2>/dev/null || true
}

# PATH: the sockets there.
in_cgroup() {
	kactl 0 sockets --cgroup "$1" --pid "$pid" -j
	json "$out" '[.sockets[].idle | tostring] | join(" ")'
}

test_shows_no_cgroup_that_was_removed() {
	needs_root
	make_cgroups a b
	start_real enter="$cgroup2$top/a" tcp4 listen=81 enter="$cgroup2$top/b"
	rmdir "$cgroup2$top/a"
	load_module
	is "$(sockets '[.cgroup, .policy]')" '[null,null]'
	kactl 0 sockets --pid "$pid"
	has "$out" ' - * -'
}

# The nearest policy that is not "inherit", as the module does it.
test_shows_the_policy_that_governs() {
	needs_root
	make_cgroups a/b
	start_real enter="$cgroup2$top/a/b" tcp4 listen=81
	is "$(sockets .policy)" null
	load_module
	is "$(sockets .policy)" default
	add_policy "$top" mode=default
	is "$(sockets .policy)" "$top"
	add_policy "$top/a" mode=off
	is "$(sockets .policy)" "$top/a"
	add_policy "$top/a/b" mode=inherit
	is "$(sockets .policy)" "$top/a"
	put "/sys/kernel/ka_default/cgroups/${top#/}!a!b/mode" enforce
	is "$(sockets .policy)" "$top/a/b"
	kactl 0 sockets --pid "$pid"
	has "$out" " $top/a/b $top/a/b"
}

# What is accepted comes under the policy of the task that accepts, if that has
# one; what listens or connects does not.
test_shows_the_policy_of_the_accepting_task() {
	needs_root
	make_cgroups unit service
	start_real enter="$cgroup2$top/unit" tcp4 listen=81 tcp4 connect=81 \
		enter="$cgroup2$top/service" accept
	load_module
	add_policy "$top/unit" mode=default
	is "$(sockets '"\(.state) \(.cgroup) \(.policy)"' | sort -u)" \
		"$(printf '%s\n' "ESTAB $top/unit $top/unit" "LISTEN $top/unit $top/unit")"
	add_policy "$top/service" mode=default
	is "$(sockets 'select(.local == "127.0.0.1:81") | "\(.state) \(.policy)"' | sort)" \
		"ESTAB $top/service
LISTEN $top/unit"
	is "$(sockets 'select(.peer == "127.0.0.1:81") | .policy')" "$top/unit"
}

# A second's delay, which strace makes, is enough to want to know.
test_shows_progress_on_a_terminal() {
	# strace takes ptrace from the sanitizers' search for leaks.
	local -x ASAN_OPTIONS=detect_leaks=0:exitcode=99
	local slow="strace -o /dev/null -e inject=pidfd_open:delay_enter=1100000:when=1"
	start_real tcp4
	script -qec "$slow $KACTL sockets >/dev/null" /dev/null >"$KACTL_ROOT/.tty"
	has "$(cat "$KACTL_ROOT/.tty")" ' sockets of '
	$slow "$KACTL" sockets 2>"$KACTL_ROOT/.err" >/dev/null
	is "$(cat "$KACTL_ROOT/.err")" ''
	script -qec "$KACTL sockets --pid $pid >/dev/null" /dev/null >"$KACTL_ROOT/.tty"
	is "$(cat "$KACTL_ROOT/.tty")" ''
}

# How long it takes depends on the machine; how many calls it takes does not.
test_shows_ten_thousand_sockets() {
	local calls
	local -x ASAN_OPTIONS=detect_leaks=0:exitcode=99
	start_real tcp4 listen=8080 pairs=5000
	kactl 0 sockets --pid "$pid" -j
	is "$(json "$out" '.sockets | length')" 10001
	is "$(json "$out" '[.sockets[].inode] | unique | length')" 10001
	strace -c -o "$KACTL_ROOT/.calls" "$KACTL" sockets --pid "$pid" >/dev/null
	calls=$(awk '$NF == "total" { print $4 }' "$KACTL_ROOT/.calls")
	# Ten for each, and those that are needed anyway.
	is "$calls calls, $((calls / 10001)) a socket" "$calls calls, 10 a socket"
}

run_all

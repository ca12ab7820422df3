#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kactl with the real module: what it writes is in the module's files and on
# sockets, and what the kernel refuses it says in words. show, which knows
# nothing of either, tells what a socket got. KACTL is the kactl to test.

ka_plan=36
# shellcheck source=selftests/ka.sh
. ./ka.sh
# shellcheck source=selftests/ka_kactl.sh
. ./ka_kactl.sh

# NAME STATUS PATTERN ARGUMENT...: one result: how it ended and what it said.
says() {
	name=$1 status=$2 pattern=$3
	shift 3
	said=$("$KACTL" "$@" 2>&1)
	rc=$?
	case $said in
	*"$pattern"*) said=$pattern ;;
	esac
	ka_equal "$name" "$status $pattern" "$rc $said"
}

# FILE: the value, or that there is none.
value() {
	cat "$1" 2>/dev/null || echo none
}

policy_of() {
	for f in mode keepidle keepintvl keepcnt user_timeout; do
		printf '%s ' "$(value "$1/$f")"
	done
}

ka_load existing=N

"$KACTL" default keepidle=180 keepintvl=60 keepcnt=20
ka_equal "default" "default 180 60 20 0 " "$(policy_of "$KA_PARAMETERS")"
ka_equal "default, on a socket" "1 180 60 20" "$(./show)"
says "check" 0 "SO_KEEPALIVE is ON
TCP_KEEPCNT   = 20
TCP_KEEPIDLE  = 180
TCP_KEEPINTVL = 60" check
says "check -6" 0 "TCP_KEEPIDLE  = 180" check -6
# A namespace without MPTCP: which socket was asked for is in the complaint.
no_mptcp() {
	unshare -n sh -c 'echo 0 >/proc/sys/net/mptcp/enabled; exec "$@"' - "$KACTL" "$@" 2>&1
}
if [ -e /proc/sys/net/mptcp/enabled ]; then
	says "check --mptcp" 0 "SO_KEEPALIVE is ON" check --mptcp
	ka_equal "check --mptcp without it" "kactl: cannot make an IPv4 MPTCP socket: Protocol not available" \
		"$(no_mptcp check --mptcp)"
	ka_equal "check -6 --mptcp without it" "kactl: cannot make an IPv6 MPTCP socket: Protocol not available" \
		"$(no_mptcp check -6 --mptcp)"
else
	says "check --mptcp" 1 "cannot make an IPv4 MPTCP socket: Protocol not supported" check --mptcp
	for name in "check --mptcp without it" "check -6 --mptcp without it"; do
		ka_skip "$name" "the kernel has no MPTCP"
	done
fi
says "check -j" 0 '"so_keepalive": true' check -j
says "preset" 0 "keepidle=120 keepintvl=20 keepcnt=5" preset azure
ka_equal "preset, on a socket" "1 120 20 5" "$(./show)"
"$KACTL" default mode=off
ka_equal "default mode=off, on a socket" 0 "$(./show | cut -d ' ' -f 1)"
says "check in mode off" 1 "SO_KEEPALIVE is OFF" check

# A listener that was there before; other sockets of the machine's are adopted
# at the first time, so that it is the only one at the second.
"$KACTL" default mode=default
"$KACTL" apply >/dev/null
"$KACTL" default mode=off
./listener "$ka_dir/ready" >"$ka_dir/listener" &
listener=$!
ka_until test -e "$ka_dir/ready"
"$KACTL" default mode=default keepidle=90
adopted=$(value "$KA_FILES/stats/adopted")
said=$("$KACTL" apply)
adopted=$(($(value "$KA_FILES/stats/adopted") - adopted))
case $adopted in
1) ka_equal "apply" "adopted 1 socket" "$said" ;;
*) ka_equal "apply" "adopted $adopted sockets" "$said" ;;
esac
kill -USR1 "$listener"
wait "$listener"
ka_equal "apply, on a socket" "1 90" "$(cat "$ka_dir/listener")"

says "status" 0 " ok" status
says "status -j" 0 '"health": "ok"' status -j

says "cgroup add, waiting" 0 ", waiting for the cgroup" cgroup add "$ka_cgroup" keepidle=77
ka_equal "cgroup add, in the module" "default 77 0 0 0 " "$(policy_of "$ka_policy")"
ka_equal "cgroup add, the path" "$ka_cgroup" "$(value "$ka_policy/path")"
mkdir "$ka_root$ka_cgroup"
ka_equal "a socket in the cgroup" "1 77" "$(ka_in_cgroup ./show | cut -d ' ' -f 1-2)"
says "cgroup add, again" 1 "has a policy already: kactl cgroup set" cgroup add "$ka_cgroup"
ka_equal "which changes nothing" "default 77 0 0 0 " "$(policy_of "$ka_policy")"
says "cgroup set" 0 "keepidle=78" cgroup set "$ka_root$ka_cgroup" keepidle=78 mode=enforce
ka_equal "cgroup set, in the module" "enforce 78 0 0 0 " "$(policy_of "$ka_policy")"
says "cgroup list" 0 "$ka_cgroup bound" cgroup
says "cgroup list -j" 0 '"state": "bound"' cgroup list -j
"$KACTL" cgroup remove "$ka_cgroup"
ka_equal "cgroup remove, in the module" none "$(value "$ka_policy/path")"
says "cgroup remove, again" 1 "has no policy" cgroup remove "$ka_cgroup"
says "cgroup set without one" 1 "kactl cgroup add makes one" cgroup set "$ka_cgroup" keepidle=1
rmdir "$ka_root$ka_cgroup"

# Without rights there is one clear line and nothing changes.
# NAME ARGUMENT...
refuses_nobody() {
	name=$1
	shift
	said=$(ka_as_nobody "$KACTL" "$@" 2>&1)
	rc=$?
	ka_equal "$name" "1 1 yes" "$rc $(echo "$said" | wc -l) $(echo "$said" |
		grep -q 'run it as root' && echo yes)"
}

refuses_nobody "default, by nobody" default keepidle=5
refuses_nobody "cgroup add, by nobody" cgroup add "$ka_cgroup"
refuses_nobody "apply, by nobody" apply
refuses_nobody "run, by nobody" run -- ./show
ka_equal "which changes nothing" "default 90 20 5 0 none" \
	"$(policy_of "$KA_PARAMETERS")$(value "$ka_policy/path")"

ka_unload
says "without the module" 1 "kactl: the module ka_default is not loaded: modprobe ka_default" status

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kactl sockets and kactl doctor with the real module: the policy that is said
# to govern a socket is the one whose values it got, and what doctor says mends
# a thing does mend it. KACTL is the kactl to test.

ka_plan=35
# shellcheck source=selftests/ka.sh
. ./ka.sh
# shellcheck source=selftests/ka_kactl.sh
. ./ka_kactl.sh

mkfifo "$ka_dir/silence"
holders=

# ARGUMENT...: hold with these, which has done all of them; $pid.
start() {
	# The holder before has said "ready" there; the next one opens it only after the fork.
	: >"$ka_dir/said"
	# A fifo that is open for writing, too, never ends.
	./hold "$@" <>"$ka_dir/silence" >"$ka_dir/said" &
	pid=$!
	holders="$holders $pid"
	ka_until grep -q ready "$ka_dir/said"
}

# shellcheck disable=SC2086
stop() {
	[ -z "$holders" ] || kill $holders
	wait
	holders=
}

sockets_end() {
	stop
	kactl_end
}
trap sockets_end EXIT

# COLUMN...: of each socket of $pid, a line.
sockets() {
	"$KACTL" sockets --pid "$pid" | awk -v want="$*" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(want, w); next }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? " " : "\n" }'
}

# Asks doctor: what it says is in a file, for an answer costs some time.
look() {
	"$KACTL" doctor >"$ka_dir/doctor"
}

# CHECK: what doctor says now of $pid, or of no process in particular.
finding() {
	look
	sed -n "s/^$1: //p" "$ka_dir/doctor" | grep -v '(pid' ||
		sed -n "s/^$1: //p" "$ka_dir/doctor" | grep "(pid $pid)"
}

# CHECK: the command that mends it, as it said last.
mend() {
	sed -n "/^$1: /{n;s/^.//p;}" "$ka_dir/doctor" | head -n 1
}

# NAME COMMAND: runs what doctor said.
heed() {
	echo "# $2"
	PATH=$PATH:${KACTL%/*} sh -c "$2" >/dev/null
	ka_equal "$1: heeding it works" 0 $?
}

default() {
	for p; do
		echo "${p#*=}" >"$KA_PARAMETERS/${p%%=*}"
	done
}

# PATH FIELD=VALUE...: a policy, its mode last.
policy() {
	cgroup=$1
	shift
	echo "$cgroup" >"$KA_FILES/cgroups/add"
	for p; do
		echo "${p#*=}" >"$KA_FILES/cgroups/$(echo "${cgroup#/}" | tr / '!')/${p%%=*}"
	done
}

unit=$ka_cgroup/unit
service=$ka_cgroup/service
mkdir -p "$ka_root$unit" "$ka_root$service"

ka_unload
start tcp4 listen=8100
ka_equal "without the module: sockets" "LISTEN off -" "$(sockets STATE KEEPALIVE POLICY)"
ka_equal "without the module: doctor" "ka_default is not loaded" "$(finding module)"
ka_equal "without the module: what mends it" "modprobe ka_default" "$(mend module)"

ka_load existing=N keepidle=180 keepintvl=20 keepcnt=5
ka_equal "loaded with existing=N: not adopted" "off default" "$(sockets KEEPALIVE POLICY)"
ka_equal "loaded with existing=N: doctor" \
	"hold (pid $pid), 1 socket: keepalive is off, which policy default switches on" "$(finding off)"
echo 1 >"$KA_FILES/apply"
ka_equal "loaded with existing=N: after apply" "on 180 20 5" "$(sockets KEEPALIVE IDLE INTVL CNT)"
ka_equal "loaded with existing=N: doctor after apply" "" "$(finding off)"

mptcp=
[ ! -e /proc/sys/net/mptcp/enabled ] || mptcp=mptcp
start tcp4 ${mptcp:+mptcp4} tcp6 listen=8101
ka_equal "default: every kind" "tcp on 180 default
${mptcp:+mptcp on default
}tcp on 180 default" "$(sockets PROTO KEEPALIVE IDLE POLICY | sed 's/^\(mptcp on\) [0-9]*/\1/')"
ka_equal "default: nothing is wrong" "0 findings" "$("$KACTL" doctor)"

default mode=off
start tcp4 listen=8102
ka_equal "off: socket" "off default" "$(sockets KEEPALIVE POLICY)"
ka_equal "off: doctor finds no socket" "" "$(finding off)"
ka_equal "off: nothing is done" "mode is off and no cgroup has a policy: ka_default does nothing" "$(finding mode)"
default mode=default
stop

# A cgroup's policy, and one above it.
policy "$ka_cgroup" keepidle=170 mode=default
start enter="$ka_root$unit" tcp4 listen=8103
ka_equal "cgroup: the policy above" "on 170 $ka_cgroup $unit" "$(sockets KEEPALIVE IDLE POLICY CGROUP)"
policy "$unit" keepidle=160 mode=enforce
start enter="$ka_root$unit" tcp4 listen=8104
ka_equal "cgroup: its own policy" "on 160 $unit $unit" "$(sockets KEEPALIVE IDLE POLICY CGROUP)"
echo inherit >"$KA_FILES/cgroups/$(echo "${unit#/}" | tr / '!')/mode"
ka_equal "cgroup: inherit" "$ka_cgroup" "$(sockets POLICY)"
echo off >"$KA_FILES/cgroups/$(echo "${unit#/}" | tr / '!')/mode"
start enter="$ka_root$unit" tcp4 listen=8105
ka_equal "cgroup: off" "off $unit" "$(sockets KEEPALIVE POLICY)"
echo "$unit" >"$KA_FILES/cgroups/remove"
echo "$ka_cgroup" >"$KA_FILES/cgroups/remove"
stop

# The listener is made in one cgroup, the service accepts in another.
policy "$service" keepidle=150 mode=default
start enter="$ka_root$unit" tcp4 listen=8106 tcp4 connect=8106 enter="$ka_root$service" accept
ka_equal "activation: policies" "LISTEN 180 default
ESTAB 180 default
ESTAB 150 $service" "$(sockets STATE IDLE POLICY)"
ka_equal "activation: doctor" \
	"hold (pid $pid), 1 socket: listens in cgroup $unit (policy default), its process is in $service (policy $service)" \
	"$(finding listener)"
heed "activation" "$(mend listener)"
ka_equal "activation: mended" "" "$(finding listener)"
start enter="$ka_root$unit" tcp4 listen=8107
ka_equal "activation: the next listener" "150 $unit" "$(sockets IDLE POLICY)"
echo "$unit" >"$KA_FILES/cgroups/remove"
stop

# A program with values of its own, and one that switches keepalive off.
start enter="$ka_root$service" tcp4 idle=15 listen=8108
ka_equal "conflict: doctor" \
	"hold (pid $pid), 1 socket: keepidle 15 (not 150), in conflict with policy $service" "$(finding conflict)"
heed "conflict" "$(mend conflict)"
ka_equal "conflict: mended" "150" "$(sockets IDLE)"
ka_equal "conflict: nothing is left" "" "$(finding conflict)"
start enter="$ka_root$service" tcp4 idle=15 keepalive=0 listen=8109
ka_equal "conflict: enforced" "on 150" "$(sockets KEEPALIVE IDLE)"
echo "$service" >"$KA_FILES/cgroups/remove"
start tcp4 keepalive=0 listen=8110
look
heed "off" "$(mend off | sed 's/; where .*//')"
ka_equal "off: mended" "on" "$(sockets KEEPALIVE)"
stop

start tcp4 user_timeout=5000 listen=8111
ka_equal "user_timeout: doctor" \
	"hold (pid $pid), 1 socket: user_timeout 5000 ms is shorter than keepidle + keepintvl (200000 ms): it ends at the first lost probe" \
	"$(finding user_timeout)"
heed "user_timeout" "$(mend user_timeout)"
ka_equal "user_timeout: mended" 280000 "$(sockets USER_TIMEOUT)"
stop

# A kprobe that is silenced, while the module does not look.
ka_unload
ka_insert hook=kprobe keepidle=180 keepintvl=20 keepcnt=5
echo 0 >/sys/kernel/debug/kprobes/enabled
ka_equal "silenced: doctor" \
	"new sockets do not get keepalive: tcp_init_sock: its kprobe is silenced by debugfs kprobes/enabled=0" \
	"$(finding health)"
heed "silenced" "$(mend health)"
ka_equal "silenced: mended" "" "$(finding health)"

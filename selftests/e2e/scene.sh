# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a scene stands on, in the guest: the stage of `make try` (say, heading, fail,
# on, quiet, start, log, input, last, await, clock, machines, cable), and services of
# Debian's in network namespaces, a NAT that forgets, and what holds without and with
# the module. Sourced by play, never run. However a scene ends, all goes that it made.

# shellcheck source=scripts/try.d/stage.sh
. "${KA_STAGE:-/e2e/stage.sh}"

used=()				# units that are to stop at the end
declare -A told=()		# what "seen" was told, of without and with

# shellcheck disable=SC2317
leave() {
	local rc=$? unit
	trap - EXIT
	set +e
	if [ "$rc" != 0 ]; then
		tail -n 3 /tmp/*.log 2>/dev/null | sed 's/^/    /'
		for unit in "${used[@]}"; do
			systemctl --no-pager status -n 8 "$unit" 2>&1 | sed 's/^/    /' || true
		done
	fi
	for unit in "${used[@]}"; do
		systemctl stop "$unit" 2>/dev/null
		rm -rf "/run/systemd/system/$unit.d"
	done
	systemctl daemon-reload
	systemctl reset-failed
	clear_stage 2>/dev/null
	rm -f /tmp/*.log /tmp/*.in
	unload
	exit "$rc"
}
trap leave EXIT

unload() {
	if [ -e /sys/module/ka_default ]; then rmmod ka_default || fail 'rmmod failed'; fi
}
unload

# load [PARAMETER=VALUE...]: the module; what is there already is left alone.
load() {
	show '#' modprobe ka_default existing=N "$@"
}

# poll SECONDS COMMAND...: until the command succeeds. Fails after that time: it is
# for what will never happen, and no measure of anything.
poll() {
	local end
	end=$(($(clock) + $1 * 10))
	shift
	until "$@"; do
		[ "$(clock)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# since CLOCK [CLOCK]: seconds from then on, till now or then, with one digit.
since() {
	local t=$((${2:-$(clock)} - $1))
	echo "$((t / 10)).$((t % 10))"
}

# seen without|with VALUE TEXT: what was found, for the reader and for "difference".
seen() {
	told[$1]=$2
	if [ "$1" = with ]; then say "with:    $3"; else say "without: $3"; fi
}

# difference WITHOUT WITH: the values that "seen" must have been told. What else
# follows is a look at the same two again, after that.
difference() {
	[ "${told[without]}" = "$1" ] ||
		fail "without the module it should be \"$1\" and is \"${told[without]}\""
	[ "${told[with]}" = "$2" ] ||
		fail "with the module it should be \"$2\" and is \"${told[with]}\""
	[ "$1" != "$2" ] || fail "\"$1\" is no difference"
	told=()
}

# What a new socket has, as a program of its own says, which asks getsockopt(2).
keepalive() {
	checkkeepalive | sed -n 's/^SO_KEEPALIVE is //p'
}

# twice COMMAND: "COMMAND without", then with the module "COMMAND with", and that it was
# at work.
twice() {
	local has
	has=$(keepalive)
	"$1" without
	seen without "$has" "a new socket's SO_KEEPALIVE is $has"
	load keepidle=60
	has=$(keepalive)
	"$1" with
	seen with "$has" "a new socket's SO_KEEPALIVE is $has"
	difference OFF ON
}

# unchanged SUITE: what it has said, in /tmp/SUITE-without and -with, line by line.
unchanged() {
	[ "$(wc -l <"/tmp/$1-without")" -gt 1 ] || fail "$1 has told nothing"
	if ! diff "/tmp/$1-without" "/tmp/$1-with" >/tmp/unchanged.log; then
		sed 's/^/    /' /tmp/unchanged.log
		fail "$1 says something else with the module"
	fi
	say "$1: $(wc -l <"/tmp/$1-with") results, the same without and with"
}

# results without|with DIRECTORY TEST...: what selftests of the kernel's (kselftest.need) say:
# each line that is a result, with the test's name and without ports and times. How long each
# took goes to the log.
results() {
	local test rc from all when=$1 dir=$2
	local to=/tmp/${dir////-}-$1
	shift 2
	all=$(clock)
	for test; do
		rc=0
		from=$(clock)
		# shellcheck disable=SC2086
		(cd "/kselftest/$dir" && timeout 3000 unshare -n sh -c "ip link set lo up && exec ./$test") \
			>/tmp/kselftest.log 2>&1 </dev/null || rc=$?
		sed -n -E -e 's/\x1b\[[0-9;]*m//g' -e '/\[? *(ok|OK|FAIL|fail|SKIP|skip|PASS)\b/p' /tmp/kselftest.log |
			sed -E -e 's/\(duration[^)]*\)//' -e 's/[0-9]+ms//' -e 's/[0-9]+ max [0-9]+//' -e 's/\bid:[0-9]+/id/g' -e 's/\b(ns[0-9_a-z]*)-[0-9a-f]{8}(-[A-Za-z0-9]{6})?/\1/g' \
				-e 's/ +/ /g' -e "s/^/${test%% *}: /"
		echo "${test%% *}: exit status $rc"
		echo "    ${test%% *}: $(since "$from") s" >&2
	done >"$to"
	say "$when: $dir: $(wc -l <"$to") results in $(since "$all") s"
}

# as_before DIRECTORY...: "results" has found the same, and some test passes.
as_before() {
	local dir
	for dir; do
		dir=${dir////-}
		grep -q ': exit status 0' "/tmp/$dir-without" ||
			fail "no test of $dir passes, even without the module"
		! grep ': exit status 12[67]$' "/tmp/$dir-without" ||
			fail "that is no test: it cannot be run"
		unchanged "$dir"
		sed -n 's/: exit status 0$/ passed/p; s/: exit status 4$/ skipped/p; s/: exit status / failed, status /p' \
			"/tmp/$dir-with" | sed 's/^/    /'
	done
}

# within SECONDS SPOKE CUT GONE: the clock when a peer had not spoken its last word yet,
# when it was cut off, and when its connection was seen to be gone, and the time that was
# computed. Emulation may take its time.
within() {
	[ $(($4 - $2)) -ge $(($1 * 10)) ] || fail "that is earlier than $1 s"
	[ $(($4 - $3)) -le $((($1 + 60) * 10)) ] || fail "that is much later than $1 s"
}

# unit UNIT MACHINE: a unit of Debian's, unchanged, starts in that network namespace.
unit() {
	mkdir -p "/run/systemd/system/$1.d"
	if [[ $1 == *.socket || $1 == *.service ]]; then
		printf '[%s]\nNetworkNamespacePath=/run/netns/%s\n' \
			"$(kind "$1")" "$2" >"/run/systemd/system/$1.d/e2e.conf"
	fi
	systemctl daemon-reload
	used+=("$1")
	show "$2#" systemctl restart "$1"
}

kind() {
	case $1 in *.socket) echo Socket ;; *) echo Service ;; esac
}

# held COMMAND: how many connections kactl sockets finds a program to have.
held() {
	kactl sockets | awk -v name="$1" '$1 == name && $4 == "ESTAB"' | wc -l
}

# holds COMMAND COUNT
holds() {
	[ "$(held "$1")" = "$2" ]
}

# descriptors PID: how many files it has open.
descriptors() {
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# cut_link MACHINE DEVICE: the cable is out, or the power: nobody says good-bye.
cut_link() {
	on "$1" ip link set "$2" down
}

# nat MACHINE OUTSIDE SECONDS: a NAT that forgets a connection on which nothing was
# said for so long, and drops what belongs to none, as those of clouds do.
nat() {
	on "$1" sysctl -q -w net.ipv4.ip_forward=1
	on "$1" nft add table ip nat
	on "$1" nft add chain ip nat out '{ type nat hook postrouting priority srcnat; }'
	on "$1" nft add rule ip nat out oifname "$2" masquerade
	on "$1" nft add chain ip nat through '{ type filter hook forward priority filter; }'
	on "$1" nft add rule ip nat through ct state invalid drop
	on "$1" sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0
	on "$1" sysctl -q -w "net.netfilter.nf_conntrack_tcp_timeout_established=$3"
}

none() {
	[ "$(count)" = 0 ]
}

# vanish CLIENTS A B HOW PROGRAM EACH: so many clients come from client-a to the server's
# address A and their machine goes, without the module; then those of client-b, to B, with
# it. The scene has said how they come (come MACHINE ADDRESS), how many the server still
# has (count) and what else is to be seen of them (state). kactl sockets must find EACH
# connections of PROGRAM for a client.
vanish() {
	local clients=$1 a=$2 b=$3 how=$4 program=$5 held=$(($1 * $6)) idle=2 intvl=1 cnt=2
	local expected=$((idle + intvl * cnt)) spoke cut gone
	poll 60 none || fail "nobody has come and there are clients: $(state)"
	say "before:  $(state)"
	come client-a "$a"
	say "         $(state)"
	say "client-a $how:"
	cut_link client-a cable
	until_clock $(($(clock) + expected * 10 + 80))
	seen without "$(count)" "$(state)"

	show '#' modprobe ka_default keepidle=$idle keepintvl=$intvl keepcnt=$cnt
	poll 60 none || fail "those of before are still there: $(state)"
	say '         and after modprobe they are gone: connections that exist are adopted'
	spoke=$(clock)
	come client-b "$b"
	holds "$program" $held || fail "kactl sockets finds $(held "$program") connections, not $held"
	say "client-b $how; $idle + $intvl * $cnt = $expected s to go:"
	cut_link client-b cable
	cut=$(clock)
	poll $((expected + 60)) none || true
	gone=$(clock)
	seen with "$(count)" "$(state), $(since "$cut" "$gone") s after that"
	difference "$clients" 0
	within $expected "$spoke" "$cut" "$gone"
	holds "$program" 0 || fail "kactl sockets still finds $(held "$program")"
}

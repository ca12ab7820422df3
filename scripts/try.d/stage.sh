# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What every scene of `make try` stands on: how it speaks, runs commands, waits
# and fails. Sourced in the guest by play, never run.
#
# A line that starts with "== " is a heading, one with "!! " is why the
# demonstration fails; scripts/try on the host sets both apart.

say() {
	printf '%s\n' "$*"
}

heading() {
	printf '== %s\n' "$*"
}

# The scene did not show what it claims: say so and end everything.
fail() {
	printf '!! %s\n' "$*"
	exit 1
}

# show PROMPT COMMAND...: a command of the story, seen and run.
show() {
	prompt=$1
	shift
	say "$prompt $*"
	"$@" || fail "exit status $? from: $*"
}

# on NAMESPACE COMMAND...: the same on one of the scene's machines.
on() {
	machine=$1
	shift
	say "$machine# $*"
	ip netns exec "$machine" "$@" || fail "exit status $? on $machine from: $*"
}

# quiet COMMAND...: what has to be done and tells nothing.
quiet() {
	"$@" >/tmp/quiet 2>&1 || fail "cannot $*: $(tail -n 1 /tmp/quiet)"
}

# Tenths of seconds since the guest started.
clock() {
	read -r up _ </proc/uptime
	up=${up%?}
	echo "${up%.*}${up#*.}"
}

# tenths SECONDS, as a program prints them, one digit after the point.
tenths() {
	echo "${1%.*}${1#*.}"
}

# await LOG PATTERN [SECONDS]: until a program has said something. The cap is
# for a program that never will: it is no measure of anything.
await() {
	end=$(($(clock) + ${3:-60} * 10))
	until grep -q "$2" "$1" 2>/dev/null; do
		[ "$(clock)" -lt "$end" ] ||
			fail "waited ${3:-60} s for \"$2\" in $1, where the last line is: $(tail -n 1 "$1")"
		sleep 0.1
	done
}

# until_clock TENTHS: wait for a moment on clock().
until_clock() {
	while [ "$(clock)" -lt "$1" ]; do
		sleep 0.1
	done
}

# The parameter that keeps the module off connections which are there already,
# where it has one: a scene compares those made before it came with those made
# after. To be written unquoted on modprobe's line.
leave_existing() {
	modinfo ka_default | grep -q ' existing:' && echo existing=N
}

# start NAME COMMAND...: one of a scene's programs, in the background; what it
# says goes to $(log NAME), what is written to $(input NAME) is its input.
start() {
	name=$1
	shift
	rm -f "$(input "$name")" "$(log "$name")"
	mkfifo "$(input "$name")"
	"$@" <>"$(input "$name")" >"$(log "$name")" 2>&1 &
	echo $! >"/tmp/$name.pid"
}

log() {
	echo "/tmp/$1.log"
}

input() {
	echo "/tmp/$1.in"
}

# The last thing that a program of start() said.
last() {
	tail -n 1 "$(log "$1")"
}

# Whether a program of start() is still there.
running() {
	kill -0 "$(cat "/tmp/$1.pid")" 2>/dev/null
}

# Whether a reader has connected and said nothing since.
waiting() {
	running "$1" && [ "$(cat "$(log "$1")")" = connected ]
}

# The end of a scene: its programs and its machines go.
clear_stage() {
	for pid in /tmp/*.pid; do
		[ -e "$pid" ] || continue
		kill "$(cat "$pid")" 2>/dev/null
		rm -f "$pid"
	done
	wait
	for machine in /run/netns/*; do
		[ -e "$machine" ] || continue
		quiet ip netns delete "${machine##*/}"
	done
}

# Namespaces of a scene: machines that share nothing but the cables between them.
machines() {
	for machine in "$@"; do
		quiet ip netns add "$machine"
		quiet ip -n "$machine" link set lo up
	done
}

# cable MACHINE DEVICE ADDRESS MACHINE DEVICE ADDRESS: connect two of them. Both
# know the other's hardware address for good, so that a cut says nothing: on the
# way to a machine in another network there is no ARP that could fail either.
cable() {
	quiet ip -n "$1" link add "$2" address "$(mac "$3")" type veth \
		peer name "$5" address "$(mac "$6")" netns "$4"
	plug "$1" "$2" "$3" "$6"
	plug "$4" "$5" "$6" "$3"
}

plug() {
	quiet ip -n "$1" address add "$3/24" dev "$2"
	quiet ip -n "$1" link set "$2" up
	quiet ip -n "$1" neighbour replace "$4" dev "$2" lladdr "$(mac "$4")" nud permanent
}

# A hardware address made of an IPv4 one.
mac() {
	echo "$1" | {
		IFS=. read -r a b c d
		printf '02:00:%02x:%02x:%02x:%02x\n' "$a" "$b" "$c" "$d"
	}
}

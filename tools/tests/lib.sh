# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of kactl share: a false /sys tree and TAP. Sourced, never run.
#
# KACTL is the program, HOLD one that has sockets; KACTL_ROOT, which it takes for the machine's root, is
# an empty directory of the test's. A false file takes any write, so a test of
# what the kernel refuses belongs into the VM (selftests/).

: "${KACTL:?is the kactl to test: make -C tools check}"
: "${HOLD:?is selftests/hold: make -C tools check}"
KACTL_ROOT=$(mktemp -d)
export KACTL_ROOT LC_ALL=C
trap 'rm -rf "$KACTL_ROOT"' EXIT
number=0
failures=0

# FILE VALUE: a file of the false tree with its value.
put() {
	[ -d "$KACTL_ROOT${1%/*}" ] || mkdir -p "$KACTL_ROOT${1%/*}"
	printf '%s\n' "$2" >"$KACTL_ROOT$1"
}

# FILE: its value.
get() {
	cat "$KACTL_ROOT$1"
}

# A module that is loaded, with its parameters as modprobe leaves them.
load_module() {
	local p
	put /sys/module/ka_default/parameters/mode default
	for p in keepidle keepintvl keepcnt user_timeout; do
		put /sys/module/ka_default/parameters/$p 0
	done
	put /sys/module/ka_default/parameters/kernel_sockets N
	put /sys/module/ka_default/parameters/existing Y
	put /sys/module/ka_default/parameters/hook ftrace
	put /sys/module/ka_default/version 0.0.0
	put /sys/kernel/ka_default/health ok
	put /sys/kernel/ka_default/apply ''
	for p in created accepted adopted enforced skipped_off skipped_kernel missed; do
		put /sys/kernel/ka_default/stats/$p 0
	done
	put /sys/kernel/ka_default/cgroups/add ''
	put /sys/kernel/ka_default/cgroups/remove ''
}

# PATH [FIELD=VALUE...]: a policy of a cgroup, in mode inherit unless told.
add_policy() {
	local dir=${1#/} f
	dir=/sys/kernel/ka_default/cgroups/${dir//\//!}
	put "$dir/path" "$1"
	for f in state=bound mode=inherit keepidle=0 keepintvl=0 keepcnt=0 user_timeout=0 \
		sockets=0 "${@:2}"; do
		put "$dir/${f%%=*}" "${f#*=}"
	done
}

# STATUS ARGUMENT...: runs kactl, which must exit so; its words are in $out and $err.
kactl() {
	local want=$1 rc=0
	shift
	"$KACTL" "$@" >"$KACTL_ROOT/.out" 2>"$KACTL_ROOT/.err" </dev/null || rc=$?
	out=$(<"$KACTL_ROOT/.out")
	err=$(<"$KACTL_ROOT/.err")
	[ "$rc" = "$want" ] || {
		printf '# kactl %s: exit status %s instead of %s\n' "$*" "$rc" "$want"
		printf '%s\n' "$out" "$err" | sed 's/^/# /'
		return 1
	}
}

# TEXT PATTERN: the text has it (a shell pattern, may stand anywhere).
has() {
	# shellcheck disable=SC2053
	[[ $1 == *$2* ]] && return
	printf '# no "%s" in:\n' "$2"
	printf '%s\n' "$1" | sed 's/^/#   /'
	return 1
}

# FOUND WANTED
is() {
	[ "$1" = "$2" ] && return
	printf '# "%s" instead of "%s"\n' "$1" "$2"
	return 1
}

# TEXT FILTER: what jq finds in it.
json() {
	printf '%s\n' "$1" | jq -rc "$2"
}

# REASON: the test cannot run here; from within it.
skip() {
	printf '%s\n' "$*" >"$KACTL_ROOT/.skip"
	exit 77
}

# The process's names, and the cgroups that are mounted, are the machine's.
real_proc() {
	ln -sfn /proc "$KACTL_ROOT/proc"
	mkdir -p "$KACTL_ROOT/sys/fs"
	ln -sfn /sys/fs/cgroup "$KACTL_ROOT/sys/fs/cgroup"
}

# ARGUMENT...: a program with such sockets in a namespace of its own, $pid. It
# ends with the test, whose end of its stdin closes.
# shellcheck disable=SC2034 # $pid is the tests'
start_hold() {
	local user=() line
	[ "$(id -u)" = 0 ] || user=(-U -r)
	# bash warns of a second one at the same time, which does no harm here.
	{ coproc held {
		exec unshare "${user[@]}" -n sh -c 'ip link set lo up && exec "$@"' sh "$HOLD" "$@"
	}; } 2>/dev/null
	read -r -u "${held[0]}" line
	pid=$held_PID
	is "$line" ready
}

cgroup2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)

needs_root() {
	[ "$(id -u)" = 0 ] || skip "only root can make cgroups"
	[ -n "$cgroup2" ] || skip "no cgroup v2 here"
}

# NAME...: cgroups of the test's, in its own below $top, for which it needs root.
make_cgroups() {
	local name
	top=/kactl-test-$$
	for name in '' "$@"; do
		mkdir -p "$cgroup2$top/$name"
	done
	trap remove_cgroups EXIT
}

# When the last process has left.
remove_cgroups() {
	[ -z "${held_PID:-}" ] || kill "$held_PID"
	for _ in $(seq 100); do
		find "$cgroup2$top" -depth -type d -exec rmdir {} + 2>/dev/null && return
		sleep 0.1
	done
}

# The commands that the help names, one a line.
commands() {
	"$KACTL" --help | sed -n '/^  KEYs/q; s/^  \([a-z]*\) .*/\1/p'
}

# COMMAND: the options that its help names, one a line.
options() {
	"$KACTL" "$1" --help | sed -n '1s/\(^\|[][| ]\)\(--\{0,1\}[a-z0-9][a-z-]*\)/\n\2\n/gp' | grep '^-' || true
	echo --help
}

# NAME: runs the function test_NAME, in which every command must succeed.
check() {
	local rc
	number=$((number + 1))
	# Not as a condition: there "set -e" would do nothing.
	(set -eu; "test_$1")
	rc=$?
	if [ "$rc" = 0 ]; then
		printf 'ok %d %s\n' "$number" "$1"
	elif [ "$rc" = 77 ]; then
		printf 'ok %d %s # SKIP %s\n' "$number" "$1" "$(cat "$KACTL_ROOT/.skip")"
	else
		printf 'not ok %d %s\n' "$number" "$1"
		failures=$((failures + 1))
	fi
}

# Runs all functions test_NAME in the order in which they stand in the file.
run_all() {
	local name
	shopt -s extdebug
	for name in $(compgen -A function test_ | while read -r f; do
		declare -F "$f"
	done | sort -n -k 2 | cut -d ' ' -f 1); do
		rm -rf "${KACTL_ROOT:?}"/*
		check "${name#test_}"
	done
	printf '1..%d\n' "$number"
	exit $((failures > 0))
}

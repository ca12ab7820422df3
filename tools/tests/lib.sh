# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of kactl share: a false /sys tree and TAP. Sourced, never run.
#
# KACTL is the program; KACTL_ROOT, which it takes for the machine's root, is
# an empty directory of the test's. A false file takes any write, so a test of
# what the kernel refuses belongs into the VM (selftests/).

: "${KACTL:?is the kactl to test: make -C tools check}"
KACTL_ROOT=$(mktemp -d)
export KACTL_ROOT LC_ALL=C
trap 'rm -rf "$KACTL_ROOT"' EXIT
number=0
failures=0

# FILE VALUE: a file of the false tree with its value.
put() {
	mkdir -p "$KACTL_ROOT$(dirname "$1")"
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
	out=$(cat "$KACTL_ROOT/.out")
	err=$(cat "$KACTL_ROOT/.err")
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

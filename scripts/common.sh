# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here starts with: where things are, and how to tell a
# person what goes on. Sourced, never run. Messages go to stderr, because the
# stdout of these scripts is an answer that another script reads.

KA_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
KA_BUILD=$KA_TOP/build
KA_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ka_default
KA_NAME=${0##*/}
# The first script of a run sets the clock, those it calls go by it.
: "${KA_START:=$(date +%s)}"
export KA_TOP KA_BUILD KA_CACHE KA_START
export LC_ALL=C
# A make that runs inside must not take the variables of the one outside.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
# kmod lives in /usr/sbin, which an ordinary user's PATH lacks.
PATH=$PATH:/usr/sbin:/sbin

# One line of progress, with the seconds since the run began.
step() {
	printf '%4ds  %s\n' "$(($(date +%s) - KA_START))" "$*" >&2
}

# What is wrong and what to do about it, on one line; then the end.
die() {
	printf '%s: %s\n' "$KA_NAME" "$*" >&2
	exit 1
}

# Milliseconds on a clock that only moves forward.
now_ms() {
	local up
	read -r up _ </proc/uptime
	printf '%s\n' "$((10#${up/./} * 10))"
}

# Milliseconds as seconds with one digit.
seconds() {
	printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100))
}

# quietly LOG COMMAND...: the output goes to LOG; on a terminal the seconds
# tick so that a long step is seen to live.
quietly() {
	local log=$1 pid rc=0 from
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 &
	pid=$!
	from=$(date +%s)
	if [ -t 2 ]; then
		while kill -0 "$pid" 2>/dev/null; do
			printf '\r       ... %ds' $(($(date +%s) - from)) >&2
			sleep 0.3
		done
		printf '\r                \r' >&2
	fi
	wait "$pid" || rc=$?
	return "$rc"
}

# locked FILE: nobody else does the same work until this script ends.
locked() {
	mkdir -p "$(dirname "$1")" ||
		die "cannot write $(dirname "$1"): set XDG_CACHE_HOME to a place that can be written"
	exec {KA_LOCK}>"$1"
	flock -n "$KA_LOCK" && return
	step "waiting for another run that holds $1"
	flock "$KA_LOCK"
}

# Every file that is ours, from $KA_TOP on: what git knows or would add, else
# all that no build has made.
ours() {
	(
		cd "$KA_TOP" || exit
		if git rev-parse >/dev/null 2>&1; then
			git ls-files --cached --others --exclude-standard
		else
			find . -path ./build -prune -o -type f -print | sed 's|^\./||'
		fi | while read -r f; do
			[ ! -f "$f" ] || printf '%s\n' "$f"
		done
	)
}

# copy_ours DIRECTORY: all that, in a new directory.
copy_ours() {
	rm -rf "$1"
	mkdir -p "$1"
	ours | tar -C "$KA_TOP" -cf - -T - | tar -C "$1" --no-same-owner -xf -
}

# The version of a package that apt would download; nothing where it has none.
candidate() {
	apt-cache madison "$1" | awk -F' *[|] *' '$3 !~ /Sources$/ { print $2; exit }'
}

# verdict ok|FAILED|skipped NAME DETAIL MILLISECONDS [LOG [TEXT]]: a line of a
# check, and TEXT below it, written at once so that others do not come between.
verdict() {
	local text
	text=$(printf '%-8s %-30s %-32s %6s s' "$1" "$2" "$3" "$(seconds "$4")")
	[ -z "${5:-}" ] || text+="  see ${5#"$PWD"/}"
	[ -z "${6:-}" ] || text+=$'\n         '${6//$'\n'/$'\n         '}
	printf '%s\n' "$text"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How what happens in a VM is shown to a person who watches: each line with its time,
# in seconds since the start. Sourced after common.sh, never run. A line that starts
# with "== " is a heading, one with "!! " is why it fails.

began=$(now_ms)
bold='' dim='' red='' plain=''
live=
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	live=yes
fi
if [ -n "$live" ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
fi

stamp() {
	printf '%s%6ss%s' "$dim" "$(seconds $(($(now_ms) - began)))" "$plain"
}

# One line for the reader. What other scripts stamped gets this clock instead.
tell() {
	local line=$1
	if [[ $line =~ ^\ *[0-9.]+s\ \ (.*) ]]; then
		line=${BASH_REMATCH[1]}
	fi
	case $line in
	'') echo ;;
	'== '*) printf '\n%s%s%s\n' "$bold" "${line#== }" "$plain" ;;
	'!! '*) printf '%s  %sFAILED: %s%s\n' "$(stamp)" "$red" "${line#!! }" "$plain" ;;
	*) printf '%s  %s\n' "$(stamp)" "$line" ;;
	esac
}

# Passes on lines as they come. In a silence the clock ticks on a terminal; in
# a file there is a sign of life every 15 seconds.
narrate() {
	local line part='' rc wait=15
	[ -z "$live" ] || wait=0.5
	while :; do
		rc=0
		IFS= read -r -t "$wait" line || rc=$?
		[ -z "$live" ] || printf '\r\e[K'
		line=$part$line
		part=
		if [ "$rc" = 0 ]; then
			tell "$line"
		elif [ "$rc" -le 128 ]; then
			[ -z "$line" ] || tell "$line"
			return 0
		elif [ -n "$live" ]; then
			part=$line
			stamp
		else
			part=$line
			tell '... still at it'
		fi
	done
}

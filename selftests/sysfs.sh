#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The files that scripts depend on: which there are and no others, their
# permissions, and that each holds one value and a newline.

ka_plan=21
# shellcheck source=selftests/ka.sh
. ./ka.sh

# NAME MODE PATTERN: a parameter.
parameter() {
	file "$KA_PARAMETERS/$1" "$2" "$3"
}

# PATH MODE PATTERN: one result for all of it.
file() {
	text=$(cat "$1"; echo end)
	seen="$(stat -c %a "$1") $(printf '%s\n' "$text" | wc -l)"
	value=${text%?end}
	printf '%s\n' "$value" | grep -qxE "$3" || seen="$seen reads '$value'"
	# The value, its newline, and the word that came after.
	ka_equal "${1#/sys/}" "$2 2" "$seen"
}

# Nobody but root, whatever else the bits say; and root has nothing to write.
refuses_write() {
	if (echo 1 >"$1") 2>/dev/null; then
		ka_not_ok "${1#/sys/} is not writable"
	else
		ka_ok "${1#/sys/} is not writable"
	fi
}

list() {
	# shellcheck disable=SC2012
	(cd "$1" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort | tr '\n' ' ')
}

ka_load keepidle=600
ka_equal "parameters" "hook keepcnt keepidle keepintvl kernel_sockets mode " \
	"$(list "$KA_PARAMETERS")"
parameter hook 444 'ftrace|kprobe'
parameter keepcnt 644 0
parameter keepidle 644 600
parameter keepintvl 644 0
parameter kernel_sockets 644 N
parameter mode 644 default

ka_equal "files" "health stats/created stats/missed stats/skipped_kernel stats/skipped_off " \
	"$(list "$KA_FILES")"
ka_equal "directories" 755 "$(stat -c %a "$KA_FILES")"
ka_equal "directory of the counters" 755 "$(stat -c %a "$KA_FILES/stats")"
file "$KA_FILES/health" 444 ok
for counter in created missed skipped_kernel skipped_off; do
	file "$KA_FILES/stats/$counter" 444 '[0-9]+'
done

refuses_write "$KA_PARAMETERS/hook"
refuses_write "$KA_FILES/health"
refuses_write "$KA_FILES/stats/created"

ka_unload
ka_equal "parameters are gone" "" "$(ls -d "$KA_PARAMETERS" 2>/dev/null)"
ka_equal "files are gone" "" "$(ls -d "$KA_FILES" 2>/dev/null)"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The files that scripts depend on: which there are and no others, their
# permissions, and that each holds one value and a newline.

ka_plan=32
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
ka_equal "parameters" \
	"existing hook keepcnt keepidle keepintvl kernel_sockets mode user_timeout " \
	"$(list "$KA_PARAMETERS")"
parameter existing 444 Y
parameter hook 444 'ftrace|kprobe'
parameter keepcnt 644 0
parameter keepidle 644 600
parameter keepintvl 644 0
parameter kernel_sockets 644 N
parameter mode 644 default
parameter user_timeout 644 0

counters="accepted adopted created enforced missed skipped_kernel skipped_off"
# shellcheck disable=SC2086
ka_equal "files" \
	"apply cgroups/add cgroups/remove health $(printf 'stats/%s ' $counters)" \
	"$(list "$KA_FILES")"
ka_equal "directories" 755 "$(stat -c %a "$KA_FILES")"
ka_equal "directory of the cgroups" 755 "$(stat -c %a "$KA_FILES/cgroups")"
ka_equal "directory of the counters" 755 "$(stat -c %a "$KA_FILES/stats")"
file "$KA_FILES/health" 444 ok
for counter in $counters; do
	file "$KA_FILES/stats/$counter" 444 '[0-9]+'
done

for name in apply cgroups/add cgroups/remove; do
	ka_equal "kernel/ka_default/$name" 200 "$(stat -c %a "$KA_FILES/$name")"
done

refuses_write "$KA_PARAMETERS/existing"
refuses_write "$KA_PARAMETERS/hook"
refuses_write "$KA_FILES/health"
refuses_write "$KA_FILES/stats/adopted"
refuses_write "$KA_FILES/stats/created"

ka_unload
ka_equal "parameters are gone" "" "$(ls -d "$KA_PARAMETERS" 2>/dev/null)"
ka_equal "files are gone" "" "$(ls -d "$KA_FILES" 2>/dev/null)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl apply: asks for it and says what came of it.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

files=/sys/kernel/ka_default

# COUNTER BEFORE AFTER: reads so before and after something is written to
# apply. One read of a pipe is one value, and the write lies between the two.
test_says_how_many() {
	load_module
	rm "$KACTL_ROOT$files/apply" "$KACTL_ROOT$files/stats/adopted"
	mkfifo "$KACTL_ROOT$files/apply" "$KACTL_ROOT$files/stats/adopted"
	put "$files/stats/missed" 7
	{
		put "$files/stats/adopted" 3
		get "$files/apply" >"$KACTL_ROOT/written"
		put "$files/stats/missed" 9
		put "$files/stats/adopted" 15
	} &
	kactl 0 apply
	wait
	is "$out" 'adopted 12 sockets, missed 2 that stayed busy: run kactl apply again'
	is "$(get /written)" 1
}

test_says_none() {
	load_module
	kactl 0 apply
	is "$out" 'adopted 0 sockets'
}

test_says_what_was_refused() {
	load_module
	ln -sf /dev/full "$KACTL_ROOT$files/apply"
	kactl 1 apply
	has "$err" "cannot write 1 to $files/apply: "
	is "$out" ''
}

test_takes_nothing() {
	load_module
	kactl 2 apply all
	has "$err" 'all is too much'
	kactl 2 apply --now
	has "$err" 'unknown option --now'
}

test_needs_the_module() {
	kactl 1 apply
	has "$err" 'modprobe ka_default'
}

run_all

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# What all commands have in common: the help, options, and an answer that
# cannot be written.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

test_help() {
	kactl 0 --help
	is "$err" ''
	has "$out" 'usage: kactl COMMAND'
	kactl 2
	is "$out" ''
	has "$err" 'usage: kactl COMMAND'
	commands >"$KACTL_ROOT/commands"
	while read -r command; do
		kactl 0 "$command" --help
		has "$out" "usage: kactl $command"
		kactl 0 "$command" -h
	done <"$KACTL_ROOT/commands"
}

# A complaint sends people to the help, so there the keys and ranges must be.
test_help_names_the_keys() {
	kactl 0 default --help
	has "$out" 'mode           off, default, enforce'$'\n'
	has "$out" 'keepcnt        0..127 probes'
	has "$out" 'kernel_sockets Y, N'
	for command in cgroup run; do
		kactl 0 "$command" --help
		has "$out" 'mode           off, default, enforce, inherit'$'\n'
		has "$out" 'user_timeout   0..2147483647 milliseconds or auto'
		[[ $out != *kernel_sockets* ]]
	done
	kactl 0 status --help
	[[ $out != *keepcnt* ]]
}

# Each option of a usage has a line of its own.
test_help_explains_the_options() {
	for command in check sockets restore metrics; do
		options "$command" >"$KACTL_ROOT/options"
		kactl 0 "$command" --help
		while read -r option; do
			case $option in -j | --help) continue ;; esac
			sed 1d <<<"$out" | grep -qE -- "(^  |, )$option( |,)" ||
				{ echo "# no $option of $command"; return 1; }
		done <"$KACTL_ROOT/options"
	done
}

test_names_the_nearest() {
	kactl 2 stats
	has "$err" 'unknown command stats: did you mean status?'
	kactl 2 --verison
	has "$err" 'unknown command --verison: did you mean --version?'
	kactl 2 frobnicate
	is "$(head -n 1 <<<"$err")" 'kactl: unknown command frobnicate'
	kactl 2 restore --dryrun
	has "$err" 'unknown option --dryrun: did you mean --dry-run?'
	kactl 2 sockets --cgroups /a
	has "$err" 'unknown option --cgroups: did you mean --cgroup?'
	# Not an option of another command.
	kactl 2 status --of
	is "$(head -n 1 <<<"$err")" 'kactl: unknown option --of'
}

test_knows_the_option_that_is_wrong() {
	kactl 2 check --mptcp -57
	has "$err" 'unknown option -5'
	kactl 2 check --mptcp -4 --off
	has "$err" 'unknown option --off'
	kactl 2 status --json=x
	has "$err" '--json=x'
}

# But behind "run" they are the command's.
test_takes_options_behind_arguments() {
	load_module
	kactl 0 preset aws -j
	is "$(json "$out" '.presets | map(.name)')" '["aws"]'
	kactl 0 default keepidle=180 -j
	is "$(json "$out" '.default[0].keepidle')" 180
	add_policy /a
	kactl 0 cgroup set /a keepcnt=4 -j
	is "$(json "$out" '.cgroups | map([.path, .keepcnt])')" '[["/a",4]]'
	kactl 0 cgroup add /a mode=off -j
	is "$(json "$out" '.cgroups | map([.path, .mode])')" '[["/a","off"]]'
	kactl 0 completion bash --help
	has "$out" 'usage: kactl completion '
	kactl 2 run true -h
	has "$err" 'which command?'
}

test_says_that_it_cannot_write() {
	local command rc
	load_module
	for command in status 'status -j' preset cgroup default --help --version; do
		rc=0
		# shellcheck disable=SC2086 # two words
		err=$("$KACTL" $command 2>&1 >/dev/full) || rc=$?
		is "$rc" 1
		has "$err" 'cannot write to stdout: No space left on device'
	done
}

run_all

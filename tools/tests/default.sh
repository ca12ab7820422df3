#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl default: show it, set it, refuse what is wrong and leave all as it was.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/ka_default/parameters

test_shows() {
	load_module
	put "$parameters/keepidle" 180
	kactl 0 default
	has "$out" 'MODE * KEEPIDLE'
	has "$out" 'default * 180'
	kactl 0 default -j
	has "$out" '"keepidle": 180,'
}

test_sets() {
	load_module
	kactl 0 default mode=enforce keepidle=180 keepintvl=60 keepcnt=3 user_timeout=auto kernel_sockets=Y
	is "$(get "$parameters/mode")" enforce
	is "$(get "$parameters/keepidle")" 180
	is "$(get "$parameters/keepintvl")" 60
	is "$(get "$parameters/keepcnt")" 3
	is "$(get "$parameters/user_timeout")" auto
	is "$(get "$parameters/kernel_sockets")" Y
}

test_checks_all_before_the_first_write() {
	load_module
	kactl 2 default keepidle=180 keepcnt=128
	has "$err" 'keepcnt=128 is out of range: 0..127 probes'
	is "$(get "$parameters/keepidle")" 0
}

# /dev/full refuses every write, with ENOSPC.
test_undoes_what_was_written_before_a_refusal() {
	load_module
	put "$parameters/keepidle" 77
	ln -sf /dev/full "$KACTL_ROOT$parameters/keepcnt"
	kactl 1 default keepidle=180 keepcnt=9
	has "$err" 'cannot write 9 to /sys/module/ka_default/parameters/keepcnt: '
	is "$(get "$parameters/keepidle")" 77
}

# Nor can what was written be taken back: of four writes, two of which are said
# on stderr, the second and the fourth fail.
test_says_what_it_cannot_undo() {
	local rc=0
	load_module
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o /dev/null \
		-e trace=write -e inject=write:error=EPERM:when=2..4+2 \
		"$KACTL" default keepidle=180 keepcnt=9 2>"$KACTL_ROOT/.err" || rc=$?
	is "$rc" 1
	is "$(get /.err)" "kactl: cannot write 9 to $parameters/keepcnt: it needs CAP_NET_ADMIN on the host: run it as root
kactl: $parameters/keepidle is not as it was before"
}

test_names_the_nearest_key() {
	load_module
	kactl 2 default keepidel=180
	has "$err" 'did you mean keepidle?'
	kactl 2 default tcp=180
	has "$err" 'unknown key tcp: the keys are mode, keepidle, keepintvl, keepcnt, user_timeout, kernel_sockets'
}

test_names_the_nearest_word() {
	load_module
	kactl 2 default mode=enforced
	has "$err" 'did you mean enforce?'
	kactl 2 default mode=inherit
	has "$err" 'mode=inherit: mode is one of off, default, enforce'
	kactl 2 default mode=OFF
	has "$err" 'mode=OFF: did you mean off?'
	kactl 2 default kernel_sockets=maybe
	has "$err" 'kernel_sockets=maybe: kernel_sockets is one of Y, N'
}

test_names_the_range() {
	load_module
	kactl 2 default keepidle=3m
	has "$err" 'keepidle=3m: keepidle is 0..32767 seconds'
	kactl 2 default user_timeout=never
	has "$err" 'user_timeout is 0..2147483647 milliseconds or auto'
	kactl 2 default user_timeout=aut
	has "$err" 'user_timeout=aut: did you mean auto?'
}

test_needs_the_module() {
	kactl 1 default keepidle=180
	has "$err" 'modprobe ka_default'
	kactl 1 default -j
	has "$err" '"message": "the module'
}

run_all

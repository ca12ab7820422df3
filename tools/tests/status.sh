#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl status: all of it on one screen, for people and for programs.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/ka_default/parameters
files=/sys/kernel/ka_default

load_module_with_policies() {
	load_module
	put /sys/module/ka_default/version 1.2.3
	put "$parameters/keepidle" 180
	put "$parameters/user_timeout" auto
	put "$files/stats/created" 4711
	put "$files/stats/missed" 3
	add_policy /system.slice/nginx.service mode=enforce keepidle=60 sockets=17
	add_policy /user.slice mode=off state=waiting
}

# COMMAND...: what it writes to a terminal of 80 columns.
on_terminal() {
	script -qec "stty cols 80; $*" /dev/null </dev/null | tr -d '\r'
}

test_shows_all() {
	load_module_with_policies
	kactl 0 status
	has "$out" $'VERSION HOOK   HEALTH\n1.2.3   ftrace ok'
	has "$out" $'MODE    KEEPIDLE *\ndefault      180         0       0 auto         N'
	has "$out" '/system.slice/nginx.service bound   enforce   60 '
	has "$out" '/user.slice                 waiting off '
	has "$out" $'CREATED *MISSED\n   4711 *3'
}

test_fits_a_screen() {
	load_module_with_policies
	for number in 1 2 3 4 5 6; do
		add_policy "/machine.slice/a-machine-with-a-long-name-$number.scope"
	done
	seen=$(on_terminal "$KACTL" status)
	[ "$(printf '%s\n' "$seen" | wc -l)" -le 24 ]
	is "$(printf '%s\n' "$seen" | grep -E '^.{81}')" ''
}

test_says_that_there_are_no_policies() {
	load_module
	kactl 0 status
	has "$out" 'no cgroup has a policy'
}

test_says_what_0_means() {
	load_module
	put /proc/sys/net/ipv4/tcp_keepalive_time 7201
	put /proc/sys/net/ipv4/tcp_keepalive_intvl 76
	put /proc/sys/net/ipv4/tcp_keepalive_probes 8
	kactl 0 status
	has "$out" '0 follows net.ipv4.tcp_keepalive_time, _intvl, _probes: here 7201, 76, 8'
	put "$parameters/keepidle" 180
	put "$parameters/keepintvl" 60
	put "$parameters/keepcnt" 3
	kactl 0 status
	[[ $out != *'0 follows'* ]]
}

test_json() {
	load_module_with_policies
	kactl 0 status -j
	is "$(json "$out" keys)" '["cgroups","counters","default","module"]'
	is "$(json "$out" '.module[0]')" '{"version":"1.2.3","hook":"ftrace","health":"ok"}'
	is "$(json "$out" '.default[0]')" '{"mode":"default","keepidle":180,"keepintvl":0,"keepcnt":0,"user_timeout":"auto","kernel_sockets":"N"}'
	is "$(json "$out" '.cgroups[0]')" '{"path":"/system.slice/nginx.service","state":"bound","mode":"enforce","keepidle":60,"keepintvl":0,"keepcnt":0,"user_timeout":"0","sockets":17}'
	is "$(json "$out" '.counters[0]')" '{"created":4711,"accepted":0,"adopted":0,"enforced":0,"skipped_off":0,"skipped_kernel":0,"missed":3}'
}

test_json_without_policies() {
	load_module
	kactl 0 status -j
	is "$(json "$out" .cgroups)" '[]'
}

test_shows_ill_health_in_red() {
	local red=$'\e[31m'
	load_module
	[[ $(on_terminal "$KACTL" status) != *"$red"* ]]
	put "$files/health" 'the ftrace hook does not run'
	has "$(on_terminal "$KACTL" status)" "${red}the ftrace hook does not run"
	[[ $(on_terminal NO_COLOR=1 "$KACTL" status) != *$'\e['* ]]
	kactl 0 status
	[[ $out != *$'\e'* ]]
	kactl 0 status -j
	is "$(json "$out" '.module[0].health')" 'the ftrace hook does not run'
}

# A file that cannot be read: a directory in its place.
test_says_why_health_is_unknown() {
	load_module
	rm "$KACTL_ROOT$files/health"
	mkdir "$KACTL_ROOT$files/health"
	kactl 0 status
	has "$out" 'unknown: Is a directory'
}

test_takes_options_only() {
	kactl 2 status all
	has "$err" 'all is too much'
	kactl 0 status --help
	has "$out" 'usage: kactl status '
}

test_needs_the_module() {
	kactl 1 status
	is "$err" 'kactl: the module ka_default is not loaded: modprobe ka_default'
	is "$out" ''
	kactl 1 status -j
	has "$(json "$err" '.error[0].message')" 'is not loaded'
}

run_all

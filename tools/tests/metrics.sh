#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl metrics: every number, escaped labels, the file; promtool checks the format.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

stats=/sys/kernel/ka_default/stats

# The text is as Prometheus wants it, names and all.
promtool() {
	local tool
	tool=$("$(dirname "$0")/../../scripts/promtool")
	printf '%s\n' "$1" | "$tool" check metrics
}

# NAME: its value or values.
value() {
	grep -v '^#' <<<"$out" | sed -n "s/^ka_default_$1\({.*}\)\{0,1\} /\1/p"
}

test_prints_every_number() {
	local n=0 name
	load_module
	for name in created accepted adopted skipped_off skipped_kernel missed enforced; do
		n=$((n + 1))
		put "$stats/$name" "10$n"
	done
	add_policy /system.slice/nginx.service mode=default sockets=7
	add_policy /later state=waiting
	kactl 0 metrics
	is "$(grep -v '^#' <<<"$out")" 'ka_default_loaded 1
ka_default_healthy 1
ka_default_info{version="0.0.0",hook="ftrace",mode="default"} 1
ka_default_sockets_created_total 101
ka_default_sockets_accepted_total 102
ka_default_sockets_adopted_total 103
ka_default_sockets_skipped_total{reason="off"} 104
ka_default_sockets_skipped_total{reason="kernel"} 105
ka_default_sockets_missed_total 106
ka_default_setsockopt_enforced_total 107
ka_default_cgroup_sockets_total{cgroup="/later"} 0
ka_default_cgroup_sockets_total{cgroup="/system.slice/nginx.service"} 7
ka_default_cgroup_bound{cgroup="/later"} 0
ka_default_cgroup_bound{cgroup="/system.slice/nginx.service"} 1'
	promtool "$out"
}

# Each metric has one help and one type, before its first value.
test_heads_are_complete() {
	load_module
	add_policy /a
	kactl 0 metrics
	is "$(awk '/^# TYPE/ { type[$3]++; if (help[$3] != 1) print }
		/^# HELP/ { help[$3]++ }
		/^[^#]/ { sub(/[{ ].*/, ""); if (type[$0] != 1) print }' <<<"$out")" ''
}

test_knows_what_ails() {
	load_module
	put /sys/kernel/ka_default/health 'tcp_init_sock: its kprobe is silenced by kernel.ftrace_enabled=0'
	kactl 0 metrics
	is "$(value healthy)" 0
}

test_escapes_labels() {
	load_module
	add_policy '/a"b\x2dc'
	add_policy $'/\303\244\377'
	kactl 0 metrics
	grep -qF 'total{cgroup="/a\"b\\x2dc"}' <<<"$out"
	grep -qF $'total{cgroup="/\303\244\\\\xff"}' <<<"$out"
	promtool "$out"
}

test_says_that_it_is_not_loaded() {
	kactl 0 metrics
	is "$(grep -v '^#' <<<"$out")" 'ka_default_loaded 0'
	promtool "$out"
}

test_writes_a_file() {
	load_module
	put /text/ka.prom old
	ln "$KACTL_ROOT/text/ka.prom" "$KACTL_ROOT/text/other-name"
	kactl 0 metrics
	is_wanted=$out
	kactl 0 metrics --textfile "$KACTL_ROOT/text/ka.prom"
	is "$out" ''
	is "$(get /text/ka.prom)" "$is_wanted"
	is "$(get /text/other-name)" old
	is "$(stat -c %a "$KACTL_ROOT/text/ka.prom")" 644
	is "$(ls -A "$KACTL_ROOT/text")" $'ka.prom\nother-name'
	kactl 0 metrics -t "$KACTL_ROOT/text/short"
	is "$(get /text/short)" "$is_wanted"
}

# The collector goes on with the old numbers rather than with half of the new.
test_leaves_the_old_file_when_it_fails() {
	load_module
	put /text/ka.prom old
	rm "$KACTL_ROOT$stats/missed"
	kactl 1 metrics --textfile "$KACTL_ROOT/text/ka.prom"
	is "$err" "kactl: cannot read $stats/missed: No such file or directory"
	is "$(get /text/ka.prom)" old
	is "$(ls -A "$KACTL_ROOT/text")" ka.prom
	kactl 1 metrics
	is "$out" ''
	load_module
	kactl 1 metrics --textfile /dev/full
	has "$err" 'cannot write /dev/full: No space left on device'
	kactl 1 metrics --textfile "$KACTL_ROOT/none/ka.prom"
	has "$err" 'No such file or directory'
}

test_misuse() {
	load_module
	kactl 2 metrics now
	has "$err" 'nothing goes after metrics: now'
	kactl 2 metrics --textfile
	has "$err" '--textfile needs a value'
	kactl 2 metrics -j
	has "$err" 'unknown option -j'
}

run_all

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl doctor: each thing that can be wrong is said, with what mends it; and
# nothing is said where nothing is wrong.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/ka_default/parameters
sysctl=/proc/sys/net/ipv4/tcp_keepalive
cgroups=/sys/kernel/ka_default/cgroups

# A machine where all is well; no process is to be seen on it.
healthy() {
	load_module
	put "$parameters/keepidle" 120
	put "$parameters/keepintvl" 20
	put "$parameters/keepcnt" 5
	put /proc/self/mounts 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0'
	put "${sysctl}_time" 7200
	put "${sysctl}_intvl" 75
	put "${sysctl}_probes" 9
	put /proc/sys/kernel/osrelease 6.1.0
	put /proc/sys/kernel/ftrace_enabled 1
	put /boot/config-6.1.0 CONFIG_DYNAMIC_FTRACE_WITH_ARGS=y
	put /sys/kernel/security/lockdown '[none] integrity confidentiality'
	put /sys/module/module/parameters/sig_enforce N
}

unload() {
	rm -r "$KACTL_ROOT/sys/module/ka_default" "$KACTL_ROOT/sys/kernel/ka_default"
}

# CHECK TEXT MEND: the only finding; the last two are patterns.
only() {
	kactl 1 doctor -j
	is "$(json "$out" '[.findings[].check] | join(" ")')" "$1"
	has "$(json "$out" '.findings[0].finding')" "$2"
	has "$(json "$out" '.findings[0].mend')" "$3"
}

well() {
	kactl 0 doctor -j
	is "$(json "$out" '.findings')" '[]'
}

test_finds_nothing() {
	healthy
	well
	kactl 0 doctor
	is "$out" '0 findings'
	is "$err" ''
}

test_prints_for_a_person() {
	healthy
	put "$parameters/user_timeout" 1000
	kactl 1 doctor
	is "$out" "user_timeout: default: user_timeout 1000 ms is shorter than keepidle + keepintvl (140 s): a connection ends at the first lost probe
	kactl default user_timeout=auto
1 finding"
	put /sys/kernel/ka_default/health broken
	kactl 1 doctor
	is "$(tail -n 1 <<<"$out")" '2 findings'
}

test_module_is_not_loaded() {
	healthy
	unload
	only module 'ka_default is not loaded' 'modprobe ka_default'
}

test_module_needs_a_signature() {
	healthy
	unload
	put /sys/module/module/parameters/sig_enforce Y
	only module 'signed modules only: module.sig_enforce=1' 'mokutil --import'
	put /sys/kernel/security/lockdown 'none [integrity] confidentiality'
	only module 'signed modules only: lockdown=integrity' 'mokutil --import'
}

test_module_was_refused() {
	local line
	for line in 'Loading of unsigned module is rejected' \
		'Loading of module with unavailable key is rejected' \
		'Lockdown: insmod: unsigned module loading is restricted'; do
		healthy
		unload
		put /dev/kmsg "5,1,2,-;$line"
		only module "the kernel log says *${line#Lockdown: insmod: }" 'mokutil --import'
	done
	# With it there, that is the past, or another module's.
	healthy
	well
}

test_lockdown_does_not_matter_once_it_is_loaded() {
	healthy
	put /sys/kernel/security/lockdown 'none integrity [confidentiality]'
	well
}

test_ftrace_is_off() {
	healthy
	unload
	put /proc/sys/kernel/ftrace_enabled 0
	kactl 1 doctor -j
	is "$(json "$out" '.findings[1].check')" ftrace
	is "$(json "$out" '.findings[1].mend')" 'sysctl kernel.ftrace_enabled=1'
}

test_hook_is_silenced() {
	healthy
	put /sys/kernel/ka_default/health 'tcp_init_sock: its kprobe is silenced by kernel.ftrace_enabled=0'
	only health 'tcp_init_sock: its kprobe is silenced' 'sysctl kernel.ftrace_enabled=1'
	put /sys/kernel/ka_default/health 'tcp_init_sock: its kprobe is silenced by debugfs kprobes/enabled=0'
	only health 'do not get keepalive' 'echo 1 > /sys/kernel/debug/kprobes/enabled'
	put /sys/kernel/ka_default/health \
		'tcp_init_sock: its kprobe is silenced by kernel.ftrace_enabled=0 or kprobes/enabled=0'
	only health silenced 'sysctl *; echo 1 > '
	put /sys/kernel/ka_default/health strange
	only health strange 'dmesg'
}

test_hook_could_be_ftrace() {
	healthy
	put "$parameters/hook" kprobe
	only hook 'where this kernel has ftrace' 'modprobe ka_default hook=ftrace'
	put /boot/config-6.1.0 '# CONFIG_DYNAMIC_FTRACE_WITH_ARGS is not set'
	well
}

test_sysctl_files_switch_ftrace_off() {
	local line
	for line in 'kernel.ftrace_enabled=0' '  -kernel/ftrace_enabled  =  0'; do
		healthy
		put /etc/sysctl.d/50-x.conf "# comment
$line"
		only sysctl '/etc/sysctl.d/50-x.conf sets kernel.ftrace_enabled=0' \
			"sed -i '/ftrace_enabled/d' /etc/sysctl.d/50-x.conf"
	done
	for line in 'kernel.ftrace_enabled=1' '#kernel.ftrace_enabled=0' 'kernel.ftrace=0'; do
		put /etc/sysctl.d/50-x.conf "$line"
		well
	done
	put /etc/sysctl.d/50-x.bak kernel.ftrace_enabled=0
	well
	put /etc/sysctl.conf kernel.ftrace_enabled=0
	ln -s ../sysctl.conf "$KACTL_ROOT/etc/sysctl.d/99-sysctl.conf"
	only sysctl '/etc/sysctl.conf sets' /etc/sysctl.conf
}

test_no_cgroup_v2() {
	healthy
	put /proc/self/mounts 'cgroup /sys/fs/cgroup cgroup rw 0 0'
	only cgroup 'not mounted' 'systemd.unified_cgroup_hierarchy=1'
}

test_nothing_is_done() {
	healthy
	put "$parameters/mode" off
	only mode 'ka_default does nothing' 'kactl default mode=default'
	add_policy /a mode=inherit
	only mode 'ka_default does nothing' 'kactl default mode=default'
	add_policy /a mode=default keepidle=100
	well
}

test_keepidle_misses_limits() {
	healthy
	put "$parameters/keepidle" 239
	well
	put "$parameters/keepidle" 240
	only keepidle 'default: *240 s, too late for an idle limit on the way of azure (240 s)' \
		'kactl preset azure'
	put "$parameters/keepidle" 600
	only keepidle 'aws (350 s), azure (240 s), gcp (600 s)' 'kactl preset azure'
	put "$parameters/keepidle" 0
	only keepidle 'after 7200 s*gcp (600 s), swarm (900 s), home (900 s)' 'kactl preset azure'
	put "${sysctl}_time" 100
	well
	add_policy /a.slice mode=enforce keepidle=250
	only keepidle '/a.slice: *250 s*azure (240 s)' 'kactl cgroup set /a.slice keepidle=120'
	put "$cgroups/a.slice/mode" off
	well
}

test_user_timeout_is_short() {
	healthy
	put "$parameters/user_timeout" 139999
	only user_timeout '139999 ms is shorter*140 s' 'kactl default user_timeout=auto'
	for t in 140000 auto 0; do
		put "$parameters/user_timeout" "$t"
		well
	done
	add_policy /a mode=default keepidle=100 user_timeout=119999
	put "${sysctl}_intvl" 20
	only user_timeout '/a: *119999 ms' 'kactl cgroup set /a user_timeout=auto'
	put "$cgroups/a/user_timeout" 120000
	well
}

# ARGUMENT...: as start_hold(), and the only process to be seen.
start_only() {
	start_hold "$@"
	ln -s "/proc/$pid" "$KACTL_ROOT/proc/$pid"
}

# CGROUP: makes it the program's.
move() {
	rm -rf "${KACTL_ROOT:?}/proc/$pid"
	mkdir -p "$KACTL_ROOT/proc/$pid" "$KACTL_ROOT/sys/fs/cgroup$1"
	ln -sfn "/proc/$pid/fd" "$KACTL_ROOT/proc/$pid/fd"
	put "/proc/$pid/comm" hold
	put "/proc/$pid/cgroup" "0::$1"
}

test_keepalive_is_off() {
	healthy
	start_only tcp4 listen=80 tcp4 listen=81 tcp4 listen=82 keepalive=1 idle=120 intvl=20 cnt=5 tcp4
	only off "hold (pid $pid), 2 sockets: keepalive is off, which policy default switches on" \
		'kactl apply; where the program switches it off again: kactl default keepidle=120 keepintvl=20 keepcnt=5 mode=enforce; kactl apply'
	move /a
	only off 'hold' 'kactl cgroup add /a keepidle=120 keepintvl=20 keepcnt=5 mode=enforce; kactl apply'
	move "/a\\x2db'c"
	only off 'hold' "kactl cgroup add '/a\\\\x2db'\\\\''c' keepidle="
	move /a
	add_policy /a mode=enforce keepidle=120
	only off 'policy /a' 'kactl apply'
	is "$(json "$out" '.findings[0].mend')" 'kactl apply'
	put "$cgroups/a/mode" off
	well
}

test_program_sets_other_values() {
	healthy
	start_only tcp4 keepalive=1 idle=15 intvl=20 cnt=3 listen=80
	only conflict "hold (pid $pid), 1 socket: keepidle 15 (not 120), keepcnt 3 (not 5), in conflict with policy default" \
		'kactl default keepidle=120 keepintvl=20 keepcnt=5 mode=enforce; kactl apply'
	put "$parameters/mode" enforce
	only conflict 'keepidle 15' 'kactl apply'
	is "$(json "$out" '.findings[0].mend')" 'kactl apply'
	put "$parameters/mode" default
	put "$parameters/keepidle" 15
	put "$parameters/keepcnt" 0
	well
	move /a
	add_policy /a mode=default keepcnt=9
	put "${sysctl}_time" 15
	only conflict 'keepcnt 3 (not 9), in conflict with policy /a' \
		'kactl cgroup set /a mode=enforce; kactl apply'
}

test_program_sets_a_short_user_timeout() {
	healthy
	start_only tcp4 keepalive=1 idle=120 intvl=20 cnt=5 user_timeout=139999 listen=80
	only user_timeout '1 socket: user_timeout 139999 ms is shorter than keepidle + keepintvl (140000 ms)' \
		'kactl default keepidle=120 keepintvl=20 keepcnt=5 user_timeout=auto mode=enforce; kactl apply'
	# Said of the policy already.
	put "$parameters/user_timeout" 139999
	only user_timeout 'default: user_timeout 139999' 'kactl default user_timeout=auto'
}

# What was found of $pid's listeners on a machine with many processes.
listeners() {
	kactl 1 doctor -j
	json "$out" ".findings[] | select(.check == \"listener\" and
		(.finding | startswith(\"hold (pid $pid)\"))) | .finding, .mend"
}

# As systemd's socket activation: who makes the listener is not who accepts.
test_listener_is_of_another_cgroup() {
	needs_root
	make_cgroups socket service
	real_proc
	load_module
	start_hold enter="$cgroup2$top/socket" tcp4 listen=80 tcp4 listen=81 enter="$cgroup2$top/service"
	is "$(listeners)" ''
	add_policy "$top/service" mode=default keepidle=100
	is "$(listeners)" "hold (pid $pid), 2 sockets: listens in cgroup $top/socket (policy default), its process is in $top/service (policy $top/service)
kactl cgroup add $top/socket mode=default keepidle=100"
	# That done, they say the same.
	add_policy "$top/socket" mode=default keepidle=100
	is "$(listeners)" ''
	rm -r "${KACTL_ROOT:?}$cgroups/${top#/}!socket"
	# Governed by one policy, that of both.
	add_policy "$top" mode=default
	put "$cgroups/${top#/}!service/mode" inherit
	is "$(listeners)" ''
	put "$cgroups/${top#/}/mode" inherit
	add_policy "$top/socket" mode=enforce keepcnt=3
	is "$(listeners)" "hold (pid $pid), 2 sockets: listens in cgroup $top/socket (policy $top/socket), its process is in $top/service (policy default)
kactl cgroup set $top/service mode=enforce keepcnt=3"
}

test_says_what_it_may_not_see() {
	local rc=0
	healthy
	start_only tcp4
	out=$("$HOLD" getfd=1 exec "$KACTL" doctor 2>"$KACTL_ROOT/.err") || rc=$?
	is "$rc" 1
	is "$out" '0 findings'
	has "$(cat "$KACTL_ROOT/.err")" '1 process was not looked into'
	rc=0
	out=$("$HOLD" getfd=38 exec "$KACTL" doctor 2>"$KACTL_ROOT/.err") || rc=$?
	is "$rc $out" '1 0 findings'
	has "$(cat "$KACTL_ROOT/.err")" 'no pidfd_getfd'
}

test_says_misuse() {
	kactl 2 doctor now
	has "$err" 'now: doctor takes only options'
	kactl 2 doctor -x
	has "$err" 'unknown option -x'
	kactl 0 doctor --help
	has "$out" 'usage: kactl doctor \[-j]'
}

run_all

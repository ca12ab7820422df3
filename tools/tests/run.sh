#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl run: its policy, the command's status and signals, and what is left of
# it, with a busctl of ours for systemd. What sockets get is in the VM's tests.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

cgroups=/sys/kernel/ka_default/cgroups

# A systemd that makes any scope at once: the process of argument 13 is in it.
systemd_makes_scopes() {
	mkdir -p "$KACTL_ROOT/run/systemd/system" "$KACTL_ROOT/bin"
	cat >"$KACTL_ROOT/bin/busctl" <<-'END'
	#!/bin/sh
	echo "$*" >"$KACTL_ROOT/asked"
	mkdir -p "$KACTL_ROOT/proc/${13}"
	echo "0::/system.slice/$7" >"$KACTL_ROOT/proc/${13}/cgroup"
	END
	chmod 755 "$KACTL_ROOT/bin/busctl"
	PATH=$KACTL_ROOT/bin:$PATH
	export PATH
}

# The policy is called after the process, so its files are made in the name of
# the one that becomes kactl.
as_kactl() {
	cat >"$KACTL_ROOT/bin/become" <<-END
	#!/bin/bash
	. '$(dirname "$0")/lib.sh'
	trap - EXIT
	rm -rf "\$KACTL_ROOT"
	KACTL_ROOT=$KACTL_ROOT
	add_policy "/system.slice/kactl-run-\$\$.scope" "\${state:-state=bound}"
	echo "\$\$" >"\$KACTL_ROOT/pid"
	exec '$KACTL' "\$@"
	END
	chmod 755 "$KACTL_ROOT/bin/become"
}

start() {
	load_module
	systemd_makes_scopes
	as_kactl
}

# STATUS ARGUMENT...: as kactl does, with files for its policy.
kactl_with_policy() {
	local KACTL=$KACTL_ROOT/bin/become
	kactl "$@"
	pid=$(get /pid)
	policy=$cgroups/system.slice!kactl-run-$pid.scope
	path=/system.slice/kactl-run-$pid.scope
}

test_gives_a_policy_of_its_own() {
	start
	kactl_with_policy 0 run keepidle=180 keepcnt=3 -- true
	is "$(get "$policy/keepidle") $(get "$policy/keepcnt") $(get "$policy/mode")" \
		'180 3 default'
	is "$(get "$cgroups/add")" "$path"
	is "$(get "$cgroups/remove")" "$path"
	has "$(get /asked)" "StartTransientUnit ssa(sv)a(sa(sv)) kactl-run-$pid.scope fail "
	is "$out$err" ''
}

test_exempts() {
	start
	kactl_with_policy 0 run mode=off -- true
	is "$(get "$policy/mode")" off
	kactl_with_policy 0 run -- true
	is "$(get "$policy/mode")" default
}

# The policy, all of it, and the cgroup are there before the command.
test_runs_when_all_is_ready() {
	start
	# shellcheck disable=SC2016 # for the command's shell
	kactl_with_policy 0 run keepidle=180 -- sh -c 'cat "$KACTL_ROOT/proc/$$/cgroup" \
		"$KACTL_ROOT/sys/kernel/ka_default/cgroups/"*/keepidle \
		"$KACTL_ROOT/sys/kernel/ka_default/cgroups/remove"'
	is "$out" "0::$path"$'\n180'
}

test_ends_as_the_command() {
	start
	kactl_with_policy 7 run -- sh -c 'exit 7'
	is "$(get "$cgroups/remove")" "$path"
	kactl_with_policy 127 run -- /no/such/program
	has "$err" 'cannot run /no/such/program: No such file or directory'
	kactl_with_policy 127 run -- no-such-program
	kactl_with_policy 126 run -- /etc/passwd
	has "$err" 'cannot run /etc/passwd: Permission denied'
	is "$(get "$cgroups/remove")" "$path"
}

# COMMAND...: as from a terminal; a shell in the background, as a check of all
# may be, has these ignored.
in_foreground() {
	# shellcheck disable=SC2016 # for perl
	perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT); exec @ARGV' "$@"
}

# perl tells a signal from an exit status.
test_dies_as_the_command() {
	local signal
	start
	for signal in TERM KILL INT SEGV; do
		# shellcheck disable=SC2016 # for perl and the command's shell
		is "$(in_foreground perl -e 'system @ARGV; print $? & 127' "$KACTL_ROOT/bin/become" run \
			-- sh -c "kill -$signal \$\$" 2>&1)" "$(kill -l "$signal")"
		has "$(get "$cgroups/remove")" "/system.slice/kactl-run-$(get /pid).scope"
	done
}

variables() {
	grep -vE '^(KACTL|_|SHLVL|OLDPWD)=' | sort
}

test_leaves_all_else_alone() {
	start
	printf 'in\n' >"$KACTL_ROOT/in"
	# shellcheck disable=SC2016 # for the command's shell
	is "$("$KACTL_ROOT/bin/become" run -- sh -c 'read -r word; echo "$word 1"; echo 2 >&2; pwd' \
		<"$KACTL_ROOT/in" 2>"$KACTL_ROOT/err")" "in 1"$'\n'"$PWD"
	is "$(get /err)" 2
	# Only the shells between here and there change some of their own.
	is "$("$KACTL_ROOT/bin/become" run -- env | variables | cksum)" "$(env | variables | cksum)"
}

# Waits until a file has something.
wait_for() {
	for _ in $(seq 600); do
		[ ! -s "$KACTL_ROOT$1" ] || return 0
		sleep 0.1
	done
	echo "# nothing came to $1"
	return 1
}

# SIGNAL: is handed on to a command that says so and ends.
hands_on() {
	local rc=0 job
	rm -f "$KACTL_ROOT"/{got,ready}
	# shellcheck disable=SC2016 # for the command's shell
	"$KACTL_ROOT/bin/become" run -- bash -c 'trap "echo $1 >\"$KACTL_ROOT/got\"; exit 9" "$1"
		echo 1 >"$KACTL_ROOT/ready"
		while :; do sleep 0.1; done' - "$1" &
	job=$!
	wait_for /ready
	kill -"$1" "$job"
	wait "$job" || rc=$?
	is "$rc $(get /got)" "9 $1"
	is "$(get "$cgroups/remove")" "/system.slice/kactl-run-$(get /pid).scope"
}

test_hands_signals_on() {
	start
	hands_on TERM
	hands_on HUP
	hands_on USR1
	hands_on CONT
}

# A shell in the background ignores SIGINT, and so does all that it starts.
test_keeps_signals_ignored() {
	start
	# shellcheck disable=SC2016 # for perl
	is "$(in_foreground perl -e '$SIG{$_} = "IGNORE" for qw(INT CHLD);
		exec @ARGV' "$KACTL_ROOT/bin/become" run -- \
		grep SigIgn /proc/self/status | grep -o '.....$')" 10002
	is "$("$KACTL_ROOT/bin/become" run -- grep -E 'SigBlk|SigIgn' /proc/self/status |
		tr -d '\t\n')" "$(grep -E 'SigBlk|SigIgn' /proc/self/status | tr -d '\t\n')"
}

# What a terminal sends goes to both, and arrives once. 3 is its ^C. perl counts,
# for a shell may take two that come together for one. "exec", as the shell of
# script, which is $SHELL, would take the ^C too.
test_terminal_interrupts_once() {
	start
	cat >"$KACTL_ROOT/count" <<-'END'
	sub note { open F, ">>", "$ENV{KACTL_ROOT}/$_[0]"; print F "int\n"; close F }
	$SIG{INT} = sub { note("got") };
	note("ready");
	select(undef, undef, undef, 0.1) until -s "$ENV{KACTL_ROOT}/got";
	select(undef, undef, undef, 0.1) for 1 .. 10;
	note("done");
	exit 5
	END
	{
		wait_for /ready
		printf '\003'
		wait_for /done
	} | in_foreground script -qec "exec '$KACTL_ROOT/bin/become' run -- perl '$KACTL_ROOT/count'" \
		/dev/null >/dev/null || is $? 5
	is "$(get /got)" int
}

# A shell with job control sees it stop with its command and go on with it.
test_job_control() {
	start
	# shellcheck disable=SC2016 # for the command's shell
	cat >"$KACTL_ROOT/jobs" <<-'END'
	set -m
	"$KACTL_ROOT/bin/become" run -- bash -c 'echo $$ >"$KACTL_ROOT/ready"
		until [ -e "$KACTL_ROOT/on" ]; do sleep 0.1; done; exit 6' &
	until [ -s "$KACTL_ROOT/ready" ]; do sleep 0.1; done
	# kactl alone: it hands it on, and stops when its command has stopped.
	kill -TSTP "$!"
	until jobs -l | grep -q Stopped; do sleep 0.1; done
	grep '^State' "/proc/$(cat "$KACTL_ROOT/ready")/status" >"$KACTL_ROOT/stopped"
	touch "$KACTL_ROOT/on"
	fg >/dev/null
	echo "$?" >"$KACTL_ROOT/ended"
	END
	in_foreground timeout 120 script -qec "bash '$KACTL_ROOT/jobs'" /dev/null >/dev/null </dev/null
	has "$(get /stopped)" 'T (stopped)'
	is "$(get /ended)" 6
}

test_says_what_systemd_refuses() {
	start
	printf '#!/bin/sh\necho "Call failed: no more scopes" >&2\nexit 1\n' \
		>"$KACTL_ROOT/bin/busctl"
	kactl_with_policy 1 run -- sh -c 'echo it runs'
	is "$out" ''
	has "$err" "systemd does not make kactl-run-$pid.scope: Call failed: no more scopes"
	is "$(get "$cgroups/remove")" "$path"
}

test_runs_nothing_without_the_policy() {
	start
	state=state=waiting
	export state
	kactl_with_policy 1 run -- sh -c 'echo it runs'
	is "$out" ''
	has "$err" "the module does not see the cgroup $path"
	is "$(get "$cgroups/remove")" "$path"
	ln -sf /dev/full "$KACTL_ROOT$cgroups/add"
	kactl_with_policy 1 run -- sh -c 'echo it runs'
	is "$out" ''
	has "$err" "cannot write $path to $cgroups/add: "
}

# By hand, where a false tree has no file that a cgroup would have.
test_takes_back_what_it_has_made() {
	load_module
	kactl 1 run -- sh -c 'echo it runs'
	has "$err" 'mount -t cgroup2 none /sys/fs/cgroup'
	is "$(get "$cgroups/add")" ''
	put /proc/self/mounts 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0'
	put /proc/self/cgroup $'1:cpu:/x\n0::/here'
	mkdir -p "$KACTL_ROOT/sys/fs/cgroup/here" "$KACTL_ROOT/bin"
	cat >"$KACTL_ROOT/bin/become" <<-END
	#!/bin/bash
	. '$(dirname "$0")/lib.sh'
	trap - EXIT
	rm -rf "\$KACTL_ROOT"
	KACTL_ROOT=$KACTL_ROOT
	add_policy "/here/kactl-run-\$\$"
	echo "\$\$" >"\$KACTL_ROOT/pid"
	exec '$KACTL' "\$@"
	END
	chmod 755 "$KACTL_ROOT/bin/become"
	kactl_with_policy 1 run -- sh -c 'echo it runs'
	is "$out" ''
	has "$err" "to /sys/fs/cgroup/here/kactl-run-$pid/cgroup.procs: "
	is "$(get "$cgroups/remove")" "/here/kactl-run-$pid"
	is "$(ls "$KACTL_ROOT/sys/fs/cgroup/here")" ''
}

# A process that is no more, one that is, and a policy of somebody else's.
test_sweeps_up_after_one_that_was_killed() {
	local dead
	start
	sh -c 'exit 0' &
	dead=$!
	wait "$dead"
	add_policy "/system.slice/kactl-run-$dead.scope"
	add_policy "/system.slice/kactl-run-$$.scope"
	add_policy "/system.slice/kactl-run-x.scope"
	rm "$KACTL_ROOT$cgroups/remove"
	mkfifo "$KACTL_ROOT$cgroups/remove"
	cat "$KACTL_ROOT$cgroups/remove" >"$KACTL_ROOT/removed" &
	exec 9>"$KACTL_ROOT$cgroups/remove"
	kactl_with_policy 0 run -- true
	exec 9>&-
	wait
	is "$(get /removed)" "/system.slice/kactl-run-$dead.scope"$'\n'"$path"
}

test_does_not_sweep_what_is_in_use() {
	local dead
	start
	sh -c 'exit 0' &
	dead=$!
	wait "$dead"
	put "/sys/fs/cgroup/system.slice/kactl-run-$dead.scope/cgroup.events" 'populated 1'
	add_policy "/system.slice/kactl-run-$dead.scope"
	rm "$KACTL_ROOT$cgroups/remove"
	mkfifo "$KACTL_ROOT$cgroups/remove"
	cat "$KACTL_ROOT$cgroups/remove" >"$KACTL_ROOT/removed" &
	exec 9>"$KACTL_ROOT$cgroups/remove"
	kactl_with_policy 0 run -- true
	exec 9>&-
	wait
	is "$(get /removed)" "$path"
}

test_leaves_the_policy_to_processes_that_go_on() {
	start
	# shellcheck disable=SC2016 # for the command's shell
	kactl_with_policy 0 run -- sh -c 'd=$KACTL_ROOT/sys/fs/cgroup/system.slice/kactl-run-$PPID.scope
		mkdir -p "$d"; echo "populated 1" >"$d/cgroup.events"'
	has "$err" "processes go on in $path, so its policy stays"
	is "$(get "$cgroups/remove")" ''
}

test_wants_dashes_and_a_command() {
	kactl 2 run
	has "$err" 'which command? It stands behind --'
	kactl 2 run true
	has "$err" 'which command?'
	kactl 2 run mode=off --
	has "$err" 'which command?'
	kactl 2 run keepidel=1 -- true
	has "$err" 'did you mean keepidle?'
	kactl 2 run true -- false
	has "$err" 'true is not KEY=VALUE'
	kactl 2 run --quiet -- true
	has "$err" 'unknown option --quiet'
	kactl 0 run --help
	has "$out" 'usage: kactl run '
}

test_needs_the_module() {
	kactl 1 run -- true
	has "$err" 'modprobe ka_default'
}

test_needs_the_host() {
	load_module
	mkdir -p "$KACTL_ROOT/proc/self/ns"
	ln -s 'cgroup:[4026532000]' "$KACTL_ROOT/proc/self/ns/cgroup"
	kactl 1 run -- true
	has "$err" "a container does not see the host's cgroups"
}

run_all

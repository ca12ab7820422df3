#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl save, kactl restore: a round trip, what is said, and every refusal.
#
# In the false tree a path that is added has no effect, so the directory that
# the kernel would make is there before (new_policy), without the file "path",
# as a policy that is just going; refusals of the real kernel are in
# selftests/kactl_conf.sh.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/ka_default/parameters
cgroups=/sys/kernel/ka_default/cgroups
conf=/etc/ka_default.conf

# Writes stdin to the file.
conf() {
	cat >"$KACTL_ROOT$conf"
}

new_policy() {
	add_policy "$1"
	rm "$KACTL_ROOT$cgroups/$(dir "$1")/path"
}

dir() {
	local d=${1#/}
	printf '%s' "${d//\//!}"
}

# Every policy, to see that nothing changed.
everything() {
	grep -r --exclude=add --exclude=remove . "$KACTL_ROOT/sys" | sort
}

machine() {
	load_module
	mkdir -p "$KACTL_ROOT/etc"
}

# LINE MESSAGE: the file (stdin) is refused with these, and nothing changed.
refused() {
	local before
	machine
	before=$(everything)
	conf
	kactl 1 restore
	is "$err" "kactl: $conf:$1: $2"
	is "$(everything)" "$before"
	is "$out" ''
}

test_saves_what_is_there() {
	machine
	put "$parameters/mode" enforce
	put "$parameters/keepidle" 180
	put "$parameters/user_timeout" auto
	put "$parameters/kernel_sockets" Y
	add_policy /system.slice/nginx.service mode=default keepcnt=5
	add_policy '/a;b #c]' mode=off
	kactl 0 save
	is "$(stat -c %a "$KACTL_ROOT$conf")" 644
	is "$(grep -v '^#' "$KACTL_ROOT$conf")" "
[default]
mode = enforce
keepidle = 180
keepintvl = 0
keepcnt = 0
user_timeout = auto
kernel_sockets = Y

[cgroup /a;b #c]]
mode = off
keepidle = 0
keepintvl = 0
keepcnt = 0
user_timeout = 0

[cgroup /system.slice/nginx.service]
mode = default
keepidle = 0
keepintvl = 0
keepcnt = 5
user_timeout = 0"
	has "$out" 'saved the default policy and 2 of cgroups'
	kactl 0 restore
	is "$out" 'nothing to do'
}

test_saves_to_stdout_and_to_a_file() {
	machine
	put "$parameters/keepidle" 33
	kactl 0 save -
	has "$out" 'keepidle = 33'
	kactl 0 save "$KACTL_ROOT/mine"
	kactl 0 save -
	is "$(cat "$KACTL_ROOT/mine")" "$out"
}

# The longest path there can be: 255 bytes and the first slash.
test_takes_the_longest_path() {
	local path
	path=/$(printf 'a%.0s' {1..255})
	machine
	add_policy "$path" mode=off
	kactl 0 save
	has "$(get "$conf")" "[cgroup $path]"
	kactl 0 restore
	is "$out" 'nothing to do'
	refused 1 "[cgroup ${path}a]: it is longer than 255 bytes" <<<"[cgroup ${path}a]"
}

test_replaces_the_file_at_once_or_not_at_all() {
	machine
	conf <<<'old'
	ln "$KACTL_ROOT$conf" "$KACTL_ROOT/etc/other-name"
	kactl 0 save
	is "$(get /etc/other-name)" old
	is "$(ls -A "$KACTL_ROOT/etc")" $'ka_default.conf\nother-name'
	kactl 1 save "$KACTL_ROOT/nowhere/file"
	has "$err" "cannot write $KACTL_ROOT/nowhere/file: No such file or directory"
	kactl 1 save /dev/full
	has "$err" 'cannot write /dev/full: No space left on device'
}

test_replaces_what_a_link_leads_to() {
	machine
	mkdir -p "$KACTL_ROOT/etc/real"
	echo old >"$KACTL_ROOT/etc/real/file"
	ln -s real/file "$KACTL_ROOT$conf"
	kactl 0 save
	[ -L "$KACTL_ROOT$conf" ]
	has "$(get /etc/real/file)" '[default]'
}

test_restores_the_difference() {
	machine
	put "$parameters/keepidle" 60
	add_policy /stays mode=enforce keepidle=7
	add_policy /changes mode=default keepidle=7
	add_policy /goes mode=off
	new_policy /system.slice/new.service
	conf <<-'END'
	[default]
	keepidle = 180	; a comment
	mode = enforce
	kernel_sockets = Y
	# a comment
	  [cgroup /system.slice/new.service]
	  mode = enforce
	  user_timeout: auto

	[cgroup /stays]
	keepidle = 7
	mode = enforce
	[cgroup /changes]
	keepidle = 8
	END
	kactl 0 restore --dry-run
	plan=$out
	is "$plan" 'set /changes keepidle=8 (7)
add /system.slice/new.service mode=enforce user_timeout=auto
set default mode=enforce (default) keepidle=180 (60) kernel_sockets=Y (N)
remove /goes
nothing is changed: a dry run'
	is "$(get "$parameters/keepidle")" 60
	is "$(get "$cgroups/add")" ''
	kactl 0 restore
	is "$out" "$(sed '$d' <<<"$plan")"
	is "$(get "$parameters/keepidle")" 180
	is "$(get "$parameters/mode")" enforce
	is "$(get "$parameters/kernel_sockets")" Y
	is "$(get "$cgroups/add")" /system.slice/new.service
	is "$(get '/sys/kernel/ka_default/cgroups/system.slice!new.service/mode')" enforce
	is "$(get '/sys/kernel/ka_default/cgroups/system.slice!new.service/user_timeout')" auto
	is "$(get "$cgroups/changes/keepidle")" 8
	is "$(get "$cgroups/stays/keepidle")" 7
	is "$(get "$cgroups/remove")" /goes
}

test_what_is_not_said_is_as_modprobe_leaves_it() {
	machine
	put "$parameters/mode" off
	put "$parameters/keepidle" 60
	put "$parameters/kernel_sockets" Y
	conf </dev/null
	kactl 0 restore
	is "$out" 'set default mode=default (off) keepidle=0 (60) kernel_sockets=N (Y)'
}

test_reads_a_file_and_stdin() {
	machine
	echo '[default]' >"$KACTL_ROOT/mine"
	echo 'keepcnt=4' >>"$KACTL_ROOT/mine"
	kactl 0 restore "$KACTL_ROOT/mine" -n
	has "$out" 'set default keepcnt=4 (0)'
	is "$(get "$parameters/keepcnt")" 0
	# lib.sh gives kactl no input.
	is "$("$KACTL" restore - <"$KACTL_ROOT/mine")" 'set default keepcnt=4 (0)'
	is "$(get "$parameters/keepcnt")" 4
	is "$("$KACTL" restore - 2>&1 <<<nonsense)" \
		'kactl: stdin:1: this is neither [SECTION] nor KEY = VALUE'
}

# /dev/full refuses every write, with ENOSPC. The default policy comes last but
# for removals, so what came before has been done and is undone.
test_undoes_all_after_a_refusal() {
	machine
	add_policy /changes mode=default keepidle=7
	add_policy /goes mode=off
	new_policy /new
	ln -sf /dev/full "$KACTL_ROOT$parameters/keepcnt"
	conf <<-'END'
	[default]
	keepidle = 180
	keepcnt = 9
	[cgroup /changes]
	mode = enforce
	keepidle = 8
	[cgroup /new]
	mode = off
	END
	kactl 1 restore
	is "$out" ''
	has "$err" "cannot write 9 to $parameters/keepcnt: "
	is "$(get "$parameters/keepidle")" 0
	is "$(get "$cgroups/changes/mode")" default
	is "$(get "$cgroups/changes/keepidle")" 7
	is "$(get "$cgroups/add")" /new
	is "$(get "$cgroups/remove")" /new
}

# What the kernel does not do by itself: refuse the second removal of two, or
# any other write. A refused write leaves the kernel's file as it was, and the
# false one empty: it gets its value back.
test_undoes_all_whichever_write_is_refused() {
	local n before f rc
	machine
	add_policy /changes mode=default keepidle=7
	add_policy /goes1 mode=enforce keepidle=5
	add_policy /goes2 mode=off
	conf <<-'END'
	[default]
	keepidle = 180
	mode = enforce
	[cgroup /changes]
	mode = enforce
	keepidle = 8
	END
	before=$(everything)
	cp -r "$KACTL_ROOT/sys" "$KACTL_ROOT/before"
	# Two fields, two fields, two removals.
	for n in 1 2 3 4 5 6; do
		# The sanitizer of leaks does not work under strace.
		rc=0
		ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o /dev/null \
			-e trace=write -e "inject=write:error=EPERM:when=$n" \
			"$KACTL" restore >"$KACTL_ROOT/.out" 2>"$KACTL_ROOT/.err" || rc=$?
		is "$rc" 1
		has "$(get /.err)" 'run it as root'
		for f in $(cd "$KACTL_ROOT/sys" && find . -name 'keep*' -empty -o -name mode -empty); do
			cp "$KACTL_ROOT/before/$f" "$KACTL_ROOT/sys/$f"
		done
		is "$(everything)" "$before"
	done
	is "$(get "$cgroups/add")" /goes1
}

# Somebody else adds a policy after we have looked: the first three writes are
# two fields of /changes and the path of /new.
test_undoes_all_when_another_was_faster() {
	local rc=0
	machine
	add_policy /changes mode=default keepidle=7
	add_policy /goes mode=off
	new_policy /new
	conf <<-'END'
	[default]
	keepidle = 180
	[cgroup /changes]
	mode = enforce
	keepidle = 8
	[cgroup /new]
	mode = off
	END
	# lib.sh's kactl has no strace before it.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o /dev/null \
		-e trace=write -e inject=write:error=EEXIST:when=3 \
		"$KACTL" restore >"$KACTL_ROOT/.out" 2>"$KACTL_ROOT/.err" || rc=$?
	is "$rc" 1
	is "$(get /.out)" ''
	is "$(get /.err)" 'kactl: /new has a policy already: kactl cgroup set changes it'
	is "$(get "$cgroups/changes/mode") $(get "$cgroups/changes/keepidle")" 'default 7'
	is "$(get "$parameters/keepidle")" 0
	# It is not ours to take away, or to write to.
	is "$(get "$cgroups/remove")" ''
	is "$(get "$cgroups/new/mode")" inherit
}

# A signal between two writes comes after the last. The pipe holds up kactl
# between them: it is read, as of old, before it is written.
test_is_not_interrupted() {
	local job written rc=0 pipe=$KACTL_ROOT$parameters/keepcnt
	machine
	add_policy /changes mode=default keepidle=7
	rm "$pipe"
	mkfifo "$pipe"
	conf <<-'END'
	[default]
	keepcnt = 9
	[cgroup /changes]
	keepidle = 8
	END
	"$KACTL" restore >/dev/null &
	job=$!
	timeout 60 tee "$pipe" <<<0 >/dev/null
	for _ in $(seq 100); do
		[ "$(get "$cgroups/changes/keepidle")" != 8 ] || break
		sleep 0.1
	done
	is "$(get "$cgroups/changes/keepidle")" 8
	kill -TERM "$job"
	timeout 60 tee "$pipe" <<<0 >/dev/null
	for _ in 1 2; do
		# It may be faster than kactl and read the 0.
		written=$(timeout 60 cat "$pipe")
		[ "$written" != 9 ] || break
	done
	is "$written" 9
	wait "$job" || rc=$?
	is "$rc" 143
	is "$(get "$cgroups/changes/keepidle")" 8
}

# They end with their program, here and on the machine that takes the file.
test_leaves_out_what_kactl_run_has_made() {
	machine
	add_policy /system.slice/kactl-run-12.scope mode=off
	add_policy /user.slice/kactl-run-13 mode=off
	add_policy /kactl-run-x mode=off
	add_policy /kactl-run-12.service mode=off
	add_policy /z mode=off
	kactl 0 save
	is "$(grep -o '^.cgroup.*' "$KACTL_ROOT$conf")" '[cgroup /kactl-run-12.service]
[cgroup /kactl-run-x]
[cgroup /z]'
	kactl 0 restore
	is "$out" 'nothing to do'
	conf </dev/null
	kactl 0 restore -n
	is "$out" 'remove /kactl-run-12.service
remove /kactl-run-x
remove /z
nothing is changed: a dry run'
}

test_names_file_and_line() {
	refused 2 'unknown key keepidel: did you mean keepidle?' <<-'END'
	[default]
	keepidel = 180
	END
	refused 3 'keepcnt=128 is out of range: 0..127 probes' <<-'END'
	[cgroup /x]
	mode = off
	keepcnt = 128
	END
	refused 2 'mode=enforced: did you mean enforce? mode is one of off, default, enforce' <<-'END'
	[default]
	mode = enforced
	END
	refused 2 'unknown key kernel_sockets: the keys are mode, keepidle, keepintvl, keepcnt, user_timeout' <<-'END'
	[cgroup /x]
	kernel_sockets = Y
	END
	refused 2 'this is neither [SECTION] nor KEY = VALUE' <<-'END'
	[default]
	keepidle
	END
	refused 1 'keepidle stands before the first section: [default] or [cgroup PATH]' <<<'keepidle = 1'
}

test_refuses_what_is_there_twice() {
	refused 4 'keepidle is there already, in line 2' <<-'END'
	[default]
	keepidle = 180
	mode = off
	keepidle = 180
	END
	refused 3 '[default] is there already, in line 1' <<-'END'
	[default]

	[default]
	END
	refused 5 '[cgroup /x] is there already, in line 1' <<-'END'
	[cgroup /x]
	mode = off
	[cgroup /a]
	mode = off
	[cgroup /x]
	mode = off
	END
}

test_refuses_sections_that_are_none() {
	refused 1 'unknown section [defaults]: it is [default]' <<<'[defaults]'
	refused 1 'unknown section [cgruop]: it is [cgroup PATH]' <<<'[cgruop]'
	refused 1 'unknown section [x]: it is [default] or [cgroup PATH]' <<<'[x]'
	refused 1 'a section ends with "]", and nothing follows it' <<<'[default] ; all'
}

test_refuses_paths_the_kernel_refuses() {
	refused 1 '[cgroup nginx.service]: it is not absolute' <<<'[cgroup nginx.service]'
	refused 1 '[cgroup /]: the root has no policy of its own: kactl default sets the one for all' \
		<<<'[cgroup /]'
	for p in /a//b /a/; do
		refused 1 "[cgroup $p]: it has an empty part" <<<"[cgroup $p]"
	done
	for p in /./a /a/../b /..; do
		refused 1 "[cgroup $p]: it has a part . or .." <<<"[cgroup $p]"
	done
	refused 1 "[cgroup /a!b]: a path with a '!' cannot have a policy" <<<'[cgroup /a!b]'
	# These are paths.
	machine
	printf '[cgroup %s]\nmode = off\n' /... /.a /add/b /a..b '/a b' | conf
	kactl 0 restore -n
	has "$out" 'add /... mode=off'
}

test_refuses_lines_it_would_cut() {
	refused 2 'the line is longer than 198 bytes' <<-END
	[default]
	keepidle = $(printf '0%.0s' {1..188})
	END
	refused 2 'a zero byte' < <(printf '[default]\nmode = off\0\n')
	# A comment may be as long as it likes.
	machine
	printf '#%0300d\n  ;%0300d\n' 0 0 | conf
	kactl 0 restore
}

test_needs_file_and_module() {
	machine
	kactl 1 restore
	is "$err" "kactl: there is no $conf: kactl save writes one"
	kactl 1 restore "$KACTL_ROOT/none"
	has "$err" "there is no $KACTL_ROOT/none"
	kactl 1 restore "$KACTL_ROOT"
	has "$err" "cannot read $KACTL_ROOT: Is a directory"
	rm -r "$KACTL_ROOT/sys"
	conf <<<'[default]'
	kactl 1 restore
	has "$err" 'modprobe ka_default'
	kactl 1 save
	has "$err" 'modprobe ka_default'
	is "$(get "$conf")" '[default]'
}

test_misuse() {
	machine
	kactl 2 save a b
	has "$err" 'one FILE, not 2'
	kactl 2 restore a b
	has "$err" 'one FILE, not a and b'
	kactl 2 save --dry-run
	has "$err" 'unknown option --dry-run'
	kactl 2 restore --dryrun
	has "$err" 'unknown option --dryrun'
	kactl 2 restore --textfile x
	has "$err" 'unknown option --textfile'
	kactl 0 restore --help
	has "$out" 'usage: kactl restore '
}

run_all

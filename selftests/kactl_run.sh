#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kactl run: programs under a policy of their own, and nothing left of it. The
# programs know nothing of it; show_static is linked so that no library could be
# put before it. KACTL is the kactl to test.
# shellcheck disable=SC2016 # what stands in '' is for the command's shell

ka_plan=33
# shellcheck source=selftests/ka.sh
. ./ka.sh
# shellcheck source=selftests/ka_kactl.sh
. ./ka_kactl.sh

cgroups=$KA_FILES/cgroups

# What a kactl run has, or has left.
traces() {
	(cd "$cgroups" && echo *kactl-run-*)
	find "$ka_root" -name 'kactl-run-*'
}

# DIRECTORY: no process is in the cgroup, which systemd then removes.
is_empty() {
	! grep -q 'populated 1' "$1/cgroup.events"
}

# NAME: one result.
nothing_left() {
	ka_equal "$1 leaves nothing" '*kactl-run-*' "$(traces)"
}

# NAME STATUS WORDS ARGUMENT...: one result.
runs() {
	name=$1 status=$2 words=$3
	shift 3
	said=$("$KACTL" run "$@" 2>&1)
	rc=$?
	ka_equal "$name" "$status $words" "$rc $said"
}

ka_load existing=N keepidle=600
# A policy that waits and stays: arming a hook with each first one is dear, and not
# what is tested here.
echo /ka_waits >"$cgroups/add"
[ ! -e /run/systemd/system ] || ka_root=$ka_root/system.slice
default=$(./show)

own="keepidle=180 keepintvl=60 keepcnt=20"
# shellcheck disable=SC2086
runs "a dynamic program" 0 "1 180 60 20" $own -- ./show
# shellcheck disable=SC2086
runs "a static program" 0 "1 180 60 20" $own -- ./show_static
nothing_left "it"
runs "an exempted program" 0 0 mode=off -- sh -c './show_static | cut -d " " -f 1'
nothing_left "it"
ka_equal "another program" "$default" "$(./show_static)"
"$KACTL" default mode=off
# shellcheck disable=SC2086
runs "the only program" 0 "1 180 60 20" $own -- ./show_static
runs "the only program, with no key" 0 1 -- sh -c './show_static | cut -d " " -f 1'
ka_equal "another program" 0 "$(./show_static | cut -d ' ' -f 1)"
"$KACTL" default mode=default

runs "its children" 0 "1 180 60 20" keepidle=180 keepintvl=60 keepcnt=20 -- \
	sh -c '(./show_static) | cat'
runs "its status" 7 "" -- sh -c 'exit 7'
nothing_left "a failure"
runs "no program" 127 "kactl: cannot run ./no-such: No such file or directory" -- ./no-such
runs "no program that can be run" 126 "kactl: cannot run ./ka.sh: Permission denied" -- ./ka.sh
nothing_left "no program"
runs "its signal" 143 "" -- sh -c 'kill $$'
runs "a signal that nobody holds up" 137 "" -- sh -c 'kill -9 $$'
nothing_left "a killed program"

# A program that holds a socket and says when, until it is told to end.
program='exec 3>"$1/fd"; ./listener "$1/ready" >"$1/said" & pid=$!
	trap "kill -USR1 $pid; wait $pid; exit 3" TERM
	echo $$ >"$1/pid"
	until wait $pid; do :; done'
"$KACTL" run mode=enforce keepidle=77 -- sh -c "$program" - "$ka_dir" &
kactl=$!
ka_until test -e "$ka_dir/ready"
pid=$(cat "$ka_dir/pid")
path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
policy=$cgroups/$(echo "${path#/}" | tr / '!')
ka_equal "the cgroup has its own policy" "$path bound enforce 77 1" \
	"$(cat "$policy/path" "$policy/state" "$policy/mode" "$policy/keepidle" "$policy/sockets" |
		tr '\n' ' ' | sed 's/ $//')"
ka_equal "kactl is not in it" "" "$(grep -x "$kactl" "$ka_root/${path##*/}/cgroup.procs")"
kill "$kactl"
wait "$kactl"
ka_equal "a signal is handed on" "3 1 77" "$? $(cat "$ka_dir/said")"
nothing_left "it"

# In a cgroup that has a policy, and processes.
if [ -e /run/systemd/system ]; then
	ka_skip "below a cgroup that has a policy" "systemd makes the cgroup"
	ka_skip "exempted there" "systemd makes the cgroup"
else
	mkdir "$ka_root$ka_cgroup"
	"$KACTL" cgroup add "$ka_cgroup" keepidle=66 >"$ka_dir/out"
	ka_equal "below a cgroup that has a policy" "1 180" \
		"$(ka_in_cgroup "$KACTL" run keepidle=180 -- ./show | cut -d ' ' -f 1-2)"
	ka_equal "exempted there" 0 \
		"$(ka_in_cgroup "$KACTL" run mode=off -- ./show | cut -d ' ' -f 1)"
	"$KACTL" cgroup remove "$ka_cgroup"
	rmdir "$ka_root$ka_cgroup"
fi
nothing_left "it"

# Processes that go on keep their policy, up to the next run after their end.
rm -f "$ka_dir/ready"
said=$("$KACTL" run keepidle=55 -- sh -c './listener "$1" >"$2" 2>/dev/null & echo $! >"$3"' - \
	"$ka_dir/ready" "$ka_dir/said" "$ka_dir/pid" 2>&1)
rc=$?
case $said in
*'processes go on in /'*'/kactl-run-'*', so its policy stays'*) ;;
*'processes go on in /kactl-run-'*', so its policy stays'*) ;;
*) rc="$rc $said" ;;
esac
ka_equal "processes that go on" 0 "$rc"
pid=$(cat "$ka_dir/pid")
path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
policy=$cgroups/$(echo "${path#/}" | tr / '!')
ka_equal "keep their policy" 55 "$(cat "$policy/keepidle")"
"$KACTL" run -- true
ka_equal "also when another program has run" 55 "$(cat "$policy/keepidle")"
ka_until test -e "$ka_dir/ready"
kill -USR1 "$pid"
ka_until is_empty "$ka_root/${path##*/}"
ka_equal "and had it from the first socket" "1 55" "$(cat "$ka_dir/said")"
"$KACTL" run -- true
nothing_left "the next program"

# Nothing can be done about SIGKILL, but the next one does it.
rm -f "$ka_dir/ready"
"$KACTL" run keepidle=44 -- sh -c "$program" - "$ka_dir" 2>/dev/null &
kactl=$!
ka_until test -e "$ka_dir/ready"
kill -9 "$kactl"
wait "$kactl" 2>/dev/null
pid=$(cat "$ka_dir/pid")
path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
kill "$pid"
ka_until is_empty "$ka_root/${path##*/}"
ka_equal "a killed kactl leaves the policy" "1 44" "$(cat "$ka_dir/said")"
"$KACTL" run -- true
nothing_left "the next program"

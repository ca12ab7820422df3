#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl cgroup: list, add, set and remove, and the names by which people call a
# cgroup. What the kernel refuses is in the VM's tests.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

cgroups=/sys/kernel/ka_default/cgroups
nginx=$cgroups/system.slice!nginx.service

# LINE...: systemd runs and says so of any unit.
systemd_says() {
	mkdir -p "$KACTL_ROOT/run/systemd/system" "$KACTL_ROOT/bin"
	{
		echo '#!/bin/sh'
		echo "echo \"\$*\" >'$KACTL_ROOT/asked'"
		printf "printf '%%s\\\\n' '%s'\n" "$@"
	} >"$KACTL_ROOT/bin/systemctl"
	chmod 755 "$KACTL_ROOT/bin/systemctl"
	PATH=$KACTL_ROOT/bin:$PATH
}

# NAME PATH: what the module is given for a name; it has no files for it, so
# that the policy is taken away again.
means() {
	put "$cgroups/remove" ''
	kactl 1 cgroup add "$1"
	is "$(get "$cgroups/add")" "$2"
	is "$(get "$cgroups/remove")" "$2"
}

# NAME PATTERN: is refused so, and the module is not asked.
refuses() {
	put "$cgroups/add" ''
	kactl 2 cgroup add "$1"
	has "$err" "$2"
	is "$(get "$cgroups/add")" ''
}

test_lists() {
	load_module
	kactl 0 cgroup
	is "$out" 'no cgroup has a policy'
	add_policy /system.slice/nginx.service keepidle=180 mode=enforce sockets=12
	add_policy /user.slice state=waiting user_timeout=auto
	kactl 0 cgroup list
	has "$out" '/system.slice/nginx.service bound   enforce  180 '
	has "$out" '/user.slice                 waiting inherit '
	kactl 0 cgroup
	has "$out" 'PATH '
}

test_lists_in_json() {
	load_module
	kactl 0 cgroup -j
	is "$(json "$out" .)" '{"cgroups":[]}'
	add_policy /user.slice state=waiting user_timeout=auto keepcnt=3 sockets=2
	add_policy /a/b
	kactl 0 cgroup list -j
	is "$(json "$out" '.cgroups | map(.path)')" '["/a/b","/user.slice"]'
	is "$(json "$out" '.cgroups[1]')" '{"path":"/user.slice","state":"waiting","mode":"inherit","keepidle":0,"keepintvl":0,"keepcnt":3,"user_timeout":"auto","sockets":2}'
	kactl 0 cgroup -j list
	is "$(json "$out" '.cgroups | length')" 2
}

test_adds() {
	load_module
	add_policy /system.slice/nginx.service
	kactl 0 cgroup add nginx.service keepidle=180 keepcnt=3
	is "$(get "$cgroups/add")" /system.slice/nginx.service
	is "$(get "$nginx/keepidle") $(get "$nginx/keepcnt") $(get "$nginx/mode")" '180 3 default'
	is "$out" '/system.slice/nginx.service: mode=default keepidle=180 keepintvl=0 keepcnt=3 user_timeout=0'
}

test_adds_with_the_mode_that_is_asked_for() {
	load_module
	add_policy /system.slice/nginx.service state=waiting
	kactl 0 cgroup add nginx.service mode=off
	is "$(get "$nginx/mode")" off
	has "$out" 'mode=off * waiting for the cgroup'
	put "$nginx/mode" enforce
	kactl 0 cgroup add nginx.service mode=inherit
	is "$(get "$nginx/mode")" inherit
}

test_adds_all_or_nothing() {
	load_module
	add_policy /system.slice/nginx.service
	ln -sf /dev/full "$KACTL_ROOT$nginx/keepcnt"
	kactl 1 cgroup add nginx.service keepidle=180 keepcnt=3
	has "$err" "cannot write 3 to $nginx/keepcnt: "
	is "$(get "$cgroups/remove")" /system.slice/nginx.service
	[[ $err != *'still has'* ]]
	ln -sf /dev/full "$KACTL_ROOT$cgroups/remove"
	kactl 1 cgroup add nginx.service keepidle=180 keepcnt=3
	has "$err" '/system.slice/nginx.service still has a policy'
}

test_says_what_was_refused() {
	load_module
	add_policy /a
	ln -sf /dev/full "$KACTL_ROOT$cgroups/add"
	kactl 1 cgroup add /b
	has "$err" "cannot write /b to $cgroups/add: there are as many policies as can be"
	ln -sf /dev/full "$KACTL_ROOT$cgroups/remove"
	kactl 1 cgroup remove /a
	has "$err" "cannot write /a to $cgroups/remove: "
}

test_checks_all_before_the_first_write() {
	load_module
	kactl 2 cgroup add /a keepidle=180 keepcnt=128
	has "$err" '0..127 probes'
	is "$(get "$cgroups/add")" ''
	kactl 2 cgroup add /a keepidel=180
	has "$err" 'did you mean keepidle?'
	kactl 2 cgroup add /a kernel_sockets=Y
	has "$err" 'unknown key kernel_sockets'
	kactl 2 cgroup add /a 180
	has "$err" '180 is not KEY=VALUE'
	is "$(get "$cgroups/add")" ''
}

test_sets() {
	load_module
	add_policy /system.slice/nginx.service mode=default keepidle=60
	kactl 0 cgroup set /system.slice/nginx.service keepidle=180
	is "$(get "$nginx/keepidle") $(get "$nginx/mode")" '180 default'
	has "$out" 'keepidle=180'
	kactl 0 cgroup set nginx.service mode=inherit
	is "$(get "$nginx/mode")" inherit
}

test_sets_all_or_nothing() {
	load_module
	add_policy /system.slice/nginx.service keepidle=60
	ln -sf /dev/full "$KACTL_ROOT$nginx/keepcnt"
	kactl 1 cgroup set nginx.service keepidle=180 keepcnt=3
	is "$(get "$nginx/keepidle")" 60
}

test_sets_only_what_is_there() {
	load_module
	kactl 1 cgroup set nginx.service keepidle=180
	has "$err" '/system.slice/nginx.service has no policy: kactl cgroup add makes one'
}

test_removes() {
	load_module
	add_policy /a/b
	kactl 0 cgroup remove /a/b/
	is "$(get "$cgroups/remove")" /a/b
}

test_takes_the_right_number_of_arguments() {
	load_module
	kactl 2 cgroup add
	has "$err" 'cgroup add takes PATH '
	kactl 2 cgroup set /a
	has "$err" 'cgroup set takes PATH KEY=VALUE...'
	kactl 2 cgroup remove /a /b
	has "$err" 'cgroup remove takes PATH'
	kactl 2 cgroup list /a
	has "$err" 'cgroup list takes nothing'
	kactl 2 cgroup ad
	has "$err" 'did you mean add?'
	kactl 2 cgroup frobnicate
	has "$err" 'list, add, set or remove'
	kactl 2 cgroup list --all
	has "$err" 'unknown option --all'
}

test_help() {
	kactl 0 cgroup --help
	has "$out" 'usage: kactl cgroup '
	kactl 0 cgroup add --help
	has "$out" 'usage: kactl cgroup '
}

test_path_under_the_mount() {
	load_module
	means /sys/fs/cgroup/a/b /a/b
	means /sys/fs/cgroup/a/b/ /a/b
	put /proc/self/mounts 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0'
	means /sys/fs/cgroup/unified/a /a
	put /proc/self/mounts 'cgroup2 /mnt/c cgroup2 rw 0 0'
	means /mnt/c/a /a
	means /sys/fs/cgroups /sys/fs/cgroups
}

test_path() {
	load_module
	means /a /a
	means /a/b.service /a/b.service
	means '/a b/ü' '/a b/ü'
	means "/$(printf '%0255d' 0)" "/$(printf '%0255d' 0)"
}

test_unit_by_the_rules() {
	load_module
	means nginx.service /system.slice/nginx.service
	means foo.slice /foo.slice
	means foo-bar-baz.slice /foo.slice/foo-bar.slice/foo-bar-baz.slice
	means getty@tty1.service /system.slice/system-getty.slice/getty@tty1.service
	means foo-bar@1.service '/system.slice/system-foo\x2dbar.slice/foo-bar@1.service'
	means 'foo\x2dbar@1.service' \
		'/system.slice/system-foo\x5cx2dbar.slice/foo\x2dbar@1.service'
	means user@1000.service /user.slice/user-1000.slice/user@1000.service
	means user@me.service /system.slice/system-user.slice/user@me.service
	means 'dev-disk\x2da.swap' '/system.slice/dev-disk\x2da.swap'
	means .foo@1.service '/system.slice/system-\x2efoo.slice/_.foo@1.service'
	means home.mount /system.slice/home.mount
	means docker.socket /system.slice/docker.socket
	means init.scope /init.scope
	means memory.service /system.slice/_memory.service
}

test_unit_that_runs() {
	load_module
	systemd_says 'Id=nginx.service' 'LoadState=loaded' 'Slice=web.slice' \
		'ControlGroup=/web.slice/nginx.service'
	means nginx.service /web.slice/nginx.service
	has "$(get /asked)" '-- nginx.service'
}

test_unit_that_does_not_run() {
	load_module
	systemd_says 'Id=sshd.service' 'LoadState=loaded' 'Slice=web-front.slice' \
		'ControlGroup='
	means ssh.service /web.slice/web-front.slice/sshd.service
	[[ $err != *'does not know'* ]]
}

test_unit_that_systemd_does_not_know() {
	load_module
	systemd_says 'Id=ngnix.service' 'LoadState=not-found' 'Slice=' 'ControlGroup='
	means ngnix.service /system.slice/ngnix.service
	has "$err" 'systemd does not know ngnix.service, yet'
}

test_unit_where_systemd_does_not_answer() {
	load_module
	systemd_says ''
	echo 'exit 1' >>"$KACTL_ROOT/bin/systemctl"
	means nginx.service /system.slice/nginx.service
}

test_refuses_paths() {
	load_module
	refuses / 'the root has no policy of its own: kactl default'
	refuses /sys/fs/cgroup 'the root has no policy'
	refuses -- 'takes PATH'
	refuses '/a!b' "/a!b: a path with a '!' cannot have a policy"
	refuses /a//b 'an empty part'
	refuses /a/./b 'a part . or ..'
	refuses /a/.. 'a part . or ..'
	refuses /add 'has a file of that name'
	refuses /sys/fs/cgroup/remove 'has a file of that name'
	refuses $'/a\nb' '/a?b: a path with a control character'
	refuses "/$(printf '%0256d' 0)" 'longer than 255 bytes'
	refuses a/b 'a/b is not absolute: did you mean /a/b?'
	refuses nginx 'did you mean nginx.service?'
	refuses 'a b' "a b is no absolute path and no unit's name"
}

test_refuses_units_without_a_cgroup() {
	load_module
	refuses backup.timer 'backup.timer has no cgroup: '
	refuses getty@.service 'getty@.service is a template: '
	refuses a--b.slice 'a--b.slice cannot be: '
	refuses -a.slice 'unknown option'
	refuses -.slice 'unknown option'
}

test_knows_a_container() {
	load_module
	mkdir -p "$KACTL_ROOT/proc/self/ns"
	ln -s 'cgroup:[4026532000]' "$KACTL_ROOT/proc/self/ns/cgroup"
	kactl 1 cgroup add nginx.service
	has "$err" 'in a container, write the path that the host has for it'
	kactl 1 cgroup add /sys/fs/cgroup/a
	has "$err" 'in a container'
	is "$(get "$cgroups/add")" ''
	means /a /a
	ln -snf 'cgroup:[4026531835]' "$KACTL_ROOT/proc/self/ns/cgroup"
	means nginx.service /system.slice/nginx.service
}

test_needs_the_module() {
	kactl 1 cgroup
	has "$err" 'modprobe ka_default'
	kactl 1 cgroup add /a
	has "$err" 'modprobe ka_default'
	kactl 1 cgroup -j
	has "$(json "$err" '.error[0].message')" 'modprobe ka_default'
}

run_all

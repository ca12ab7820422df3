#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl completion: what bash would offer, in a false tree with a false systemctl.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

# WORD...: what is offered for the last one, sorted, in one line.
offers() {
	local script
	script=$("$KACTL" completion bash)
	PATH=$KACTL_ROOT/bin:$PATH bash -c '
		eval "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_kactl
		printf "%s\n" "${COMPREPLY[@]}" | sort | paste -s -d " " -' - "$script" "$KACTL" "$@"
}

# A systemctl that lists two units, those that match.
machine() {
	mkdir -p "$KACTL_ROOT"/bin "$KACTL_ROOT"/proc/{1,12,self} \
		"$KACTL_ROOT"/sys/fs/cgroup/{system.slice/{nginx,ssh}.service,user.slice}
	cat >"$KACTL_ROOT/bin/systemctl" <<-'END'
	#!/bin/bash
	[ "$1" = list-units ] || exit 1
	for u in nginx.service ssh.service; do
		# shellcheck disable=SC2053
		[[ $u != ${*: -1} ]] || echo "$u loaded active running what it is"
	done
	END
	chmod +x "$KACTL_ROOT/bin/systemctl"
}

test_registers_itself() {
	kactl 0 completion bash
	is "$(bash -c 'eval "$1"; complete -p kactl' - "$out")" 'complete -F _kactl kactl'
}

# Each command and each option that the help names, and no other command.
test_offers_all_that_the_help_names() {
	local command option all
	commands >"$KACTL_ROOT/commands"
	all=$(paste -s -d ' ' "$KACTL_ROOT/commands")
	has " $all " ' default '
	while read -r command; do
		is "$(offers "$command")" "$command"
		options "$command" >"$KACTL_ROOT/options"
		while read -r option; do
			has " $(offers "$command" -) " " $option "
		done <"$KACTL_ROOT/options"
	done <"$KACTL_ROOT/commands"
	has "$(cat "$KACTL_ROOT/options")" --help
	for command in $(offers ''); do
		case $command in -*) continue ;; esac
		has " $all " " $command "
	done
}

test_offers_keys_and_values() {
	is "$(offers default '')" 'keepcnt= keepidle= keepintvl= kernel_sockets= mode= user_timeout='
	is "$(offers default keepi)" 'keepidle= keepintvl='
	# As bash takes it apart, and as it does without "=" in COMP_WORDBREAKS.
	is "$(offers default mode =)" 'default enforce inherit off'
	is "$(offers default mode = en)" enforce
	is "$(offers default mode=en)" mode=enforce
	is "$(offers default mode = off user_timeout = a)" auto
	is "$(offers cgroup add /a mo)" mode=
	is "$(offers cgroup set /a mode = i)" inherit
	is "$(offers run mode = o)" off
}

test_offers_units_and_paths() {
	machine
	is "$(offers cgroup '')" 'add list remove set'
	is "$(offers cgroup add ng)" nginx.service
	is "$(offers cgroup remove '')" '/ nginx.service ssh.service'
	is "$(offers cgroup set /)" '/system.slice/ /user.slice/'
	is "$(offers cgroup set /system.slice/)" '/system.slice/nginx.service/ /system.slice/ssh.service/'
	is "$(offers cgroup add "$KACTL_ROOT/sys/fs/cgroup/u")" "$KACTL_ROOT/sys/fs/cgroup/user.slice/"
	is "$(offers sockets --cgroup ss)" ssh.service
	is "$(offers sockets --pid 1)" '1 12'
	is "$(offers cgroup list '')" ''
}

test_offers_the_rest() {
	local names
	names=$("$KACTL" preset | awk 'NR > 1 { print $1 }' | sort | paste -s -d ' ' -)
	[ -n "$names" ]
	is "$(offers preset '')" "$names"
	is "$(offers completion '')" bash
	mkdir "$KACTL_ROOT/d"
	touch "$KACTL_ROOT/d/one"
	is "$(offers restore "$KACTL_ROOT/d/o")" "$KACTL_ROOT/d/one"
	is "$(offers save "$KACTL_ROOT/d/o")" "$KACTL_ROOT/d/one"
	is "$(offers metrics --textfile "$KACTL_ROOT/d/o")" "$KACTL_ROOT/d/one"
	is "$(offers run -- "$KACTL_ROOT/bin/nosuch")" ''
	is "$(offers run -- cat "$KACTL_ROOT/d/o")" "$KACTL_ROOT/d/one"
	has " $(offers run -- ca) " ' cat '
}

test_misuse() {
	kactl 2 completion
	has "$err" 'it wants the name of a shell: bash'
	kactl 2 completion fish
	has "$err" 'there is none for fish: only for bash'
}

run_all

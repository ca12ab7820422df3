# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Bash's completion for kactl: what "kactl completion bash" prints.
#
# It needs nothing of bash-completion's. "mode=off" is one word for bash, or
# three where COMP_WORDBREAKS has the "=", as it has unless somebody took it out.

# The cgroups below a path, as paths in the hierarchy or where they are mounted.
_kactl_cgroups() {
	local mount=${KACTL_ROOT-}/sys/fs/cgroup cur=$1 dir
	local IFS=$'\n'
	case $cur in
	"$mount"/*) compgen -d -S / -- "$cur" ;;
	/*) for dir in $(compgen -d -S / -- "$mount$cur"); do
		printf '%s\n' "${dir#"$mount"}"
	done ;;
	esac
}

_kactl_units() {
	local unit
	systemctl list-units --all --plain --no-legend --no-pager \
		--type=service,socket,scope,slice "$1*" 2>/dev/null |
		while read -r unit _; do
			printf '%s\n' "$unit"
		done
}

# KEY: the words that it may be.
_kactl_values() {
	case $1 in
	mode) echo 'off default enforce inherit' ;;
	user_timeout) echo 'auto 0' ;;
	kernel_sockets) echo 'Y N' ;;
	keepidle | keepintvl) echo '0 15 30 60 120 180 300 600' ;;
	keepcnt) echo '0 3 5 9' ;;
	esac
}

# The word is KEY=, KEY=VALUE or becomes KEY=.
_kactl_assignment() {
	local cur=$1 before=$2 more=$3 keys='mode keepidle keepintvl keepcnt user_timeout'
	if [ "$cur" = = ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_kactl_values "$before")")
	elif [ "$before" = = ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_kactl_values "${COMP_WORDS[COMP_CWORD - 2]}")" -- "$cur")
	elif [[ $cur == *=* ]]; then
		mapfile -t COMPREPLY < <(compgen -P "${cur%%=*}=" \
			-W "$(_kactl_values "${cur%%=*}")" -- "${cur#*=}")
	else
		compopt -o nospace 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -S = -W "$keys $more" -- "$cur")
	fi
}

_kactl_path() {
	compopt -o nospace 2>/dev/null
	case $1 in
	/*) mapfile -t COMPREPLY < <(_kactl_cgroups "$1") ;;
	*) mapfile -t COMPREPLY < <(_kactl_units "$1")
		[ -n "$1" ] || COMPREPLY+=(/) ;;
	esac
}

_kactl_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_kactl_options() {
	case $1 in
	restore) echo '-n --dry-run --help' ;;
	metrics) echo '-t --textfile --help' ;;
	check) echo '-4 -6 --mptcp -j --json --help' ;;
	sockets) echo '-l --off --cgroup --pid -j --json --help' ;;
	status | default | cgroup | doctor | preset) echo '-j --json --help' ;;
	*) echo '--help' ;;
	esac
}

# What may follow "kactl cgroup".
_kactl_cgroup() {
	local cur=$1 before=$2 action=${COMP_WORDS[2]}
	case $COMP_CWORD,$action in
	2,*) mapfile -t COMPREPLY < <(compgen -W 'list add set remove' -- "$cur") ;;
	3,add | 3,set | 3,remove) _kactl_path "$cur" ;;
	*,add | *,set) _kactl_assignment "$cur" "$before" '' ;;
	esac
}

# Where the command of "kactl run ... -- COMMAND" begins, or nothing.
_kactl_run_command() {
	local i
	for ((i = 2; i < COMP_CWORD; i++)); do
		[ "${COMP_WORDS[i]}" != -- ] || { echo $((i + 1)); return; }
	done
}

_kactl_run() {
	local at
	at=$(_kactl_run_command)
	if [ -z "$at" ]; then
		_kactl_assignment "$1" "$2" --
		[ "${COMPREPLY[*]}" != '--=' ] || COMPREPLY=(--)
	elif [ "$at" = "$COMP_CWORD" ]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$1")
	else
		_kactl_files "$1"
	fi
}

_kactl_argument() {
	local command=$1 cur=$2 before=$3
	case $command in
	default) _kactl_assignment "$cur" "$before" kernel_sockets ;;
	cgroup) _kactl_cgroup "$cur" "$before" ;;
	run) _kactl_run "$cur" "$before" ;;
	preset) mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" preset 2>/dev/null |
		sed '1d; s/ .*//')" -- "$cur") ;;
	save | restore) _kactl_files "$cur" ;;
	completion) mapfile -t COMPREPLY < <(compgen -W bash -- "$cur") ;;
	esac
}

_kactl() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'status default cgroup apply run check sockets
			doctor preset save restore metrics completion --help --version' -- "$cur")
		return
	fi
	case $command,$before in
	sockets,--cgroup) _kactl_path "$cur"; return ;;
	sockets,--pid) mapfile -t COMPREPLY < <(cd "${KACTL_ROOT-}/proc" &&
		compgen -G '[0-9]*' | grep "^$cur"); return ;;
	metrics,-t | metrics,--textfile) _kactl_files "$cur"; return ;;
	esac
	if [[ $cur == -* && ! ($command == run && -n $(_kactl_run_command)) ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_kactl_options "$command")" -- "$cur")
		return
	fi
	_kactl_argument "$command" "$cur" "$before"
}

complete -F _kactl kactl

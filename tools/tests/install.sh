#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# What is installed beside kactl: which files, units that systemd takes, man
# pages that say all that kactl's help does.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

tools=$(cd "$(dirname "$0")/.." && pwd)

# TARGET VARIABLE=VALUE...: of the make that built this kactl, whose flags are
# not for this one.
make_tools() {
	env -u MAKEFLAGS -u MAKELEVEL -u SANITIZE \
		make -s -C "$tools" O="$(dirname "$KACTL")" "$@"
}

test_installs_these_files() {
	make_tools install DESTDIR="$KACTL_ROOT" PREFIX=/opt
	is "$(cd "$KACTL_ROOT" && find . -type f -printf '%m %P\n' | sort -k 2)" \
		'644 opt/lib/modules-load.d/ka_default.conf
644 opt/lib/systemd/system/ka_default-metrics.service
644 opt/lib/systemd/system/ka_default-metrics.timer
644 opt/lib/systemd/system/ka_default.service
755 opt/sbin/kactl
644 opt/share/bash-completion/completions/kactl
644 opt/share/doc/ka_default/examples/modprobe.conf
644 opt/share/man/man4/ka_default.4
644 opt/share/man/man5/ka_default.conf.5
644 opt/share/man/man8/kactl.8'
	is "$("$KACTL_ROOT/opt/sbin/kactl" --version)" "$("$KACTL" --version)"
	is "$(cat "$KACTL_ROOT/opt/share/bash-completion/completions/kactl")" \
		"$("$KACTL" completion bash)"
	has "$(get /opt/lib/systemd/system/ka_default.service)" 'ExecStart=/opt/sbin/kactl restore'
	# The pages of another version would say so.
	has "$(get /opt/share/man/man8/kactl.8)" "ka_default $("$KACTL" --version | sed 's/kactl //')"
	is "$(grep -rIl '@[A-Z]*@' "$KACTL_ROOT/opt" || true)" ''
}

test_uninstalls_them_and_no_other() {
	mkdir -p "$KACTL_ROOT/usr/share/man/man8"
	touch "$KACTL_ROOT/usr/share/man/man8/other.8"
	make_tools install DESTDIR="$KACTL_ROOT"
	make_tools uninstall DESTDIR="$KACTL_ROOT"
	is "$(cd "$KACTL_ROOT" && find . -type f)" ./usr/share/man/man8/other.8
	is "$(find "$KACTL_ROOT" -name ka_default)" ''
}

# With the machine's own units beside them; nothing is started.
test_systemd_takes_the_units() {
	local units=$KACTL_ROOT/usr/lib/systemd/system
	make_tools install PREFIX="$KACTL_ROOT/usr"
	is "$(SYSTEMD_UNIT_PATH=$units:/usr/lib/systemd/system:/lib/systemd/system \
		systemd-analyze verify --man=no "$units"/ka_default* 2>&1)" ''
}

# The lint's style is asked for too, but for two things: the name of a system
# that is none of its own, and pages that are not installed on this machine.
test_mandoc_finds_no_fault() {
	local page
	make_tools install DESTDIR="$KACTL_ROOT"
	for page in "$KACTL_ROOT"/usr/share/man/man*/*; do
		is "$(mandoc -T lint "$page" 2>&1 |
			grep -vE 'STYLE: (operating system explicitly specified|referenced manual not found)|mandoc\.db' ||
			true)" ''
	done
}

test_the_man_page_says_what_the_help_does() {
	local command option page keys
	make_tools install DESTDIR="$KACTL_ROOT"
	page=$(mandoc -T ascii "$KACTL_ROOT/usr/share/man/man8/kactl.8" | col -bx)
	commands >"$KACTL_ROOT/commands"
	[ -s "$KACTL_ROOT/commands" ]
	while read -r command; do
		has "$page" "     kactl $command"
		has "$page" $'\n     '"$command"
		options "$command" >"$KACTL_ROOT/options"
		while read -r option; do
			grep -qE -- "(^|[[:space:]]|\[)$option([] ,]|\$)" <<<"$page" ||
				{ echo "# no $option of $command"; return 1; }
		done <"$KACTL_ROOT/options"
	done <"$KACTL_ROOT/commands"
	keys=$(mandoc -T ascii "$KACTL_ROOT/usr/share/man/man5/ka_default.conf.5" | col -bx)
	for option in mode keepidle keepintvl keepcnt user_timeout kernel_sockets; do
		grep -qE "^     $option +" <<<"$keys"
	done
}

run_all

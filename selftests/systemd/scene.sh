# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What a scene says what it needs with. Sourced by run, in which a scene is
# played; $stage is a directory of the scene's own, $series the kernel.

options=()
scripts=()

# For run to see, see there.
native() { :; }

# put PATH [MODE]: stdin becomes this file of the guest.
put() {
	local file
	file=$stage/put-${#options[@]}
	cat >"$file"
	chmod "${2:-644}" "$file"
	options+=(-f "$file:$1")
}

# program PATH SOURCE [COMPILER'S ARGUMENTS]: compiled, static, into the guest.
program() {
	local to=$1 from=$2 file=$stage/${1##*/}
	shift 2
	gcc -O2 -Wall -Wextra -static -o "$file" "$@" "$KA_TOP/$from"
	options+=(-f "$file:$to")
}

# checkkeepalive: the program that makes a socket and says what it got, into the guest.
checkkeepalive() {
	program /usr/local/bin/checkkeepalive scripts/try.d/checkkeepalive.c
}

# first_socket: a service, witness, that makes one before all others do, and writes down
# what it got to /root/witness.
first_socket() {
	checkkeepalive
	put /etc/systemd/system/witness.service <<-'END'
	[Unit]
	Description=First to make a socket
	DefaultDependencies=no
	Before=sysinit.target dbus.service
	After=network-pre.target local-fs.target
	Wants=network-pre.target
	[Service]
	Type=oneshot
	ExecStart=/usr/local/bin/checkkeepalive
	StandardOutput=truncate:/root/witness
	END
}

# script: stdin is what the guest's shell does in its next boot. "same WHAT
# WANTED SEEN" there says what was found, and fails if it is another.
script() {
	local file
	file=$stage/script-${#scripts[@]}
	{
		cat <<-'END'
		#!/bin/sh
		set -eu
		same() {
			if [ "$2" = "$3" ]; then
				echo "ok $1: $3"
			else
				echo "not ok $1: $3, not $2"
				exit 1
			fi
		}
		END
		cat
	} >"$file"
	scripts+=("$file")
}

# play [OPTIONS OF DEBIAN]: the boots that script described.
play() {
	exec "$KA_TOP/selftests/vm/debian" -v -k "$series" -l "$klog" "${options[@]}" \
		"$@" "${scripts[@]}"
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Programs as they come: dynamic, static and 32-bit ones, started before and
# after the module, without anything in their environment. They are not told of
# keepalive; what they print is what getsockopt(2) said to them.

ka_plan=16
# shellcheck source=selftests/ka.sh
. ./ka.sh

sysctl=/proc/sys/net/ipv4/tcp_keepalive
default="$(cat ${sysctl}_time) $(cat ${sysctl}_intvl) $(cat ${sysctl}_probes)"

# WHEN PROGRAM WANTED
try() {
	if [ ! -x "./$2" ]; then
		ka_skip "$2 $1" "there is no such program for this machine"
		return
	fi
	seen=$(env -i "./$2" 2>&1)
	if [ $? = 126 ]; then
		ka_skip "$2 $1" "this kernel does not run it"
	else
		ka_equal "$2 $1" "$3" "$seen"
	fi
}

# WHEN WANTED: a result for each kind of program.
try_all() {
	for program in show show_static show_32; do
		try "$1" $program "$2"
	done
}

ka_unload
try_all "before the load" "0 $default"

ka_load keepidle=180 keepintvl=60 keepcnt=20
try_all "while it is loaded" "1 180 60 20"

echo off >"$KA_PARAMETERS/mode"
try_all "in mode off" "0 $default"

ka_load
try_all "loaded without parameters" "1 $default"

ka_unload
try_all "after the unload" "0 $default"

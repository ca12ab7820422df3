# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scene 3 of `make try`: a peer that dies without a word. One reader connects
# before ka_default is loaded, one after; then the cable is cut under both.

idle=2 intvl=1 cnt=3
expected=$((idle + intvl * cnt))
late=10
patience=8

# What read() ended with, once it has; the time is the reader's own.
measure() {
	sed -n 's/.*\[\([0-9.]*\) s after connect\]$/\1/p' "$(log "$1")"
}

heading '3. A peer that dies without a word'
machines client peer
cable client cable 10.3.0.1 peer cable 10.3.0.2

say 'client ---------- peer        (two network namespaces and a cable)'
say 'A reader that never heard of keepalive connects and waits in read(). One'
say 'does so without ka_default, a second one with it:'
show '#' rmmod ka_default
start peer-a ip netns exec peer sender 3001
start peer-b ip netns exec peer sender 3002
await "$(log peer-a)" listening
await "$(log peer-b)" listening
say 'client$ reader 10.3.0.2 3001 &        (without)'
start without ip netns exec client reader 10.3.0.2 3001
await "$(log without)" connected
# shellcheck disable=SC2046
show '#' modprobe ka_default keepidle=$idle keepintvl=$intvl keepcnt=$cnt $(leave_existing)
say 'client$ reader 10.3.0.2 3002 &        (with)'
start with ip netns exec client reader 10.3.0.2 3002
await "$(log with)" connected
connected=$(clock)
on peer ip link set cable down
say 'The peer is gone and could not say so. With ka_default the reader should know'
say "after keepidle + keepintvl * keepcnt = $idle + $intvl * $cnt = $expected s:"

await "$(log with)" 'after connect' $((expected + idle + late))
measured=$(measure with)
grep -q '^error: Connection timed out ' "$(log with)" ||
	fail "the reader with ka_default should end with ETIMEDOUT: $(last with)"
say "with:    read() failed after $measured s: Connection timed out (ETIMEDOUT)"
# Printed with one digit, counted from just after the last packet of the peer.
[ "$(tenths "$measured")" -ge $((expected * 10 - 1)) ] ||
	fail "that is earlier than $expected s"
[ "$(tenths "$measured")" -le $(((expected + idle + late) * 10)) ] ||
	fail "that is much later than $expected s"

until_clock $((connected + patience * 10))
waiting without ||
	fail "the reader without ka_default should still wait: $(last without)"
say "without: still waits in read() after $((($(clock) - connected) / 10)) s; the demonstration gives up on it"
clear_stage

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scene 5 of `make try`: a connection that was there before modprobe is saved
# from its dead peer. The program is not restarted and knows nothing of it.

idle=2 intvl=1 cnt=2
expected=$((idle + intvl * cnt))
late=10

# The timer of the reader's end, as /proc/net/tcp has it: 00 is none and 02 is
# keepalive. 1389 is port 5001.
# shellcheck disable=SC2016
timer() {
	ip netns exec client awk '$3 ~ /:1389$/ { print substr($6, 1, 2) }' /proc/net/tcp
}

heading '5. A connection that was there before modprobe'
machines client peer
cable client cable 10.5.0.1 peer cable 10.5.0.2

show '#' rmmod ka_default
start peer-a ip netns exec peer sender 5001
await "$(log peer-a)" listening
say 'client$ reader 10.5.0.2 5001 &'
start early ip netns exec client reader 10.5.0.2 5001
await "$(log peer-a)" accepted
await "$(log early)" connected
[ "$(timer)" = 00 ] ||
	fail "the connection should have no timer before ka_default is there: $(timer)"
say 'client: /proc/net/tcp shows no timer on it. Now the module comes:'
show '#' modprobe ka_default keepidle=$idle keepintvl=$intvl keepcnt=$cnt
[ "$(timer)" = 02 ] ||
	fail "the connection should have the keepalive timer now: $(timer)"
say 'client: /proc/net/tcp shows the keepalive timer on it. The reader still runs'
say "and knows nothing. Then the peer dies; at most $idle + $intvl * $cnt = $expected s to go:"
on peer ip link set cable down

await "$(log early)" 'after connect' $((expected + idle + late))
grep -q '^error: Connection timed out ' "$(log early)" ||
	fail "the reader should end with ETIMEDOUT: $(last early)"
say 'the reader: read() failed: Connection timed out (ETIMEDOUT)'
clear_stage

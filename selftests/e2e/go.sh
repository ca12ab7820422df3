# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A program written in Go sets keepalive on each connection that it accepts: 15 s, whether
# it was asked to or not. An operator with a hundred thousand idle WebSockets wants a probe
# every 10 minutes and has no source to patch. Four websocketd of Debian's, as they are,
# each with one WebSocket on which nothing is said: without the module, under a policy
# "off", under "default" and under "enforce". The 600 s are 50 here, for Go's 15 cannot be
# made shorter; within 54 s its own three probes are seen on the wire, at 15, 30 and 45 s,
# or the one of "enforce" alone. ss and tcpdump tell.
#
# Packages: websocketd tcpdump

idle=50 watch=54
declare -A port=([without]=8001 [off]=8002 [default]=8003 [enforce]=8004)

# websocket NAME [COMMAND...]: a server, begun by that command, and a client of it.
websocket() {
	local who=$1 p=${port[$1]}
	shift
	say "server# $* websocketd --port=$p cat"
	start "server-$who" "$@" ip netns exec server websocketd --port="$p" cat
	poll 60 listening "$p" || fail "websocketd does not listen on $p"
	# shellcheck disable=SC2016
	start "client-$who" ip netns exec client bash -c '
		exec 3<>"/dev/tcp/10.4.1.1/$0"
		printf "%s\r\n" "GET / HTTP/1.1" "Host: server" "Origin: http://server" \
			"Upgrade: websocket" "Connection: Upgrade" "Sec-WebSocket-Version: 13" \
			"Sec-WebSocket-Key: a2FfZGVmYXVsdCdzIGtleQ==" "" >&3
		cat <&3' "$p"
	await "$(log "client-$who")" '^HTTP/1.1 101 '
	timer[$who]=$(ip netns exec server ss -tnoH state established "sport = :$p" |
		grep -o 'keepalive,[^,]*' || true)
}

listening() {
	ip netns exec server ss -tlnH "sport = :$1" | grep -q .
}

# probes NAME: what the server sent without data within the time after the last data. The
# client acknowledges each, and what follows data at once is an acknowledgement, too.
probes() {
	awk -v from=".${port[$1]}" -v to=".${port[$1]}:" -v watch=$watch '
		index($3 " ", from " ") || index($5 " ", to " ") {
			if ($NF + 0 > 0) { last = $1; n = 0 }
			else if (index($3 " ", from " ") && $1 > last + 5 && $1 < last + watch) n++
		}
		END { print n + 0 }' "$(log wire)"
}

declare -A timer=()
heading "A program in Go sets 15 s; a policy that enforces $idle s"
machines client server
cable client cable 10.4.1.2 server cable 10.4.1.1
say 'client ------ server        (two network namespaces)'
start wire ip netns exec server tcpdump -Z root -p -l -n -tt --immediate-mode -i cable tcp
await "$(log wire)" 'listening on'

websocket without
load mode=off
websocket off
websocket default kactl run mode=default keepidle=$idle --
websocket enforce kactl run mode=enforce keepidle=$idle --
opened=$(clock)
for name in without off default enforce; do
	say "server: $name: ss shows the next probe in ${timer[$name]#*,}"
done
say "Nobody says a word for $watch s ..."
until_clock $((opened + watch * 10 + 10))
for name in off default; do
	[ "$(probes $name)" = "$(probes without)" ] ||
		fail "under \"$name\" Go's own 15 s should hold, and the wire saw $(probes $name) probes"
	say "$name: $(probes $name) probes in $watch s: Go's own"
done
seen without "$(probes without)" "$(probes without) probes in $watch s, one every 15 s"
seen with "$(probes enforce)" "\"enforce\": $(probes enforce) in $watch s"
difference 3 1

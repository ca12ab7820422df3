# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scene 4 of `make try`: a NAT on the way that forgets connections on which
# nothing happens. One client connects before ka_default is loaded, one after;
# long after that the server has something to say to both.

idle=1 forget=4 silence=8
lost=
message='you have mail'

# Those of the ports that the NAT has a connection for.
remembered() {
	known=
	for port in "$@"; do
		ip netns exec nat grep -q "dport=$port " /proc/net/nf_conntrack &&
			known="$known${known:+, }$port"
	done
	echo "${known:-none}"
}

heading '4. A NAT on the way that forgets idle connections'
machines client nat server
cable client lan 192.168.4.2 nat lan 192.168.4.1
cable nat wan 203.0.113.1 server wan 203.0.113.2
quiet ip -n client route add default via 192.168.4.1
quiet ip netns exec nat sysctl -w net.ipv4.ip_forward=1

say 'client ---------- nat ---------- server        (three network namespaces)'
on nat nft add table ip masq
on nat nft add chain ip masq out '{ type nat hook postrouting priority srcnat; }'
on nat nft add rule ip masq out oifname wan masquerade
on nat sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=$forget

show '#' rmmod ka_default
start server-a ip netns exec server sender 4001
start server-b ip netns exec server sender 4002
await "$(log server-a)" listening
await "$(log server-b)" listening
say 'client$ reader 203.0.113.2 4001 &        (without)'
start without ip netns exec client reader 203.0.113.2 4001
await "$(log server-a)" accepted
# shellcheck disable=SC2046
show '#' modprobe ka_default keepidle=$idle keepintvl=$idle $(leave_existing)
say 'client$ reader 203.0.113.2 4002 &        (with)'
start with ip netns exec client reader 203.0.113.2 4002
await "$(log server-b)" accepted
since=$(clock)

say "The NAT forgets after $forget s. Nobody says a word for $silence s ..."
until_clock $((since + silence * 10))
say "nat: of ports 4001 and 4002 it remembers: $(remembered 4001 4002)"
say "server: sends \"$message\" on both connections"
echo "$message" >"$(input server-a)"
echo "$message" >"$(input server-b)"

await "$(log with)" 'after connect' 20
grep -q "^text: $message " "$(log with)" ||
	fail "the client with ka_default should have the message: $(last with)"
say "with:    the client got $(sed -n 's/^text: \(.*\) \[\(.*\)\]$/"\1", \2/p' "$(log with)")"

await "$(log server-a)" '^error: \|^delivered' 20
grep -q '^error: ' "$(log server-a)" && waiting without && lost=yes
[ -n "$lost" ] || fail "the message without ka_default should be lost: $(last server-a), $(last without)"
say "without: the server got $(sed -n 's/^error: \(.*\)/"\1"/p' "$(log server-a)"), the client nothing: it still waits"
clear_stage

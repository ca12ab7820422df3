# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a library that is preloaded cannot reach, and what other tricks miss: a static
# program, a 32-bit one, a server in Python, a client in Java, a program that `mptcpize
# run` makes speak MPTCP. Each is Debian's, as it is, each runs twice, without and with the
# module, and has one connection on which nothing is said. Who tells are kactl sockets,
# ss and tcpdump: five connections with a timer and with probes on the wire, or none.
#
# Packages: busybox-static netcat-openbsd python3 openjdk-17-jre-headless mptcpize tcpdump
# Memory: 1024

idle=3 watch=10
kinds=(static 32-bit python java mptcp)

# number KIND without|with: the port by which its connection is told from the others.
number() {
	local n=7000 k
	[ "$2" = without ] || n=7010
	for k in "${kinds[@]}"; do
		[ "$k" != "$1" ] || echo "$n"
		n=$((n + 1))
	done
}

# peers without|with [COMMAND...]: who listens at the other end, begun by that command,
# and answers nothing.
peers() {
	local when=$1 k
	shift
	for k in static 32-bit java; do
		start "peer-$k-$when" "$@" ip netns exec peer \
			busybox nc -ll -p "$(number $k "$when")" -e sleep 3000
	done
	start "peer-mptcp-$when" "$@" ip netns exec peer \
		mptcpize run python3 -m http.server "$(number mptcp "$when")"
	for k in static 32-bit java mptcp; do
		poll 120 listens peer "$(number $k "$when")" || fail "the peer of $k does not listen"
	done
}

listens() {
	ip netns exec "$1" ss -tlnH "sport = :$2" | grep -q .
}

# kind_of KIND without|with [COMMAND...]: the program itself on the machine box; the command
# begins the client of the one that is a server.
kind_of() {
	local kind=$1 when=$2 p box
	p=$(number "$1" "$2")
	shift 2
	case $kind in
	static) box=(busybox nc 10.5.1.1 "$p") ;;
	32-bit) box=(busybox-i386 nc 10.5.1.1 "$p") ;;
	python) box=(python3 -m http.server "$p") ;;
	java) box=(keytool -printcert -sslserver "10.5.1.1:$p") ;;
	mptcp) box=(mptcpize run nc 10.5.1.1 "$p") ;;
	esac
	say "box\$ ${box[*]}"
	start "$kind-$when" ip netns exec box "${box[@]}"
	if [ "$kind" = python ]; then
		poll 120 listens box "$p" || fail "python3 does not listen"
		start "peer-python-$when" "$@" ip netns exec peer busybox nc 10.5.1.2 "$p"
	fi
	poll 240 connected "$p" || fail "$kind does not connect"
}

# The one line of ss about the connection of that port.
socket() {
	ip netns exec box ss -tnoH state established "( sport = :$1 or dport = :$1 )"
}

connected() {
	socket "$1" | grep -q .
}

# probes PORT: what the box sent without data after the connection had been made, and the
# last data gone.
probes() {
	awk -v port="$1" -v from="$began" '
		$1 > from && index($3, "10.5.1.2.") == 1 && $NF == 0 &&
			($3 ~ ("[.]" port "$") || $5 ~ ("[.]" port ":$"))' "$(log wire)" | wc -l
}

# covered without|with: of how many kinds all three witnesses say that they are.
covered() {
	local k p n=0 ss kactl wire
	for k in "${kinds[@]}"; do
		p=$(number "$k" "$1")
		ss=$(socket "$p" | grep -o 'timer:(keepalive,[^,]*' || true)
		kactl=$(awk -v port="$p" '$4 == "ESTAB" && ($5 ~ "10[.]5[.]1[.]2[^0-9.]" && ($5 ~ (":" port "$") ||
			$6 ~ (":" port "$"))) { print $1, $7, $8 }' /tmp/kactl.sockets | tail -n 1)
		wire=$(probes "$p")
		printf '    %-8s %-7s  kactl sockets: %-24s  ss: %-26s  probes: %s\n' "$1" "$k" \
			"${kactl:-none}" "${ss:-no timer}" "$wire" >>/tmp/table
		[ -z "$ss" ] || [ "$wire" = 0 ] || [[ $kactl != *" on "* ]] || n=$((n + 1))
		[ -z "$ss" ] || [ "$1" = with ] || fail "$k has a timer without the module"
	done
	echo "$n"
}

heading 'A static program, a 32-bit one, Python, Java, and MPTCP by mptcpize'
machines box peer
cable box cable 10.5.1.2 peer cable 10.5.1.1
say 'box ------ peer        (two network namespaces)'
start wire ip netns exec box tcpdump -Z root -p -l -n -tt --immediate-mode -i cable tcp
await "$(log wire)" 'listening on'
class=$(od -An -t u1 -j 4 -N 1 /usr/local/bin/busybox-i386 | tr -d ' ')
[ "$class" = 1 ] || fail "busybox-i386 is no 32-bit program: class $class in its ELF header"

peers without
for k in "${kinds[@]}"; do kind_of "$k" without; done
load keepidle=$idle keepintvl=$idle keepcnt=5
peers with kactl run mode=off --
for k in "${kinds[@]}"; do kind_of "$k" with kactl run mode=off --; done
sleep 2
began=$(date +%s.%N)
say "Nobody says a word for $watch s ..."
until_clock $(($(clock) + watch * 10))
kactl sockets >/tmp/kactl.sockets
rm -f /tmp/table
without=$(covered without)
with=$(covered with)
cat /tmp/table
seen without "$without" "$without of ${#kinds[@]} are covered"
seen with "$with" "$with of ${#kinds[@]}"
ip netns exec box ss -tniH "dport = :$(number mptcp with)" | grep -q tcp-ulp-mptcp ||
	fail 'mptcpize did not make it MPTCP'
difference 0 ${#kinds[@]}

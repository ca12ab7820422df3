# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Containers have a network of their own, and with it sysctls of their own: whoever sets
# net.ipv4.tcp_keepalive_time on the host has set it for no container, in there it is 7200.
# Two kinds: systemd-nspawn, as root, with its own network, users and cgroup namespace; and
# bubblewrap, started by the user nobody. In each a server and a client have a connection
# on which nothing is said. With the module they have the host's values, and one container
# has its own by the path of its cgroup. Who tells is ss within the container's network
# namespace, tcpdump in it, and getsockopt() by kactl sockets.
#
# Packages: systemd-container bubblewrap busybox-static tcpdump

idle=3 own=6 watch=10
box=/srv/box
scope=/machine.slice/machine-chosen.scope

# inside PORT: what runs within. It first says what the sysctl is there.
inside() {
	echo "cat /proc/sys/net/ipv4/tcp_keepalive_time
		/bin/busybox nc -ll -p $1 -e /bin/busybox sleep 3000 &
		/bin/busybox sleep 2
		exec /bin/busybox nc 127.0.0.1 $1"
}

# The process that is the client within, seen from the host.
client() {
	pgrep -f "^/bin/busybox nc 127.0.0.1 $1\$"
}

# at PORT COMMAND...: in the network namespace of that container.
at() {
	local pid
	pid=$(client "$1")
	shift
	nsenter -n -t "$pid" "$@"
}

# The line of ss about the client's end.
socket() {
	at "$1" ss -tnoH state established "dport = :$1"
}

connected() {
	client "$1" >/dev/null && socket "$1" | grep -q .
}

nspawn() {
	say "host# systemd-nspawn -M $1 --private-network --private-users=1000000 -D $box"
	start "$1" systemd-nspawn -q -M "$1" --private-network --private-users=1000000:65536 \
		--private-users-ownership=off --read-only --timezone=off -D $box /bin/busybox sh -c "$(inside "$2")"
	settled "$@"
}

rootless() {
	say "nobody\$ bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev        ($1)"
	start "$1" setpriv --reuid nobody --regid nogroup --clear-groups \
		bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev \
		/bin/busybox sh -c "$(inside "$2")"
	settled "$@"
}

settled() {
	local n
	poll 90 connected "$2" || fail "no connection within $1: $(last "$1")"
	[ "$(readlink "/proc/$(client "$2")/ns/net")" != "$(readlink /proc/self/ns/net)" ] ||
		fail "$1 has the host's network namespace"
	[ "$(readlink "/proc/$(client "$2")/ns/user")" != "$(readlink /proc/self/ns/user)" ] ||
		fail "$1 has the host's user namespace"
	[ "$(sed -n 's/\r$//; /^[0-9]*$/p' "$(log "$1")" | head -n 1)" = 7200 ] ||
		fail "within $1 the sysctl is not 7200: $(head -n 1 "$(log "$1")")"
	start "wire-$2" nsenter -n -t "$(client "$2")" \
		tcpdump -Z root -p -l -n -tt --immediate-mode -i lo tcp
	await "$(log "wire-$2")" 'listening on'
	timer[$2]=$(socket "$2" | grep -o 'keepalive,[^,]*' || true)
	timer[$2]=${timer[$2]#*,}
}

# probes PORT: what the client sent while tcpdump listened, for nobody said a word.
probes() {
	awk -v port="$1" '$5 ~ ("[.]" port ":$")' "$(log "wire-$1")" | wc -l
}

# value PORT: what getsockopt() of the client's end says, by kactl sockets.
value() {
	kactl sockets | awk -v port="$1" '$1 == "busybox" && $4 == "ESTAB" && $6 ~ (":" port "$") {
		print $7 == "on" ? $8 " s" : $7 }'
}

# report WHO PORT: what all witnesses say.
report() {
	echo "$1: sysctl 7200, keepidle $(value "$2"), next probe $(shown "$2"), probes on the wire: $(probes "$2")"
}

shown() {
	echo "${timer[$1]:-never}"
}

declare -A timer=()
heading 'Containers, whose sysctls say 7200'
sysctl -q -w net.ipv4.tcp_keepalive_time=7200
mkdir -p $box/{bin,usr,etc,proc,sys,dev,run,tmp,var,root}
cp /bin/busybox $box/bin/
echo NAME=box >$box/etc/os-release

nspawn without 7001
rootless rootless-without 7002
load keepidle=$idle keepintvl=1 keepcnt=5
nspawn with 7011
rootless rootless-with 7012
show '#' kactl cgroup add $scope keepidle=$own keepintvl=1
nspawn chosen 7021
case $(cat "/proc/$(client 7021)/cgroup") in
*"$scope"*) ;;
*) fail "that container's cgroup is another: $(cat "/proc/$(client 7021)/cgroup")" ;;
esac
say "Nobody says a word for $watch s ..."
until_clock $(($(clock) + watch * 10))

for p in 7001 7002; do
	[ "$(probes $p)$(shown $p)" = 0never ] || fail "without the module there are probes: $(report at $p)"
done
for p in 7011 7012 7021; do
	[ "$(probes $p)" -gt 0 ] || fail "there was no probe: $(report at $p)"
	[ "$(shown $p)" != never ] || fail "there is no timer: $(report at $p)"
done
for n in 1 2; do
	who=nspawn
	[ $n = 1 ] || who='bubblewrap, rootless'
	seen without "$(value 700$n)" "$(report "$who" 700$n)"
	seen with "$(value 701$n)" "$(report "$who" 701$n)"
	difference off "$idle s"
done
seen without "$(value 7001)" "$(report nspawn 7001)"
seen with "$(value 7021)" "$(report "nspawn with a policy of its own" 7021)"
difference off "$own s"

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Subscribers of a Redis whose configuration says "tcp-keepalive 0", as many copied from
# the days before 3.2. Their machine is switched off. Redis keeps a client that says
# nothing for as long as the kernel has the connection: for ever, with its buffers and its
# descriptor, until maxclients is reached. With ka_default they are gone after keepidle +
# keepintvl * keepcnt. Who tells is Redis (INFO), /proc/PID/fd and kactl sockets.
#
# Packages: redis-server

idle=2 intvl=1 cnt=2 clients=8
expected=$((idle + intvl * cnt))

# info FIELD: what Redis says of itself, by its UNIX socket.
info() {
	redis-cli -s /run/redis/e2e.sock info | tr -d '\r' | sed -n "s/^$1://p"
}

# Of the clients one is who asks.
connected() {
	echo $(($(info connected_clients) - 1))
}

has() {
	[ "$(connected)" = "$1" ]
}

state() {
	echo "$(connected) clients, $(descriptors "$pid") descriptors, $(info mem_clients_normal) bytes for clients; kactl sockets: $(held redis-server)"
}

subscribe() {
	local n
	say "$1\$ $clients x redis-cli -h $2 subscribe news"
	for n in $(seq $clients); do
		start "$1-$n" ip netns exec "$1" redis-cli -h "$2" subscribe news
	done
	for n in $(seq $clients); do await "$(log "$1-$n")" '^news'; done
}

heading 'Redis with tcp-keepalive 0: subscribers whose machine was switched off'
machines server client-a client-b
cable client-a cable 10.3.1.2 server to-a 10.3.1.1
cable client-b cable 10.3.2.2 server to-b 10.3.2.1
say 'client-a ------ server ------ client-b        (three network namespaces)'
sed -i 's/^bind .*/bind 0.0.0.0/; s/^protected-mode .*/protected-mode no/; s/^tcp-keepalive .*/tcp-keepalive 0/' \
	/etc/redis/redis.conf
printf 'unixsocket /run/redis/e2e.sock\nunixsocketperm 777\n' >>/etc/redis/redis.conf
unit redis-server.service server
poll 60 has 0 || fail 'Redis does not answer'
pid=$(systemctl show -P MainPID redis-server)
before=$(descriptors "$pid")
say "before:  $(state)"

subscribe client-a 10.3.1.1
say 'client-a is switched off:'
cut_link client-a cable
until_clock $(($(clock) + expected * 10 + 80))
seen without "$(connected)" "$(state)"

show '#' modprobe ka_default keepidle=$idle keepintvl=$intvl keepcnt=$cnt
poll 60 has 0 || fail "those of before are still there: $(state)"
say '         and after modprobe they are gone: connections that exist are adopted'
spoke=$(clock)
subscribe client-b 10.3.2.1
holds redis-server $clients || fail "kactl sockets finds $(held redis-server) connections, not $clients"
say "client-b is switched off; $idle + $intvl * $cnt = $expected s to go:"
cut_link client-b cable
cut=$(clock)
poll $((expected + 60)) has 0 || true
gone=$(clock)
seen with "$(connected)" "$(state), $(since "$cut" "$gone") s after that"
difference $clients 0
[ "$(descriptors "$pid")" = "$before" ] || fail "there were $before descriptors before"
holds redis-server 0 || fail "kactl sockets still finds $(held redis-server)"
within $expected "$spoke" "$cut" "$gone"

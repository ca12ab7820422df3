# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Subscribers of a Redis whose configuration says "tcp-keepalive 0", as many copied from
# the days before 3.2. Their machine is switched off. Redis keeps a client that says
# nothing for as long as the kernel has the connection: for ever, with its buffers and its
# descriptor, until maxclients is reached. With ka_default they are gone after keepidle +
# keepintvl * keepcnt. Who tells is Redis (INFO), /proc/PID/fd and kactl sockets.
#
# Packages: redis-server

clients=8

# info FIELD: what Redis says of itself, by its UNIX socket.
info() {
	redis-cli -s /run/redis/e2e.sock info | tr -d '\r' | sed -n "s/^$1://p"
}

# Of the clients one is who asks.
count() {
	echo $(($(info connected_clients) - 1))
}

state() {
	echo "$(count) clients, $(descriptors "$pid") descriptors, $(info mem_clients_normal) bytes for clients; kactl sockets: $(held redis-server)"
}

come() {
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
poll 60 none || fail 'Redis does not answer'
pid=$(systemctl show -P MainPID redis-server)
before=$(descriptors "$pid")
vanish $clients 10.3.1.1 10.3.2.1 'is switched off' redis-server 1
[ "$(descriptors "$pid")" = "$before" ] || fail "there were $before descriptors before"

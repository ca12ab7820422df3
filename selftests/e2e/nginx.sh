# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# nginx before a service that speaks WebSocket, with "proxy_read_timeout 1d" so that a
# connection may be silent. The clients' machine is switched off. nginx holds two
# connections for each, one to the client and one to the service, for a day; so_keepalive
# is off unless it is asked for. With ka_default both are gone after keepidle + keepintvl *
# keepcnt of the client's silence, and the service is told. Who tells is nginx's
# stub_status, ss where the service runs, /proc/PID/fd and kactl sockets.
#
# Packages: nginx socat curl

clients=6

# Connections to clients that nginx has; the one that asks is not counted.
active() {
	ip netns exec server curl -s http://127.0.0.1:81/ | awk '/^Active/ { print $3 - 1 }'
}

# Connections that the service has.
served() {
	ip netns exec service ss -tnH state established '( sport = :9000 )' | wc -l
}

# Of each client's two connections both, or it is said.
count() {
	local to from
	to=$(active)
	from=$(served)
	if [ "$to" = "$from" ]; then echo "$to"; else echo "$to and $from"; fi
}

state() {
	echo "$(active) clients, $(served) connections of the service, $(descriptors "$pid") descriptors; kactl sockets: $(held nginx)"
}

# Asks for a WebSocket, gets it, and is silent.
# shellcheck disable=SC2016
come() {
	local n
	say "$1\$ $clients x GET / HTTP/1.1, Upgrade: websocket"
	for n in $(seq $clients); do
		start "$1-$n" ip netns exec "$1" bash -c 'exec 3<>/dev/tcp/$0/80
			printf "GET / HTTP/1.1\r\nHost: e2e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" >&3
			exec cat <&3' "$2"
	done
	for n in $(seq $clients); do await "$(log "$1-$n")" '^HTTP/1.1 101 '; done
}

heading 'nginx: silent WebSockets of clients whose machine was switched off'
machines service server client-a client-b
cable server to-service 10.4.0.1 service cable 10.4.0.2
cable client-a cable 10.4.1.2 server to-a 10.4.1.1
cable client-b cable 10.4.2.2 server to-b 10.4.2.1
say 'clients ------ nginx ------ service        (network namespaces)'
cat >/etc/nginx/sites-enabled/default <<'END'
server {
	listen 80;
	location / {
		proxy_pass http://10.4.0.2:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1d;
		proxy_send_timeout 1d;
	}
}
server {
	listen 127.0.0.1:81;
	stub_status;
}
END
start service ip netns exec service socat -t 0 TCP-LISTEN:9000,fork,reuseaddr EXEC:/e2e/nginx.websocket
unit nginx.service server
poll 60 none || fail 'nginx does not answer'
pid=$(pgrep -f 'nginx: worker')
before=$(descriptors "$pid")
vanish $clients 10.4.1.1 10.4.2.1 'is switched off' nginx 2
[ "$(descriptors "$pid")" = "$before" ] || fail "there were $before descriptors before"

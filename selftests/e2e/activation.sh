# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Services that systemd starts when somebody connects. The listener is made by systemd
# long before the service: in the cgroup of the socket unit. sshd as ssh.socket and
# ssh@.service (Accept=yes: systemd accepts, too, so that a policy for these is one on
# ssh.socket), and systemd-socket-proxyd (Accept=no: the service accepts, and a policy on
# the service is what counts). Both policies are in /etc/ka_default.conf; the first
# connection after the boot has them. sshd asks for keepalive by itself, without saying
# how soon; the other one asks for nothing. What getsockopt(2) says of the server's end is
# looked up by kactl sockets, and ss says when the next probe is due.
#
# Packages: openssh-server

# look FILE: tells what both servers' ends have, in ssh and proxy.
look() {
	ssh=$(awk '$1 == 22 { print $2, $3 }' "$1")
	proxy=$(awk '$1 == 2222 { print $2, $3 }' "$1")
	[ "$(grep -c '^22\(22\)\? .* SSH-2.0' "$1")" = 2 ] ||
		fail "sshd greets nobody: $(cat "$1")"
}

probe() {
	awk -v port="$2" '$1 == port && $4 !~ /^SSH/ { p = $4 } END { print p ? p : "never" }' "$1"
}

# words KEEPALIVE FILE PORT
words() {
	echo "keepalive ${1/ /, idle }; ss: the next probe $(probe "$2" "$3" | sed '/never/!s/^/in /')"
}

heading 'systemd starts sshd and another service when somebody connects'
poll 120 test -e /root/first || fail 'nothing has connected in this boot'
look /root/first
first_ssh=$ssh first_proxy=$proxy

say 'Without the module:'
used+=(ssh.socket proxy.socket proxy.service)
quiet systemctl stop proxy.service
show '#' systemctl restart ssh.socket proxy.socket
quiet /e2e/activation.look /root/without
look /root/without

say 'sshd as ssh.socket and ssh@.service, a policy with keepidle=77 on ssh.socket:'
seen without "$ssh" "$(words "$ssh" /root/without 22)"
seen with "$first_ssh" "$(words "$first_ssh" /root/first 22), at the first connection after the boot"
difference 'on 7200' 'on 77'
without_proxy=$proxy
say 'Accept=no, a policy with keepidle=88 on the service:'
seen without "$proxy" "$(words "$proxy" /root/without 2222)"
seen with "$first_proxy" "$(words "$first_proxy" /root/first 2222), at the first connection after the boot"
difference 'off 7200' 'on 88'

say 'The listeners stay, and the module comes again:'
show '#' modprobe ka_default mode=off
show '#' kactl restore
show '#' kactl apply
quiet /e2e/activation.look /root/again
look /root/again
seen without "$without_proxy" 'as before'
seen with "$proxy" "$(words "$proxy" /root/again 2222), $(words "$ssh" /root/again 22)"
difference 'off 7200' 'on 88'
[ "$ssh" = 'on 77' ] || fail "sshd's end has: $ssh"

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Services that systemd starts when somebody connects. The listener is made by systemd
# long before the service, in the cgroup of the socket unit. Three of them: ssh.socket as
# Debian 12 has it, whose ssh.service accepts by itself (Accept=no), so that a policy on
# the service counts; sshd for each connection (Accept=yes, as Debian 11 had it with
# ssh@.service), where systemd accepts, so that the policy is on the socket unit; and
# systemd-socket-proxyd (Accept=no), which never asks for keepalive. The policies are in
# /etc/ka_default.conf, and the first connection after the boot has them. What getsockopt(2)
# says of the server's end is looked up by kactl sockets; ss says when a probe is due.
#
# Packages: openssh-server

# has PORT FILE: "on" or "off" and keepidle, of the server's end.
has() {
	awk -v port="$1" '$1 == port { print $2, $3 }' "$2"
}

# words PORT FILE
words() {
	awk -v port="$1" '$1 == port {
		p = $4 ~ /^SSH/ ? "never" : "in " $4
		print "keepalive " $2 ", idle " $3 "; ss: the next probe " p }' "$2"
}

look() {
	rm -f "$1"
	quiet /e2e/activation.look "$1"
	[ "$(grep -c 'SSH-2.0' "$1")" = 3 ] || fail "somebody does not greet: $(cat "$1")"
}

# compare PORT WITHOUT WITH FILE WHEN: what it was without, and now is.
compare() {
	seen without "$(has "$1" /root/without)" "$(words "$1" /root/without)"
	seen with "$(has "$1" "$4")" "$(words "$1" "$4"), $5"
	difference "$2" "$3"
}

all() {
	say 'ssh.socket, Accept=no, keepidle=66 on ssh.service:'
	compare 22 'on 7200' 'on 66' "$@"
	say 'Accept=yes, an sshd for each, keepidle=77 on the socket unit:'
	compare 2022 'on 7200' 'on 77' "$@"
	say 'systemd-socket-proxyd, Accept=no, keepidle=88 on the service:'
	compare 2222 'off 7200' 'on 88' "$@"
}

heading 'systemd starts sshd and another service when somebody connects'
poll 240 test -e /root/first || fail "nothing has connected in this boot: $(cat /root/first.new)"
# For the log.
sed 's/^/@ /' /root/first /root/first.policies
used+=(ssh.socket each.socket proxy.socket proxy.service ssh.service)
quiet systemctl stop ssh.service proxy.service
show '#' systemctl restart ssh.socket each.socket proxy.socket
look /root/without
all /root/first 'at the first connection after the boot'

say 'The listeners stay, and the module comes again:'
show '#' modprobe ka_default mode=off
show '#' kactl restore
show '#' kactl apply
look /root/again
all /root/again 'with listeners that were there before'

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sessions of OpenSSH from a notebook whose lid is closed. sshd has "TCPKeepAlive yes" and
# so asks the kernel for keepalive, but not how soon: for two hours each session stays,
# with its process and its memory, and `who` shows a user who has long gone home. With
# ka_default keepidle=2 they are gone after keepidle + keepintvl * keepcnt. Who tells is
# pgrep, the memory that the kernel counts for them and kactl sockets.
#
# Packages: openssh-server openssh-client

clients=3

count() {
	pgrep -c -f '^sshd: root@' || true
}

# What sshd and its sessions have for themselves, in KB.
memory() {
	local pid
	for pid in $(pgrep -x sshd); do cat "/proc/$pid/smaps_rollup" 2>/dev/null || true; done |
		awk '/^Pss_Anon:/ { kb += $2 } END { print kb + 0 }'
}

state() {
	echo "$(count) sessions, $(memory) KB of memory; kactl sockets: $(held sshd)"
}

come() {
	local n
	say "$1\$ $clients x ssh $2"
	for n in $(seq $clients); do
		start "$1-$n" ip netns exec "$1" ssh -i /root/key -o StrictHostKeyChecking=no \
			-o UserKnownHostsFile=/dev/null "root@$2" 'echo welcome; cat'
	done
	for n in $(seq $clients); do await "$(log "$1-$n")" '^welcome'; done
}

heading 'OpenSSH: sessions from a notebook whose lid was closed'
machines server client-a client-b
cable client-a cable 10.2.1.2 server to-a 10.2.1.1
cable client-b cable 10.2.2.2 server to-b 10.2.2.1
say 'client-a ------ server ------ client-b        (three network namespaces)'
rm -f /root/key
quiet ssh-keygen -q -t ed25519 -N '' -f /root/key
mkdir -p /root/.ssh
chmod 700 /root/.ssh
cp /root/key.pub /root/.ssh/authorized_keys
# Where the scene activation is in the same boot, systemd listens for it.
quiet systemctl stop ssh.socket ssh.service
unit ssh.service server
before=$(memory)
vanish $clients 10.2.1.1 10.2.2.1 'has its lid closed' sshd 1
[ "$(memory)" -le $((before + 1024)) ] || fail "before it were $before KB"

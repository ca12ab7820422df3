# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scene 2 of `make try`: the same program again, after modprobe.

# Exactly these lines, in this order, after the one with the command.
expect_on() {
	show '$' "$1" | tee /tmp/after
	sed 1d /tmp/after | cmp -s - /tmp/expected ||
		fail "$1 should have got a socket with keepalive on, 180/60/20"
}

cat >/tmp/expected <<-END
	SO_KEEPALIVE is ON
	TCP_KEEPCNT   = 20
	TCP_KEEPIDLE  = 180
	TCP_KEEPINTVL = 60
END

heading '2. The same program, with ka_default'
show '#' modprobe ka_default keepidle=180 keepintvl=60 keepcnt=20
expect_on checkkeepalive
say 'and linked statically, where an LD_PRELOAD library cannot reach it:'
expect_on checkkeepalive-static

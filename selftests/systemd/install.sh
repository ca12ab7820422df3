# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# `make install` and `make uninstall` as an administrator types them, on a Debian
# that has what they need: three lines, the module in the kernel, kactl at hand, all
# of it there after a reboot, and afterwards every file of the system as before.
# Where the kernel takes no modules nothing is touched. The witness of what is left
# is find(1).

native
copy_ours "$stage/tree"
options+=(-H -f "$stage/tree:/root/ka_default" -t 3000)
for package in dkms make pkg-config libc6-dev libinih-dev libmnl-dev libsmartcols-dev; do
	options+=(-p "$package")
done
checkkeepalive
# Every file of the system but for what services write as they run.
put /usr/local/bin/every-file 755 <<-'END'
	#!/bin/sh
	find / -xdev \( -path /ka -o -path /root -o -path /tmp -o -path /var/log -o -path /var/tmp \
		-o -path /var/lib/systemd \) -prune -o -printf '%p %y %m %u %g %l\n' | sort
END
# Without a word on stderr to stand between, and never a hang.
put /usr/local/bin/say 755 <<-'END'
	#!/bin/sh
	cd /root/ka_default && "$@" 2>/root/stderr
END

script <<-'END'
	# dkms's own key: it is for all modules of the machine, and stays.
	dkms generate_mok >/dev/null 2>&1 || true
	every-file >/root/before
	rc=0
	mkdir /root/empty
	# As in a container, which has its host's kernel without the modules.
	unshare --mount sh -c 'mount --bind /root/empty /lib/modules; say make -s install' || rc=$?
	same 'without modules' 2 "$rc"
	same 'says so' 'make try' "$(grep -o 'loads no modules.*' /root/stderr | grep -o 'make try')"
	every-file >/root/after
	same 'and touches' '' "$(diff /root/before /root/after)"

	said=$(say make -s install) || { cat /root/stderr; exit 1; }
	echo "$said"
	same 'lines' 3 "$(echo "$said" | wc -l)"
	same 'the first' 1 "$(echo "$said" | grep -c '^ka_default [0-9.]* is loaded.*health: ok)$')"
	same 'keepalive' 'SO_KEEPALIVE is ON' "$(checkkeepalive | head -n 1)"
	same 'of dkms' installed "$(dkms status ka_default | sed 's/.*: //')"
	kactl default keepidle=180
	kactl save
END

script <<-'END'
	same 'what restores it' active "$(systemctl is-active ka_default)"
	same 'after a reboot' 180 "$(checkkeepalive | sed -n 's/TCP_KEEPIDLE  = //p')"
	# Again, as after a git pull: what is in force stays.
	kactl default keepidle=190
	said=$(say make -s install) || { cat /root/stderr; exit 1; }
	same 'lines' 3 "$(echo "$said" | wc -l)"
	same 'after another install' 190 "$(checkkeepalive | sed -n 's/TCP_KEEPIDLE  = //p')"
	said=$(say make -s uninstall) || { cat /root/stderr; exit 1; }
	echo "$said"
	same 'keepalive' 'SO_KEEPALIVE is OFF' "$(checkkeepalive)"
	every-file >/root/after
	same 'left behind' '' "$(diff /root/before /root/after)"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
	sysctl -q kernel.modules_disabled=1
	rc=0
	say make -s install || rc=$?
	same 'where none may be loaded any more' 2 "$rc"
	same 'says so' 'make try' "$(grep -o 'loads no modules.*' /root/stderr | grep -o 'make try')"
	every-file >/root/after
	same 'and touches' '' "$(diff /root/before /root/after)"
END

play

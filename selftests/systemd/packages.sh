# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Both packages, installed in a root where dkms finds a kernel's headers, and that
# root booted: keepalive is on at the first socket of the first service, after the
# next boot with the values that were saved, and the packages go without a trace.
# The witness writes down what getsockopt(2) says to it.

native
"$KA_TOP/scripts/package" deb >"$stage/debs"
while read -r deb; do
	case $deb in *-dbgsym_*) ;; *) options+=(-d "$deb") ;; esac
done <"$stage/debs"
options+=(-H -p dkms)
first_socket

script <<-'END'
	same 'what dkms has built' "updates/dkms" \
		"$(modinfo -n ka_default | sed 's|^/lib/modules/[^/]*/||; s|/ka_default.ko.*||')"
	same 'dkms says' installed "$(dkms status ka_default | sed 's/.*: //')"
	same 'keepalive in the first boot' 'SO_KEEPALIVE is ON' "$(head -n 1 /root/witness)"
	same 'to restore' enabled "$(systemctl is-enabled ka_default)"
	same 'metrics' disabled "$(systemctl is-enabled ka_default-metrics.timer || true)"
	kactl default keepidle=180 keepintvl=60 keepcnt=20
	kactl save
	rm /root/witness
END

script <<-'END'
	same 'after the reboot' 'SO_KEEPALIVE is ON TCP_KEEPCNT   = 20 TCP_KEEPIDLE  = 180 TCP_KEEPINTVL = 60' \
		"$(paste -s -d ' ' /root/witness)"
	same 'restored' active "$(systemctl is-active ka_default)"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
	left() {
		find / -xdev -path /proc -prune -o -path /ka -prune -o \( -name '*ka_default*' \
			-o -name '*ka-default*' -o -name '*kactl*' \) -print | sort
	}
	dpkg -r ka-default-tools ka-default-dkms
	same 'loaded after dpkg -r' no "$([ -e /sys/module/ka_default ] && echo yes || echo no)"
	# debhelper keeps what was enabled until a purge.
	same 'what dpkg -r leaves' '/etc/ka_default.conf
	/etc/systemd/system/sysinit.target.wants/ka_default.service' \
		"$(left | grep -v ^/var/lib/dpkg/info/ | grep -v ^/var/lib/systemd/)"
	dpkg -P ka-default-tools ka-default-dkms
	same 'what dpkg -P leaves' '' "$(left)"
	same 'modprobe' 1 "$(modprobe -q ka_default && echo 0 || echo $?)"
	systemctl start witness
	same 'keepalive then' 'SO_KEEPALIVE is OFF' "$(cat /root/witness)"
	same 'failed units then' '' "$(systemctl --failed --no-legend --plain)"
END

play -a systemd.wants=witness.service

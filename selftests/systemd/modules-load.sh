# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# An administrator configures the module by the two files that every system has
# for that and reboots: from then on the sockets of the first services have
# keepalive with those values. The witness is a service that makes a socket and
# writes down what getsockopt(2) says, in each boot, before the network's services.

checkkeepalive
put /etc/systemd/system/witness.service <<-'END'
	[Unit]
	Description=First to make a socket
	Before=network-pre.target dbus.service
	Wants=network-pre.target
	[Service]
	Type=oneshot
	ExecStart=/usr/local/bin/checkkeepalive
	StandardOutput=truncate:/root/witness
	[Install]
	WantedBy=multi-user.target
END

script <<-'END'
	systemctl start witness
	same 'keepalive before' 'SO_KEEPALIVE is OFF' "$(cat /root/witness)"
	echo ka_default >/etc/modules-load.d/ka_default.conf
	echo options ka_default keepidle=180 keepintvl=60 keepcnt=20 >/etc/modprobe.d/ka_default.conf
	systemctl enable witness
	rm /root/witness
END

script <<-'END'
	same 'values after the reboot' 'TCP_KEEPCNT   = 20
	TCP_KEEPIDLE  = 180
	TCP_KEEPINTVL = 60' "$(sed 1d /root/witness)"
	same 'keepalive after the reboot' 'SO_KEEPALIVE is ON' "$(head -n 1 /root/witness)"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
END

play -K

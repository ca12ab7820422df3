# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What an administrator has set with kactl and saved is there again after a
# reboot, before the first service makes its first socket: one that starts as
# most do and has a policy of its own, and one that starts as early as what sets
# up the network. The witnesses write down what getsockopt(2) says.

"$KA_TOP/scripts/need" tools
make -s -C "$KA_TOP/tools" O="$KA_BUILD/tools" install DESTDIR="$stage/root"
options+=(-f "$stage/root/usr:/usr" -p libinih1 -p libmnl0 -p libsmartcols1)
checkkeepalive
put /etc/systemd/system/witness.service <<-'END'
	[Unit]
	Description=A service with a policy of its own
	Before=dbus.service
	[Service]
	ExecStartPre=/usr/local/bin/checkkeepalive
	ExecStart=/bin/sleep infinity
	StandardOutput=append:/root/witness
	[Install]
	WantedBy=multi-user.target
END
put /etc/systemd/system/early.service <<-'END'
	[Unit]
	Description=Starts as early as what sets up the network
	DefaultDependencies=no
	After=network-pre.target
	Before=sysinit.target
	[Service]
	Type=oneshot
	ExecStart=/usr/local/bin/checkkeepalive
	StandardOutput=truncate:/root/early
	[Install]
	WantedBy=sysinit.target
END

script <<-'END'
	same 'loaded by modules-load.d' ok "$(cat /sys/kernel/ka_default/health)"
	same 'skipped without a file' inactive "$(systemctl is-active ka_default)"
	kactl default keepidle=180 keepintvl=60 keepcnt=20
	kactl cgroup add witness.service mode=enforce keepidle=77
	kactl save
	systemctl enable ka_default witness early
END

script <<-'END'
	same 'of the early service' 'SO_KEEPALIVE is ON TCP_KEEPCNT   = 20 TCP_KEEPIDLE  = 180 TCP_KEEPINTVL = 60' \
		"$(paste -s -d ' ' /root/early)"
	same 'of the service with a policy' 'SO_KEEPALIVE is ON TCP_KEEPCNT   = 9 TCP_KEEPIDLE  = 77 TCP_KEEPINTVL = 75' \
		"$(paste -s -d ' ' /root/witness)"
	dir='/sys/kernel/ka_default/cgroups/system.slice!witness.service'
	same 'its policy' 'bound enforce 1' "$(cat "$dir/state" "$dir/mode" "$dir/sockets" | paste -s -d ' ')"
	same 'restored' active "$(systemctl is-active ka_default)"
	sed -i 's/^keepcnt = 20/keepcnt = 21/' /etc/ka_default.conf
	systemctl reload ka_default
	same 'after a reload' 21 "$(cat /sys/module/ka_default/parameters/keepcnt)"
	mkdir -p /var/lib/prometheus/node-exporter
	systemctl start ka_default-metrics
	same 'metrics' 'ka_default_cgroup_bound{cgroup="/system.slice/witness.service"} 1' \
		"$(grep cgroup_bound{ /var/lib/prometheus/node-exporter/ka_default.prom)"
	systemctl enable --now ka_default-metrics.timer
	same 'its timer' active "$(systemctl is-active ka_default-metrics.timer)"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
	# The timer may have just started one, which ends; what waits for itself does not.
	for _ in $(seq 60); do
		waiting=$(systemctl list-jobs --no-legend | grep ka_default || true)
		[ -n "$waiting" ] || break
		sleep 1
	done
	same 'jobs that wait' '' "$waiting"
END

play -K

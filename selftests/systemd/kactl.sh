# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# kactl where systemd owns the cgroups: a unit's name leads to the cgroup that
# systemd then gives the unit, be it running or not, and kactl run has its
# scopes from systemd. The witness is the module's "bound", which a policy is
# only in when a cgroup of that very path has been made.

# shellcheck disable=SC2154 # of run, which sources this
"$KA_TOP/selftests/vm/build" "$series"
options+=(-f "$KA_BUILD/$series/kselftest:/kselftest" -f "$KA_BUILD/tools/kactl:/usr/sbin/kactl"
	-p libsmartcols1 -p libinih1 -p libmnl0)
for unit in plain.service 'dash-ed@.service' memory.service; do
	put "/etc/systemd/system/$unit" <<-'END'
	[Service]
	ExecStart=/bin/sleep infinity
	END
done
put /etc/systemd/system/sliced.service <<-'END'
	[Unit]
	Description=In a slice of its own, with another name
	[Service]
	ExecStart=/bin/sleep infinity
	Slice=outer-inner.slice
	[Install]
	Alias=otherwise.service
END

script <<-'END'
	cd /kselftest
	state() {
		cat "/sys/kernel/ka_default/cgroups/$(echo "${1#/}" | tr / '!')/state"
	}
	modprobe ka_default
	systemctl enable sliced
	for unit in plain.service dash-ed@1.service memory.service otherwise.service lone-some.slice; do
		path=$(kactl cgroup add "$unit" keepidle=77 | sed -n 's/: mode=default keepidle=77 .*//p')
		same "$unit is not there" waiting "$(state "$path")"
		systemctl start "$unit"
		same "$unit has $path" bound "$(state "$path")"
	done
	same "a unit that runs" /init.scope \
		"$(kactl cgroup add init.scope | sed 's/:.*//')"
	same "another that runs" bound \
		"$(state "$(kactl cgroup add systemd-journald.service | sed 's/:.*//')")"
	said=$(kactl cgroup add no-such.service 2>&1 | head -n 1)
	same "a unit that systemd does not know" "kactl: systemd does not know no-such.service, yet" "$said"
	same "a program of its own" "1 180" \
		"$(kactl run keepidle=180 -- ./show_static | cut -d ' ' -f 1-2)"
	scope=$(kactl run -- cat /proc/self/cgroup)
	case $scope in
	0::/system.slice/kactl-run-*.scope) ;;
	*) same "its scope" 0::/system.slice/kactl-run-PID.scope "$scope" ;;
	esac
	rmmod ka_default
	KACTL=/usr/sbin/kactl ./kactl_run.sh
	same 'scopes that are left' '' "$(systemctl list-units --all --plain --no-legend 'kactl-run-*')"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
END

play -K

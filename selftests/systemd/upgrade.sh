# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The packages are upgraded while connections are open: none is lost, each can still be
# used, the policies stay, and the old module works on. Then the kernel is upgraded, as
# apt does it: its files are there and the hooks of /etc/kernel are run, by which dkms
# builds for it. After the reboot the new kernel has the new version, and keepalive is on
# at the first socket of the first service. The witnesses are ss, the text that comes
# through each connection, and what getsockopt(2) says to a service.

native
new=0.1.9
DEB_BUILD_OPTIONS=nocheck "$KA_TOP/scripts/package" deb >"$stage/debs"
while read -r deb; do
	case $deb in *-dbgsym_*) ;; *) options+=(-d "$deb") ;; esac
done <"$stage/debs"

# The same packages, with a higher version wherever it is written.
copy_ours "$stage/new/tree"
sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$new\"/" "$stage/new/tree/dkms.conf"
sed -i "s/^MODULE_VERSION(.*/MODULE_VERSION(\"$new\");/" "$stage/new/tree/module/main.c"
sed -i "1s/([^)]*)/($new)/" "$stage/new/tree/debian/changelog"
(cd "$stage/new/tree" && DEB_BUILD_OPTIONS=nocheck quietly "$stage/new.log" dpkg-buildpackage -b -us -uc) ||
	die "the packages of $new cannot be built: $(tail -n 5 "$stage/new.log")"
rm "$stage"/new/*-dbgsym_*
rm -r "$stage/new/tree"
news=()
for deb in "$stage"/new/*.deb; do news+=(-d "$deb"); done
options+=(-f "$stage/new:/root/new" -H -p dkms -p ccache -p netcat-openbsd -m 1024 -t 3000)

# dkms in the guest does all that it does, but gcc would take minutes under emulation.
# What it makes of the new version for each kernel is found out here, by ccache, in roots
# like the guest's.
mkdir "$stage/ccache"
for kernel in "$series" "$series-rt"; do
	"$KA_TOP/scripts/rootfs" -l -p dkms -p ccache -p netcat-openbsd -k "$("$KA_TOP/scripts/kernel" "$kernel")" \
		"${news[@]}" "$stage/root"
	cp -R "$stage/root/var/cache/ccache/." "$stage/ccache"
	rm -rf "$stage/root"
done
options+=(-f "$stage/ccache:/var/cache/ccache")

# Another kernel of the same suite, its headers where its package has them; but for
# "build", which comes when the kernel does.
second=$("$KA_TOP/scripts/kernel" "$series-rt")
release=$(cat "$second/release")
mkdir -p "$stage/usr"
cp -a "$second/root/usr/src" "$stage/usr/src"
cp -a "$second"/root/usr/lib/linux-kbuild-* "$stage/usr"
sed -i 's|/[^ ]*/usr/src/|/usr/src/|' "$stage/usr/src/linux-headers-$release/Makefile"
options+=(-f "$stage/usr/src:/usr/src" -f "$(readlink -f "$second/config"):/boot/config-$release")
for kbuild in "$stage"/usr/linux-kbuild-*; do options+=(-f "$kbuild:/usr/lib/${kbuild##*/}"); done

first_socket
put /root/release <<<"$release"

script <<-'END'
	await() {
		for _ in $(seq 300); do
			[ "$($1)" != "$2" ] || return 0
			sleep 0.2
		done
		same "$1" "$2" "$($1)"
	}
	heard() {
		grep -c ^still /root/heard
	}
	spared() {
		echo "after $(cut -d ' ' -f 1 /proc/uptime) s; from ccache: $(ccache --print-stats | sed -n 's/^direct_cache_hit\t//p')"
	}
	ccache --zero-stats >/dev/null
	old=$(modinfo -F version ka_default)
	kactl default keepidle=180 keepintvl=60 keepcnt=20
	kactl cgroup add witness.service mode=enforce keepidle=77
	kactl save
	# Five connections, each with a client that will say something later.
	for n in 1 2 3 4 5; do
		nc -l 700$n >>/root/heard &
	done
	listeners() {
		ss -tlnH '( sport >= :7001 and sport <= :7005 )' | wc -l
	}
	await listeners 5
	for n in 1 2 3 4 5; do
		mkfifo /root/in-$n
		nc -N 127.0.0.1 700$n <>/root/in-$n &
	done
	open() {
		ss -tnoH state established '( dport >= :7001 and dport <= :7005 )' | grep -c 'timer:(keepalive' || true
	}
	await open 5
	same 'connections open, with keepalive' 5 "$(open)"

	export DEBIAN_FRONTEND=noninteractive DEBIAN_KERNEL_USE_CCACHE=1
	dpkg -i /root/new/ka-default-dkms_*.deb /root/new/ka-default-tools_*.deb >/root/dpkg.log 2>&1 ||
		{ cat /root/dpkg.log; exit 1; }
	spared
	same 'of the new version dkms says' "$(cat /root/version): installed" \
		"$(dkms status ka_default | sed -n "s/^ka_default.\([^,]*\), $(uname -r),.*\(: installed\)$/\1\2/p")"
	same 'the module that works on' "$old" "$(cat /sys/module/ka_default/version)"
	same 'kactl' "$(cat /root/version)" "$(kactl --version | grep -o '[0-9][0-9.]*' | head -n 1)"
	same 'health' ok "$(cat /sys/kernel/ka_default/health)"
	same 'the default policy' '180 60 20' "$(cd /sys/module/ka_default/parameters && paste -d ' ' keepidle keepintvl keepcnt)"
	same 'the policy of a cgroup' 77 "$(cat '/sys/kernel/ka_default/cgroups/system.slice!witness.service/keepidle')"
	same 'connections open after the upgrade' 5 "$(open)"
	for n in 1 2 3 4 5; do echo "still $n" >/root/in-$n; done
	await heard 5
	same 'connections that carry text' 5 "$(heard)"

	release=$(cat /root/release)
	same 'for the new kernel dkms has' added "$(dkms status ka_default -k "$release" | sed 's/.*: //')"
	ln -s "/usr/src/linux-headers-$release" "/lib/modules/$release/build"
	for hook in /etc/kernel/header_postinst.d/dkms /etc/kernel/postinst.d/dkms; do
		"$hook" "$release" "/boot/vmlinuz-$release" </dev/null >>/root/dpkg.log 2>&1 ||
			{ cat /root/dpkg.log; exit 1; }
	done
	spared
	same 'and then' installed "$(dkms status ka_default -k "$release" | sed 's/.*: //')"
	rm -f /root/witness
END

script <<-'END'
	same 'the kernel' "$(cat /root/release)" "$(uname -r)"
	same 'the module' "$(cat /root/version)" "$(cat /sys/module/ka_default/version)"
	same 'health' ok "$(cat /sys/kernel/ka_default/health)"
	# By the policy of its own.
	same 'the first socket' 'SO_KEEPALIVE is ON TCP_KEEPCNT   = 9 TCP_KEEPIDLE  = 77 TCP_KEEPINTVL = 75' \
		"$(paste -s -d ' ' /root/witness)"
	same 'another' 'SO_KEEPALIVE is ON TCP_KEEPCNT   = 20 TCP_KEEPIDLE  = 180 TCP_KEEPINTVL = 60' \
		"$(checkkeepalive | paste -s -d ' ')"
	same 'failed units' '' "$(systemctl --failed --no-legend --plain)"
END

put /root/version <<<"$new"
play -k "$series-rt" -a systemd.wants=witness.service

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with those who source it
# A suite's own dkms with nothing but what a test gives it: what dkms and signing
# share. Sourced after common.sh by those who have set $suite, $out and $log.

KA_VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$KA_TOP/dkms.conf")
failed=0
began=$(now_ms)

dkms_begin() {
	rm -rf "$out"
	mkdir -p "$out"/{src,state,etc,modules} "$KA_BUILD/log"
	: >"$log"
}

# VERSION: the module's source as a package of that version would bring it.
dkms_source() {
	local to=$out/src/ka_default-$1
	mkdir -p "$to"
	cp "$KA_TOP/Kbuild" "$KA_TOP/dkms.conf" "$to"
	(cd "$KA_TOP" && find module -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild) |
		while read -r f; do install -D -m 644 "$KA_TOP/$f" "$to/$f"; done
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/" "$to/dkms.conf"
	sed -i "s/^MODULE_VERSION(.*/MODULE_VERSION(\"$1\");/" "$to/module/main.c"
}

# DIRECTORY of scripts/kernel: a kernel that is installed there, with its headers.
dkms_kernel() {
	local release
	release=$(cat "$1/release")
	mkdir -p "$out/modules/$release"
	cp "$1/root/lib/modules/$release"/modules.{order,builtin}* "$out/modules/$release"
	ln -s "$1/build" "$out/modules/$release/build"
	# As the kernel's package does: dkms takes one without modules.dep for removed.
	inside depmod "$release" >>"$log" 2>&1
}

# COMMAND...: in the suite's root, where dkms has nothing but what is in $out.
inside() {
	# shellcheck disable=SC2016
	"$KA_TOP/scripts/root" -p dkms -p kmod -p mount -p openssl "$suite" bash -eu -c '
		out=$1
		shift
		mkdir -p /var/lib/dkms /lib/modules
		mount --bind "$out/src" /usr/src
		mount --bind "$out/state" /var/lib/dkms
		mount --bind "$out/modules" /lib/modules
		exec "$@"' bash "$out" "$@"
}

# ok|FAILED NAME [TEXT]: a line of the test.
result() {
	[ "$1" = ok ] || failed=1
	verdict "$1" "${0##*/} $suite $2" "" $(($(now_ms) - began)) \
		"$([ "$1" = ok ] || echo "$log")" "${3:-}"
	began=$(now_ms)
}

# NAME COMMAND...: it must succeed without a word of warning.
run() {
	local name=$1 rc=0 said=$out/said
	shift
	inside "$@" >"$said" 2>&1 </dev/null || rc=$?
	{ printf '$ %s\n' "$*"; cat "$said"; } >>"$log"
	if [ "$rc" != 0 ] || grep -qiE 'warning|deprecated|error' "$said"; then
		result FAILED "$name" "exit status $rc"$'\n'"$(tail -n 15 "$said")"
	else
		result ok "$name"
	fi
}

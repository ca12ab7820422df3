# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What boot and debian have in common: what goes into a guest, how it is run,
# and how it is told that everything about it was in order. Sourced after
# scripts/common.sh, never run.
#
# A guest writes to its second serial port what there is to be seen and, last,
# a token that nobody can guess with the exit status; then it switches off. Who
# sources this has set
#	series log	what is booted, and where the kernel's log goes
#	tmp		a directory that goes when the script ends
#	token limit	what run_guest waits for, and how many seconds

# What no kernel's log may hold.
trouble='WARNING: |BUG: |Oops|Call Trace:|KASAN|UBSAN|kernel BUG|Kernel panic'
trouble+='|possible circular locking|possible recursive locking|inconsistent lock state'
trouble+='|suspicious RCU usage|sleeping function called|scheduling while atomic'
trouble+='|blocked for more than|rcu.*detected stall|rcu.*stalls? on|soft lockup|hard LOCKUP'
trouble+='|unregister_netdevice: waiting|kmemleak: [1-9][0-9]* new|refcount_t: |general protection'
trouble+='|refcount leak|Objects remaining|ODEBUG|DEBUG_LOCKS_WARN_ON|Internal error'

# What makes a kernel end at its first complaint, on its command line.
# shellcheck disable=SC2034
strict='loglevel=5 panic_on_warn=1 panic=-1 oops=panic watchdog_thresh=30'
strict+=' rcupdate.rcu_cpu_stall_timeout=60 sysctl.kernel.hung_task_timeout_secs=60'

tmp=
qemu=
grace=15			# seconds to switch off in
farewell='reboot: Power down'	# the kernel's last word

# shellcheck disable=SC2317
cleanup() {
	if [ -n "$qemu" ]; then
		kill -KILL "$qemu" 2>/dev/null || true
		wait "$qemu" 2>/dev/null || true
	fi
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP

fail() {
	local status=$1
	shift
	printf '%s: %s: %s (see %s)\n' "$KA_NAME" "$series" "$*" "$log" >&2
	exit "$status"
}

new_token() {
	printf 'ka-end-%s\n' "$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')"
}

archive() {
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort |
		cpio -o -H newc -R 0:0 --quiet) >"$2"
}

# What QEMU boots of the directory $kernel: what is not packed, if there is such.
kernel_image() {
	if [ -e "$kernel/vmlinux" ]; then
		printf '%s\n' "$kernel/vmlinux"
	else
		printf '%s\n' "$kernel/vmlinuz"
	fi
}

# add_modules DIRECTORY: the modules of $kernel that $modules names, with all
# they depend on, and our own, if $own is set.
add_modules() {
	local root=$1 from=$kernel/root/lib/modules/$release m line file ko
	local to=$root/lib/modules/$release
	mkdir -p "$to"
	cp "$from"/modules.{order,builtin} "$to"
	[ ! -e "$from/modules.builtin.modinfo" ] || cp "$from/modules.builtin.modinfo" "$to"
	for m in "${modules[@]}"; do
		line=$(modprobe -d "$kernel/root" -S "$release" --show-depends "$m" 2>&1) ||
			die "kernel $release has no module $m"
		while read -r _ file _; do
			case $file in "$from"/*) ;; *) continue ;; esac
			ko=$to/${file#"$from"/}
			mkdir -p "$(dirname "$ko")"
			case $file in
			*.xz) xz -dc "$file" >"${ko%.xz}" ;;
			*.zst) zstd -qdc "$file" >"${ko%.zst}" ;;
			*) cp "$file" "$ko" ;;
			esac
		done <<<"$line"
	done
	if [ -n "$own" ]; then
		[ "$own" != build ] || own=$("$KA_TOP/scripts/module" "$series")
		mkdir -p "$to/updates"
		cp "$own" "$to/updates/ka_default.ko"
	fi
	depmod -b "$root" "$release"
}

# Prints what the guest says, as it comes, until the token: sets status, or
# timeout where there was none in time.
follow() {
	local end left rc line
	end=$(($(now_ms) + limit * 1000))
	while :; do
		left=$((end - $(now_ms)))
		[ "$left" -ge 100 ] || { timeout="$limit s"; return; }
		rc=0
		IFS= read -r -t "$(seconds "$left")" -u "$1" line || rc=$?
		if [ "$rc" -gt 128 ]; then
			printf '%s' "$line"
			timeout="$limit s"
			return
		fi
		case $line in
		*"$token "*)
			printf '%s' "${line%%"$token "*}"
			status=${line##*"$token "}
			return
			;;
		esac
		if [ "$rc" != 0 ]; then
			printf '%s' "$line"
			return
		fi
		printf '%s\n' "$line"
	done
}

# Whether qemu ended by itself; a guest that has said it is done, or is gone,
# has a little to switch off.
ended() {
	local n
	for n in $(seq 0 $((grace * 10))); do
		kill -0 "$qemu" 2>/dev/null || break
		[ -z "$timeout" ] || return 1
		[ "$n" = 0 ] || sleep 0.1
	done
	! kill -0 "$qemu" 2>/dev/null && wait "$qemu"
}

# run_guest QEMU ARGUMENTS...: the log is appended to. Returns with status set
# if everything was in order; else the script ends with the reason.
run_guest() {
	local out from said found timeout='' gone=''
	from=$(stat -c %s "$log")
	rm -f "$tmp/out"
	mkfifo "$tmp/out"
	"$@" </dev/null >"$tmp/out" 2>"$tmp/qemu.err" &
	qemu=$!
	exec {out}<"$tmp/out"
	status=
	follow "$out"
	! ended || gone=1
	exec {out}<&-

	if [ -s "$tmp/qemu.err" ]; then
		cat "$tmp/qemu.err" >>"$log"
	fi
	said=$(tail -n 1 "$tmp/qemu.err")
	found=$(tail -c "+$((from + 1))" "$log" | awk -f "$KA_TOP/selftests/vm/log.awk" |
		grep -aE -m 1 -- "$trouble" | tr -d '\r' || true)
	[ -z "$found" ] || fail 125 "the kernel said: ${found:0:160}"
	[ -z "$timeout" ] || fail 124 "no answer in $timeout"
	[ -n "$status" ] || fail 125 "the guest ended without a word of how its command did${said:+; $said}"
	[ -n "$gone" ] || fail 125 "the guest did not switch off"
	tail -c "+$((from + 1))" "$log" | grep -aq "$farewell" ||
		fail 125 "the guest was not switched off cleanly"
	case $status in
	'' | *[!0-9]*) fail 125 "the guest gave no status" ;;
	esac
	qemu=
}

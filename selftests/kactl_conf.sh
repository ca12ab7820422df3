#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kactl save and restore with the real module: what was saved is in force again,
# and what the kernel refuses in the middle of it leaves all as it was. The
# module's own files are the witness. KACTL is the kactl to test.

ka_plan=17
# shellcheck source=selftests/ka.sh
. ./ka.sh
# shellcheck source=selftests/ka_kactl.sh
. ./ka_kactl.sh

cgroups=$KA_FILES/cgroups
conf=$ka_dir/conf

# Every policy there is, as the module says it.
everything() {
	for f in "$KA_PARAMETERS"/* "$cgroups$ka_cgroup".*/*; do
		case $f in */sockets | */\*) ;; *) echo "${f##*/ka_default/} $(cat "$f")" ;; esac
	done
}

# NAME STATUS PATTERN COMMAND...: what it said has the pattern.
says() {
	name=$1 status=$2 pattern=$3
	shift 3
	said=$("$@" 2>&1)
	rc=$?
	case $said in
	*"$pattern"*) said=$pattern ;;
	esac
	ka_equal "$name" "$status $pattern" "$rc $said"
}

# NAME: nothing has changed since $before.
unchanged() {
	ka_equal "$1" "$before" "$(everything)"
}

ka_load existing=N mode=enforce keepidle=180 kernel_sockets=Y
for c in "$ka_cgroup.a" "$ka_cgroup.b/c"; do
	echo "$c" >"$cgroups/add"
done
a=$cgroups$ka_cgroup.a
bc=$cgroups$ka_cgroup.b!c
echo 77 >"$a/keepidle"
echo default >"$a/mode"
echo auto >"$bc/user_timeout"
saved=$(everything)
says "save" 0 "saved the default policy and 2 of cgroups" "$KACTL" save "$conf"
says "restore, at once" 0 "nothing to do" "$KACTL" restore "$conf"

ka_load existing=N
says "restore, dry" 0 "nothing is changed" "$KACTL" restore "$conf" --dry-run
ka_equal "which changes nothing" "default 0" \
	"$(cat "$KA_PARAMETERS/mode") $(find "$cgroups" -mindepth 1 -type d | wc -l)"
says "restore, after a load" 0 "add $ka_cgroup.a mode=default keepidle=77" "$KACTL" restore "$conf"
ka_equal "all is as it was saved" "$saved" "$(everything)"

# One goes, one changes, one comes.
cat >"$ka_dir/other" <<END
[default]
keepcnt = 9
[cgroup $ka_cgroup.a]
mode = enforce
keepidle = 78
[cgroup $ka_cgroup.d]
mode = off
END
before=$saved
says "restore, by nobody" 1 "run it as root" ka_as_nobody "$KACTL" restore - <"$ka_dir/other"
unchanged "which changes nothing"

# One file takes no write: what comes before it is done by then.
mount --bind "$a/keepidle" "$a/keepidle"
mount -o remount,bind,ro "$a/keepidle"
says "restore, refused in the middle" 1 "cannot write 78 to $a/keepidle: " \
	"$KACTL" restore "$ka_dir/other"
umount "$a/keepidle"
unchanged "which is undone"

echo "keepcnt = 128" >>"$ka_dir/other"
says "restore, with an error" 1 "$ka_dir/other:8: keepcnt=128 is out of range: 0..127 probes" \
	"$KACTL" restore "$ka_dir/other"
unchanged "which changes nothing, either"
sed -i '$d' "$ka_dir/other"
says "restore, another" 0 "remove $ka_cgroup.b/c" "$KACTL" restore "$ka_dir/other"
ka_equal "what it says is there" "default 0 9 enforce 78 off gone" \
	"$(for f in "$KA_PARAMETERS/mode" "$KA_PARAMETERS/keepidle" "$KA_PARAMETERS/keepcnt" \
		"$a/mode" "$a/keepidle" "$cgroups$ka_cgroup.d/mode"; do
		printf '%s ' "$(cat "$f")"
	done)$([ -e "$bc" ] || echo gone)"

says "metrics" 0 "ka_default_cgroup_bound{cgroup=\"$ka_cgroup.d\"} 0" "$KACTL" metrics
ka_unload
says "metrics, without the module" 0 "ka_default_loaded 0" "$KACTL" metrics

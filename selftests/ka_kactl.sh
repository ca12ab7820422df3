# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What the tests of kactl share, after ka.sh: kactl itself, a cgroup of the
# test's, and a directory for its files.
#
# KACTL is the kactl to test, without it the one in PATH.

KACTL=${KACTL:-$(command -v kactl)}
[ -x "$KACTL" ] || {
	trap - EXIT
	ka_skip_all "no kactl is installed and KACTL is not set"
}

# shellcheck disable=SC2034 # for the tests
ka_root=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts | head -n 1)
ka_cgroup=/ka_kactl.$$
# shellcheck disable=SC2034
ka_policy=$KA_FILES/cgroups${ka_cgroup}
ka_dir=$(mktemp -d)

kactl_end() {
	# What it was put into is empty when it has ended.
	wait
	for ka_d in "$ka_root$ka_cgroup"/*/ "$ka_root$ka_cgroup" "$ka_root"/kactl-run-*; do
		[ ! -d "$ka_d" ] || rmdir "$ka_d" 2>/dev/null
	done
	rm -rf "$ka_dir"
	ka_end
}
trap kactl_end EXIT

# COMMAND...: in the test's cgroup.
ka_in_cgroup() {
	# shellcheck disable=SC2016 # for that shell
	sh -c 'echo $$ >"$1" && shift && exec "$@"' - "$ka_root$ka_cgroup/cgroup.procs" "$@"
}

# COMMAND...: without any right of root's.
ka_as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# COMMAND...: until it succeeds, at most for a minute.
ka_until() {
	for _ in $(seq 600); do
		"$@" 2>/dev/null && return
		sleep 0.1
	done
	echo "# in vain: $*"
	return 1
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What the tests in shell share: KTAP, loading the module, leaving the system
# as it was found, and a look at the kernel log at the end. The caller has put
# the number of its results in ka_plan.
#
# KA_MODULE, KA_HOOK and KA_NO_SKIP are as for the tests in C (ka_module.c).

# shellcheck disable=SC2034 # for the tests
KA_PARAMETERS=/sys/module/ka_default/parameters
# shellcheck disable=SC2034
KA_FILES=/sys/kernel/ka_default
KSFT_SKIP=4

ka_number=0
ka_failed=0
ka_had=
export LC_ALL=C

ka_ok() {
	ka_number=$((ka_number + 1))
	echo "ok $ka_number $*"
}

ka_not_ok() {
	ka_number=$((ka_number + 1))
	ka_failed=$((ka_failed + 1))
	echo "not ok $ka_number $*"
}

# NAME REASON: this one cannot run here.
ka_skip() {
	if [ -n "$KA_NO_SKIP" ]; then
		echo "# $2"
		ka_not_ok "$1"
	else
		ka_ok "$1 # SKIP $2"
	fi
}

# NAME WANTED SEEN: one result.
ka_equal() {
	if [ "$2" = "$3" ]; then
		ka_ok "$1"
	else
		echo "# wanted: $2"
		echo "# seen:   $3"
		ka_not_ok "$1"
	fi
}

# All or nothing: this machine cannot run the test.
ka_skip_all() {
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	[ -z "$KA_NO_SKIP" ] || exit 1
	exit $KSFT_SKIP
}

ka_insert() {
	if [ -n "$KA_MODULE" ]; then
		insmod "$KA_MODULE" "$@"
	else
		modprobe ka_default "$@"
	fi
}

# PARAMETER...: loads the module anew, with the hook that is to be tested.
ka_load() {
	ka_unload && ka_insert "$@" "hook=${KA_HOOK:-auto}"
}

ka_unload() {
	[ ! -e /sys/module/ka_default ] || rmmod ka_default
}

ka_mark="selftest of ka_default, process $$"

# The kernel's complaints since the test began. Whose race KCSAN reports is told by the
# report's other lines: see vm/log.awk.
ka_complaints() {
	dmesg | sed "1,/$ka_mark/d; /BUG: KCSAN: /d" |
		grep -E 'WARNING:|BUG:|Oops|Call Trace:|KASAN|refcount_t:'
}

# The last result, and everything as it was.
ka_end() {
	trap - EXIT
	ka_unload
	if [ -n "$ka_had" ]; then
		eval "ka_insert $ka_had"
	fi
	ka_equal "the kernel did not complain" "" "$(ka_complaints)"
	if [ $ka_failed = 0 ] && [ $ka_number = "${ka_plan:?}" ]; then
		exit 0
	fi
	exit 1
}

[ "$(id -u)" = 0 ] || ka_skip_all "only root can load modules"
if [ -z "$KA_MODULE" ] && ! modprobe -n -q ka_default; then
	ka_skip_all "no ka_default is installed for this kernel and KA_MODULE is not set"
fi

trap ka_end EXIT
trap 'exit 1' TERM INT HUP
echo "$ka_mark" >/dev/kmsg
if [ -e /sys/module/ka_default ]; then
	for ka_file in "$KA_PARAMETERS"/*; do
		ka_had="$ka_had ${ka_file##*/}=$(cat "$ka_file")"
	done
fi
echo "TAP version 13"
echo "1..${ka_plan:?}"

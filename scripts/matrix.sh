# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The kernels that are tested, and what the word stands for that names one:
#
#	SERIES[-rt][-arm64]	6.12, 6.1-rt, backports-arm64
#
# "debug" and "kcsan" are those that scripts/debug-kernel builds. Sourced after
# common.sh.

# Series, the suite it is taken from, and its version ("newest": the suite's).
ka_series() {
	cat <<-'END'
	5.10		bullseye	5.10
	6.1		bookworm	6.1
	6.12		trixie		6.12
	backports	trixie		newest
	sid		sid		newest
	END
}

# What is tested. Old and new for -rt; trixie-backports has the newest, for arm64.
# shellcheck disable=SC2034
KA_MATRIX="5.10 6.1 6.12 backports sid 6.1-rt sid-rt 6.1-arm64 6.12-arm64 backports-arm64"

# Where `make check` tests each hook that a kernel can have; on the others the one
# that the kernel takes by itself, for all of them take longer than a push may wait.
# shellcheck disable=SC2034
KA_BOTH="6.1 6.12"

# What `make check-debug` boots: kernels that find faults.
# shellcheck disable=SC2034
KA_DEBUG="debug kcsan"

# kernel_named NAME: what it stands for, in KA_K_SERIES, KA_K_SUITE, KA_K_VERSION,
# KA_K_FLAVOUR, KA_K_ARCH; a name that stands for nothing ends the script.
# shellcheck disable=SC2034
kernel_named() {
	local name=$1 series=$1 flavour=cloud
	KA_K_ARCH=amd64
	case $series in *-arm64) KA_K_ARCH=arm64 series=${series%-arm64} ;; esac
	case $series in *-rt) flavour=rt series=${series%-rt} ;; esac
	KA_K_SERIES=$series
	KA_K_FLAVOUR=$flavour-$KA_K_ARCH
	case $name in
	debug | kcsan)
		KA_K_SUITE=host KA_K_VERSION=6.12
		return
		;;
	esac
	read -r KA_K_SUITE KA_K_VERSION < <(
		ka_series | awk -v s="$series" '$1 == s { print $2, $3 }'
	) || die "no kernel is named $name: there are ${KA_MATRIX// /, }, debug, kcsan, and -rt and -arm64 of each series"
}

# The series that this machine's own Debian has, for what its compiler must build.
native_series() {
	local suite found
	# shellcheck source=/dev/null
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# A suite may have backports, too: the first is its own.
	found=$(ka_series | awk -v s="${suite:-sid}" '$2 == s { print $1; exit }')
	[ -n "$found" ] || die "no kernel is known of $suite: run on one of Debian's suites in scripts/matrix.sh"
	echo "$found"
}

# kernel_hooks DIRECTORY: the hooks that a kernel can have, by its configuration.
kernel_hooks() {
	! grep -qx 'CONFIG_DYNAMIC_FTRACE_WITH_ARGS=y' "$1/config" || echo ftrace
	echo kprobe
}

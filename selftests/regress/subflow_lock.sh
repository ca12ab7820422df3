#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Found on the debug kernel (lockdep): the module looked at its hooks with MPTCP
# sockets that belong to the kernel. Those share a lock class with their subflows,
# which are locked beneath them, so that each load looked like a deadlock. They are a
# task's sockets now. The witness is the kernel's log, which ka.sh reads at the end.

ka_plan=3
[ -e ka.sh ] || cd ..
# shellcheck source=selftests/ka.sh
. ./ka.sh

for kernel_sockets in N Y; do
	ka_load "kernel_sockets=$kernel_sockets"
	ka_equal "health, kernel_sockets=$kernel_sockets" ok "$(cat "$KA_FILES/health")"
done

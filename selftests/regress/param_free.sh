#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Found on the debug kernel (lockdep): kernel_param_ops.free took the module's mutex,
# at each unload and at each load that was refused. The kernel calls it when the locks
# of the module are known to lockdep no more. It takes none now. The witness is the
# kernel's log, which ka.sh reads at the end.

ka_plan=4
[ -e ka.sh ] || cd ..
# shellcheck source=selftests/ka.sh
. ./ka.sh

ka_load keepidle=601
ka_equal "loaded" 601 "$(cat "$KA_PARAMETERS/keepidle")"
ka_unload
ka_equal "unloaded" "" "$(grep -w ka_default /proc/modules)"
# What was taken before the value that is refused is given back.
ka_insert keepidle=602 keepcnt=128 2>/dev/null
ka_equal "a load that is refused" "" "$(grep -w ka_default /proc/modules)"

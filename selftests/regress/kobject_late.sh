#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Found on the debug kernel (CONFIG_DEBUG_KOBJECT_RELEASE): a load soon after an
# unload failed with ENOMEM, because our directories in /sys stayed until the last
# reference to them was given back. Now kobject_del() takes the names away first.

ka_plan=11
[ -e ka.sh ] || cd ..
# shellcheck source=selftests/ka.sh
. ./ka.sh

for round in 1 2 3 4 5; do
	ka_load "keepidle=60$round" && echo /ka_regress >"$KA_FILES/cgroups/add"
	ka_equal "load $round" "0 60$round" \
		"$(cat "$KA_FILES/cgroups/ka_regress/keepidle") $(cat "$KA_PARAMETERS/keepidle")"
	ka_unload
	ka_equal "unload $round leaves no name" "" "$(find /sys/kernel -maxdepth 1 -name 'ka_*')"
done

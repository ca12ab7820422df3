#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 # $out and $err are lib.sh's, run_all calls
# kactl preset: lists what is known, sets it, knows what is nearest.
# shellcheck source=tools/tests/lib.sh
. "$(dirname "$0")/lib.sh"

parameters=/sys/module/ka_default/parameters

test_lists() {
	kactl 0 preset
	for name in aws azure gcp swarm home; do
		has "$out" "$name "
	done
	kactl 0 preset -j
	is "$(json "$out" '.presets | map([.name, .limit]) | sort')" \
		'[["aws",350],["azure",240],["gcp",600],["home",900],["swarm",900]]'
}

# The first probe at half of the limit, the last one and the verdict within it.
test_stays_below_the_limits() {
	kactl 0 preset -j
	is "$(json "$out" '[.presets[] | select(.keepidle * 2 > .limit or
		.keepidle + .keepintvl * .keepcnt >= .limit or .keepcnt < 3)]')" '[]'
}

test_gives_reasons() {
	kactl 0 preset -j
	is "$(json "$out" '[.presets[].reason | select(. == null or . == "")]')" '[]'
}

test_sets() {
	load_module
	kactl 0 preset azure
	is "$(get "$parameters/keepidle") $(get "$parameters/keepintvl") $(get "$parameters/keepcnt")" \
		'120 20 5'
	is "$(get "$parameters/mode")" default
	is "$out" "default policy: keepidle=120 keepintvl=20 keepcnt=5, for an idle limit of 240 s: load balancer, outbound NAT"
	kactl 0 preset -j gcp
	is "$(json "$out" '.presets | map(.name)')" '["gcp"]'
	is "$(get "$parameters/keepidle")" 300
}

test_says_that_it_is_off() {
	load_module
	put "$parameters/mode" off
	kactl 0 preset aws
	has "$out" 'kactl default mode=default'
	is "$(get "$parameters/mode")" off
}

test_says_what_was_refused() {
	load_module
	ln -sf /dev/full "$KACTL_ROOT$parameters/keepcnt"
	kactl 1 preset aws
	has "$err" "cannot write 5 to $parameters/keepcnt: "
	is "$(get "$parameters/keepidle")" 0
}

test_names_the_nearest() {
	kactl 2 preset azur
	has "$err" 'did you mean azure?'
	kactl 2 preset fritzbox
	has "$err" 'kactl preset lists them'
	kactl 2 preset aws gcp
	has "$err" 'one preset at a time'
}

test_needs_the_module() {
	kactl 1 preset aws
	has "$err" 'modprobe ka_default'
}

run_all

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Found by reading: with hook=kprobe the module could go while a task was still in its
# text, preempted on the way out of it. Now an unload waits for every task that is in
# the kernel and does not sleep, wherever. The witness is rmmod's stack in the kernel.
#
# Such a task is one that reads many random numbers with each call.

ka_plan=4
[ -e ka.sh ] || cd ..
# shellcheck source=selftests/ka.sh
. ./ka.sh

# PID: until it reads, which fills its memory. At first it may gather entropy, and sleeps.
until_it_reads() {
	until [ "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status")" -gt 8000 ]; do
		sleep 0.1
	done
}

# PID: until it waits for such tasks, or the module has gone.
until_it_waits() {
	while grep -qw ka_default /proc/modules; do
		grep -v rude "/proc/$1/stack" 2>/dev/null | grep -q rcu_tasks && echo waits && return
		sleep 0.1
	done
	echo gone
}

if ! grep -q ' synchronize_rcu_tasks$' /proc/kallsyms; then
	for name in "a task computes in the kernel" "rmmod waits for it" "rmmod ends"; do
		ka_skip "$name" "this kernel preempts no task that is in it"
	done
	exit
fi

ka_load mode=default
dd if=/dev/urandom of=/dev/null bs=32M 2>/dev/null &
busy=$!
# Also when this is told to end: the unload would wait for it.
trap 'kill -9 $busy 2>/dev/null; ka_end' EXIT
until_it_reads $busy
ka_equal "a task computes in the kernel" R "$(sed 's/.*) //; s/ .*//' /proc/$busy/stat)"
rmmod ka_default &
unload=$!
ka_equal "rmmod waits for it" waits "$(until_it_waits $unload)"
kill -9 $busy
wait $unload
ka_equal "rmmod ends" "" "$(grep -w ka_default /proc/modules)"

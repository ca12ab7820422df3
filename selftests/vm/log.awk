# SPDX-License-Identifier: GPL-2.0
# A kernel's log without what is no complaint although it looks like one, for the guest
# and for who reads its log:
#
# - while a test makes allocations fail (ka_log.c), a backtrace of whose it is, and the
#   warning that a kprobe stays armed;
# - KCSAN's reports of races in which no module of ours has a part. It has one where it
#   is among the first five functions of an access: what the kernel does deeper down is
#   the kernel's (kernfs with a file's mode), and so is what it does in an interrupt,
#   with the flags of the task itself (capable()) and with who wakes it (schedule*()).
#   What else says that something is wrong stays, even from the midst of a report.
/allocations fail from here/ {
	failing = 1
}
# The next test begins, whatever became of the one before.
/allocations fail no more|selftest mark / {
	failing = 0
}
failing && /Call Trace:|WARNING: .*disarm_kprobe_ftrace/ {
	next
}
/BUG: KCSAN: / {
	report = $0
	inside = 1
	ours = 0
	left = 0
	next
}
inside && /=====================/ {
	if (ours)
		print report
	inside = 0
}
inside && !/WARNING: |BUG: |Oops|Kernel panic|UBSAN|stall/ {
	report = report "\n" $0
	if (/ to 0x[0-9a-f]+ of [0-9]+ bytes by /)
		left = 5
	else if (/asm_(sysvec|exc|common_interrupt)| (ns_)?capable\+0x| schedule[a-z_]*\+0x/)
		left = 0
	else if (left-- > 0 && /\[ka_[a-z_]*\]/)
		ours = 1
	next
}
{
	print
}
END {
	# One that does not end may be anybody's.
	if (inside)
		print report
}

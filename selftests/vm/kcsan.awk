# SPDX-License-Identifier: GPL-2.0
# A kernel's log without KCSAN's reports of races in which no module of ours has a
# part. What else says that something is wrong stays, even from the midst of a report.
/BUG: KCSAN: / {
	report = $0
	inside = 1
	ours = 0
	next
}
inside && /=====================/ {
	if (ours)
		print report
	inside = 0
}
inside && !/WARNING: |BUG: |Oops|Kernel panic|UBSAN|stall/ {
	report = report "\n" $0
	if (/\[ka_[a-z_]*\]/)
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

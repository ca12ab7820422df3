# SPDX-License-Identifier: GPL-2.0
# What bench/report runs. A figure is known by "what way mode policies depth".

NR > 1 {
	value[$1 " " $2 " " $3 " " $4 " " $5 " " $6] = $7
	if (!($1 in seen)) {
		seen[$1] = 1
		kernels[++nr] = $1
	}
}

# What a figure is above that of nothing loaded; "-" where there is none.
function added(kernel, id,	f, base) {
	split(id, f, " ")
	base = kernel " " f[1] " nothing - 0 " f[5]
	id = kernel " " id
	if (!(id in value) || value[id] == "-" || !(base in value))
		return "-"
	return value[id] - value[base]
}

function cell(x, width) {
	return sprintf("%" width "s", x)
}

# A line of a table: TEXT, and for each kernel what is added.
function line(text, id,	i, s, any) {
	s = sprintf("  %-44s", text)
	for (i = 1; i <= nr; i++) {
		s = s cell(added(kernels[i], id), 17)
		any = any || added(kernels[i], id) != "-"
	}
	if (any)
		print s
}

function head(text,	i, s) {
	s = sprintf("%-46s", text)
	for (i = 1; i <= nr; i++)
		s = s cell(kernels[i], 17)
	print "\n" s
}

# TEXT and the least and the most over depths and modes, for each kernel.
function span(text, what, way, policies,	i, d, m, x, least, most, s, any) {
	s = sprintf("  %-44s", text)
	for (i = 1; i <= nr; i++) {
		least = most = "-"
		for (d in depths) {
			for (m in modes) {
				x = added(kernels[i], what " " way " " m " " policies " " d)
				if (x == "-")
					continue
				any = 1
				least = least == "-" || x < least ? x : least
				most = most == "-" || x > most ? x : most
			}
		}
		s = s cell(least == most ? least : least ".." most, 17)
	}
	if (any)
		print s
}

function calls(what, title,	h, p) {
	head(title)
	for (h = 1; h <= 2; h++) {
		span("ka_default, " hooks[h] ", no cgroup policy", what, hooks[h], 0)
		for (p = 1; p <= 3; p++)
			span("ka_default, " hooks[h] ", " many[p] " of cgroups", what, hooks[h], many[p])
	}
	line("the program's own four setsockopt()", what " program - 0 8")
	line("libkeepalive", what " libkeepalive - 0 8")
	line("eBPF, lsm_cgroup/socket_post_create", what " ebpf:socket_made - 0 8")
	line("eBPF, sockops", what " ebpf:connecting - 0 8")
}

function by_depth(	h, p, d, m, s) {
	printf "\n%-46s%17s%17s%17s\n", "socket() + close() on " goals ", by depth", 1, 8, 32
	for (h = 1; h <= 2; h++) {
		for (p = 0; p <= 3; p++) {
			for (m = 1; m <= 2; m++) {
				s = sprintf("  %-44s", hooks[h] ", " many[p] " of cgroups, " mode_names[m])
				for (d = 1; d <= 3; d++)
					s = s cell(added(goals, "socket " hooks[h] " " mode_names[m] " " many[p] " " depth_names[d]), 17)
				print s
			}
		}
	}
}

function raw(id) {
	id = goals " " id
	return id in value ? value[id] : "-"
}

# Against what the same thing takes for another module in the same boot.
function ratio(what, way,	base) {
	base = raw(what " dummy - 0 0")
	return base == "-" || !base ? "-" : sprintf("%.1f", raw(what " " way " - 0 0") / base)
}

# Instructions for each end of so many connections, of all that adopting took.
function adopted(n,	x) {
	x = raw("adopt ftrace enforce " n " 0")
	return x == "-" ? x : int(x / (2 * n))
}

# The same without what there is to do where there is none.
function adopted_more(n) {
	if (raw("adopt ftrace enforce " n " 0") == "-")
		return "-"
	return int((raw("adopt ftrace enforce " n " 0") - raw("adopt ftrace enforce 0 0")) / (2 * n))
}

function others(	n, i, per) {
	if (raw("memory-policy ftrace default 16384 0") == "-")
		return
	print "\nOn " goals
	for (n = 1000; n <= 100000; n *= 10)
		printf "  %-60s%8s\n", "instructions to adopt each end of " n " connections", adopted(n)
	printf "  %-60s%8s\n", "bytes for the policy of a cgroup", raw("memory-policy ftrace default 16384 0")
	printf "  %-60s%8s\n", "bytes more for a socket", added(goals, "memory-socket ftrace default 0 0")
	for (n = 1; n <= 2; n++) {
		printf "  %-60s%8s\n", "time to load, " hooks[n] ", that of the module dummy being 1", ratio("load", hooks[n])
		printf "  %-60s%8s\n", "time to unload", ratio("unload", hooks[n])
	}
	print "\nSegments in four times keepidle, on " goals "                 measured  by formula"
	for (n = 1000; n <= 10000; n *= 10) {
		for (i = 1; i <= 3; i++)
			printf "  %-54s%12s%12d\n", n " connections of two ends, keepidle=" idles[i], raw("probes ftrace default " n " " idles[i]), 16 * n
	}
	per = raw("busy-segments ftrace default 1000 1")
	if (per > 0)
		printf "  %-54s%12d\n", "instructions for each segment, timer and both ends", (raw("busy ftrace default 1000 1") - raw("busy ftrace off 1000 1")) / per
}

# A number of packets or bits, in at most three digits.
function short(x,	unit) {
	for (unit = 1; x >= 999.5 && unit < 4; unit++)
		x /= 1000
	return sprintf(x < 9.95 && x > 0 ? "%.1f%s" : "%.0f%s", x, substr(" kMG", unit, unit > 1))
}

# By the formula of Documentation/performance.md, for IPv4 on Ethernet.
function traffic(	n, k, s, rate, count) {
	count = split("10 60 180 600 1800 7200", idle_names, " ")
	s = sprintf("\n%-24s", "By the formula, keepidle=")
	for (k = 1; k <= count; k++)
		s = s cell(idle_names[k], 18)
	print s
	for (n = 1000; n <= 10000000; n *= 10) {
		s = sprintf("  %-22s", n " sockets")
		for (k = 1; k <= count; k++) {
			rate = 2 * n / idle_names[k]
			s = s cell(short(rate) "/s " short(rate * 66 * 8) "bit/s", 18)
		}
		print s
	}
}

# What kprobes cost that do nothing but claim the functions; 0 if it was not measured.
function floor(what,	x) {
	x = added(goals, what " floor claimed 0 8")
	return x == "-" ? 0 : x
}

# TEXT, what was measured, and the most it may be, or may be above the least it can be.
function judge(text, x, most, least) {
	if (x == "-") {
		if (!figures)
			printf "-        %-62s not measured\n", text
		return
	}
	judged++
	if (x <= most) {
		printf "ok       %-62s %6d of %6d  PASS\n", text, x, most
	} else if (least && x <= least + most) {
		printf "ok       %-62s %6d of %6d  %d over, %d above kprobes that do nothing\n", text, x, most, x - most, x - least
	} else {
		printf "FAILED   %-62s %6d of %6d  %d too many\n", text, x, most, x - most
		bad = 1
	}
}

function worst(what, way, mode, policies,	d, x, most) {
	most = "-"
	for (d in depths) {
		x = added(goals, what " " way " " mode " " policies " " d)
		most = x != "-" && (most == "-" || x > most) ? x : most
	}
	return most
}

function difference(a, b) {
	return a == "-" || b == "-" ? "-" : a - b
}

function verdicts(	h, hook, x, least, most, n) {
	if (!figures)
		print "\nGoals, instructions on " goals
	judge("socket+close, ftrace, no cgroup policy", worst("socket", "ftrace", "default", 0), 64)
	judge("socket+close, ftrace, 16384 policies, depth 8", added(goals, "socket ftrace default 16384 8"), 110)
	judge("socket+close, kprobe, no cgroup policy", worst("socket", "kprobe", "default", 0), 215)
	judge("socket+close, kprobe, 16384 policies, depth 8", added(goals, "socket kprobe default 16384 8"), 265)
	x = worst("socket", "ftrace", "default", 0)
	n = added(goals, "socket ebpf:socket_made - 0 8")
	judge("socket+close, ftrace, a tenth of eBPF's", n == "-" ? n : x, int(n / 10))
	n = added(goals, "socket libkeepalive - 0 8")
	judge("socket+close, ftrace, a fiftieth of libkeepalive's", n == "-" ? n : x, int(n / 50))
	for (h = 1; h <= 2; h++) {
		hook = hooks[h]
		judge("16384 policies more than 1, " hook, difference(added(goals, "socket " hook " default 16384 8"), added(goals, "socket " hook " default 1 8")), 10)
		judge("accept, " hook ", no cgroup policy", worst("accept", hook, "default", 0), 0)
		judge("setsockopt of another TCP option, " hook ", nothing enforces", added(goals, "option-tcp " hook " default 0 8"), 0)
		judge("setsockopt of another socket option, " hook, added(goals, "option-socket " hook " default 0 8"), 0)
		judge("setsockopt of another TCP option, " hook ", enforce", added(goals, "option-tcp " hook " enforce 0 8"), 60, h == 2 ? floor("option-tcp") : 0)
		judge("setsockopt of another socket option, " hook ", enforce", added(goals, "option-socket " hook " enforce 0 8"), 60, h == 2 ? floor("option-socket") : 0)
		judge("the same after enforce, " hook, added(goals, "option-tcp " hook " disarmed 0 8"), 0)
		# Two runs of nothing differ by as much.
		judge("send and receive, " hook, added(goals, "transfer " hook " default 0 8"), 2)
	}
	# As do two runs of nothing.
	judge("socket+close after unload", added(goals, "socket unloaded - 0 8"), 2)
	least = most = "-"
	for (n = 1000; n <= 100000; n *= 10) {
		judge("adopt each end of " n " connections", adopted(n), 2000)
		x = adopted_more(n)
		if (x != "-") {
			least = least == "-" || x < least ? x : least
			most = most == "-" || x > most ? x : most
		}
	}
	judge("adopt: flat, from least to most, without what none takes", difference(most, least), int(least / 10))
	# The kernel has a few objects more or less for itself: 1 is how it is rounded.
	judge("bytes more for a socket", added(goals, "memory-socket ftrace default 0 0"), 1)
}

# Each figure beside that which was committed.
function guard(	f, text, x, seen_one) {
	# Those above for which bench/run -q measures something.
	if (judged != 24) {
		printf "FAILED   %d goals of 24 were measured\n", judged
		bad = 1
	}
	while ((getline text <figures) > 0) {
		if (text ~ /^#/ || split(text, f, " ") != 6)
			continue
		seen_one = 1
		x = added(goals, f[1] " " f[2] " " f[3] " " f[4] " " f[5])
		if (x == "-") {
			printf "FAILED   %s was not measured\n", text
			bad = 1
			continue
		}
		judge("no more than 5 above the committed " f[6] ": " f[1] ", " f[2] ", " f[4], x, f[6] + 5)
	}
	if (!seen_one) {
		print "FAILED   no committed figures in " figures
		bad = 1
	}
}

BEGIN {
	split("ftrace kprobe", hooks, " ")
	split("default enforce", mode_names, " ")
	split("1 8 32", depth_names, " ")
	split("1 100 16384", many, " ")
	split("1 10 60", idles, " ")
	many[0] = 0
	depths[1] = depths[8] = depths[32] = 1
	modes["default"] = modes["enforce"] = modes["-"] = 1
}

END {
	if (!figures) {
		print "Instructions added to a system call, with nothing of the kind loaded: the least"
		print "of many small batches, of connections and transfers the lower quartile of single ones."
		print "Of a range: over depths 1, 8, 32, default and enforce."
		calls("socket", "socket() + close()")
		calls("conn", "connect() + accept() + both close(), loopback")
		calls("accept", "accept() alone")
		head("setsockopt() of another TCP option")
		for (h = 1; h <= 2; h++) {
			line(hooks[h] ", nothing enforces", "option-tcp " hooks[h] " default 0 8")
			line(hooks[h] ", while a policy enforces", "option-tcp " hooks[h] " enforce 0 8")
		}
		line("kprobes that do nothing", "option-tcp floor kprobe 0 8")
		line("kprobes that do nothing, and claim them", "option-tcp floor claimed 0 8")
		head("64 bytes sent and received, established")
		for (h = 1; h <= 2; h++)
			line(hooks[h], "transfer " hooks[h] " default 0 8")
		by_depth()
		others()
		traffic()
	}
	verdicts()
	if (figures)
		guard()
	exit bad
}

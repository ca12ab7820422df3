// SPDX-License-Identifier: GPL-2.0
/*
 * Beside those who trace the functions that the module hooks: kprobes and
 * fprobes of tracefs (as perf probe makes them), the function tracers, and eBPF
 * at a kprobe or at a function's entry (as bpftrace does). The module does its
 * work and they see theirs, whoever comes and goes first.
 */
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "ka_bpf.h"
#include "ka_neighbour.h"

#define TRACEFS "/sys/kernel/tracing/"

FIXTURE(neighbour_trace) {
	struct ka_env env;
};

static const struct ka_neighbour *present;

/* The module stays from one test to the next. */
FIXTURE_SETUP(neighbour_trace)
{
	self->env.log = ka_log_open();
	ASSERT_LE(0, self->env.log);
	ASSERT_EQ(0, ka_netns_new());
	ASSERT_EQ(0, ka_neighbour_stay());
	present = NULL;
}

/* Also after a failed test, for what is in tracefs stays there. */
FIXTURE_TEARDOWN(neighbour_trace)
{
	if (present)
		present->end(present);
	KA_TEARDOWN();
}

/* A file where it traces to: in an instance, but the graph, which older kernels have once. */
static const char *file_of(const struct ka_neighbour *n, const char *name)
{
	static char path[2][160];
	static int next;
	char *at = path[next++ % 2];

	if (!strcmp(n->how, "function_graph"))
		snprintf(at, sizeof(path[0]), TRACEFS "%s", name);
	else
		snprintf(at, sizeof(path[0]), TRACEFS "instances/ka_%s/%s", n->how, name);
	return at;
}

static int begin_instance(const struct ka_neighbour *n)
{
	return mkdir(file_of(n, ""), 0755) && errno != EEXIST ? -errno : 0;
}

/* What was traced there: each function by itself, so the least is what counts. */
static long least_traced(const struct ka_neighbour *n, const char *format)
{
	long seen[KA_NEIGHBOUR_FUNCTIONS] = { }, least;
	char line[512], word[KA_NEIGHBOUR_FUNCTIONS][64];
	FILE *f = fopen(file_of(n, "trace"), "re");
	int i;

	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS; i++)
		snprintf(word[i], sizeof(word[i]), format, ka_neighbour_functions[i]);
	while (f && fgets(line, sizeof(line), f)) {
		for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS; i++)
			seen[i] += *line != '#' && strstr(line, word[i]);
	}
	if (f)
		fclose(f);
	for (i = 1, least = seen[0]; i < KA_NEIGHBOUR_FUNCTIONS; i++)
		least = seen[i] < least ? seen[i] : least;
	return least;
}

static int put_lines(const char *file, const char *format, const char *how)
{
	char line[160];
	int i, fd, ret = 0;

	fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS; i++) {
		/* All that are there go, whichever is not. */
		snprintf(line, sizeof(line), format, how, how, how, ka_neighbour_functions[i],
			 ka_neighbour_functions[i]);
		if (write(fd, line, strlen(line)) < 0)
			ret = -errno;
	}
	close(fd);
	return ret;
}

static const char *switch_of(const struct ka_neighbour *n)
{
	char name[64];

	snprintf(name, sizeof(name), "events/ka_%s/enable", n->how);
	return file_of(n, name);
}

/* One event at each function: p:ka_p/ptcp_init_sock tcp_init_sock */
static int begin_events(const struct ka_neighbour *n)
{
	return begin_instance(n) ?:
		put_lines(TRACEFS "dynamic_events", "%s:ka_%s/%s%s %s", n->how) ?:
		ka_write(switch_of(n), "1\n");
}

static void end_events(const struct ka_neighbour *n)
{
	ka_write(switch_of(n), "0\n");
	put_lines(TRACEFS "dynamic_events", "-%.0s:ka_%s/%s%s", n->how);
	rmdir(file_of(n, ""));
}

static long see_events(const struct ka_neighbour *n)
{
	char format[16];

	snprintf(format, sizeof(format), " %s%%s: ", n->how);
	return least_traced(n, format);
}

/* Traces just these functions. */
static int begin_tracer(const struct ka_neighbour *n)
{
	int ret = strcmp(n->how, "function") ? 0 : begin_instance(n);

	return ret ?: put_lines(file_of(n, "set_ftrace_filter"), "%.0s%.0s%.0s%s\n", n->how) ?:
		ka_write(file_of(n, "current_tracer"), n->how);
}

static void end_tracer(const struct ka_neighbour *n)
{
	ka_write(file_of(n, "current_tracer"), "nop\n");
	close(open(file_of(n, "set_ftrace_filter"), O_WRONLY | O_TRUNC | O_CLOEXEC));
	rmdir(file_of(n, ""));
}

static long see_function(const struct ka_neighbour *n)
{
	return least_traced(n, ": %s <-");
}

static long see_graph(const struct ka_neighbour *n)
{
	return least_traced(n, " %s()");
}

#define NR_SIMPLE 2		/* the first two take pointers only */

/* A program for each of the functions, of those who have programs. */
static struct programs {
	struct ka_bpf of[KA_NEIGHBOUR_FUNCTIONS];
	int perf[KA_NEIGHBOUR_FUNCTIONS];
} programs[4];

static void end_programs(const struct ka_neighbour *n)
{
	struct programs *p = &programs[n->number];
	int i;

	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS; i++) {
		if (p->perf[i] > 0)
			close(p->perf[i]);
		p->perf[i] = 0;
		ka_bpf_close(&p->of[i]);
	}
}

static long see_programs(const struct ka_neighbour *n)
{
	struct programs *p = &programs[n->number];
	long long seen, least = -1;
	int i;

	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS && p->of[i].prog; i++) {
		seen = ka_bpf_count(&p->of[i]);
		if (least < 0 || seen < least)
			least = seen;
	}
	return least;
}

/* What bpftrace does for "kprobe:" and "kretprobe:". */
static int begin_perf(const struct ka_neighbour *n)
{
	static const struct ka_bpf_program program = { .type = BPF_PROG_TYPE_KPROBE };
	const char *type = ka_read("/sys/bus/event_source/devices/kprobe/type");
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = type ? atoi(type) : 0,
		.config = !strcmp(n->how, "kretprobe"), .sample_period = 1, .wakeup_events = 1,
	};
	struct programs *p = &programs[n->number];
	int i, ret = type ? 0 : -ENOENT;

	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS && !ret; i++) {
		attr.config1 = (unsigned long)ka_neighbour_functions[i];
		p->perf[i] = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
		if (p->perf[i] < 0)
			return -errno;
		ret = ka_bpf_load(&p->of[i], &program);
		if (!ret && (ioctl(p->perf[i], PERF_EVENT_IOC_SET_BPF, p->of[i].prog) ||
			     ioctl(p->perf[i], PERF_EVENT_IOC_ENABLE, 0)))
			ret = -errno;
	}
	return ret;
}

/* Before 6.0 not where an argument is a structure: the two of setsockopt(). */
static bool takes_structures(void)
{
	struct utsname u;

	return !uname(&u) && atoi(u.release) >= 6;
}

/* What bpftrace does for "kfunc:" and "kretfunc:": the function calls it directly. */
static int begin_enter(const struct ka_neighbour *n)
{
	struct ka_bpf_program program = {
		.type = BPF_PROG_TYPE_TRACING,
		.attach_type = strcmp(n->how, "fexit") ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT,
	};
	struct programs *p = &programs[n->number];
	int i, ret = 0;

	for (i = 0; i < KA_NEIGHBOUR_FUNCTIONS && !ret; i++) {
		union bpf_attr attr = { 0 };

		program.btf_id = ka_bpf_function(ka_neighbour_functions[i]);
		if (program.btf_id < 0)
			return program.btf_id;
		ret = ka_bpf_load(&p->of[i], &program);
		if (ret && i >= NR_SIMPLE && !takes_structures())
			return 0;
		if (ret)
			return ret;
		attr.raw_tracepoint.prog_fd = p->of[i].prog;
		p->of[i].link = ka_bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr);
		ret = p->of[i].link < 0 ? p->of[i].link : 0;
	}
	return ret;
}

/* By what they have in common, which is how the function comes to call them. */
static const struct ka_neighbour kprobes[] = {
	{ "kprobe events", begin_events, end_events, see_events, "create_local_trace_kprobe", "p" },
	{ "kretprobe events", begin_events, end_events, see_events, "create_local_trace_kprobe",
	  "r" },
	{ "eBPF at kprobes", begin_perf, end_programs, see_programs, "perf_kprobe_init", "kprobe",
	  0 },
	{ "eBPF at kretprobes", begin_perf, end_programs, see_programs, "perf_kprobe_init",
	  "kretprobe", 1 },
}, tracers[] = {
	{ "fprobe events", begin_events, end_events, see_events, "register_fprobe", "f" },
	{ "function", begin_tracer, end_tracer, see_function, "function_trace_init", "function" },
	{ "function graph", begin_tracer, end_tracer, see_graph, "graph_trace_init",
	  "function_graph" },
}, direct[] = {
	{ "eBPF at entry", begin_enter, end_programs, see_programs, "register_ftrace_direct",
	  "fentry", 2, "/sys/kernel/btf/vmlinux" },
	{ "eBPF at exit", begin_enter, end_programs, see_programs, "register_ftrace_direct",
	  "fexit", 3, "/sys/kernel/btf/vmlinux" },
};

#define WITHIN(_skip, _n) do { \
	present = &(_n); \
	EXPECT_NEIGHBOUR_WITHIN(_skip, present); \
} while (0)

TEST_F(neighbour_trace, kprobe_events)
{
	WITHIN(return, kprobes[0]);
}

TEST_F(neighbour_trace, kretprobe_events)
{
	WITHIN(return, kprobes[1]);
}

TEST_F(neighbour_trace, bpf_at_kprobes)
{
	WITHIN(return, kprobes[2]);
}

TEST_F(neighbour_trace, bpf_at_kretprobes)
{
	WITHIN(return, kprobes[3]);
}

TEST_F(neighbour_trace, fprobe_events)
{
	WITHIN(return, tracers[0]);
}

TEST_F(neighbour_trace, function_tracer)
{
	WITHIN(return, tracers[1]);
}

TEST_F(neighbour_trace, function_graph_tracer)
{
	WITHIN(return, tracers[2]);
}

TEST_F(neighbour_trace, bpf_at_entry)
{
	WITHIN(return, direct[0]);
}

TEST_F(neighbour_trace, bpf_at_exit)
{
	WITHIN(return, direct[1]);
}

/* They are there when the module is loaded, and when it goes. */
FIXTURE(neighbour_trace_across) {
	struct ka_env env;
};

FIXTURE_SETUP(neighbour_trace_across)
{
	KA_CG_SETUP(NULL);
}

FIXTURE_TEARDOWN(neighbour_trace_across)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kprobes); i++)
		kprobes[i].end(&kprobes[i]);
	for (i = 0; i < ARRAY_SIZE(tracers); i++)
		tracers[i].end(&tracers[i]);
	KA_CG_TEARDOWN();
}

TEST_F(neighbour_trace_across, kprobes)
{
	EXPECT_NEIGHBOURS_ACROSS(kprobes, ARRAY_SIZE(kprobes));
}

TEST_F(neighbour_trace_across, tracers)
{
	EXPECT_NEIGHBOURS_ACROSS(tracers, ARRAY_SIZE(tracers));
}

TEST_F(neighbour_trace_across, direct)
{
	EXPECT_NEIGHBOURS_ACROSS(direct, ARRAY_SIZE(direct));
}

TEST_HARNESS_MAIN

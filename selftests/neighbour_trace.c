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
#define INSTANCE TRACEFS "instances/ka_neighbour/"
#define EVENTS INSTANCE "events/ka_neighbour/enable"

FIXTURE(neighbour_trace) {
	struct ka_env env;
};

static const struct ka_neighbour *present;
static const char *base = INSTANCE;	/* where it is traced to */

FIXTURE_SETUP(neighbour_trace)
{
	KA_CG_SETUP(NULL);
	present = NULL;
}

/* Also after a failed test, for what is in tracefs stays there. */
FIXTURE_TEARDOWN(neighbour_trace)
{
	if (present)
		present->end();
	KA_CG_TEARDOWN();
}

#define BESIDE(_skip, ...) do { \
	static const struct ka_neighbour __n = { __VA_ARGS__ }; \
	present = &__n; \
	if (__n.begin()) \
		KA_SKIP(_skip, "this kernel has no such tracer"); \
	EXPECT_EQ(0, ka_neighbour_use()); \
	__n.end(); \
	EXPECT_NEIGHBOURS(&__n); \
} while (0)

/* Lines of what was traced here that have that word. */
static long traced(const char *word)
{
	char line[512];
	long n = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%strace", base);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += *line != '#' && strstr(line, word);
	if (f)
		fclose(f);
	return n;
}

/* Each of the functions is seen by itself, so the least is what counts. */
static long least_traced(const char *format)
{
	long n, least = -1;
	char word[64];
	int i;

	for (i = 0; ka_neighbour_functions[i]; i++) {
		snprintf(word, sizeof(word), format, ka_neighbour_functions[i]);
		n = traced(word);
		if (least < 0 || n < least)
			least = n;
	}
	return least;
}

/* One event at each function: p:ka_neighbour/p_tcp_init_sock tcp_init_sock */
static int put_events(const char *file, const char *kind)
{
	char line[160];
	int i, fd, ret = 0;

	if (mkdir(INSTANCE, 0755) && errno != EEXIST)
		return -errno;
	fd = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (i = 0; ka_neighbour_functions[i] && !ret; i++) {
		snprintf(line, sizeof(line), "%s:ka_neighbour/%s%s %s", kind, kind,
			 ka_neighbour_functions[i], ka_neighbour_functions[i]);
		if (write(fd, line, strlen(line)) < 0)
			ret = -errno;
	}
	close(fd);
	return ret ?: ka_write(EVENTS, "1\n");
}

static void end_events(void)
{
	char line[160];
	static const char * const kinds[] = { "p", "r", "f" };
	size_t k;
	int i, fd;

	ka_write(EVENTS, "0\n");
	fd = open(TRACEFS "dynamic_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; ka_neighbour_functions[i]; i++) {
			snprintf(line, sizeof(line), "-:ka_neighbour/%s%s", kinds[k],
				 ka_neighbour_functions[i]);
			if (write(fd, line, strlen(line)) < 0)
				continue;
		}
	}
	close(fd);
	rmdir(INSTANCE);
}

static int begin_kprobes(void)
{
	return put_events(TRACEFS "kprobe_events", "p");
}

static int begin_kretprobes(void)
{
	return put_events(TRACEFS "kprobe_events", "r");
}

static int begin_fprobes(void)
{
	return put_events(TRACEFS "dynamic_events", "f");
}

static long see_kprobes(void)
{
	return least_traced(" p%s: ");
}

static long see_kretprobes(void)
{
	return least_traced(" r%s: ");
}

static long see_fprobes(void)
{
	return least_traced(" f%s: ");
}

TEST_F(neighbour_trace, kprobe_events)
{
	BESIDE(return, begin_kprobes, end_events, see_kprobes);
}

TEST_F(neighbour_trace, kretprobe_events)
{
	BESIDE(return, begin_kretprobes, end_events, see_kretprobes);
}

TEST_F(neighbour_trace, fprobe_events)
{
	BESIDE(return, begin_fprobes, end_events, see_fprobes);
}

/* Traces just these functions. */
static int begin_tracer(const char *tracer)
{
	char path[128];
	int i, fd, ret = 0;

	if (mkdir(INSTANCE, 0755) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%sset_ftrace_filter", base);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	for (i = 0; ka_neighbour_functions[i] && !ret; i++) {
		if (fd < 0 || dprintf(fd, "%s\n", ka_neighbour_functions[i]) < 0)
			ret = -errno;
	}
	close(fd);
	snprintf(path, sizeof(path), "%scurrent_tracer", base);
	return ret ?: ka_write(path, tracer);
}

static void end_tracer(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%scurrent_tracer", base);
	ka_write(path, "nop\n");
	snprintf(path, sizeof(path), "%sset_ftrace_filter", base);
	close(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));
	rmdir(INSTANCE);
}

static int begin_function(void)
{
	return begin_tracer("function\n");
}

/* Older kernels have it only once. */
static int begin_graph(void)
{
	base = TRACEFS;
	return begin_tracer("function_graph\n");
}

static long see_function(void)
{
	return least_traced(": %s <-");
}

static long see_graph(void)
{
	return least_traced(" %s()");
}

TEST_F(neighbour_trace, function_tracer)
{
	BESIDE(return, begin_function, end_tracer, see_function);
}

TEST_F(neighbour_trace, function_graph_tracer)
{
	BESIDE(return, begin_graph, end_tracer, see_graph);
}

#define NR_SIMPLE 2		/* the first two take pointers only */

/* A program for each of the functions. */
static struct ka_bpf programs[8];
static int perf[8];

static void end_programs(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		if (perf[i] > 0)
			close(perf[i]);
		perf[i] = 0;
		ka_bpf_close(&programs[i]);
	}
}

static long see_programs(void)
{
	long long n, least = -1;
	int i;

	for (i = 0; ka_neighbour_functions[i] && programs[i].prog; i++) {
		n = ka_bpf_count(&programs[i]);
		if (least < 0 || n < least)
			least = n;
	}
	return least;
}

/* What bpftrace does for "kprobe:" and "kretprobe:". */
static int begin_perf(bool is_return)
{
	static const struct ka_bpf_program program = { .type = BPF_PROG_TYPE_KPROBE };
	const char *type = ka_read("/sys/bus/event_source/devices/kprobe/type");
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = type ? atoi(type) : 0, .config = is_return,
		.sample_period = 1, .wakeup_events = 1,
	};
	int i, ret = type ? 0 : -ENOENT;

	for (i = 0; ka_neighbour_functions[i] && !ret; i++) {
		attr.config1 = (unsigned long)ka_neighbour_functions[i];
		perf[i] = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
		if (perf[i] < 0)
			return -errno;
		ret = ka_bpf_load(&programs[i], &program);
		if (!ret && (ioctl(perf[i], PERF_EVENT_IOC_SET_BPF, programs[i].prog) ||
			     ioctl(perf[i], PERF_EVENT_IOC_ENABLE, 0)))
			ret = -errno;
	}
	return ret;
}

static int begin_perf_kprobes(void)
{
	return begin_perf(false);
}

static int begin_perf_kretprobes(void)
{
	return begin_perf(true);
}

TEST_F(neighbour_trace, bpf_at_kprobes)
{
	BESIDE(return, begin_perf_kprobes, end_programs, see_programs);
}

TEST_F(neighbour_trace, bpf_at_kretprobes)
{
	BESIDE(return, begin_perf_kretprobes, end_programs, see_programs);
}

/* Before 6.0 not where an argument is a structure: the two of setsockopt(). */
static bool takes_structures(void)
{
	struct utsname u;

	return !uname(&u) && atoi(u.release) >= 6;
}

/* What bpftrace does for "kfunc:" and "kretfunc:": the function calls it directly. */
static int begin_enter(int attach_type)
{
	struct ka_bpf_program program = {
		.type = BPF_PROG_TYPE_TRACING, .attach_type = attach_type,
	};
	int i, ret = 0;

	for (i = 0; ka_neighbour_functions[i] && !ret; i++) {
		union bpf_attr attr = { 0 };

		program.btf_id = ka_bpf_function(ka_neighbour_functions[i]);
		if (program.btf_id < 0)
			return program.btf_id;
		ret = ka_bpf_load(&programs[i], &program);
		if (ret && i >= NR_SIMPLE && !takes_structures())
			return 0;
		if (ret)
			return ret;
		attr.raw_tracepoint.prog_fd = programs[i].prog;
		programs[i].link = ka_bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr);
		ret = programs[i].link < 0 ? programs[i].link : 0;
	}
	return ret;
}

static int begin_fentry(void)
{
	return begin_enter(BPF_TRACE_FENTRY);
}

static int begin_fexit(void)
{
	return begin_enter(BPF_TRACE_FEXIT);
}

TEST_F(neighbour_trace, bpf_at_entry)
{
	BESIDE(return, begin_fentry, end_programs, see_programs);
}

TEST_F(neighbour_trace, bpf_at_exit)
{
	BESIDE(return, begin_fexit, end_programs, see_programs);
}

TEST_HARNESS_MAIN

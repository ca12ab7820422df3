// SPDX-License-Identifier: GPL-2.0
/*
 * What a system call costs in a guest whose clock counts instructions
 * (selftests/vm/boot -I), as the least of many small batches:
 *
 *	count [-o] socket CGROUP		socket() and close(), in that cgroup
 *	count [-o] conn CGROUP		a connection over the loopback, and accept() alone: the
 *				lower quartile of single ones
 *	count option			setsockopt() of TCP_NODELAY, of SO_PRIORITY
 *	count transfer			64 bytes sent and received on a connection, likewise,
 *				of several
 *
 * -o: with the program's own four setsockopt() calls. The rest prepares or counts
 * once:
 *
 *	count cgroups N			makes N cgroups
 *	count add N [FROM]		N cgroups from that number on, with policies
 *	count adopt N...		an adoption of N connections
 *	count memory N			bytes of the kernel's objects for each of N sockets
 *	count slab			bytes that the kernel has allocated in all
 *	count probes N KEEPIDLE		segments in four times that, N idle connections
 *	count busy N SECONDS		instructions and segments in that time
 *	count time COMMAND...		nanoseconds that the command took
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 80
#define CONNECTIONS 12
#define CONNECTION_CALLS 25
#define TRANSFERS 48
#define TRANSFER_CALLS 200
#define CALLS 10
#define APPLIES 5
#define MODULE "/sys/kernel/ka_default/"
#define CGROUPS "/sys/fs/cgroup"
#define CACHES "/sys/kernel/slab"

static int own_options;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * Instructions. On arm64 the counter moves once in 16 of them, which is less
 * than one for each of the calls of a batch.
 */
static inline unsigned long long now(void)
{
#ifdef __aarch64__
	unsigned long long t, hz;

	asm volatile("isb; mrs %0, cntvct_el0; mrs %1, cntfrq_el0"
		     : "=r" (t), "=r" (hz) :: "memory");
	return t * (1000000000 / hz);
#else
	return __builtin_ia32_rdtsc();
#endif
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void enter(const char *cgroup)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	write_to(path, "0");
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (own_options) {
		set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		set(fd, SOL_TCP, TCP_KEEPIDLE, 100);
		set(fd, SOL_TCP, TCP_KEEPINTVL, 20);
		set(fd, SOL_TCP, TCP_KEEPCNT, 5);
	}
	return fd;
}

static int listener(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = new_socket();

	*addr = (struct sockaddr_in) { .sin_family = AF_INET };
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)addr, len) || listen(fd, 1000) ||
	    getsockname(fd, (struct sockaddr *)addr, &len))
		die("listen");
	return fd;
}

static void call_socket(int fd)
{
	close(new_socket());
}

static void call_tcp_option(int fd)
{
	set(fd, SOL_TCP, TCP_NODELAY, 1);
}

static void call_socket_option(int fd)
{
	set(fd, SOL_SOCKET, SO_PRIORITY, 0);
}

static int other_end;

static unsigned long long least(void (*call)(int fd), int fd)
{
	unsigned long long t, best = ~0ULL;
	int b, i;

	for (b = 0; b < BATCHES; b++) {
		t = now();
		for (i = 0; i < CALLS; i++)
			call(fd);
		t = now() - t;
		if (t < best)
			best = t;
	}
	return best / CALLS;
}

enum { ALL, ACCEPT, PARTS };

static void reset_at_close(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/*
 * One connection, from the client's socket() to the close() of both ends. The
 * client's is a reset, so that none is left in TIME_WAIT for the next to meet.
 */
static void connect_once(int at, struct sockaddr_in *addr, unsigned long long *sum)
{
	unsigned long long start, connected, accepted;
	int client, server;

	start = now();
	client = new_socket();
	if (connect(client, (struct sockaddr *)addr, sizeof(*addr)))
		die("connect");
	connected = now();
	server = accept(at, NULL, NULL);
	accepted = now();
	if (server < 0)
		die("accept");
	sum[ALL] += accepted - start;
	sum[ACCEPT] += accepted - connected;
	reset_at_close(client);
	start = now();
	close(client);
	close(server);
	sum[ALL] += now() - start;
}

/* A listener for each ten thousand, for a client's ports are limited. */
static int connect_some(int n)
{
	struct sockaddr_in addr;
	int i, at = -1, fd = -1;

	for (i = 0; i < n; i++) {
		if (i % 10000 == 0)
			at = listener(&addr);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			die("connect");
		other_end = accept(at, NULL, NULL);
		if (other_end < 0)
			die("accept");
	}
	return fd;
}

static int by_size(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * What one costs that has nothing special, good or bad: the lower quartile. Above it are those
 * that a tick meets or the end of a slab, and the least is one that was lucky, which not every
 * run has.
 */
static unsigned long long typical(unsigned long long *cost, int n)
{
	qsort(cost, n, sizeof(*cost), by_size);
	return cost[n / 4];
}

/*
 * A connection that stays open, with a segment that is not read. Where objects lie is settled
 * while each connection gets those of the one before, and then all pay alike for the end of a
 * slab: this one keeps its own, which moves the next ones'. It ends by a reset, too, for what is
 * in TIME_WAIT makes all later ones dearer.
 */
static void keep_one(void)
{
	int fd = connect_some(1);

	reset_at_close(fd);
	if (send(fd, "", 1, 0) != 1)
		die("send");
}

static void typical_connection(unsigned long long *result)
{
	static unsigned long long cost[PARTS][CONNECTIONS * CONNECTION_CALLS];
	unsigned long long sum[PARTS];
	struct sockaddr_in addr;
	int at = listener(&addr), n, i;

	for (n = 0; n < CONNECTIONS * CONNECTION_CALLS; n++) {
		if (n % CONNECTION_CALLS == 0)
			keep_one();
		memset(sum, 0, sizeof(sum));
		connect_once(at, &addr, sum);
		for (i = 0; i < PARTS; i++)
			cost[i][n] = sum[i];
	}
	for (i = 0; i < PARTS; i++)
		result[i] = typical(cost[i], n);
	close(at);
}

static void print_cost(const char *what, const char *cgroup)
{
	unsigned long long cost[PARTS];

	enter(cgroup);
	if (*what == 'c') {
		typical_connection(cost);
		printf("%llu %llu\n", cost[ALL], cost[ACCEPT]);
	} else {
		printf("%llu\n", least(call_socket, -1));
	}
}

/*
 * On several connections, for where a connection's buffers come to lie is settled, too, for as
 * long as it is there. Each ends with a segment that is not read, which moves the next one's.
 */
static unsigned long long typical_transfer(void)
{
	static unsigned long long cost[TRANSFERS * TRANSFER_CALLS];
	unsigned long long start;
	char data[64] = "";
	int i, fd = -1;

	for (i = 0; i < TRANSFERS * TRANSFER_CALLS; i++) {
		if (i % TRANSFER_CALLS == 0) {
			if (fd >= 0 && send(fd, "", 1, 0) != 1)
				die("send");
			fd = connect_some(1);
			reset_at_close(fd);
		}
		start = now();
		if (send(fd, data, sizeof(data), 0) != sizeof(data) ||
		    recv(other_end, data, sizeof(data), 0) != sizeof(data))
			die("transfer");
		cost[i] = now() - start;
	}
	return typical(cost, i);
}

static void make_cgroups(int n)
{
	char path[128];
	int i;

	mkdir(CGROUPS "/bench.many", 0755);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), CGROUPS "/bench.many/%d", i);
		if (mkdir(path, 0755) && errno != EEXIST)
			die(path);
	}
}

static void add_policies(int from, int n)
{
	char path[128];
	int i;

	make_cgroups(from + n);
	for (i = from; i < from + n; i++) {
		snprintf(path, sizeof(path), CGROUPS "/bench.many/%d", i);
		write_to(MODULE "cgroups/add", path + strlen(CGROUPS));
		snprintf(path, sizeof(path), MODULE "cgroups/bench.many!%d/mode", i);
		write_to(path, "default");
	}
}

static unsigned long long adopt_once(void)
{
	static int idle = 1000;
	unsigned long long t;
	char text[16];

	/* Each time another value, so that every socket is written to. */
	snprintf(text, sizeof(text), "%d", idle++);
	write_to("/sys/module/ka_default/parameters/keepidle", text);
	t = now();
	write_to(MODULE "apply", "1");
	return now() - t;
}

/* The clock goes on while apply waits for its turn: the least is without that. */
static void adopt(int n)
{
	unsigned long long t, best = ~0ULL;
	int i;

	for (i = 0; i < APPLIES; i++) {
		t = adopt_once();
		if (t < best)
			best = t;
	}
	printf("%d %llu\n", n, best);
	fflush(stdout);
}

/* The sum of what these lines of a file in /proc say. */
static long long sum_of(const char *path, const char *const *names)
{
	long long value, sum = 0;
	char line[512], name[64];
	FILE *f = fopen(path, "r");
	int i;

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", name, &value) != 2)
			continue;
		for (i = 0; names[i]; i++) {
			if (!strcmp(names[i], name))
				sum += value;
		}
	}
	fclose(f);
	return sum;
}

static long long allocated(void)
{
	static const char *const names[] = { "Slab:", "Percpu:", "VmallocUsed:", NULL };

	return sum_of("/proc/meminfo", names) * 1024;
}

/* A number in the kernel's directory of a cache. */
static long long of_cache(const char *cache, const char *name)
{
	char path[512];
	long long n = 0;
	FILE *f;

	snprintf(path, sizeof(path), CACHES "/%s/%s", cache, name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%lld", &n) != 1)
		die(path);
	fclose(f);
	return n;
}

/*
 * Bytes of objects that are in use. Pages tell little of a few bytes, for what is free
 * in them changes from one time to the next; once it is shrunk a cache knows its objects.
 */
static long long in_use(void)
{
	DIR *d = opendir(CACHES);
	struct dirent *e;
	long long sum = 0;
	char path[512];

	if (!d)
		die(CACHES);
	/* What has been freed goes after a grace period. */
	sleep(2);
	while ((e = readdir(d))) {
		/* Links are other names of the same. */
		if (e->d_type != DT_DIR || *e->d_name == '.')
			continue;
		snprintf(path, sizeof(path), CACHES "/%s/shrink", e->d_name);
		write_to(path, "1");
		sum += of_cache(e->d_name, "objects") * of_cache(e->d_name, "object_size");
	}
	closedir(d);
	return sum;
}

static void print_memory(int n)
{
	long long before;
	int i;

	/* What the first socket allocates is for all. */
	close(socket(AF_INET, SOCK_STREAM, 0));
	before = in_use();
	for (i = 0; i < n; i++) {
		if (socket(AF_INET, SOCK_STREAM, 0) < 0)
			die("socket");
	}
	printf("%lld\n", (in_use() - before + n / 2) / n);
}

static long long segments_out(void)
{
	long long out = 0;
	char line[1024];
	FILE *f = fopen("/proc/net/snmp", "r");

	/* The tenth value of the second line that begins so. */
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %lld", &out);
	if (f)
		fclose(f);
	return out;
}

/*
 * Instructions that others take from this task, by what it does not get to do:
 * its turns take as many as the quickest of them did.
 */
static void print_busy(int seconds)
{
	unsigned long long from, t, last, quickest = ~0ULL, turns = 0;
	long long segments = segments_out();
	int i;

	from = now();
	last = from;
	do {
		for (i = 0; i < 1000; i++)
			asm volatile("");
		t = now();
		if (t - last < quickest)
			quickest = t - last;
		last = t;
		turns++;
	} while (t - from < seconds * 1000000000ULL);
	printf("%llu %llu\n", t - from - turns * quickest, segments_out() - segments);
}

/* Not while a timer expires, which they do at nearly the same time. */
static void print_probes(int keepidle)
{
	long long before;

	usleep(keepidle * 500000);
	before = segments_out();
	sleep(4 * keepidle);
	printf("%lld\n", segments_out() - before);
}

static int print_time(char **command)
{
	struct timespec a, b;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &a);
	if (!fork()) {
		execvp(command[0], command);
		die(command[0]);
	}
	wait(&status);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%lld\n", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec);
	return status != 0;
}

static int do_with_number(const char *what, int n, char **more)
{
	int i, have = 0;

	if (!strcmp(what, "cgroups")) {
		make_cgroups(n);
	} else if (!strcmp(what, "add")) {
		add_policies(more[1] ? atoi(more[1]) : 0, n);
	} else if (!strcmp(what, "memory")) {
		print_memory(n);
	} else if (!strcmp(what, "probes") && more[1]) {
		connect_some(n);
		print_probes(atoi(more[1]));
	} else if (!strcmp(what, "busy") && more[1]) {
		connect_some(n);
		print_busy(atoi(more[1]));
	} else if (!strcmp(what, "adopt")) {
		for (i = 0; more[i]; i++) {
			connect_some(atoi(more[i]) - have);
			have = atoi(more[i]);
			adopt(have);
		}
	} else {
		return 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { .rlim_cur = 1000000, .rlim_max = 1000000 };
	int fd;

	if (argc > 1 && !strcmp(argv[1], "-o")) {
		own_options = 1;
		argc--;
		argv++;
	}
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "slab"))
		return printf("%lld\n", allocated()) < 0;
	if (!strcmp(argv[1], "option")) {
		fd = new_socket();
		printf("%llu ", least(call_tcp_option, fd));
		return printf("%llu\n", least(call_socket_option, fd)) < 0;
	}
	if (!strcmp(argv[1], "transfer"))
		return printf("%llu\n", typical_transfer()) < 0;
	if (!strcmp(argv[1], "time") && argc > 2)
		return print_time(argv + 2);
	if (argc > 2 && (!strcmp(argv[1], "socket") || !strcmp(argv[1], "conn"))) {
		print_cost(argv[1], argv[2]);
		return 0;
	}
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	return argc > 2 ? do_with_number(argv[1], atoi(argv[2]), argv + 2) : 2;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The jobs of the stress test. The module comes and goes meanwhile, so that its
 * files may be missing at any time; all else must succeed.
 */
#define KA_NO_HARNESS
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ka_stress.h"

#define HELD 12			/* files that one has open */
#define NAMES 3			/* cgroups that come and go */

struct ka_stress *ka_stress;

static void __attribute__((format(printf, 2, 3)))
is_bad(struct ka_stress_tally *t, const char *format, ...)
{
	va_list args;

	if (t->bad++)
		return;
	va_start(args, format);
	vsnprintf(t->first, sizeof(t->first), format, args);
	va_end(args);
}

/* There may be no module, and no policy of which to have a file: others work then. */
static void may_be_absent(struct ka_stress_tally *t, const char *what, int ret)
{
	if (!ret) {
		t->seen++;
	} else if (ret == -ENOENT || ret == -ENODEV) {
		t->absent++;
		ka_nap();
	} else {
		is_bad(t, "%s: error %d", what, ret);
	}
}

static void must(struct ka_stress_tally *t, const char *what, int ret)
{
	if (ret)
		is_bad(t, "%s: error %d", what, ret);
}

/* Sends it there, and has it sent back from there as it arrived. */
static int echo(int client, int server, size_t size)
{
	static unsigned char out[8192], in[8192];
	size_t i;

	for (i = 0; i < size; i++)
		out[i] = rand();
	if (send(client, out, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    recv(server, in, size, MSG_WAITALL) != (ssize_t)size ||
	    send(server, in, size, MSG_NOSIGNAL) != (ssize_t)size)
		return errno ? -errno : -EIO;
	memset(in, 0, size);
	if (recv(client, in, size, MSG_WAITALL) != (ssize_t)size)
		return errno ? -errno : -EIO;
	return memcmp(in, out, size) ? -EBADMSG : 0;
}

/* A socket's values are of some policy, or of the system. */
static void judge(struct ka_stress_tally *t, int fd)
{
	struct ka_sock s = ka_get(fd);

	if (s.on < 0 || s.on > 1 || s.idle < 1 || s.idle > KA_MAX_IDLE || s.intvl < 1 ||
	    s.intvl > KA_MAX_INTVL || s.cnt < 1 || s.cnt > KA_MAX_CNT)
		is_bad(t, "socket: %d %d %d %d", s.on, s.idle, s.intvl, s.cnt);
}

/* Who enforces says yes as well. */
static void set_as_a_program(struct ka_stress_tally *t, int fd, bool mptcp)
{
	must(t, "SO_KEEPALIVE", ka_set_on(fd, t->turns & 1));
	/* Older kernels have none of these options for MPTCP. */
	if (!mptcp)
		must(t, "TCP_KEEPIDLE", ka_set_tcp(fd, TCP_KEEPIDLE, 50) ?:
			ka_set_tcp(fd, TCP_KEEPINTVL, 5) ?: ka_set_tcp(fd, TCP_KEEPCNT, 3));
}

static void converse(struct ka_stress_tally *t, struct ka_conn *c, bool mptcp)
{
	struct linger reset = { .l_onoff = 1 };
	int i, ret = 0;

	judge(t, c->client);
	judge(t, c->server);
	for (i = 0; i <= t->turns % 8 && !ret; i++) {
		size_t size = 1 + rand() % 8192;

		ret = echo(c->client, c->server, size);
		t->seen += 2 * size;
		set_as_a_program(t, i & 1 ? c->server : c->client, mptcp);
	}
	must(t, "echo", ret);
	/* One goes by FIN and TIME_WAIT, the next by a reset. */
	if (t->turns & 1)
		setsockopt(c->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

/* -rt refuses a connection now and then while the kernel patches its text. */
static void connect_one(struct ka_stress_tally *t, int family, int listener, int client)
{
	struct ka_conn c;
	int ret = ka_conn_open(&c, family, listener, client);

	if (!ret)
		converse(t, &c, listener == IPPROTO_MPTCP || client == IPPROTO_MPTCP);
	else if (ret == -ECONNREFUSED)
		t->absent++;
	else
		is_bad(t, "connection: error %d", ret);
	ka_conn_close(&c);
}

static void connect_ipv4(struct ka_stress_tally *t)
{
	connect_one(t, AF_INET, 0, 0);
}

static void connect_ipv6(struct ka_stress_tally *t)
{
	connect_one(t, AF_INET6, 0, 0);
}

/* Now and then one end falls back to TCP. */
static void connect_mptcp(struct ka_stress_tally *t)
{
	connect_one(t, t->turns & 1 ? AF_INET : AF_INET6, t->turns % 5 ? IPPROTO_MPTCP : 0,
		    t->turns % 7 ? IPPROTO_MPTCP : 0);
}

/* It goes with its last process, and what is left of the connection with it. */
static void make_netns(struct ka_stress_tally *t)
{
	static struct ka_stress_tally *theirs;
	pid_t pid;

	if (!theirs)
		theirs = ka_cg_shared(sizeof(*theirs));
	pid = fork();
	if (!pid) {
		*theirs = *t;
		must(theirs, "network namespace", ka_netns_new());
		must(theirs, "sysctl", ka_sysctl_set("tcp_keepalive_time", 1 + rand() % 9000));
		connect_one(theirs, t->turns & 1 ? AF_INET : AF_INET6, 0, 0);
		_exit(0);
	}
	must(t, "process", ka_cg_wait(pid));
	*t = *theirs;
	/* They are taken down one after the other, at leisure. */
	usleep(50000);
}

static const char *name_of(long turn)
{
	static const char * const names[NAMES] = { "a", "a/b", "c" };

	return names[turn % NAMES];
}

/* A cgroup, whoever has a policy for it, with a process that makes sockets. */
static void make_cgroup(struct ka_stress_tally *t)
{
	static const int protocols[] = { IPPROTO_TCP, IPPROTO_MPTCP };
	const char *name = name_of(t->turns);
	size_t i;
	int fd;
	pid_t pid;

	must(t, "mkdir", ka_cg_make(name));
	pid = ka_cg_fork(name, 0);
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(protocols); i++) {
			fd = socket(t->turns & 1 ? AF_INET : AF_INET6, SOCK_STREAM, protocols[i]);
			close(fd);
		}
		_exit(0);
	}
	must(t, "process in a cgroup", ka_cg_wait(pid));
	must(t, "rmdir", ka_cg_remove(name));
	if (!strcmp(name, "a/b"))
		must(t, "rmdir", ka_cg_remove("a"));
	t->seen++;
}

static const char * const modes[] = { "default", "enforce", "off" };

/* Policies of cgroups that are there or not. One of an earlier load is gone. */
static void put_policy(struct ka_stress_tally *t)
{
	const char *name = name_of(rand());
	char text[16];

	may_be_absent(t, "add", ka_cg_add(name));
	snprintf(text, sizeof(text), "%d", rand() % (KA_MAX_IDLE + 1));
	may_be_absent(t, "keepidle", ka_cg_set(name, "keepidle", text));
	may_be_absent(t, "user_timeout", ka_cg_set(name, "user_timeout",
						   t->turns & 1 ? "auto" : "60000"));
	may_be_absent(t, "mode", ka_cg_set(name, "mode", modes[t->turns % ARRAY_SIZE(modes)]));
	ka_nap();
	may_be_absent(t, "remove", ka_cg_drop(name));
}

static void put_default(struct ka_stress_tally *t)
{
	may_be_absent(t, "keepidle", ka_param_set("keepidle", rand() % (KA_MAX_IDLE + 1)));
	may_be_absent(t, "keepintvl", ka_param_set("keepintvl", rand() % (KA_MAX_INTVL + 1)));
	may_be_absent(t, "keepcnt", ka_param_set("keepcnt", rand() % (KA_MAX_CNT + 1)));
	may_be_absent(t, "user_timeout", ka_param_write("user_timeout",
							t->turns & 1 ? "auto" : "0"));
	may_be_absent(t, "kernel_sockets", ka_param_write("kernel_sockets",
							  t->turns & 1 ? "Y" : "N"));
}

static void switch_mode(struct ka_stress_tally *t)
{
	may_be_absent(t, "mode", ka_param_write("mode", modes[t->turns % ARRAY_SIZE(modes)]));
	ka_nap();
}

static void apply(struct ka_stress_tally *t)
{
	may_be_absent(t, "apply", ka_write("/sys/kernel/ka_default/apply", "1\n"));
}

/* Reads it, and tries to map it: sysfs does not let itself be mapped. */
static void look_into(struct ka_stress_tally *t, int fd)
{
	char text[4096];
	void *map;

	if (pread(fd, text, sizeof(text), 0) >= 0)
		t->seen++;
	else if (errno == ENODEV)
		t->absent++;
	else
		is_bad(t, "read: error %d", errno);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		is_bad(t, "a file is mapped");
}

/* Opens all that is there, in place of what has been open for long. */
static void hold_in(struct ka_stress_tally *t, const char *dir)
{
	static int held[HELD], next;
	char path[1024];
	struct dirent *e;
	DIR *d = opendir(dir);
	int fd, i;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%.255s", dir, e->d_name);
		if (e->d_type == DT_DIR) {
			hold_in(t, path);
			continue;
		}
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		i = next++ % HELD;
		/* 0 is stdin, and no file of these. */
		if (held[i])
			close(held[i]);
		held[i] = fd;
		for (i = 0; i < HELD && held[i]; i++)
			look_into(t, held[i]);
	}
	if (d)
		closedir(d);
}

static void hold_files(struct ka_stress_tally *t)
{
	hold_in(t, "/sys/module/ka_default/parameters");
	hold_in(t, "/sys/kernel/ka_default");
	ka_nap();
}

/* Nobody else loads and unloads, so that nothing may fail. */
static void load(struct ka_stress_tally *t)
{
	static const char * const params[] = {
		"", "keepidle=600 keepintvl=30 keepcnt=5", "mode=enforce keepidle=100",
		"mode=off", "existing=N user_timeout=auto", "kernel_sockets=Y",
	};

	must(t, "load", ka_load(params[t->turns % ARRAY_SIZE(params)]));
	/* With this one all hooks are armed as long as it is there. */
	if (t->turns & 1)
		must(t, "policy", ka_cg_policy("kept", "enforce", 100, 20, 2));
	usleep(rand() % 2000000);
	if (strcmp(ka_file_read("health"), "ok"))
		is_bad(t, "health: %.100s", ka_file_read("health"));
	else
		t->seen++;
	must(t, "unload", ka_unload());
	if (ka_loaded() || !access("/sys/kernel/ka_default", F_OK))
		is_bad(t, "something is there after the unload");
	usleep(rand() % 100000);
}

const struct ka_stress_job ka_stress_jobs[] = {
	{ "IPv4", "bytes echoed", connect_ipv4, .own_netns = true },
	{ "IPv6", "bytes echoed", connect_ipv6, .own_netns = true },
	{ "MPTCP", "bytes echoed", connect_mptcp, .own_netns = true, .protocol = IPPROTO_MPTCP },
	{ "network namespaces", "bytes echoed", make_netns },
	{ "cgroups", "made and removed", make_cgroup },
	{ "cgroup policies", "writes", put_policy },
	{ "default policy", "writes", put_default },
	{ "modes", "writes", switch_mode },
	{ "apply", "writes", apply },
	{ "files held", "reads", hold_files },
	{ "loads", "healthy", load },
	{ }
};

/* In a process of its own, until it is told to stop. */
void ka_stress_work(int job)
{
	const struct ka_stress_job *j = &ka_stress_jobs[job];
	struct ka_stress_tally *t = &ka_stress->tallies[job];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* So that who loads, and the kernel's own threads, get their turns. */
	if (j->turn != load)
		setpriority(PRIO_PROCESS, 0, 10);
	srand(job + 1);
	if (j->own_netns)
		must(t, "network namespace", ka_netns_new());
	while (!__atomic_load_n(&ka_stress->stop, __ATOMIC_RELAXED)) {
		j->turn(t);
		__atomic_add_fetch(&t->turns, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of ka_default share: the module and its files (ka_module.c),
 * the rest of the system (ka_system.c), the kernel log (ka_log.c), sockets and
 * what the kernel says about them (ka_net.c), and what fixtures begin and end
 * with.
 *
 * Every function that can fail returns a negative errno unless it says
 * otherwise. None of them prints.
 */
#ifndef KA_H
#define KA_H

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#endif

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* The limits of tcp(7), which are the policy's too. */
#define KA_MAX_IDLE 32767
#define KA_MAX_INTVL 32767
#define KA_MAX_CNT 127

/* The longest a poll waits, in milliseconds: an emulated machine is slow. */
#define KA_CAP_MS 8000

/* ka_module.c: the module, its parameters and its files. */
bool ka_module_path(char *path, size_t size);
int ka_insert(const char *params);
int ka_load(const char *params);
int ka_policy(const char *params);
int ka_unload(void);
bool ka_loaded(void);
long ka_slow(void);
int ka_rounds(int usual);
const char *ka_hook(void);
int ka_param_write(const char *name, const char *value);
int ka_param_set(const char *name, int value);
const char *ka_param_read(const char *name);
const char *ka_file_read(const char *name);
long long ka_stat(const char *name);

/* ka_system.c: leaving the system as it was found. */
struct ka_shared {
	pid_t test;		/* process group of the running test */
	bool plain;		/* the module has the hook of all tests */
};

extern struct ka_shared *ka_shared;

int ka_write(const char *path, const char *text);
const char *ka_read(const char *path);
int ka_run(int out, const char *a, const char *b, const char *c);
int ka_knob_write(const char *path, const char *text);
void ka_knobs_restore(void);
bool ka_borrow(const char *module);
int ka_in_child(int (*fn)(void));

/* ka_log.c: the kernel log from a point in time on. */
#define KA_LOG_FAILING "allocations fail from here"
#define KA_LOG_WORKING "allocations fail no more"

int ka_log_open(void);
const char *ka_log_next(int log);
bool ka_log_is_ours(const char *line);
int ka_log_lines(int log);
const char *ka_log_only(int log);
const char *ka_log_trouble(int log);

/* ka_net.c: sockets. */
struct ka_sock {
	int on;
	int idle;
	int intvl;
	int cnt;
};

/* The established ends with one port that /proc/net/tcp and tcp6 list. */
struct ka_timers {
	int ends;
	int keepalive;		/* of these, with a keepalive timer */
	int busy;		/* with another timer, which hides that one */
	long soonest;		/* seconds until the first and the last */
	long latest;		/* keepalive timer fires, rounded up */
};

struct ka_conn {
	int listener;
	int client;
	int server;
	int port;
};

int ka_netns_new(void);
int ka_sysctl_set(const char *name, int value);
int ka_sysctl_get(const char *name);
struct ka_sock ka_get(int fd);
int ka_set_on(int fd, int on);
int ka_set_tcp(int fd, int name, int value);
socklen_t ka_addr(struct sockaddr_storage *ss, int family, int port);
int ka_listen(int fd, int family);
int ka_meet(int client, int listener, int port);
int ka_connect(struct ka_conn *c, int family);
int ka_conn_open(struct ka_conn *c, int family, int listener_proto, int client_proto);
void ka_conn_close(struct ka_conn *c);
int ka_exchange(int from, int to);
struct ka_timers ka_timers_read(int port);
struct ka_timers ka_timers_wait(int port, int ends, int keepalive);
long ka_ms(void);
void ka_nap(void);

#ifndef KA_NO_HARNESS
#include "kselftest_harness.h"

/*
 * The harness ends a test after 30 s, which is too short where the machine is
 * emulated and the kernel looks for faults. What hangs is ended by kselftest's
 * runner, after the time in "settings".
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 3600

/* A socket that must be as given: on or off, idle, interval, count. */
#define EXPECT_KA(_fd, _on, _idle, _intvl, _cnt) do { \
	struct ka_sock __ka = ka_get(_fd); \
	EXPECT_EQ(_on, __ka.on); \
	EXPECT_EQ(_idle, __ka.idle); \
	EXPECT_EQ(_intvl, __ka.intvl); \
	EXPECT_EQ(_cnt, __ka.cnt); \
} while (0)

/* All of a port's ends, that many, run the keepalive timer or (0) none does. */
#define EXPECT_TIMERS(_port, _ends, _keepalive) do { \
	struct ka_timers __ka = ka_timers_wait(_port, _ends, _keepalive); \
	EXPECT_EQ(_ends, __ka.ends); \
	EXPECT_EQ(_keepalive, __ka.keepalive); \
	EXPECT_EQ(0, __ka.busy); \
} while (0)

/* As above, and the timers were armed with _idle seconds, not another value. */
#define EXPECT_TIMERS_IDLE(_port, _ends, _idle) do { \
	struct ka_timers __ka = ka_timers_wait(_port, _ends, _ends); \
	EXPECT_EQ(_ends, __ka.ends); \
	EXPECT_EQ(_ends, __ka.keepalive); \
	EXPECT_LT((_idle) / 2, __ka.soonest); \
	EXPECT_GE(_idle, __ka.latest); \
} while (0)

/* Since the last look the module has written one line, which has this part. */
#define EXPECT_LOGGED(_log, _part) do { \
	const char *__line = ka_log_only(_log); \
	EXPECT_NE(NULL, strstr(__line, _part)) TH_LOG("no \"%s\" in: %s", _part, __line); \
} while (0)

/*
 * As SKIP(statement, format, ...): a test that cannot run here says why.
 * KA_NO_SKIP=1 makes that a failure.
 */
#define KA_SKIP(_statement, ...) do { \
	if (getenv("KA_NO_SKIP")) \
		ASSERT_TRUE(false) TH_LOG(__VA_ARGS__); \
	SKIP(_statement, __VA_ARGS__); \
} while (0)

/*
 * The fixture of every test: a network namespace of its own, and the module
 * there under this policy, or not loaded where it is NULL. Afterwards the
 * kernel must not have complained.
 */
struct ka_env {
	int log;
};

#define KA_SETUP(_params) do { \
	const char *__params = (_params); \
	self->env.log = ka_log_open(); \
	ASSERT_LE(0, self->env.log); \
	ASSERT_EQ(0, ka_netns_new()); \
	ASSERT_EQ(0, __params ? ka_policy(__params) : ka_unload()); \
} while (0)

#define KA_TEARDOWN() do { \
	ka_knobs_restore(); \
	EXPECT_STREQ("", ka_log_trouble(self->env.log)); \
} while (0)

#endif /* !KA_NO_HARNESS */
#endif /* KA_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * The workers of the churn test. Each judges every socket that it makes: it
 * must have what one policy said at one moment.
 */
#define KA_NO_HARNESS
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "ka_churn.h"

/*
 * The policies. Those of which single values are written have an idle time of
 * either of two values; "steps" is never further apart than one step, as the
 * writer sees to.
 */
const struct ka_churn_policy ka_churn_policies[NR_POLICIES] = {
	[STEPS] = { "steps", 0, 0, 0, 3 },
	[FLIP] = { "flip", 1100, 1101, 11, 4 },
	[UP] = { "up", 700, 701, 70, 7 },
	[DOWN] = { "up/down", 800, 801, 80, 8 },
	[COMES] = { "comes", 900, 900, 90, 9, .removed = true },
	[AGAIN] = { "again", 1200, 1200, 12, 2 },
	[FLEETING] = { "fleeting", 1300, 1300, 13, 3, .removed = true },
	[X] = { "x", 500, 500, 50, 5 },
	[L] = { "l", 300, 300, 20, 2 },
};

struct ka_churn *ka_churn;

static bool running(void)
{
	return !__atomic_load_n(&ka_churn->stop, __ATOMIC_RELAXED);
}

static bool is_under(const struct ka_sock *s, int policy)
{
	const struct ka_churn_policy *p = &ka_churn_policies[policy];

	if (s->on != 1 || s->cnt != p->cnt)
		return false;
	if (policy == STEPS)
		return s->intvl >= 1 && (s->idle == s->intvl || s->idle == s->intvl + 1);
	return (s->idle == p->idle || s->idle == p->other_idle) && s->intvl == p->intvl;
}

static bool is_default(const struct ka_sock *s)
{
	return s->on == 1 && (s->idle == 600 || s->idle == 601) && s->intvl == 30 && s->cnt == 5;
}

static bool is_off(const struct ka_sock *s)
{
	return s->on == 0 && s->idle == 7200 && s->intvl == 75 && s->cnt == 9;
}

static void is_bad(struct ka_tally *t, const struct ka_sock *s)
{
	if (!t->bad++)
		t->first_bad = *s;
}

/* A socket that was made in the role's cgroup. */
static void judge_made(const struct ka_churn_role *r, struct ka_tally *t, int fd)
{
	struct ka_sock s = ka_get(fd);

	if (is_under(&s, r->policy)) {
		t->created++;
		t->sockets[r->policy]++;
	} else if (r->may & UPPER && is_under(&s, UP)) {
		t->created++;
		t->sockets[UP]++;
	} else if (r->may & DEFAULT && is_default(&s)) {
		t->created++;
	} else if (r->may & OFF && is_off(&s)) {
		t->off++;
	} else {
		is_bad(t, &s);
	}
}

/* One that a task there accepted; the listener is of "l". */
static void judge_accepted(const struct ka_churn_role *r, struct ka_tally *t, int fd)
{
	struct ka_sock s = ka_get(fd);

	if (is_under(&s, r->policy)) {
		t->accepted++;
		t->sockets[r->policy]++;
	} else if (r->may & OFF && is_off(&s)) {
		t->off++;
	} else if (r->may & DEFAULT && is_under(&s, L)) {
		t->kept++;
	} else {
		is_bad(t, &s);
	}
}

static int make_one(const struct ka_churn_role *r, struct ka_tally *t)
{
	static const int protocols[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_MPTCP };
	static unsigned int turn;
	int fd;

	turn++;
	fd = socket(turn % 2 ? AF_INET : AF_INET6, SOCK_STREAM, protocols[turn % 3]);
	if (fd < 0)
		fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	judge_made(r, t, fd);
	return fd;
}

static void accept_one(const struct ka_churn_role *r, struct ka_tally *t)
{
	int client = socket(AF_INET, SOCK_STREAM, 0), server;

	judge_made(r, t, client);
	server = ka_meet(client, ka_churn->listener, ka_churn->port);
	if (server >= 0 || errno != EAGAIN)
		judge_accepted(r, t, server);
	close(client);
	close(server);
}

/* A service that restarts, and its first socket each time. */
static void restart(const struct ka_churn_role *r, struct ka_tally *t)
{
	const char *name = ka_churn_policies[r->policy].name;
	pid_t pid;

	if (ka_cg_make(name))
		t->bad++;
	pid = ka_cg_fork(name, 0);
	if (!pid) {
		make_one(r, t);
		_exit(0);
	}
	if (ka_cg_wait(pid) || ka_cg_remove(name))
		t->bad++;
}

/* Until it is told to stop. */
void ka_churn_work(const struct ka_churn_role *r, struct ka_tally *t, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (running()) {
		if (r->may & ACCEPTS)
			accept_one(r, t);
		else if (r->may & RESTARTS)
			restart(r, t);
		else
			close(make_one(r, t));
	}
}

static void must(struct ka_tally *t, int ret)
{
	t->writes++;
	t->bad += !!ret;
}

int ka_churn_set(int policy, const char *file, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	return ka_cg_set(ka_churn_policies[policy].name, file, text);
}

/* Changes policies, one value at a time. */
void ka_churn_change(struct ka_tally *t)
{
	static const char * const modes[] = { "inherit", "default", "off", "default" };
	unsigned int i, n;

	/* Until it is where it began, for there the next slice begins. */
	for (i = 0; running() || i % 200; i++) {
		/* Up to 100 and down again; the two never more than one apart. */
		n = i % 200 < 100 ? i % 200 + 1 : 200 - i % 200;
		must(t, ka_churn_set(STEPS, i % 200 < 100 ? "keepidle" : "keepintvl", n));
		must(t, ka_churn_set(STEPS, i % 200 < 100 ? "keepintvl" : "keepidle", n));
		if (!running())
			continue;
		must(t, ka_cg_set("flip", "mode", i % 2 ? "off" : "default"));
		must(t, ka_cg_set("up/down", "mode", modes[i % 4]));
		must(t, ka_churn_set(FLIP, "keepidle", 1100 + i / 2 % 2));
		must(t, ka_churn_set(UP, "keepidle", 700 + i / 3 % 2));
		must(t, ka_churn_set(DOWN, "keepidle", 800 + i / 5 % 2));
		must(t, ka_param_set("keepidle", 600 + i / 7 % 2));
	}
}

int ka_churn_put(int policy)
{
	const struct ka_churn_policy *p = &ka_churn_policies[policy];

	return ka_cg_policy(p->name, "default", p->idle, p->intvl, p->cnt);
}

/* Adds and removes policies, of cgroups that are there and that come and go. */
void ka_churn_replace(struct ka_tally *t)
{
	while (running()) {
		must(t, ka_cg_drop("comes"));
		must(t, ka_churn_put(COMES));
		must(t, ka_cg_drop("fleeting"));
		must(t, ka_churn_put(FLEETING));
	}
}

/* Has the files of a policy open while it goes. */
void ka_churn_hold(struct ka_tally *t)
{
	static const char * const names[] = { "mode", "keepidle", "state", "sockets", "path" };
	char text[512];
	unsigned int i;
	ssize_t len;
	int fd;

	for (i = 0; running(); i++) {
		fd = open(ka_cg_file(i % 2 ? "comes" : "fleeting", names[i % 5]), O_RDONLY);
		t->bad += fd < 0 && errno != ENOENT && errno != ENODEV;
		do {
			len = fd < 0 ? 0 : pread(fd, text, sizeof(text), 0);
		} while (len > 0 && running());
		t->bad += len < 0 && errno != ENODEV;
		t->gone += len < 0;
		if (fd >= 0)
			close(fd);
	}
}

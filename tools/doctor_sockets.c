// SPDX-License-Identifier: GPL-2.0
/* doctor_sockets.c - kactl doctor: sockets that are not as their policy would have it */
#include <err.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "governs.h"
#include "kactl.h"
#include "sys.h"

/*
 * The same thing of several sockets is one finding.
 * @what: what is wrong with each
 * @first: one of them
 */
struct group {
	const char *check;
	char what[1024];
	char mend[2 * SYS_PATH_MAX];
	const struct sock *first;
	size_t nr;
};

struct groups {
	struct group **group;
	size_t nr;
	const char *path;	/* of the policy that was read last */
	struct policy policy;
};

/* What is known of one socket while it is looked at. */
struct patient {
	const struct sock *sock;
	const char *path;	/* of the policy that governs it */
	struct policy policy;
	bool enforced;
};

static const char *cgroup_of(const struct sock *s)
{
	return s->cgroup ? s->cgroup->path : "";
}

static bool is_same(const struct group *g, const char *check, const char *what,
		    const struct sock *s)
{
	const struct holder *a = g->first->holders[0], *b = s->holders[0];

	return !strcmp(g->check, check) && !strcmp(g->what, what) &&
	       !strcmp(a->command, b->command) &&
	       !strcmp(cgroup_of(g->first), cgroup_of(s));
}

static void note(struct groups *gs, const struct sock *s, const char *check,
		 const char *mend, const char *what)
{
	struct group *g;
	size_t i;

	for (i = 0; i < gs->nr; i++) {
		if (is_same(gs->group[i], check, what, s)) {
			gs->group[i]->nr++;
			return;
		}
	}
	g = calloc(1, sizeof(*g));
	gs->group = reallocarray(gs->group, gs->nr + 1, sizeof(*gs->group));
	if (!g || !gs->group)
		err(KACTL_FAILED, "kactl");
	gs->group[gs->nr++] = g;
	g->check = check;
	g->first = s;
	g->nr = 1;
	snprintf(g->what, sizeof(g->what), "%s", what);
	snprintf(g->mend, sizeof(g->mend), "%s", mend);
}

/* The command that makes a policy win over the program. */
static void enforce(char *text, size_t size, const struct patient *p,
		    const char *more)
{
	struct policy values = p->policy;
	bool own = strcmp(p->path, GOVERNS_DEFAULT);

	values.value[POLICY_MODE][0] = '\0';
	doctor_command(text, size, own ? p->path : cgroup_of(p->sock),
		       own ? NULL : &values, more);
	strncat(text, "; kactl apply", size - strlen(text) - 1);
}

static void check_off(struct groups *gs, const struct patient *p)
{
	char what[1024], mend[SYS_PATH_MAX], win[SYS_PATH_MAX - 128];

	if (p->sock->keepalive)
		return;
	enforce(win, sizeof(win), p, "mode=enforce");
	snprintf(mend, sizeof(mend), p->enforced ? "kactl apply" :
		 "kactl apply; where the program switches it off again: %s", win);
	snprintf(what, sizeof(what),
		 "keepalive is off, which policy %.300s switches on", p->path);
	note(gs, p->sock, "off", mend, what);
}

static void check_values(struct groups *gs, const struct patient *p)
{
	const int has[POLICY_NR_FIELDS] = {
		[POLICY_KEEPIDLE] = p->sock->idle,
		[POLICY_KEEPINTVL] = p->sock->intvl,
		[POLICY_KEEPCNT] = p->sock->cnt,
		[POLICY_USER_TIMEOUT] = p->sock->user_timeout,
	};
	char what[1024], mend[SYS_PATH_MAX];
	size_t n = 0;
	int f, wants;

	if (p->sock->keepalive <= 0)
		return;
	for (f = POLICY_KEEPIDLE; f <= POLICY_USER_TIMEOUT; f++) {
		wants = atoi(p->policy.value[f]);
		if (!wants || has[f] == SOCK_UNKNOWN || wants == has[f])
			continue;
		n += snprintf(what + n, sizeof(what) - n, "%s%s %d (not %d)",
			      n ? ", " : "", policy_names[f], has[f], wants);
	}
	if (!n)
		return;
	snprintf(what + n, sizeof(what) - n, ", in conflict with policy %.300s",
		 p->path);
	if (p->enforced)
		snprintf(mend, sizeof(mend), "kactl apply");
	else
		enforce(mend, sizeof(mend), p, "mode=enforce");
	note(gs, p->sock, "conflict", mend, what);
}

/* A time-out of the program's own; the policy's is looked at with the policy. */
static void check_user_timeout(struct groups *gs, const struct patient *p)
{
	const struct sock *s = p->sock;
	char what[1024], mend[SYS_PATH_MAX];
	long idle;

	idle = ((long)s->idle + s->intvl) * 1000;
	if (s->keepalive <= 0 || s->user_timeout <= 0 || s->user_timeout >= idle ||
	    atoi(p->policy.value[POLICY_USER_TIMEOUT]))
		return;
	enforce(mend, sizeof(mend), p, "user_timeout=auto mode=enforce");
	snprintf(what, sizeof(what),
		 "user_timeout %d ms is shorter than keepidle + keepintvl (%ld ms): it ends at the first lost probe",
		 s->user_timeout, idle);
	note(gs, s, "user_timeout", mend, what);
}

/* Two policies that say the same do no harm. */
static bool are_equal(const char *a, const char *b)
{
	struct policy x, y;
	int f;

	if (!strcmp(a, b) || governs_read(&x, a) || governs_read(&y, b))
		return true;
	for (f = POLICY_MODE; f <= POLICY_USER_TIMEOUT; f++)
		if (strcmp(x.value[f], y.value[f]))
			return false;
	return true;
}

/* Systemd socket activation: who listens is not who has made the listener. */
static void check_listener(struct groups *gs, const struct sock *s)
{
	const char *policy = s->cgroup->policy;
	char what[1024], mend[SYS_PATH_MAX];
	const struct cgroup *task = NULL;
	struct policy values;
	bool service;
	size_t i;

	for (i = 0; i < s->nr_holders; i++) {
		task = s->holders[i]->cgroup;
		if (task && task->policy && !are_equal(task->policy, policy))
			break;
	}
	if (i == s->nr_holders)
		return;
	/* Who has none gets the values of the other. */
	service = strcmp(task->policy, GOVERNS_DEFAULT);
	if (governs_read(&values, service ? task->policy : policy))
		return;
	doctor_command(mend, sizeof(mend), service ? s->cgroup->path : task->path,
		       &values, "");
	snprintf(what, sizeof(what),
		 "listens in cgroup %.200s (policy %.200s), its process is in %.200s (policy %.200s)",
		 s->cgroup->path, policy, task->path, task->policy);
	note(gs, s, "listener", mend, what);
}

/* Most sockets have the policy of the one before. */
static int read_policy(struct groups *gs, struct patient *p)
{
	int err = 0;

	if (!gs->path || strcmp(gs->path, p->path))
		err = governs_read(&gs->policy, p->path);
	gs->path = err ? NULL : p->path;
	p->policy = gs->policy;
	return err;
}

static void look_at(struct groups *gs, const struct sock *s)
{
	struct patient p = { .sock = s, .path = sock_policy(s) };

	/* apply reaches what listens or is connected, so that is what counts. */
	if (s->state == TCP_CLOSE || !p.path || read_policy(gs, &p))
		return;
	if (s->state == TCP_LISTEN && s->cgroup)
		check_listener(gs, s);
	if (!doctor_is_on(&p.policy))
		return;
	p.enforced = !strcmp(p.policy.value[POLICY_MODE], "enforce");
	check_off(gs, &p);
	check_values(gs, &p);
	check_user_timeout(gs, &p);
}

/**
 * doctor_sockets() - look whether sockets are as their policies would have them
 * @f: findings are added
 * @socks: all sockets
 */
void doctor_sockets(struct findings *f, const struct socks *socks)
{
	struct groups gs = { 0 };
	const struct holder *h;
	struct group *g;
	size_t i;

	for (i = 0; i < socks->nr; i++)
		look_at(&gs, socks->sock[i]);
	for (i = 0; i < gs.nr; i++) {
		g = gs.group[i];
		h = g->first->holders[0];
		finding_add(f, g->check, g->mend, "%s (pid %d), %zu socket%s: %s",
			    h->command, h->pid, g->nr, g->nr == 1 ? "" : "s",
			    g->what);
		free(g);
	}
	free(gs.group);
}

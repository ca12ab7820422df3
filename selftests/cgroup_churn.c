// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once on all CPUs: sockets made in several cgroups and accepted
 * across them, policies added, changed and removed, cgroups made and removed,
 * files held open. Each socket must have what one policy said at one moment,
 * and at the end the counters must add up.
 *
 * It takes KA_CHURN_SECONDS. The hooks differ in how they are entered and not
 * in what they do then, so with kprobe it is short.
 */
#include "ka_churn.h"

#define SECONDS 20
#define SECONDS_KPROBE 3
#define SLICE_MS 2500		/* then the counters are looked at */
#define SLOWEST 4		/* times as long is a slice at most */
#define MAX_CPUS 4

FIXTURE(cgroup_churn) {
	struct ka_env env;
};

FIXTURE_SETUP(cgroup_churn)
{
	KA_CG_SETUP("keepidle=600 keepintvl=30 keepcnt=5");
}

FIXTURE_TEARDOWN(cgroup_churn)
{
	KA_CG_TEARDOWN();
}

static const struct ka_churn_role roles[] = {
	{ STEPS, PER_CPU },
	{ FLIP, OFF | PER_CPU },
	{ DOWN, UPPER | OFF },
	{ COMES, DEFAULT },
	{ AGAIN, RESTARTS },
	{ FLEETING, DEFAULT | RESTARTS },
	{ X, ACCEPTS },
	{ FLIP, OFF | ACCEPTS },
	{ COMES, DEFAULT | ACCEPTS },
};

static void (* const helpers[])(struct ka_tally *t) = {
	ka_churn_change, ka_churn_replace, ka_churn_hold,
};

/* One that restarts its service is not in the cgroup that it removes. */
static const char *home(const struct ka_churn_role *r)
{
	return r->may & RESTARTS ? "" : ka_churn_policies[r->policy].name;
}

static int start(void)
{
	int cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN), n = 0;
	size_t i;

	cpus = cpus > MAX_CPUS ? MAX_CPUS : cpus;
	for (i = 0; i < ARRAY_SIZE(helpers); i++, n++) {
		if (!fork()) {
			helpers[i](&ka_churn->tallies[n]);
			_exit(0);
		}
	}
	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		const struct ka_churn_role *r = &roles[i];

		for (cpu = 0; cpu < (r->may & PER_CPU ? cpus : 1); cpu++, n++) {
			if (!ka_cg_fork(home(r), 0)) {
				ka_churn_work(r, &ka_churn->tallies[n], (i + cpu) % cpus);
				_exit(0);
			}
		}
	}
	return n;
}

static void add(struct ka_tally *sum, const struct ka_tally *t)
{
	int p;

	sum->created += t->created;
	sum->accepted += t->accepted;
	sum->off += t->off;
	sum->kept += t->kept;
	sum->writes += t->writes;
	sum->gone += t->gone;
	for (p = 0; p < NR_POLICIES; p++)
		sum->sockets[p] += t->sockets[p];
	if (t->bad && !sum->bad)
		sum->first_bad = t->first_bad;
	sum->bad += t->bad;
}

/* What all of them together have seen. */
static struct ka_tally add_up(int n)
{
	struct ka_tally sum = { 0 };
	int i;

	for (i = 0; i < n; i++)
		add(&sum, &ka_churn->tallies[i]);
	return sum;
}

/* Counts what the module has counted meanwhile, less what was before. */
static struct ka_tally read_counters(const struct ka_tally *before)
{
	struct ka_tally now = {
		.created = ka_stat("created"),
		.accepted = ka_stat("accepted"),
		.off = ka_stat("skipped_off"),
	};
	int p;

	for (p = 0; p < NR_POLICIES; p++) {
		if (!ka_churn_policies[p].removed)
			now.sockets[p] = ka_cg_sockets(ka_churn_policies[p].name);
	}
	if (!before)
		return now;
	now.created -= before->created;
	now.accepted -= before->accepted;
	now.off -= before->off;
	for (p = 0; p < NR_POLICIES; p++)
		now.sockets[p] -= before->sockets[p];
	return now;
}

/* Each starts everybody anew, which is most of what a slow machine does in a short one. */
static long slice_ms(void)
{
	return SLICE_MS * (ka_slow() < SLOWEST ? ka_slow() : SLOWEST);
}

static struct ka_tally slice(struct ka_tally *counted)
{
	struct ka_tally before = read_counters(NULL);
	long end = ka_ms() + slice_ms();
	int n;

	memset(ka_churn->tallies, 0, sizeof(ka_churn->tallies));
	ka_churn->stop = 0;
	n = start();
	while (ka_ms() < end)
		usleep(20000);
	__atomic_store_n(&ka_churn->stop, 1, __ATOMIC_RELAXED);
	while (wait(NULL) > 0)
		;
	*counted = read_counters(&before);
	return add_up(n);
}

static long churn_ms(void)
{
	const char *text = getenv("KA_CHURN_SECONDS");

	if (text)
		return atol(text) * 1000;
	return (strcmp(ka_param_read("hook"), "kprobe") ? SECONDS : SECONDS_KPROBE) * 1000;
}

static int put_all(void)
{
	int p, ret = 0;

	for (p = 0; p < NR_POLICIES && !ret; p++) {
		if (p != AGAIN && p != FLEETING)
			ret = ka_cg_make(ka_churn_policies[p].name);
		ret = ret ?: ka_churn_put(p);
	}
	return ret ?: ka_churn_set(STEPS, "keepidle", 1) ?: ka_churn_set(STEPS, "keepintvl", 1);
}

static bool is_seen(const struct ka_tally *sum, int policy)
{
	return policy == L || sum->sockets[policy];
}

/* Has every kind of socket been seen? */
static bool was_busy(const struct ka_tally *sum)
{
	int p;

	for (p = 0; p < NR_POLICIES; p++) {
		if (!is_seen(sum, p))
			return false;
	}
	return sum->off && sum->kept && sum->gone;
}

/* No socket of the kind has been seen: it was no churn. */
#define EXPECT_BUSY(_sum) do { \
	int __p; \
	for (__p = 0; __p < NR_POLICIES; __p++) { \
		EXPECT_TRUE(is_seen(&(_sum), __p)) \
			TH_LOG("%s", ka_churn_policies[__p].name); \
	} \
	EXPECT_LT(0, (_sum).off); \
	EXPECT_LT(0, (_sum).kept); \
	EXPECT_LT(0, (_sum).gone); \
} while (0)

/* What a machine may take longer that is too slow for churn in that time. */
static long more_ms(void)
{
	return 60000 * ka_slow();
}

TEST_F(cgroup_churn, all_at_once)
{
	long end = ka_ms() + churn_ms();
	int slices = 0, exact = 0, p;
	struct ka_tally seen, counted, total = { 0 };

	ka_churn = ka_cg_shared(sizeof(*ka_churn));
	ASSERT_EQ(0, put_all());
	ka_churn->listener = ka_cg_socket("l", AF_INET, 0);
	ka_churn->port = ka_listen(ka_churn->listener, AF_INET);
	ASSERT_LT(0, ka_churn->port);
	do {
		seen = slice(&counted);
		EXPECT_EQ(0, seen.bad)
			TH_LOG("first: %d %d %d %d", seen.first_bad.on, seen.first_bad.idle,
			       seen.first_bad.intvl, seen.first_bad.cnt);
		add(&total, &seen);
		for (p = 0; p < NR_POLICIES; p++) {
			if (ka_churn_policies[p].removed)
				continue;
			EXPECT_EQ(seen.sockets[p], counted.sockets[p])
				TH_LOG("%s", ka_churn_policies[p].name);
		}
		/* These count for the whole machine, where others make sockets. */
		EXPECT_LE(seen.created, counted.created);
		EXPECT_LE(seen.accepted, counted.accepted);
		EXPECT_LE(seen.off, counted.off);
		exact += seen.created == counted.created && seen.off == counted.off &&
			seen.accepted == counted.accepted;
		slices++;
	} while (!seen.bad && ka_ms() < end + (was_busy(&total) ? 0 : more_ms()));
	EXPECT_LE(getenv("KA_NO_SKIP") ? slices : 1, exact);
	EXPECT_BUSY(total);
	EXPECT_STREQ("ok", ka_file_read("health"));
	EXPECT_EQ(0, ka_stat("missed"));
	TH_LOG("%d slices, %d exact: %ld made, %ld off, %ld accepted, %ld writes",
	       slices, exact, total.created, total.off, total.accepted, total.writes);
	close(ka_churn->listener);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: connections that come and go, policies, modes and apply
 * written, cgroups and network namespaces made and removed, files held open,
 * and the module loaded and unloaded under all of it. Every byte must arrive,
 * every call succeed, and nobody stand still. At the end nothing is left: no
 * socket, cgroup, namespace, hook or kobject, no memory, no reference to the
 * module.
 *
 * It takes KA_STRESS_SECONDS, and longer where somebody has hardly begun.
 */
#include <sys/stat.h>

#include "ka_stress.h"

#define SECONDS 60
#define LEAST 5			/* turns of everybody */
#define LEAST_SLOW 2
#define STILL_MS 60000		/* nobody needs as long for a turn */
#define SPARE 4			/* sockets of others; ours would be one a turn */
#define LOADS 8			/* what each of them loses is noticed */
#define LOOKS 10		/* at a slab cache */
#define LOOK_MS 500
#define QUIET_MS 4000		/* nobody has gone for as long: nobody is about to */
#define FLUSH_MS (6000 + 2000 * ka_slow())
#define LEFT_MS 75000		/* FIN_WAIT2 takes a minute */

#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define SLAB "/sys/kernel/slab/"
#define TRACED "/sys/kernel/tracing/enabled_functions"
#define PROBED "/sys/kernel/debug/kprobes/list"

FIXTURE(stress) {
	struct ka_env env;
};

FIXTURE_SETUP(stress)
{
	KA_CG_SETUP(NULL);
}

FIXTURE_TEARDOWN(stress)
{
	KA_CG_TEARDOWN();
}

static long least(void)
{
	return ka_slow() > 1 ? LEAST_SLOW : LEAST;
}

/* A number after a word of a file; -1 where there is none. */
static long number_in(const char *path, const char *word)
{
	char line[512];
	long n = -1;
	FILE *f = fopen(path, "re");
	const char *at;

	while (f && n < 0 && fgets(line, sizeof(line), f)) {
		at = strstr(line, word);
		if (at)
			n = atol(at + strlen(word));
	}
	if (f)
		fclose(f);
	return n;
}

static long lines_of(const char *path, const char *word)
{
	char line[512];
	FILE *f = fopen(path, "re");
	long n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += !!strstr(line, word);
	if (f)
		fclose(f);
	return n;
}

struct cache {
	int shrink;
	int objects;
};

static struct cache cache_open(const char *name)
{
	char path[128];
	struct cache c;

	snprintf(path, sizeof(path), SLAB "%s/shrink", name);
	c.shrink = open(path, O_WRONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), SLAB "%s/objects", name);
	c.objects = open(path, O_RDONLY | O_CLOEXEC);
	return c;
}

/*
 * The objects of a cache; -1 where the kernel does not tell. What a CPU has in reserve
 * counts, so that it is taken away before. It must not come back by our own opening
 * files, or by the buffer for what is written, and if it does by another's doing, the
 * next time is better.
 */
static long count_objects(const struct cache *c)
{
	static const char one[3000] = "1";
	long n, least = -1;
	char text[64];
	ssize_t len;
	int i;

	for (i = 0; i < LOOKS; i++) {
		if (write(c->shrink, one, sizeof(one)) < 0)
			return -1;
		len = pread(c->objects, text, sizeof(text) - 1, 0);
		if (len <= 0)
			return -1;
		text[len] = '\0';
		n = atol(text);
		if (least < 0 || n < least)
			least = n;
	}
	return least;
}

static long objects_in(const char *name)
{
	struct cache c = cache_open(name);
	long n = count_objects(&c);

	close(c.shrink);
	close(c.objects);
	return n;
}

/* What must be as it was before; -1 where the kernel does not tell. */
static const char * const left_names[] = {
	"TCP sockets of all namespaces", "orphans", "sockets in TIME_WAIT", "sockets here",
	"TCP sockets here", "TCPv6 sockets here", "dying cgroups", "cgroups",
	"traced functions", "probed functions",
	"TCP", "TCPv6", "MPTCP", "MPTCPv6", "sock_inode_cache", "net_namespace",
	"request_sock_TCP", "request_sock_TCPv6", "tw_sock_TCP", "tw_sock_TCPv6",
};

#define NR_COUNTED 10

struct left {
	long n[ARRAY_SIZE(left_names)];
};

static int make_netns(void)
{
	return ka_netns_new();
}

/* Changes nothing, so that it may be asked as often as one likes. */
static struct left count_left(void)
{
	static const char stat[] = "/proc/net/sockstat", stat6[] = "/proc/net/sockstat6";
	char cgroups[300];
	struct left left;
	size_t i;

	snprintf(cgroups, sizeof(cgroups), "%s/cgroup.stat", ka_cg_fs("", ""));
	left = (struct left) { {
		number_in(stat, " alloc "), number_in(stat, " orphan "), number_in(stat, " tw "),
		number_in(stat, "sockets: used "), number_in(stat, "TCP: inuse "),
		number_in(stat6, "TCP6: inuse "), number_in(cgroups, "nr_dying_descendants "),
		number_in(cgroups, "nr_descendants "), lines_of(TRACED, ""), lines_of(PROBED, ""),
	} };
	for (i = NR_COUNTED; i < ARRAY_SIZE(left_names); i++)
		left.n[i] = objects_in(left_names[i]);
	return left;
}

/*
 * A network namespace is taken down by a worker, some time after its last process
 * has gone, and the memory of one that is down is kept until the next one is. So
 * one goes, and from then on there is always one of which only the memory is left;
 * all that counts is what there is when the workers have nothing to do.
 */
static void flush_netns(void)
{
	ka_in_child(make_netns);
}

/* The least of each: what there is once nobody is on his way out. */
static struct left count_before(void)
{
	long end = ka_ms() + QUIET_MS, now;
	struct left least, left;
	bool less;
	size_t i;

	flush_netns();
	least = count_left();
	do {
		usleep(LOOK_MS * 1000);
		left = count_left();
		now = ka_ms();
		for (i = 0, less = false; i < ARRAY_SIZE(left_names); i++) {
			less |= left.n[i] < least.n[i];
			least.n[i] = left.n[i] < least.n[i] ? left.n[i] : least.n[i];
		}
		/* Somebody has just gone; others may follow. */
		if (less)
			end = now + QUIET_MS;
	} while (now < end);
	return least;
}

/* What there is more of than before; "" if there is nothing. */
static const char *compare(const struct left *before)
{
	struct left now = count_left();
	static char what[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(left_names); i++) {
		/* Others have sockets, too, of which that counts all. */
		if (now.n[i] <= before->n[i] +
		    (strcmp(left_names[i], "sock_inode_cache") ? 0 : SPARE))
			continue;
		snprintf(what, sizeof(what), "%s: %ld, was %ld", left_names[i], now.n[i],
			 before->n[i]);
		return what;
	}
	return "";
}

/*
 * Each namespace of those that went with the last turns is waited for; then one
 * more goes, and takes the memory of these with it. What is leaked stays.
 */
static const char *what_is_left(const struct left *before)
{
	long end = ka_ms() + LEFT_MS * ka_slow(), flush = 0;
	const char *what;

	do {
		if (ka_ms() >= flush) {
			flush_netns();
			flush = ka_ms() + FLUSH_MS;
		}
		usleep(LOOK_MS * 1000);
		what = compare(before);
	} while (*what && ka_ms() < end);
	return what;
}

static bool can_do(const struct ka_stress_job *j)
{
	int fd = socket(AF_INET, SOCK_STREAM, j->protocol);

	close(fd);
	return fd >= 0;
}

/* Those who work: their processes, and when they were last seen to move. */
struct crew {
	int n;
	pid_t pids[KA_STRESS_MAX];
	long turns[KA_STRESS_MAX];
	long moved[KA_STRESS_MAX];
};

static void start(struct crew *c)
{
	memset(c, 0, sizeof(*c));
	for (; ka_stress_jobs[c->n].name; c->n++) {
		c->moved[c->n] = ka_ms();
		if (!can_do(&ka_stress_jobs[c->n]))
			continue;
		c->pids[c->n] = fork();
		if (!c->pids[c->n])
			ka_stress_work(c->n);
	}
}

/* The first one that has ended or stands still; "" while all is well. */
static const char *who_stands(struct crew *c)
{
	long turns, now = ka_ms();
	int i;

	for (i = 0; i < c->n; i++) {
		if (!c->pids[i])
			continue;
		turns = __atomic_load_n(&ka_stress->tallies[i].turns, __ATOMIC_RELAXED);
		if (turns != c->turns[i])
			c->moved[i] = now;
		c->turns[i] = turns;
		if (now - c->moved[i] > STILL_MS * ka_slow() ||
		    waitpid(c->pids[i], NULL, WNOHANG) == c->pids[i])
			return ka_stress_jobs[i].name;
	}
	return "";
}

static bool all_have_worked(const struct crew *c)
{
	int i;

	for (i = 0; i < c->n; i++) {
		if (c->pids[i] && c->turns[i] < least())
			return false;
	}
	return true;
}

static int bad(const struct crew *c)
{
	int i, n = 0;

	for (i = 0; i < c->n; i++)
		n += __atomic_load_n(&ka_stress->tallies[i].bad, __ATOMIC_RELAXED);
	return n;
}

/* Until the time is over and all have worked, or somebody does not. */
static const char *watch(struct crew *c, long seconds)
{
	long end = ka_ms() + seconds * 1000, latest = end + 60000 * ka_slow(), now = 0;
	const char *name = "";

	while (!*name && !bad(c) && (now < end || (!all_have_worked(c) && now < latest))) {
		usleep(100000);
		name = who_stands(c);
		now = ka_ms();
	}
	return name;
}

/* The one that does not end when told to; "" if all do. */
static const char *stop(struct crew *c)
{
	long end = ka_ms() + STILL_MS * ka_slow();
	const char *name = "";
	int i, status;

	__atomic_store_n(&ka_stress->stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < c->n; i++) {
		while (c->pids[i] && !waitpid(c->pids[i], &status, WNOHANG)) {
			if (ka_ms() > end) {
				name = ka_stress_jobs[i].name;
				kill(c->pids[i], SIGKILL);
			}
			ka_nap();
		}
	}
	return name;
}

static long seconds(void)
{
	const char *text = getenv("KA_STRESS_SECONDS");

	return text ? atol(text) : SECONDS;
}

/* What nobody has a pointer to any more, as the kernel's own search finds it. */
static const char *leaks(void)
{
	if (access(KMEMLEAK, F_OK))
		return "";
	/* It leaves alone what is younger than five seconds. */
	sleep(6);
	ka_write(KMEMLEAK, "scan\n");
	ka_write(KMEMLEAK, "scan\n");
	return ka_read(KMEMLEAK) ?: "";
}

TEST_F(stress, all_at_once)
{
	struct left before;
	struct crew c;
	int i;

	ka_stress = ka_cg_shared(sizeof(*ka_stress));
	/* Its own thread, of low priority, would keep RCU waiting for too long. */
	ka_write(KMEMLEAK, "scan=off\n");
	ka_write(KMEMLEAK, "clear\n");
	before = count_before();
	start(&c);
	EXPECT_STREQ("", watch(&c, seconds())) TH_LOG("has ended or stands still");
	EXPECT_STREQ("", stop(&c)) TH_LOG("does not stop");
	for (i = 0; i < c.n; i++) {
		const struct ka_stress_tally *t = &ka_stress->tallies[i];
		const struct ka_stress_job *j = &ka_stress_jobs[i];

		if (!c.pids[i]) {
			TH_LOG("%-20s none here", j->name);
			continue;
		}
		TH_LOG("%-20s %6ld turns, %9ld %s, %ld absent", j->name, t->turns, t->seen,
		       j->unit, t->absent);
		EXPECT_EQ(0, t->bad) TH_LOG("%s: first %s", j->name, t->first);
		EXPECT_LE(least(), t->turns) TH_LOG("%s", j->name);
		EXPECT_LT(0, t->seen) TH_LOG("%s", j->name);
	}

	/* It is as ever, and nobody has a hold on it. */
	ASSERT_EQ(0, ka_load("keepidle=600"));
	EXPECT_STREQ("ok", ka_file_read("health"));
	EXPECT_CG("", 1, 600, 75, 9);
	EXPECT_EQ(0, number_in("/sys/module/ka_default/refcnt", ""));
	ASSERT_EQ(0, ka_unload());
	EXPECT_FALSE(ka_loaded());
	EXPECT_EQ(-1, access("/sys/kernel/ka_default", F_OK));
	EXPECT_STREQ("", what_is_left(&before));
	EXPECT_EQ(0, lines_of("/proc/kallsyms", "[ka_default]"));
	EXPECT_STREQ("", leaks());
	ka_write(KMEMLEAK, "scan=on\n");
}

/* All that is ever allocated, once. */
static int load_once(void)
{
	int ret;

	ret = ka_load("mode=enforce keepidle=100");
	ret = ret ?: ka_cg_policy("a", "enforce", 100, 20, 2);
	ret = ret ?: ka_cg_policy("b", "default", 100, 20, 2);
	ret = ret ?: ka_cg_drop("b");
	ret = ret ?: ka_param_write("mode", "default");
	ret = ret ?: ka_write("/sys/kernel/ka_default/apply", "1\n");
	return ret ?: ka_unload();
}

/*
 * The kernel's own search says so, where it has one: how many objects a slab cache
 * has says nothing of so little, for everybody else allocates there, too.
 */
TEST_F(stress, nothing_lost_by_a_load)
{
	int i;

	if (access(KMEMLEAK, F_OK))
		KA_SKIP(return, "no " KMEMLEAK);
	ASSERT_EQ(0, ka_cg_make("a"));
	ASSERT_EQ(0, load_once());
	ka_write(KMEMLEAK, "clear\n");
	for (i = 0; i < LOADS; i++)
		ASSERT_EQ(0, load_once());
	EXPECT_STREQ("", leaks());
}

TEST_HARNESS_MAIN

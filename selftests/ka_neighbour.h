/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of neighbours share: others who trace, filter or patch the
 * functions that the module hooks, and who come and go before and after it. A
 * neighbour counts what it sees, so that it is told whether it still works.
 */
#ifndef KA_NEIGHBOUR_H
#define KA_NEIGHBOUR_H

#include "ka_cgroup.h"

struct ka_neighbour {
	const char *name;
	int (*begin)(const struct ka_neighbour *n);
	void (*end)(const struct ka_neighbour *n);
	long (*events)(const struct ka_neighbour *n);	/* how many it has seen */
	const char *needs;	/* a function of the kernel; where there is none it may fail */
	const char *how;	/* its own, as is the number */
	int number;
	const char *file;	/* that it needs, too */
};

/* What the module hooks, a kprobe or an ftrace user of each. */
extern const char * const ka_neighbour_functions[];	/* ends with NULL */

#define KA_NEIGHBOUR_FUNCTIONS 4

int ka_neighbour_load(void);
int ka_neighbour_stay(void);
int ka_neighbour_use(void);
const char *ka_neighbour_wrong(bool loaded);
const char *ka_neighbour_lacks(const struct ka_neighbour *n);

#ifndef KA_NO_HARNESS

/* With the module: sockets of all kinds are as they must be. Without: also. */
#define EXPECT_NEIGHBOUR_MODULE(_loaded) \
	EXPECT_STREQ("", ka_neighbour_wrong(_loaded))

/* It sees what happens now. */
#define EXPECT_NEIGHBOUR_SEES(_n) do { \
	long __before = (_n)->events(_n), __end = ka_ms() + KA_CAP_MS; \
	do { \
		EXPECT_EQ(0, ka_neighbour_use()); \
	} while ((_n)->events(_n) <= __before && ka_ms() < __end); \
	EXPECT_LT(__before, (_n)->events(_n)) TH_LOG("%s", (_n)->name); \
} while (0)

/*
 * One that comes and goes while the module is there (ka_neighbour_stay()): loading
 * is dear, so that it stays for the next one. Skipped where the kernel has no such.
 */
#define EXPECT_NEIGHBOUR_WITHIN(_skip, _n) do { \
	int __ret = (_n)->begin(_n); \
	const char *__lacks = __ret ? ka_neighbour_lacks(_n) : NULL; \
	if (__lacks) { \
		(_n)->end(_n); \
		KA_SKIP(_skip, "this kernel has no %s", __lacks); \
	} \
	ASSERT_EQ(0, __ret) TH_LOG("%s", (_n)->name); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	(_n)->end(_n); \
	EXPECT_NEIGHBOUR_MODULE(true); \
} while (0)

/*
 * The module comes and goes while they are there, all at once and each at work
 * before, with it and after. With the above, either begins first and either ends first.
 */
#define EXPECT_NEIGHBOURS_ACROSS(_list, _nr) do { \
	const struct ka_neighbour *__list = (_list); \
	bool __here[8] = { }; \
	int __i, __turn; \
	ASSERT_EQ(0, ka_cg_make("a")); \
	for (__i = 0; __i < (_nr); __i++) { \
		int __ret = __list[__i].begin(&__list[__i]); \
		__here[__i] = !__ret; \
		ASSERT_TRUE(!__ret || ka_neighbour_lacks(&__list[__i])) \
			TH_LOG("%s: error %d", __list[__i].name, __ret); \
	} \
	for (__turn = 0; __turn < 3; __turn++) { \
		if (__turn == 1) \
			ASSERT_EQ(0, ka_neighbour_load()); \
		if (__turn == 2) \
			ASSERT_EQ(0, ka_unload()); \
		EXPECT_NEIGHBOUR_MODULE(__turn == 1); \
		for (__i = 0; __i < (_nr); __i++) { \
			if (__here[__i]) \
				EXPECT_NEIGHBOUR_SEES(&__list[__i]); \
		} \
	} \
	for (__i = 0; __i < (_nr); __i++) \
		__list[__i].end(&__list[__i]); \
	EXPECT_NEIGHBOUR_MODULE(false); \
} while (0)

/* One alone, in all of these orders with one load. */
#define EXPECT_NEIGHBOUR(_n) do { \
	ASSERT_EQ(0, ka_cg_make("a")); \
	ASSERT_EQ(0, (_n)->begin(_n)); \
	EXPECT_NEIGHBOUR_MODULE(false); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	ASSERT_EQ(0, ka_neighbour_load()); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	(_n)->end(_n); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	ASSERT_EQ(0, (_n)->begin(_n)); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	ASSERT_EQ(0, ka_unload()); \
	EXPECT_NEIGHBOUR_MODULE(false); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	(_n)->end(_n); \
	EXPECT_NEIGHBOUR_MODULE(false); \
} while (0)

#endif /* !KA_NO_HARNESS */
#endif /* KA_NEIGHBOUR_H */

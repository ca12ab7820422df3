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
	int (*begin)(void);	/* negative where the kernel has no such thing */
	void (*end)(void);
	long (*events)(void);	/* how many it has seen since it began */
};

/* What the module hooks, a kprobe or an ftrace user of each. */
extern const char * const ka_neighbour_functions[];	/* ends with NULL */

int ka_neighbour_load(void);
int ka_neighbour_use(void);
const char *ka_neighbour_wrong(bool loaded);

#ifndef KA_NO_HARNESS

/* With the module: sockets of all kinds are as they must be. Without: also. */
#define EXPECT_NEIGHBOUR_MODULE(_loaded) \
	EXPECT_STREQ("", ka_neighbour_wrong(_loaded))

/* It sees what happens now. */
#define EXPECT_NEIGHBOUR_SEES(_n) do { \
	long __before = (_n)->events(), __end = ka_ms() + KA_CAP_MS; \
	do { \
		EXPECT_EQ(0, ka_neighbour_use()); \
	} while ((_n)->events() <= __before && ka_ms() < __end); \
	EXPECT_LT(__before, (_n)->events()); \
} while (0)

/*
 * Either begins first, and either ends first. The neighbour is there three
 * times: before, after and within the module's time, and across both ends.
 */
#define EXPECT_NEIGHBOURS(_n) do { \
	ASSERT_EQ(0, ka_neighbour_load()); \
	ASSERT_EQ(0, (_n)->begin()); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	(_n)->end(); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	ASSERT_EQ(0, (_n)->begin()); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	ASSERT_EQ(0, ka_unload()); \
	EXPECT_NEIGHBOUR_MODULE(false); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	ASSERT_EQ(0, ka_neighbour_load()); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_NEIGHBOUR_SEES(_n); \
	(_n)->end(); \
	EXPECT_NEIGHBOUR_MODULE(true); \
	EXPECT_STREQ("ok", ka_file_read("health")); \
	ASSERT_EQ(0, ka_unload()); \
	EXPECT_NEIGHBOUR_MODULE(false); \
} while (0)

#endif /* !KA_NO_HARNESS */
#endif /* KA_NEIGHBOUR_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * The file apply: who may write what, a signal that ends it, and that it gets
 * along with others that apply, with traffic, and with a socket that is held.
 */
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "ka_peer.h"

#define CROWD 100
#define WRITERS 3
#define ROUNDS 15
#define SIGNALS 50		/* tries to be interrupted */

FIXTURE(existing_apply) {
	struct ka_env env;
	struct ka_conn c;
};

FIXTURE_SETUP(existing_apply)
{
	KA_SETUP("mode=off");
	ASSERT_EQ(0, ka_conn_open(&self->c, AF_INET, 0, 0));
	ASSERT_EQ(0, ka_policy("keepidle=600 keepintvl=30 keepcnt=5"));
}

FIXTURE_TEARDOWN(existing_apply)
{
	KA_TEARDOWN();
}

TEST_F(existing_apply, takes_nothing_but_one)
{
	static const char * const bad[] = {
		"0", "2", "11", "-1", "01", "+1", "1 ", " 1", "1 1", "1\n1", "1x", "x", "Y", "\n",
		"1.0", "0x1",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, ka_write(KA_APPLY, bad[i])) TH_LOG("number %zu", i);
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
	EXPECT_EQ(0, ka_write(KA_APPLY, "1"));
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
}

static int drop_net_admin(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

/* Opened with the right and written without it. */
static int apply_without_capability(void)
{
	int fd = open(KA_APPLY, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || drop_net_admin())
		return 100;
	return write(fd, "1\n", 2) < 0 ? errno : 0;
}

TEST_F(existing_apply, needs_the_capability)
{
	EXPECT_EQ(EPERM, ka_in_child(apply_without_capability));
	EXPECT_KA(self->c.client, 0, 7200, 75, 9);
}

static int read_it(void)
{
	return open(KA_APPLY, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

TEST_F(existing_apply, cannot_be_read)
{
	EXPECT_EQ(EACCES, ka_in_child(read_it));
}

static void on_signal(int sig)
{
}

static int open_crowd(void)
{
	struct sockaddr_storage ss;
	int listener, port, i;
	socklen_t len;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	port = ka_listen(listener, AF_INET);
	len = ka_addr(&ss, AF_INET, port);
	for (i = 0; i < CROWD; i++) {
		if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&ss, len) ||
		    accept(listener, NULL, NULL) < 0)
			return -errno;
	}
	return 0;
}

/*
 * A signal comes every fifth of a millisecond, so one is there before the last
 * socket is done. What was left over the next one does.
 */
TEST_F(existing_apply, a_signal_ends_it)
{
	struct itimerval every = { .it_interval.tv_usec = 200, .it_value.tv_usec = 200 };
	struct itimerval never = { };
	struct sigaction action = { .sa_handler = on_signal };
	int i, ret = 0;

	ASSERT_EQ(0, open_crowd());
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (i = 0; i < SIGNALS && ret != -EINTR; i++) {
		setitimer(ITIMER_REAL, &every, NULL);
		ret = ka_apply();
		setitimer(ITIMER_REAL, &never, NULL);
		ASSERT_TRUE(!ret || ret == -EINTR);
	}
	EXPECT_EQ(-EINTR, ret);
	EXPECT_EQ(0, ka_apply());
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
}

static int apply_often(void)
{
	int i, ret = 0;

	for (i = 0; i < ROUNDS && !ret; i++)
		ret = ka_apply();
	return -ret;
}

struct traffic {
	struct ka_conn *c;
	long rounds;
	int ret;
	int stop;
};

/* Bytes both ways until told to stop, on a connection that stays and on new ones. */
static void *make_traffic(void *arg)
{
	struct traffic *t = arg;
	struct ka_conn next;

	while (!t->ret && !__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		t->ret = ka_exchange(t->c->client, t->c->server) ?:
			ka_exchange(t->c->server, t->c->client) ?:
			ka_conn_open(&next, AF_INET, 0, 0) ?:
			ka_exchange(next.client, next.server);
		ka_conn_close(&next);
		t->rounds++;
	}
	return NULL;
}

TEST_F(existing_apply, several_at_once_and_traffic)
{
	struct traffic t = { .c = &self->c };
	pid_t writers[WRITERS];
	pthread_t thread;
	int i, status;

	ASSERT_EQ(0, open_crowd());
	ASSERT_EQ(0, pthread_create(&thread, NULL, make_traffic, &t));
	for (i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (!writers[i])
			_exit(apply_often());
		ASSERT_LT(0, writers[i]);
	}
	for (i = 0; i < WRITERS; i++) {
		ASSERT_EQ(writers[i], waitpid(writers[i], &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
	__atomic_store_n(&t.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, t.ret);
	EXPECT_LT(0, t.rounds);
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_EQ(2, ka_timers_wait(self->c.port, 2, 2).keepalive);
}

/*
 * A sender whose memory is not there yet sleeps in send(2) with the lock of its
 * socket, for as long as the one who is to bring that memory likes.
 */
struct held {
	int fd;
	int uffd;
	char *page;
	size_t size;
};

static int hold_open(struct held *h, int fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	h->fd = fd;
	h->size = sysconf(_SC_PAGESIZE);
	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (h->uffd < 0 || ioctl(h->uffd, UFFDIO_API, &api))
		return -errno;
	h->page = mmap(NULL, h->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (unsigned long)h->page;
	reg.range.len = h->size;
	return ioctl(h->uffd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

static void *hold(void *arg)
{
	struct held *h = arg;

	return (void *)send(h->fd, h->page, h->size, MSG_NOSIGNAL);
}

static bool is_held(struct held *h)
{
	struct pollfd p = { .fd = h->uffd, .events = POLLIN };

	return poll(&p, 1, KA_CAP_MS) == 1;
}

static int release(struct held *h)
{
	struct uffdio_zeropage zero = { .range = { (unsigned long)h->page, h->size } };

	return ioctl(h->uffd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

/* The exit status of a process, -1 if it does not end. */
static int ends(pid_t pid, long ms)
{
	long end = ka_ms() + ms;
	int status;

	do {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		ka_nap();
	} while (ka_ms() < end);
	return -1;
}

TEST_F(existing_apply, a_socket_that_is_held)
{
	struct held h;
	pthread_t thread;
	pid_t pid;
	long long missed = ka_stat("missed");
	int ret, ended;

	ret = hold_open(&h, self->c.client);
	if (ret)
		KA_SKIP(return, "no userfaultfd(2) here: %s", strerror(-ret));
	ASSERT_EQ(0, pthread_create(&thread, NULL, hold, &h));
	ASSERT_TRUE(is_held(&h));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(-ka_apply());
	}
	/* Whether it waits for that socket or not: it can be ended. */
	usleep(200000);
	kill(pid, SIGKILL);
	ended = ends(pid, KA_CAP_MS / 4);
	EXPECT_NE(-1, ended) TH_LOG("waits for a socket, deaf to signals");
	/* It holds up nobody: left after a second, and counted. */
	EXPECT_EQ(0, ka_apply());
	EXPECT_LT(missed, ka_stat("missed"));
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
	EXPECT_EQ(0, release(&h));
	pthread_join(thread, NULL);
	if (ended == -1)
		EXPECT_NE(-1, ends(pid, KA_CAP_MS));
	/* With the lock given back all is well. */
	EXPECT_EQ(0, ka_apply());
	EXPECT_KA(self->c.client, 1, 600, 30, 5);
	EXPECT_KA(self->c.server, 1, 600, 30, 5);
}

TEST_HARNESS_MAIN

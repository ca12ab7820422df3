// SPDX-License-Identifier: GPL-2.0
/* doctor_module.c - kactl doctor: the module, its hook and what the kernel lets it do */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroupfs.h"
#include "doctor.h"
#include "sys.h"

#define FTRACE_ENABLED "/proc/sys/kernel/ftrace_enabled"
#define SIGN "mokutil --import KEY (of dkms: /var/lib/dkms/mok.pub), enrol it at the next boot; then modprobe ka_default"

#define FTRACE_ON "sysctl kernel.ftrace_enabled=1"
#define KPROBES_ON "echo 1 > /sys/kernel/debug/kprobes/enabled"

/* The module loader's word on signatures. */
static const char *const refusals[] = {
	"Loading of unsigned module is rejected",
	"Loading of module with unsupported crypto is rejected",
	"Loading of module with unavailable key is rejected",
	"unsigned module loading is restricted",
};

static bool is(const char *path, const char *value)
{
	char text[256];

	return !sys_get(text, sizeof(text), path) && !strcmp(text, value);
}

/**
 * doctor_lockdown_word() - take what is in force from /sys/kernel/security/lockdown
 * @text: "none [integrity] confidentiality"
 * @word: filled
 * @size: of @word
 *
 * Return: true if something is, and it is not "none".
 */
bool doctor_lockdown_word(const char *text, char *word, size_t size)
{
	const char *from = strchr(text, '[');
	size_t n;

	word[0] = '\0';
	if (!from)
		return false;
	from++;
	n = strcspn(from, "]");
	if (from[n] != ']' || !n || n >= size)
		return false;
	memcpy(word, from, n);
	word[n] = '\0';
	return strcmp(word, "none");
}

/* What keeps the kernel from taking a module without a signature, or NULL. */
static const char *signature_rule(char *rule, size_t size)
{
	char text[256], word[64];

	if (!sys_get(text, sizeof(text), "/sys/kernel/security/lockdown") &&
	    doctor_lockdown_word(text, word, sizeof(word))) {
		snprintf(rule, size, "lockdown=%s", word);
		return rule;
	}
	if (is("/sys/module/module/parameters/sig_enforce", "Y"))
		return "module.sig_enforce=1";
	return NULL;
}

/* A refusal that the kernel's log remembers, or NULL. */
static const char *logged_refusal(void)
{
	char path[SYS_PATH_MAX], text[8192];
	const char *found = NULL;
	ssize_t n;
	size_t i;
	int fd;

	fd = open(sys_path(path, "/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	/* A line each time; EPIPE is for one that was overwritten meanwhile. */
	while ((n = read(fd, text, sizeof(text) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		text[n > 0 ? n : 0] = '\0';
		for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
			if (strstr(text, refusals[i]))
				found = refusals[i];
	}
	close(fd);
	return found;
}

static void not_loaded(struct findings *f)
{
	const char *refusal = logged_refusal();
	char text[128];
	const char *rule = signature_rule(text, sizeof(text));

	if (refusal)
		finding_add(f, "module", SIGN,
			    "ka_default is not loaded, and the kernel log says \"%s\"%s%s",
			    refusal, rule ? ": " : "", rule ? rule : "");
	else if (rule)
		finding_add(f, "module", SIGN,
			    "ka_default is not loaded, and this kernel takes signed modules only: %s",
			    rule);
	else
		finding_add(f, "module", "modprobe ka_default",
			    "ka_default is not loaded");
	if (is(FTRACE_ENABLED, "0"))
		finding_add(f, "ftrace", FTRACE_ON,
			    "kernel.ftrace_enabled is 0: ka_default cannot be loaded, for no hook would run");
}

static void check_health(struct findings *f)
{
	bool ftrace, kprobes;
	char health[256], mend[128];
	int err;

	err = sys_get(health, sizeof(health), SYS_KA "/health");
	if (err)
		snprintf(health, sizeof(health), "%s", strerror(-err));
	if (!strcmp(health, "ok"))
		return;
	ftrace = strstr(health, "ftrace_enabled=0");
	kprobes = strstr(health, "kprobes/enabled=0");
	snprintf(mend, sizeof(mend), "%s%s%s", ftrace ? FTRACE_ON : "",
		 ftrace && kprobes ? "; " : "", kprobes ? KPROBES_ON : "");
	finding_add(f, "health", mend[0] ? mend :
		    "rmmod ka_default; modprobe ka_default; dmesg | grep ka_default",
		    "new sockets do not get keepalive: %s", health);
}

/* The kernel's configuration says whether ftrace can serve. */
static bool has_ftrace(void)
{
	char release[128], path[SYS_PATH_MAX], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *f;

	if (sys_get(release, sizeof(release), "/proc/sys/kernel/osrelease"))
		return false;
	f = fopen(sys_path(path, "/boot/config-%s", release), "re");
	if (!f)
		return false;
	while (!found && getline(&line, &size, f) > 0)
		found = !strcmp(line, "CONFIG_DYNAMIC_FTRACE_WITH_ARGS=y\n");
	free(line);
	fclose(f);
	return found;
}

static void check_hook(struct findings *f)
{
	if (!is(SYS_PARAMETERS "/hook", "kprobe") || !has_ftrace())
		return;
	finding_add(f, "hook", "rmmod ka_default; modprobe ka_default hook=ftrace",
		    "kprobes are in use, which cost more and can be silenced, where this kernel has ftrace (see hook= in /etc/modprobe.d)");
}

/**
 * doctor_line_stops_ftrace() - does a line of sysctl.conf(5) switch ftrace off?
 * @line: the line
 *
 * Return: true if it does.
 */
bool doctor_line_stops_ftrace(const char *line)
{
	int value;
	char sep;

	line += strspn(line, " \t");
	line += *line == '-';
	return sscanf(line, "kernel%cftrace_enabled = %d", &sep, &value) == 2 &&
	       (sep == '.' || sep == '/') && !value;
}

static void check_sysctl_file(struct findings *f, const char *path)
{
	char real[SYS_PATH_MAX], mend[SYS_PATH_MAX + 64], *line = NULL;
	size_t size = 0;
	FILE *file;

	file = fopen(sys_path(real, "%s", path), "re");
	if (!file)
		return;
	while (getline(&line, &size, file) > 0) {
		if (!doctor_line_stops_ftrace(line))
			continue;
		snprintf(mend, sizeof(mend), "sed -i '/ftrace_enabled/d' %s", path);
		finding_add(f, "sysctl", mend,
			    "%s sets kernel.ftrace_enabled=0, which keeps ka_default from loading, and is refused while it is loaded",
			    path);
		break;
	}
	free(line);
	fclose(file);
}

static void check_sysctl_files(struct findings *f)
{
	static const char *const dirs[] = {
		"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d",
		"/usr/lib/sysctl.d",
	};
	char path[SYS_PATH_MAX];
	struct dirent **e;
	size_t d;
	int i, n;

	check_sysctl_file(f, "/etc/sysctl.conf");
	for (d = 0; d < sizeof(dirs) / sizeof(*dirs); d++) {
		n = scandir(sys_path(path, "%s", dirs[d]), &e, NULL, alphasort);
		for (i = 0; i < n; i++) {
			size_t len = strlen(e[i]->d_name);

			/* Debian's link to /etc/sysctl.conf. */
			if (!strcmp(e[i]->d_name, "99-sysctl.conf"))
				len = 0;
			snprintf(path, sizeof(path), "%s/%s", dirs[d], e[i]->d_name);
			if (len > 5 && !strcmp(e[i]->d_name + len - 5, ".conf"))
				check_sysctl_file(f, path);
			free(e[i]);
		}
		if (n >= 0)
			free(e);
	}
}

/**
 * doctor_module() - look at what must be there for anything to work
 * @f: findings are added
 */
void doctor_module(struct findings *f)
{
	if (sys_loaded()) {
		check_health(f);
		check_hook(f);
	} else {
		not_loaded(f);
	}
	check_sysctl_files(f);
	if (!cgroupfs_mount())
		finding_add(f, "cgroup",
			    "boot with systemd.unified_cgroup_hierarchy=1, or: mount -t cgroup2 none /sys/fs/cgroup",
			    "cgroup v2 is not mounted: there can be no policy for a cgroup");
}

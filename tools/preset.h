/* SPDX-License-Identifier: GPL-2.0 */
/* preset.h - what is known to forget idle connections */
#ifndef KACTL_PRESET_H
#define KACTL_PRESET_H

/**
 * struct preset - an idle limit, and values that stay within it
 * @name: who has it
 * @limit: after so many seconds of silence a connection is forgotten
 * @keepidle: seconds
 * @keepintvl: seconds
 * @keepcnt: probes
 * @reason: what it is that forgets
 */
struct preset {
	const char *name;
	int limit;
	int keepidle, keepintvl, keepcnt;
	const char *reason;
};

/* The last one has no name. */
extern const struct preset presets[];

#endif /* KACTL_PRESET_H */

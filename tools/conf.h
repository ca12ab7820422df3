/* SPDX-License-Identifier: GPL-2.0 */
/* conf.h - all policies as a file: ka_default.conf(5) */
#ifndef KACTL_CONF_H
#define KACTL_CONF_H

#include <stdio.h>

#include "state.h"

#define CONF_FILE	"/etc/ka_default.conf"

int conf_read(struct state *s, FILE *from, const char *name);
void conf_print(const struct state *s, FILE *to);

#endif /* KACTL_CONF_H */

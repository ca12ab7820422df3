/* SPDX-License-Identifier: GPL-2.0 */
/* default.h - the default policy as a table */
#ifndef KACTL_DEFAULT_H
#define KACTL_DEFAULT_H

#include "policy.h"
#include "table.h"

struct table *default_table(const struct policy *p);

#endif /* KACTL_DEFAULT_H */

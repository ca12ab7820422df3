/* SPDX-License-Identifier: GPL-2.0 */
/* say.h - what went wrong, in words, on stderr */
#ifndef KACTL_SAY_H
#define KACTL_SAY_H

#include <stdbool.h>

#include "compiler.h"

void say_in_json(bool on);
__printf(1, 2)
int say_failure(const char *format, ...);
__printf(2, 3)
int say_misuse(const char *command, const char *format, ...);

#endif /* KACTL_SAY_H */

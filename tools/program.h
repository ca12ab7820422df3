/* SPDX-License-Identifier: GPL-2.0 */
/* program.h - other programs, run for what they say */
#ifndef KACTL_PROGRAM_H
#define KACTL_PROGRAM_H

#include <stddef.h>

int program_output(char *const argv[], char *text, size_t size);

#endif /* KACTL_PROGRAM_H */

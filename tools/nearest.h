/* SPDX-License-Identifier: GPL-2.0 */
/* nearest.h - the known word that somebody may have meant */
#ifndef KACTL_NEAREST_H
#define KACTL_NEAREST_H

#include <stddef.h>

const char *nearest(const char *word, const char *const *known, size_t stride);

#endif /* KACTL_NEAREST_H */

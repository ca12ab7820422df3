/* SPDX-License-Identifier: GPL-2.0 */
/* compiler.h - what the compiler checks for us */
#ifndef KACTL_COMPILER_H
#define KACTL_COMPILER_H

#define __printf(a, b)	__attribute__((format(printf, a, b)))

#endif /* KACTL_COMPILER_H */

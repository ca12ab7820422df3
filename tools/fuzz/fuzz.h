/* SPDX-License-Identifier: GPL-2.0 */
/* fuzz/fuzz.h - what libFuzzer calls, over and over with other bytes */
#ifndef KACTL_FUZZ_H
#define KACTL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/**
 * fuzz() - try some bytes
 * @data: the bytes
 * @size: how many
 *
 * What must not happen ends in abort(3).
 *
 * Return: 0, or -1 for bytes that are not worth being varied.
 */
int fuzz(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#endif /* KACTL_FUZZ_H */

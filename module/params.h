/* SPDX-License-Identifier: GPL-2.0 */
/* params.h - module parameters that others read; the policy is in policy.h */
#ifndef KA_PARAMS_H
#define KA_PARAMS_H

#include <linux/types.h>

#include "hook.h"

extern bool ka_existing;
extern bool ka_kernel_sockets;
extern enum ka_hook_kind ka_hook_kind;

#endif /* KA_PARAMS_H */

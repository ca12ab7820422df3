/* SPDX-License-Identifier: GPL-2.0 */
/* ka_default.h - what every file of the module includes first */
#ifndef KA_DEFAULT_H
#define KA_DEFAULT_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#endif /* KA_DEFAULT_H */

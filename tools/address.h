/* SPDX-License-Identifier: GPL-2.0 */
/* address.h - one end of a connection */
#ifndef KACTL_ADDRESS_H
#define KACTL_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

/* [IPv6]:port and a NUL */
#define ADDRESS_MAX 64

/**
 * struct address - an end of a connection
 * @family: AF_INET, AF_INET6, or 0 if it is not known
 * @port: 0 is any
 * @ip: in network order
 */
struct address {
	int family;
	uint16_t port;
	unsigned char ip[16];
};

void address_from(struct address *a, const struct sockaddr_storage *ss);
const char *address_text(const struct address *a, char *text);

#endif /* KACTL_ADDRESS_H */

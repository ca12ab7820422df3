// SPDX-License-Identifier: GPL-2.0
/* address.c - one end of a connection */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

/**
 * address_from() - take an address from the kernel
 * @a: filled; of no family if it is neither IPv4 nor IPv6
 * @ss: as getsockname(2) has it
 */
void address_from(struct address *a, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;

	memset(a, 0, sizeof(*a));
	if (ss->ss_family == AF_INET) {
		memcpy(a->ip, &in->sin_addr, sizeof(in->sin_addr));
		a->port = ntohs(in->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		memcpy(a->ip, &in6->sin6_addr, sizeof(in6->sin6_addr));
		a->port = ntohs(in6->sin6_port);
	} else {
		return;
	}
	a->family = ss->ss_family;
}

/**
 * address_text() - an address as ss(8) writes it
 * @a: the address
 * @text: of ADDRESS_MAX bytes
 *
 * Return: @text.
 */
const char *address_text(const struct address *a, char *text)
{
	char ip[INET6_ADDRSTRLEN], port[8] = "*";

	if (a->port)
		snprintf(port, sizeof(port), "%u", a->port);
	if (!a->family || !inet_ntop(a->family, a->ip, ip, sizeof(ip)))
		snprintf(text, ADDRESS_MAX, "-");
	else
		snprintf(text, ADDRESS_MAX, a->family == AF_INET6 ?
			 "[%s]:%s" : "%s:%s", ip, port);
	return text;
}

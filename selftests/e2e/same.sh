# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Nothing else changes. What others have written to test themselves gives the same results
# without the module and with it: PostgreSQL's pgbench (transactions done and failed),
# redis-benchmark (what it tried, each to the end), and Python's test_socket, each of its
# tests by name. All are Debian's, as they are. What is compared are the lists of results,
# line by line, not the times. That the module was at work is said by getsockopt(2).
#
# Packages: postgresql-15 postgresql-contrib redis python3 libpython3.11-testsuite
# Memory: 1024

conf=/etc/postgresql/15/main

here() {
	ip netns exec server "$@"
}

# Of each test that was run: how it ended. What is printed besides is thrown away.
pgbench_results() {
	here pgbench -n -h 127.0.0.1 -U postgres -c 4 -t 25 postgres 2>&1 |
		grep -E '^(number of|pgbench: error)'
}

redis_results() {
	here redis-benchmark -h 127.0.0.1 -n 200 -c 10 --csv 2>&1 | cut -d , -f 1
}

python_results() {
	here timeout 900 python3 /e2e/same.test_socket test.test_socket 2>/dev/null
}

# What a new socket has, as Python's own binding of getsockopt(2) says.
keepalive() {
	here python3 -c 'import socket as s; print(s.socket().getsockopt(s.SOL_SOCKET, s.SO_KEEPALIVE))'
}

# all without|with
all() {
	local suite from
	for suite in pgbench redis python; do
		from=$(clock)
		"${suite}_results" >"/tmp/same-$suite-$1" || fail "$suite cannot be run: $(tail -n 1 "/tmp/same-$suite-$1")"
		say "$1: $suite: $(wc -l <"/tmp/same-$suite-$1") results in $(since "$from") s"
	done
}

heading "Tests of others' give the same results"
machines server
echo "listen_addresses = '*'" >$conf/conf.d/e2e.conf
printf 'local all postgres trust\nhost all all 127.0.0.1/32 trust\n' >$conf/pg_hba.conf
unit postgresql@15-main.service server
unit redis-server.service server
poll 60 here psql -U postgres -h 127.0.0.1 -Atc 'select 1' >/dev/null || fail 'PostgreSQL does not answer'
poll 60 here redis-cli ping >/dev/null || fail 'Redis does not answer'
quiet here pgbench -i -h 127.0.0.1 -U postgres postgres

has=$(keepalive)
all without
seen without "$has" "a new socket's SO_KEEPALIVE is $has"
load keepidle=60
has=$(keepalive)
all with
seen with "$has" "a new socket's SO_KEEPALIVE is $has"
difference 0 1
for suite in pgbench redis python; do
	lines=$(wc -l <"/tmp/same-$suite-without")
	[ "$lines" -gt 1 ] || fail "$suite has told nothing"
	if ! diff "/tmp/same-$suite-without" "/tmp/same-$suite-with" >/tmp/same-diff; then
		sed 's/^/    /' /tmp/same-diff
		fail "$suite says something else with the module"
	fi
	say "$suite: $lines results, the same without and with: $(sed -n 's/.* //p' "/tmp/same-$suite-with" |
		sort | uniq -c | sort -rn | head -n 4 | awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }')"
done

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

# all without|with
all() {
	local suite from
	for suite in pgbench redis python; do
		from=$(clock)
		"${suite}_results" >"/tmp/$suite-$1" || fail "$suite cannot be run: $(tail -n 1 "/tmp/$suite-$1")"
		say "$1: $suite: $(wc -l <"/tmp/$suite-$1") results in $(since "$from") s"
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

twice all
for suite in pgbench redis python; do
	unchanged $suite
done
# How each of these ended is its line's last word.
say "    $(sed -n 's/.* //p' /tmp/python-with | sort | uniq -c | sort -rn |
	awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }')"

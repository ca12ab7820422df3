# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A client of PostgreSQL loses its power in the middle of a transaction. It held a lock
# and never says good-bye. PostgreSQL asks the kernel for keepalive, but not how soon:
# 7200 s by default, so that all others wait for that lock for two hours. With
# ka_default its backend is gone after keepidle + keepintvl * keepcnt, and the lock is
# free. PostgreSQL is Debian's, as it is; who tells is pg_stat_activity and pg_locks.
#
# Packages: postgresql-15

idle=2 intvl=1 cnt=2
expected=$((idle + intvl * cnt))
conf=/etc/postgresql/15/main

# sql QUERY: what the server itself says, by its UNIX socket.
sql() {
	ip netns exec server psql -U postgres -h /var/run/postgresql -Atc "$1"
}

# Whether the backend of that client is there; and which locks of it are.
backend() {
	[ "$(sql "select count(*) from pg_stat_activity where application_name = '$1'")" = 1 ]
}

is_gone() {
	! backend "$1"
}

locks() {
	sql "select count(*) from pg_locks l join pg_class c on c.oid = l.relation
		where c.relname = 'accounts' and l.mode = 'AccessExclusiveLock'"
}

# lock MACHINE: a client there takes the lock and thinks.
lock() {
	say "$1\$ psql: BEGIN; LOCK TABLE accounts;"
	start "$1" ip netns exec "$1" env PGAPPNAME="$1" PGSSLMODE=disable psql -U postgres -h "$2" -At
	echo 'begin; lock table accounts; select 1 as locked;' >"$(input "$1")"
	await "$(log "$1")" '^1$'
}

heading 'PostgreSQL: a client that lost its power holds a lock'
machines server client-a client-b
cable client-a cable 10.1.1.2 server to-a 10.1.1.1
cable client-b cable 10.1.2.2 server to-b 10.1.2.1
say 'client-a ------ server ------ client-b        (three network namespaces)'
echo "listen_addresses = '*'" >$conf/conf.d/e2e.conf
printf 'local all postgres trust\nhost all all 10.1.0.0/16 trust\n' >$conf/pg_hba.conf
unit postgresql@15-main.service server
poll 60 sql 'select 1' >/dev/null || fail 'PostgreSQL does not answer'
quiet sql 'create table if not exists accounts (id int)'

lock client-a 10.1.1.1
say 'client-a loses its power:'
cut_link client-a cable
cut=$(clock)
until_clock $((cut + expected * 10 + 80))
backend client-a && there="$(locks) held" || there=gone
seen without "$there" "after $(since "$cut") s the backend is there, locks on accounts: $(locks)"

show '#' modprobe ka_default keepidle=$idle keepintvl=$intvl keepcnt=$cnt
loaded=$(clock)
poll 60 is_gone client-a || fail 'the backend of before is still there'
say "         and $(since "$loaded") s after modprobe it is gone: connections that exist are adopted"
spoke=$(clock)
lock client-b 10.1.2.1
say "client-b loses its power; $idle + $intvl * $cnt = $expected s to go:"
cut_link client-b cable
cut=$(clock)
poll $((expected + 60)) is_gone client-b && there="$(locks) held" || there=stays
gone=$(clock)
seen with "$there" "$(since "$cut" "$gone") s after that the backend is gone, locks on accounts: $(locks)"
difference '1 held' '0 held'
within $expected "$spoke" "$cut" "$gone"

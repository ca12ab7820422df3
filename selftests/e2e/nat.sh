# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Someone works in psql, from home or from a cloud, and goes to lunch. On the way is a NAT
# that forgets a connection after 20 s without a word (in life: 350 s at AWS, 240 s at
# Azure). The next query hangs, for the NAT drops what it does not know, and psql waits for
# as long as TCP sends it again: a quarter of an hour. libpq does ask for keepalive, but
# the kernel's first probe would come after 7200 s. With ka_default keepidle=5 the NAT
# hears something every 5 s, and the query is answered. psql, libpq and PostgreSQL are
# Debian's, as they are; the NAT is nftables with conntrack, tcpdump listens on both its
# sides, and from what it heard Documentation/nat.svg is drawn.
#
# Packages: postgresql-15 tcpdump

idle=5 forget=20 silence=25 patience=15
conf=/etc/postgresql/15/main

# session NAME: one that has been used once.
session() {
	start "$1" ip netns exec client env PGSSLMODE=disable psql -U postgres -h 203.0.113.2 -At
	echo "select 'hello';" >"$(input "$1")"
	await "$(log "$1")" '^hello$'
	spoke[$1]=$(clock)
	port[$1]=$(ip netns exec client ss -tnpH | grep "pid=$(cat "/tmp/$1.pid")," |
		awk '{ sub(/.*:/, "", $4); print $4 }')
	[ -n "${port[$1]}" ] || fail "ss knows no connection of $1"
}

# The keepalive timer as ss shows it.
timer() {
	local found
	found=$(ip netns exec client ss -tnoH "sport = :${port[$1]}" | grep -o 'timer:(keepalive,[^,]*')
	found=${found##*,}
	# Seconds and three digits of them, ss calls "ms".
	case $found in *.*ms) found="${found%.*} s" ;; esac
	echo "$found"
}

# Whether the NAT knows that session, by what conntrack prints.
known() {
	ip netns exec nat grep -q "ESTABLISHED .*sport=${port[$1]} dport=5432 " /proc/net/nf_conntrack
}

forgotten() {
	! known "$1"
}

# What tcpdump heard on a side, for who draws it: "@ SESSION SECONDS SIDE WAY FLAGS LENGTH",
# the seconds from the session's first packet on the client's side. A line of its own,
# "@ SESSION SECONDS forgets", says when the NAT was seen to have forgotten it.
heard() {
	local side name
	for name in without with; do
		for side in lan wan; do
			awk -v name="$name" -v side="$side" -v port="${port[$name]}" \
				-v forgot="$([ "$name$side" = withoutlan ] && echo "$forgot")" '
				FILENAME ~ /lan/ && !first && index($3, "." port) { first = $1 }
				FILENAME !~ side { next }
				index($3 " ", "." port " ") || index($5, "." port ":") {
					way = index($3 " ", "." port " ") ? ">" : "<"
					match($0, /\[[^]]*\]/)
					flags = substr($0, RSTART + 1, RLENGTH - 2)
					printf "@ %s %.3f %s %s %s %d\n", name, $1 - first, side, way, flags, $NF
				}
				END { if (forgot) printf "@ %s %.3f forgets\n", name, forgot - first }' "$(log lan)" "$(log wan)"
		done
	done
}

declare -A port=() spoke=()
heading "A NAT that forgets after $forget s, and a session of psql that is silent for $silence s"
machines client nat server
cable client lan 192.168.7.2 nat lan 192.168.7.1
cable nat wan 203.0.113.1 server wan 203.0.113.2
quiet ip -n client route add default via 192.168.7.1
say 'client ---------- nat ---------- server        (three network namespaces)'
nat nat wan $forget
echo "listen_addresses = '*'" >$conf/conf.d/e2e.conf
printf 'local all postgres trust\nhost all all 203.0.113.1/32 trust\n' >$conf/pg_hba.conf
unit postgresql@15-main.service server
start lan ip netns exec nat tcpdump -Z root -p -l -n -tt --immediate-mode -i lan tcp
start wan ip netns exec nat tcpdump -Z root -p -l -n -tt --immediate-mode -i wan tcp
await "$(log lan)" 'listening on'
await "$(log wan)" 'listening on'

say 'client$ psql -h 203.0.113.2        (without the module)'
session without
load keepidle=$idle keepintvl=$idle keepcnt=3
say 'client$ psql -h 203.0.113.2        (with it)'
session with
say "client: ss shows the first probe in $(timer without) without, in $(timer with) with"
say "Nobody says a word for $silence s ..."
poll 90 forgotten without || fail "the NAT still knows the session without the module"
forgot=$(date +%s.%N)
poll 1 known with || fail "the NAT does not know the session with the module"
say "nat: it has forgotten the one without $(since "${spoke[without]}") s after its last word, and knows the one with"
until_clock $((spoke[with] + silence * 10))
known with || fail "the NAT does not know the session with the module after $silence s"

asked=$(clock)
for name in without with; do
	say "client$ $name: psql: select 'still ' || 'there';"
	echo "select 'still ' || 'there';" >"$(input $name)"
done
answer() {
	if grep -qx 'still there' "$(log "$1")"; then echo answers; elif running "$1"; then echo hangs; else echo fails; fi
}
poll 60 grep -qx 'still there' "$(log with)" || true
seen with "$(answer with)" "$(answer with), $(since "$asked") s after the question"
until_clock $((asked + patience * 10))
seen without "$(answer without)" "$(answer without), $(since "$asked") s after the question; the demonstration gives up on it"
difference hangs answers

for name in lan wan; do kill "$(cat /tmp/$name.pid)"; done
heard

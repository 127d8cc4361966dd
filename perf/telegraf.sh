#!/usr/bin/env bash
# Sends the generator's lines through a real Telegraf and checks that every point arrived.
#
#     perf/telegraf.sh [LINES]
#
# Telegraf is taken from PATH or $TELEGRAF, else built with Go into build/telegraf/ from its module, with
# only the plugins that telegraf.conf names. Prints what the server spent and how many points it holds.
# server=influxdb sends to that one.
set -euo pipefail
cd "$(dirname "$0")/.."
lines=${1:-500000}
build=$(realpath "${SLUICE_BUILD:-build}")
sluiced=${SLUICED:-$(find "$build" -name sluiced -type f -perm -u+x | head -1)}
version=v1.36.4
tags=custom,inputs.cpu,inputs.mem,inputs.disk,inputs.diskio,inputs.net,inputs.system,inputs.execd
tags+=,outputs.influxdb,parsers.influx,serializers.influx

telegraf=${TELEGRAF:-$(command -v telegraf || echo "$build/telegraf/telegraf")}
if [ ! -x "$telegraf" ]; then
    if ! command -v go >/dev/null; then
        echo "neither telegraf nor go is installed" >&2
        exit 1
    fi
    echo "building Telegraf $version; this takes some minutes" >&2
    GOBIN=$build/telegraf go install -ldflags '-s -w' -tags "$tags" \
        "github.com/influxdata/telegraf/cmd/telegraf@$version"
fi

. perf/servers.sh
work=$(mktemp -d)
telegraf_pid=
clean_up() {
    [ -z "$telegraf_pid" ] || kill "$telegraf_pid" 2>/dev/null || true
    end_server KILL
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start_server "${server:-sluice}" "$work/data"
wait_until_writable "$(date +%s.%N)" >/dev/null
ticks_before=$(server_cpu_ticks)
SLUICE_URL=http://127.0.0.1:$port SLUICE_GENERATE=$build/perf/generate SLUICE_LINES=$lines \
    taskset -c "$load_cpus" "$telegraf" --config perf/telegraf.conf >"$work/telegraf.log" 2>&1 &
telegraf_pid=$!

# The generator's series are told from the host's own by their tag `hostname`.
count_points() {
    curl -s -m 10 -G "http://127.0.0.1:$port/query" --data-urlencode 'db=telegraf' \
        --data-urlencode "q=SELECT count(usage_user) FROM cpu WHERE hostname =~ /./" |
        sed -n 's/.*,\([0-9]*\)\]\]}\].*/\1/p'
}
began=$(date +%s) found=0 unchanged=0
while [ "$found" -lt "$lines" ] && [ "$unchanged" -lt 20 ] && kill -0 "$telegraf_pid"; do
    sleep 1
    before=$found
    found=$(count_points)
    found=${found:-0}
    if [ "$found" -eq "$before" ]; then unchanged=$((unchanged + 1)); else unchanged=0; fi
    printf '%s of %s points\n' "$found" "$lines" >&2
done
seconds=$(($(date +%s) - began))
ticks=$(($(server_cpu_ticks) - ticks_before))
errors=$(grep -c ' E! ' "$work/telegraf.log" || true)
grep ' E! ' "$work/telegraf.log" | head -5 >&2 || true
echo "$("$telegraf" version | head -1): $found of $lines points after $seconds s, $errors errors logged;" \
    "server CPU $(awk -v t="$ticks" -v n="$lines" 'BEGIN { printf "%.0f", t / 100 * 1000 / (n / 1e5) }')" \
    "ms per million values (queries of this script included)"
[ "$found" -eq "$lines" ] && [ "$errors" -eq 0 ]

#!/usr/bin/env bash
# Builds Sluice, starts it on this machine and feeds it the machine's own counters, until ^C.
#
#     packaging/run.sh [--data-dir DIR] [--bind ADDRESS:PORT] [--no-demo] [sluiced's other options]
#
# Data is kept in ./data and the server listens on 127.0.0.1:8086 unless told otherwise.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
data=data bind=127.0.0.1:8086 demo=true options=()
while [ $# -gt 0 ]; do
    case $1 in
        --data-dir) data=$2; shift ;;
        --data-dir=*) data=${1#*=} ;;
        --bind) bind=$2; shift ;;
        --bind=*) bind=${1#*=} ;;
        --no-demo) demo=false ;;
        -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit ;;
        *) options+=("$1") ;;
    esac
    shift
done
url=http://${bind/0.0.0.0/127.0.0.1}

"$source_dir/packaging/build.sh" "$source_dir/build" src/server/sluiced
sluiced=$source_dir/build/src/server/sluiced

if curl -s -m 2 -o /dev/null "$url/ping"; then
    echo "Something answers on $bind already; choose another port with --bind ADDRESS:PORT." >&2
    exit 1
fi
server='' feeder=''
stop() {
    trap - EXIT INT TERM
    printf '\n'
    [ -z "$feeder" ] || kill "$feeder" 2>/dev/null || true
    if [ -n "$server" ] && kill "$server" 2>/dev/null; then
        echo "stopping"
        wait "$server" || true
    fi
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

mkdir -p "$data"
"$sluiced" --data-dir "$data" --bind "$bind" ${options[@]+"${options[@]}"} 2>"$data.log" &
server=$!
until curl -s -m 2 -o /dev/null "$url/ping"; do
    if ! kill -0 "$server" 2>/dev/null; then
        server=
        cat "$data.log" >&2
        exit 1
    fi
    sleep 0.05
done

curl -s -o /dev/null "$url/query" --data-urlencode 'q=CREATE DATABASE host'
if $demo; then
    awk -v url="$url/write?db=host" -v host="$(hostname)" -f "$source_dir/packaging/demo/host_counters.awk" \
        2>>"$data.log" &
    feeder=$!
fi

cat <<TEXT

Sluice listens on $url, keeps its data in $data and its log in $data.log. ^C stops it.

write    curl -i '$url/write?db=host' --data-binary 'room,floor=1 celsius=21.5'
query    curl -G '$url/query?pretty=true' --data-urlencode 'db=host' --data-urlencode 'q=SELECT * FROM room'
telegraf [[outputs.influxdb]]
           urls = ["$url"]
           database = "telegraf"

TEXT

# One line about the last second, from the server's own counters: rewritten on a terminal, once in ten
# seconds elsewhere. Points in segments have as many values as points did on average.
status_of() {
    awk '
        /^#/ { next }
        /^sluice_write_seconds\{.*quantile="0\.99"/ { p99 = $NF; next }
        { name = $1; sub(/\{.*/, "", name); sum[name] += $NF }
        END {
            values = 0
            if (sum["sluice_points_written_total"] > 0) {
                values = sum["sluice_store_segment_rows"] * sum["sluice_values_written_total"] \
                    / sum["sluice_points_written_total"]
            }
            printf "%.0f %.0f %.6f %.0f %.0f\n", sum["sluice_points_written_total"],
                sum["sluice_http_body_bytes_total"], p99, values, sum["sluice_store_segment_bytes"]
        }'
}
points_before=0 bytes_before=0 second=0
while kill -0 "$server" 2>/dev/null; do
    if metrics=$(curl -s -m 2 "$url/metrics"); then
        read -r points bytes p99 values stored <<<"$(status_of <<<"$metrics")"
        line=$(awk -v points=$((points - points_before)) -v bytes=$((bytes - bytes_before)) -v p99="$p99" \
            -v values="$values" -v stored="$stored" 'BEGIN {
                printf "%d points/s  %.2f MB/s  p99 ack %.1f ms  ", points, bytes / 1e6, p99 * 1000
                if (values > 0) printf "%.2f bytes per value on disk", stored / values
                else printf "nothing flushed to segments yet" }')
        if [ "$second" -gt 0 ] && { [ -t 1 ] || [ $((second % 10)) -eq 0 ]; }; then
            if [ -t 1 ]; then printf '\r\033[K%s' "$line"; else echo "$line"; fi
        fi
        points_before=$points bytes_before=$bytes
    fi
    second=$((second + 1))
    sleep 1 &
    wait $! || true
done
server=
echo "sluiced has ended; the last of its log:" >&2
tail -5 "$data.log" >&2
exit 1

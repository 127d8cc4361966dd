# Starting, watching and ending the servers that are compared. Sourced by the scripts in perf/.
#
# A server is one of sluice, influxdb, victoriametrics. Each runs on a loopback port, with a data
# directory of its own, on the CPUs of $server_cpus; all settings are the defaults unless said here.
# How long Sluice and InfluxDB keep points in memory, and a shard uncompacted, is minutes and hours by
# default: the work is the same, only sooner, so that it falls into the measurement.
# $influxd and $victoria_metrics may name other programs than those on PATH.

: "${server_cpus:=0}" "${load_cpus:=1}" "${port:=18586}"
: "${influxd:=influxd}" "${victoria_metrics:=victoria-metrics}"
server_pid=

has_server() {
    case $1 in
        sluice) [ -n "$sluiced" ] && [ -x "$sluiced" ] ;;
        influxdb) command -v "$influxd" >/dev/null ;;
        victoriametrics) command -v "$victoria_metrics" >/dev/null ;;
    esac
}

server_version() {
    case $1 in
        sluice) "$sluiced" --version 2>/dev/null | head -1 ;;
        influxdb) "$influxd" version | sed 's/.* v\([0-9.]*\).*/\1/' ;;
        victoriametrics)
            # Debian's builds do not know their version.
            if [ "$victoria_metrics" = victoria-metrics ]; then
                dpkg-query -W -f '${Version}' victoria-metrics 2>/dev/null | sed 's/+.*//'
            else
                echo "${victoria_metrics_version:-}"
            fi
            ;;
    esac
}

# start_server SERVER DIRECTORY: begins it, sets server_pid, does not wait.
start_server() {
    mkdir -p "$2"
    case $1 in
        sluice)
            env INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION=8s \
                INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION=10s \
                taskset -c "$server_cpus" "$sluiced" --data-dir "$2" --bind "127.0.0.1:$port" \
                ${sluiced_options:-} >>"$2.log" 2>&1 &
            ;;
        influxdb)
            # The series limit is one million by default.
            env INFLUXDB_REPORTING_DISABLED=true INFLUXDB_BIND_ADDRESS="127.0.0.1:$((port + 1))" \
                INFLUXDB_META_DIR="$2/meta" INFLUXDB_DATA_DIR="$2/data" \
                INFLUXDB_DATA_WAL_DIR="$2/wal" INFLUXDB_HTTP_BIND_ADDRESS="127.0.0.1:$port" \
                INFLUXDB_HTTP_LOG_ENABLED=false INFLUXDB_MONITOR_STORE_ENABLED=false \
                INFLUXDB_DATA_MAX_SERIES_PER_DATABASE=0 \
                INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION=8s \
                INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION=10s \
                taskset -c "$server_cpus" "$influxd" -config /dev/null >>"$2.log" 2>&1 &
            ;;
        victoriametrics)
            # The data begins in 2016; one month is kept by default.
            taskset -c "$server_cpus" "$victoria_metrics" -storageDataPath="$2" \
                -httpListenAddr="127.0.0.1:$port" -retentionPeriod=100y >>"$2.log" 2>&1 &
            ;;
    esac
    server_pid=$!
    disown "$server_pid"  # bash then says nothing when it is killed
}

# Waits until a write is accepted; prints the seconds since `$1` (as of date +%s.%N).
wait_until_writable() {
    local began=$1 status
    while kill -0 "$server_pid" 2>/dev/null; do
        status=$(curl -s -m 2 -o /dev/null -w '%{http_code}' --data-binary 'ready value=1 1451606400000000000' \
            "http://127.0.0.1:$port/write?db=bench") || true
        if [ "$status" = 404 ]; then
            curl -s -m 2 -o /dev/null --data-urlencode 'q=CREATE DATABASE bench' \
                "http://127.0.0.1:$port/query" || true
        elif [ "$status" = 204 ]; then
            echo "$(date +%s.%N) $began" | awk '{ printf "%.3f\n", $1 - $2 }'
            return 0
        fi
        sleep 0.005
        if [ $(($(date +%s) - ${began%.*})) -gt 120 ]; then break; fi
    done
    echo "the server does not accept writes" >&2
    return 1
}

# end_server SIGNAL: waits until the process is gone.
end_server() {
    [ -n "$server_pid" ] || return 0
    kill "-$1" "$server_pid" 2>/dev/null || true
    for _ in $(seq 300); do
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$server_pid" 2>/dev/null || true
    server_pid=
}

server_cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$server_pid/stat"; }

# Waits until the server is at rest for twelve seconds, at most `$1` seconds.
wait_until_idle() {
    local quiet=0 before now deadline=$(($(date +%s) + $1))
    before=$(server_cpu_ticks)
    while [ "$quiet" -lt 12 ] && [ "$(date +%s)" -lt "$deadline" ]; do
        sleep 1
        now=$(server_cpu_ticks)
        if [ $((now - before)) -le 3 ]; then quiet=$((quiet + 1)); else quiet=0; fi
        before=$now
    done
}

# Brings the files into the shape they will rest in, outside of what is charged.
settle_files() {
    if [ "$1" = victoriametrics ]; then
        curl -s -m 60 -o /dev/null "http://127.0.0.1:$port/internal/force_flush"
        curl -s -m 60 -o /dev/null "http://127.0.0.1:$port/internal/force_merge"
    fi
    wait_until_idle 60
}

# Bytes on disk without write-ahead logs: they are of constant size, reused or emptied.
data_bytes() { du -s --block-size=1 --exclude=wal "$1" | cut -f1; }
log_bytes() {
    find "$1" -type d -name wal -prune -exec du -s --block-size=1 {} + | awk '{ sum += $1 } END { print sum + 0 }'
}

#!/usr/bin/env bash
# Measures Sluice, InfluxDB and VictoriaMetrics side by side; prints Markdown tables with ratios.
#
#     perf/compare.sh [--quick] [--servers "sluice influxdb victoriametrics"] [--scenarios "bulk ..."]
#                     [--runs N] [--keep DIRECTORY]
#
# Each scenario starts each server afresh on a loopback port with an empty directory. The server has
# the CPUs $server_cpus (0), the load generator $load_cpus (1), the same for all. Server CPU counts
# user and system time of all its threads from the first request until it is idle again, so flushes
# and compactions are in it. --quick sends a tenth; with --runs each figure is the median of N runs,
# servers in turn. Progress goes to standard error.
set -uo pipefail
cd "$(dirname "$0")/.."
build=${SLUICE_BUILD:-build}
sluiced=${SLUICED:-$(find "$build" -name sluiced -type f -perm -u+x 2>/dev/null | head -1)}
servers="sluice influxdb victoriametrics"
scenarios="bulk chunked gzip gzip-chunked one-line series short mixed log"
scale=10 runs=1 keep=
while [ $# -gt 0 ]; do
    case $1 in
        --quick) scale=1 ;;
        --servers) servers=$2; shift ;;
        --scenarios) scenarios=$2; shift ;;
        --runs) runs=$2; shift ;;
        --keep) keep=$2; shift ;;
        *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
. perf/servers.sh

work=${keep:-$(mktemp -d)}
mkdir -p "$work"
clean_up() {
    end_server KILL
    [ -n "$keep" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
say() { echo "$(date +%H:%M:%S) $*" >&2; }

declare -A figures=()  # "scenario server name" -> a number per run
note_figure() { figures["$1"]+="$2 "; }
figure() {  # the median
    tr ' ' '\n' <<<"${figures["$1"]:-}" | grep . | sort -g | awk '{ value[NR] = $1 } END {
        if (NR % 2) print value[(NR + 1) / 2]; else if (NR) print (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}
field() { sed -n "s/.*\"$2\":\([-0-9.a-z]*\).*/\1/p" <<<"$1"; }

# run_scenario SERVER SCENARIO DIVISOR LOAD_OPTION...: DIVISOR of the disk bytes: values or lines.
run_scenario() {
    local server=$1 scenario=$2 divisor=$3 data=$work/$2-$1 json name
    shift 3
    rm -rf "$data"
    start_server "$server" "$data"
    if ! wait_until_writable "$(date +%s.%N)" >/dev/null; then
        say "$scenario $server: did not start; $(tail -1 "$data.log")"
        end_server KILL
        return
    fi
    json=$(timeout 600 taskset -c "$load_cpus" "$build/perf/load" --port "$port" --pid "$server_pid" \
        --settle 120 --quiet 12 "$@" 2>"$work/load.err") ||
        say "$scenario $server: $(tail -c 300 "$work/load.err")"
    for name in values_per_second requests_per_second lines values p50_ms p99_ms max_ms \
        server_cpu_ms_per_million_values server_cpu_us_per_request server_cpu_seconds \
        server_peak_megabytes server_became_idle; do
        note_figure "$scenario $server $name" "$(field "$json" "$name")"
    done
    if [ "$scenario" != one-line ] && [ -n "$(field "$json" lines)" ]; then
        settle_files "$server"
        note_figure "$scenario $server disk" "$(awk -v bytes="$(data_bytes "$data")" \
            -v count="$(field "$json" "$divisor")" 'BEGIN { if (count > 0) printf "%.2f", bytes / count }')"
        note_figure "$scenario $server log_mb" "$(awk -v bytes="$(log_bytes "$data")" \
            'BEGIN { printf "%.0f", bytes / 1e6 }')"
    fi
    if [ "$scenario" = series ]; then
        note_figure "series $server cpu_per_million" "$(awk -v cpu="$(field "$json" server_cpu_seconds)" \
            -v lines="$(field "$json" lines)" 'BEGIN { if (lines > 0) printf "%.2f", cpu * 1e6 / lines }')"
        end_server KILL
        start_server "$server" "$data"
        note_figure "series $server ready" "$(wait_until_writable "$(date +%s.%N)")"
    fi
    say "$scenario $server: $json"
    echo "{\"scenario\":\"$scenario\",\"server\":\"$server\",\"result\":$json}" >>"$work/results.jsonl"
    end_server TERM
    [ -n "$keep" ] || rm -rf "$data"
}

available=
for server in $servers; do
    if has_server "$server"; then available+=" $server"; else say "$server is not here and left out"; fi
done
run_all() {
    local scenario server
    for scenario in $scenarios; do
        for server in $available; do
            case $scenario in
                # As many lines each: what a framing adds is the difference of two of them.
                bulk) run_scenario "$server" bulk values --lines $((scale * 200000)) ;;
                chunked | gzip | gzip-chunked)
                    run_scenario "$server" "$scenario" values --lines $((scale * 200000)) \
                        --mode "$scenario" ;;
                one-line)
                    run_scenario "$server" one-line lines --shape short --batch 1 --connections 64 \
                        --lines $((scale * 100000)) --seconds 30 ;;
                series)
                    run_scenario "$server" series lines --shape series --lines $((scale * 100000)) ;;
                short) run_scenario "$server" short values --shape short --lines $((scale * 300000)) ;;
                mixed) run_scenario "$server" mixed values --shape mixed --series 400 --batch 1000 \
                    --lines $((scale * 20000)) ;;
                log) run_scenario "$server" log values --shape log --series 100 \
                    --lines $((scale * 50000)) ;;
                *) say "no scenario $scenario" ;;
            esac
        done
    done
}
for _ in $(seq "$runs"); do run_all; done

# ---- tables

# row TITLE SCENARIO NAME [DIGITS]: the figures, and in brackets how many times Sluice's each is.
row() {
    local title=$1 scenario=$2 name=$3 digits=${4:-0} server value cells=
    [[ " $scenarios " == *" $scenario "* ]] || return 0
    local own
    own=$(figure "$scenario sluice $name")
    for server in $available; do
        value=$(figure "$scenario $server $name")
        cells+=" $(awk -v value="$value" -v own="$own" -v digits="$digits" -v server="$server" 'BEGIN {
            if (value == "") { printf "–"; exit }
            text = sprintf("%.*f", digits, value)
            while (digits == 0 && match(text, /[0-9][0-9][0-9][0-9](,|$)/)) {
                text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
            }
            printf "%s", text
            if (server != "sluice" && own > 0) printf " (%.*f×)", value / own < 10 ? 2 : 0, value / own
        }') |"
    done
    echo "| $title |$cells"
}
added() {  # TITLE SCENARIO: CPU beyond that of the bulk scenario
    local server cells= a b
    [[ " $scenarios " == *" $2 "* && " $scenarios " == *" bulk "* ]] || return 0
    for server in $available; do
        a=$(figure "$2 $server server_cpu_ms_per_million_values")
        b=$(figure "bulk $server server_cpu_ms_per_million_values")
        cells+=" $(awk -v a="$a" -v b="$b" 'BEGIN { if (a == "" || b == "") printf "–"; else printf "%+.0f", a - b }') |"
    done
    echo "| $1 |$cells"
}
echo "Measured $(date +%F) at commit $(git rev-parse --short HEAD 2>/dev/null) on $(nproc) CPUs" \
    "($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), kernel $(uname -r); server on CPU" \
    "$server_cpus, load on CPU $load_cpus; medians of $runs run(s). In brackets: how many times Sluice's figure."
echo
header="| |" rule="|---|"
for server in $available; do
    case $server in
        sluice) title=Sluice ;;
        influxdb) title="InfluxDB $(server_version influxdb)" ;;
        victoriametrics) title="VictoriaMetrics $(server_version victoriametrics)" ;;
    esac
    header+=" $title |" rule+="---:|"
done
echo "$header"
echo "$rule"
row "values/s, 5,000-line batches, 2 connections" bulk values_per_second
row "server CPU, ms per million values" bulk server_cpu_ms_per_million_values
row "batch latency p50, ms" bulk p50_ms 1
row "batch latency p99, ms" bulk p99_ms 1
row "peak memory, MB" bulk server_peak_megabytes
row "disk, bytes per value" bulk disk 2
row "write-ahead log files beside, MB" bulk log_mb
added "240-byte chunks add, CPU ms per million values" chunked
added "gzip adds, CPU ms per million values" gzip
added "gzip in 240-byte chunks adds, CPU ms per million values" gzip-chunked
row "one-line writes, 64 connections: requests/s" one-line requests_per_second
row "one-line writes: p99, ms" one-line p99_ms 1
row "one-line writes: server CPU, µs per request" one-line server_cpu_us_per_request 1
row "new series: CPU s per million" series cpu_per_million 2
row "new series: peak memory, MB" series server_peak_megabytes
row "new series: disk, bytes each" series disk 1
row "ready after kill -9 with these series, s" series ready 3
for scenario in short mixed log; do
    row "shape $scenario: values/s" $scenario values_per_second
    row "shape $scenario: CPU, ms per million values" $scenario server_cpu_ms_per_million_values
    row "shape $scenario: disk, bytes per value" $scenario disk 2
done

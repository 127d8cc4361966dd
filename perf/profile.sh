#!/usr/bin/env bash
# Where the server's time goes in the scenarios of compare.sh: perf's samples by function, as Markdown.
#
#     perf/profile.sh [--top N] [SCENARIO...]       bulk chunked gzip one-line series
#
# Needs perf (Debian: linux-perf). The server has the CPUs $server_cpus (0), the load $load_cpus (1).
set -uo pipefail
cd "$(dirname "$0")/.."
build=${SLUICE_BUILD:-build}
sluiced=${SLUICED:-$(find "$build" -name sluiced -type f -perm -u+x 2>/dev/null | head -1)}
top=12
if [ "${1:-}" = --top ]; then top=$2; shift 2; fi
. perf/servers.sh
work=$(mktemp -d)
trap 'end_server KILL; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

profile() {
    local scenario=$1 data=$work/$1 load
    shift
    start_server sluice "$data"
    wait_until_writable "$(date +%s.%N)" >/dev/null || { echo "$scenario: did not start" >&2; return; }
    perf record -q -F 1999 -o "$work/perf.data" -p "$server_pid" >/dev/null 2>&1 &
    local recorder=$!
    load=$(taskset -c "$load_cpus" "$build/perf/load" --port "$port" --pid "$server_pid" \
        --settle 120 --quiet 12 "$@") || echo "$scenario: the load failed" >&2
    kill -INT "$recorder" 2>/dev/null
    wait "$recorder" 2>/dev/null
    end_server TERM
    echo "**$scenario** ($(sed -n 's/.*"server_cpu_seconds":\([0-9.]*\).*/\1/p' <<<"$load") s of CPU)"
    echo
    echo "| share | where | function |"
    echo "|---:|---|---|"
    perf report -i "$work/perf.data" --no-children --sort dso,symbol --stdio 2>/dev/null |
        sed -n 's/^ *\([0-9.]*%\) *\([^ ]*\) *\[[.k]\] \(.*\)/\1\t\2\t\3/p' | head -n "$top" |
        awk -F '\t' '{ sub(/\(.*/, "", $3); sub(/ +(- +)*$/, "", $3); gsub(/\|/, "", $3); printf "| %s | %s | `%s` |\n", $1, $2, $3 }'
    echo
    rm -rf "$data"
}

[ $# -gt 0 ] || set -- bulk chunked gzip one-line series
for scenario in "$@"; do
    case $scenario in
        bulk) profile bulk --lines 2000000 ;;
        chunked | gzip) profile "$scenario" --lines 1000000 --mode "$scenario" ;;
        one-line) profile one-line --shape short --batch 1 --connections 64 --lines 1000000 --seconds 20 ;;
        series) profile series --shape series --lines 1000000 ;;
        *) echo "no scenario $scenario" >&2 ;;
    esac
done

#!/usr/bin/env bash
# Runs every test and ends with the line `N passed, N failed`.
#
#     tests/run.sh [STEP...]        all steps, or only those whose name begins with a word given
#     tests/run.sh --list           the steps
#
# Installs what the tests need, builds release, ASan+UBSan with the fuzzers, and TSan (build*/ at the
# top), then runs independent steps two at a time. A step that fails does not stop the others. Each
# step's output is in build/test-logs/. SLUICE_SIM_SEEDS, SLUICE_FUZZ_SECONDS and
# SLUICE_KILL9_CYCLES change how much is done. tests/README.md says how a test joins in.
set -uo pipefail
cd "$(dirname "$0")/.."
source_dir=$PWD
build=$source_dir/build
sanitized_build=$source_dir/build-sanitized
logs=$build/test-logs
started=$(date +%s)
jobs_at_once=2
step_seconds_max=2700
: "${SLUICE_SIM_SEEDS:=20000}" "${SLUICE_FUZZ_SECONDS:=30}" "${SLUICE_KILL9_CYCLES:=50}"
export SLUICE_SIM_SEEDS SLUICE_FUZZ_SECONDS SLUICE_KILL9_CYCLES SLUICE_BUILD=$build

elapsed() {
    local seconds=$(($(date +%s) - started))
    printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}
say() { printf '[%6s] %s\n' "$(elapsed)" "$*"; }

# ---- what the steps do; each ends with its own `N passed, N failed` or only an exit status

meson_tests() {  # BUILD_DIR LOGBASE [MESON TEST ARGUMENT...]
    local dir=$1 logbase=$2
    shift 2
    meson test -C "$dir" --no-rebuild --logbase "$logbase" --print-errorlogs --num-processes 1 \
        --timeout-multiplier 10 "$@" || true
    python3 "$source_dir/tests/summary.py" "$dir/meson-logs/$logbase"
}
unit() { meson_tests "$build" unit; }
# One build with clang for the tests under ASan and UBSan and for the fuzzers: compiling is half of a first
# run. Without optimisation the simulations crawl, and clang 14 cannot assemble coroutines with UBSan; with
# its check of function pointers it cannot either.
build_sanitized() {
    local clang= candidate room cached= targets=(tests/sim/sim-engine tests/sim/sim-store fuzzers)
    for candidate in clang++ clang++-19 clang++-14; do
        if command -v "$candidate" >/dev/null; then clang=$candidate; break; fi
    done
    [ -n "$clang" ] || { echo "no clang++"; return 1; }
    for room in tests/unit/*/; do
        room=$(basename "$room")
        targets+=("tests/unit/$room/unit-$room")
    done
    command -v ccache >/dev/null && cached="ccache "  # meson finds it by itself for its own choice of compiler only
    CXX=$cached$clang CC=$cached${clang/++/} packaging/build.sh "$sanitized_build" -Dbuildtype=plain -Doptimization=1 \
        -Db_ndebug=false -Db_lundef=false -Db_sanitize=address,undefined -Dperf_tools=false -Dfuzzers=true \
        '-Dcpp_args=-g1 -fsanitize=fuzzer-no-link -fno-sanitize=function' "${targets[@]}"
}
sanitized() {
    local tests=(sim-engine sim-store) room
    for room in tests/unit/*/; do
        room=$(basename "$room")
        tests+=("unit-$room")
    done
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson_tests "$sanitized_build" unit "${tests[@]}"
}
threads() {
    packaging/build.sh build-tsan -Dbuildtype=debugoptimized -Db_ndebug=false \
        -Db_sanitize=thread -Dperf_tools=false tests/unit/io/unit-io tests/integration/io/integration-io &&
        meson_tests build-tsan io unit-io integration-io
}
# Each on inputs of the repository and on what earlier runs here have found.
fuzzers() {
    local passed=0 failed=() program name log
    for program in "$sanitized_build"/tests/fuzz/fuzz-*; do
        [ -x "$program" ] && [ -f "$program" ] || continue
        name=${program##*/fuzz-} log=$logs/fuzz-${program##*/fuzz-}.log
        mkdir -p "$sanitized_build/corpus/$name" "$sanitized_build/findings"
        if "$program" -max_total_time="$SLUICE_FUZZ_SECONDS" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$sanitized_build/findings/$name-" "$sanitized_build/corpus/$name" \
            $(ls -d "tests/fuzz/corpus/$name" 2>/dev/null) >"$log" 2>&1; then
            echo "fuzz-$name: $(grep -a '^Done ' "$log")"
            passed=$((passed + 1))
        else
            failed+=("$name")
        fi
    done
    for name in ${failed[@]+"${failed[@]}"}; do  # last, where they are seen
        echo "fuzz-$name failed; its input is in $sanitized_build/findings"
        grep -a -E 'ERROR|SUMMARY|^Base64|#[0-9]+ 0x.*sluice' "$logs/fuzz-$name.log" | cut -c1-400 | head -12
    done
    echo "$passed passed, ${#failed[@]} failed"
    [ ${#failed[@]} -eq 0 ]
}
# A thousand seeds count as one test. Seeds that meson's own run covers are run again: they are few.
# Of a simulation that takes long there are SHARE times fewer.
simulation() {  # NAME [SHARE]
    local seeds=$((SLUICE_SIM_SEEDS / ${2:-1}))
    local program=$build/tests/sim/sim-$1 errors=$logs/sim-$1.errors passed=0 failed=0 first count
    : >"$errors"
    for ((first = 1; first <= seeds; first += 1000)); do
        count=$((seeds - first + 1 < 1000 ? seeds - first + 1 : 1000))
        if "$program" --seeds "$first" "$count" 2>"$errors.part"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            { echo "in the seeds $first to $((first + count - 1)):"; grep -v ' lvl=' "$errors.part"; } >>"$errors"
            [ "$failed" -lt 3 ] || break
        fi
        cat "$errors.part"
    done
    cat "$errors"  # last, where it is seen: what the server logs meanwhile is expected
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
driver() { "$1"; }  # tests/{style,compat,integration}/*/run*.{py,sh}

# ---- the steps, in the order in which they begin

# The longest early, so that none is left to run alone at the end.
steps=("unit unit" "sanitized sanitized")
steps+=("sim-server simulation server 10")
for name in store engine merge; do
    [ ! -f "tests/sim/${name}_sim_test.cc" ] || steps+=("sim-$name simulation $name")
done
steps+=("fuzz fuzzers" "tsan threads")
for path in tests/style/run* tests/integration/*/run* tests/compat/*/run*; do
    [ -x "$path" ] && [ -f "$path" ] || continue
    name=${path#tests/}
    name=${name%.*}
    steps+=("$(echo "${name%/run}" | tr / -) driver $source_dir/$path")
done
if [ "${1:-}" = --list ]; then
    for step in "${steps[@]}"; do echo "${step%% *}"; done
    exit 0
fi
if [ $# -gt 0 ]; then
    wanted=()
    for step in "${steps[@]}"; do
        for word in "$@"; do
            if [[ $step == "$word"* ]]; then wanted+=("$step"); break; fi
        done
    done
    steps=(${wanted[@]+"${wanted[@]}"})
fi

# ---- preparation

say "installing what the build and the tests need"
packaging/install_dependencies.sh python3 python3-influxdb python3-seccomp influxdb influxdb-client python3-requests python3-venv universal-ctags \
    wrk curl openssl gzip debhelper groff zsh fish systemd 'clang|clang-19|clang-14' || exit 1
if ! compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null; then
    packaging/install_dependencies.sh 'libclang-rt-dev|libclang-rt-19-dev|libclang-rt-14-dev' || exit 1
fi
if ! command -v npm >/dev/null; then
    packaging/install_dependencies.sh nodejs npm || say "no npm: the tests of its clients are left out"
fi
mkdir -p "$logs"
built() {  # WHAT LOG COMMAND...: shows one compiled file of 25, and what is wrong
    local what=$1 log=$2
    shift 2
    say "building $what"
    "$@" 2>&1 | tee "$log" |
        awk -v every=25 'match($0, /^\[[0-9]+\/[0-9]+\]/) { if (++n % every == 0) print "         " $0; fflush(); next }
                         /error|warning|FAILED/ { print; fflush() }' && return
    say "building $what failed; see $log"
    tail -30 "$log"
    echo "0 passed, 1 failed"
    exit 1
}
built release "$logs/build.log" packaging/build.sh "$build" -Dwerror="${SLUICE_WERROR:-false}"
if [[ " ${steps[*]}" == *" sanitized "* || " ${steps[*]}" == *" fuzzers"* ]]; then
    built "with sanitizers" "$logs/build-sanitized.log" build_sanitized
fi
SLUICED=$build/src/server/sluiced
export SLUICED

# ---- two at a time

declare -A pid_of=() began_at=()
total_passed=0 total_failed=0 total_skipped=0
failed_steps=()

stop_all() {
    local name
    for name in "${!pid_of[@]}"; do kill -TERM -- "-${pid_of[$name]}" 2>/dev/null; done
    exit 130
}
trap stop_all INT TERM

begin() {  # NAME FUNCTION [ARGUMENT...]
    local name=$1
    shift
    say "$name ..."
    began_at[$name]=$(date +%s)
    set -m  # a process group of its own, so that a step that hangs can be ended with its children
    ("$@" >"$logs/$name.log" 2>&1) &
    pid_of[$name]=$!
    set +m
}
finish() {  # NAME STATUS
    local name=$1 status=$2 counts passed failed skipped=0
    local seconds=$(($(date +%s) - ${began_at[$name]}))
    unset "pid_of[$name]"
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$logs/$name.log" | tail -1)
    if [ -n "$counts" ]; then
        read -r passed _ failed _ skipped _ <<<"${counts//,/}"
        skipped=${skipped:-0}
        if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    else
        passed=$((status == 0)) failed=$((status != 0))
    fi
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
    total_skipped=$((total_skipped + skipped))
    say "$name: $passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped") (${seconds} s)"
    if [ "$failed" -gt 0 ]; then
        failed_steps+=("$name")
        tail -40 "$logs/$name.log" | sed 's/^/    /'
    fi
}

next=0 last_word=$(date +%s)
while [ "$next" -lt ${#steps[@]} ] || [ ${#pid_of[@]} -gt 0 ]; do
    while [ "$next" -lt ${#steps[@]} ] && [ ${#pid_of[@]} -lt $jobs_at_once ]; do
        read -ra words <<<"${steps[$next]}"
        begin "${words[@]}"
        next=$((next + 1)) last_word=$(date +%s)
    done
    sleep 0.5
    now=$(date +%s)
    for name in "${!pid_of[@]}"; do
        pid=${pid_of[$name]}
        if ! kill -0 "$pid" 2>/dev/null; then
            wait "$pid"
            finish "$name" $?
            last_word=$now
        elif [ $((now - ${began_at[$name]})) -gt $step_seconds_max ]; then
            echo "ended after $step_seconds_max seconds" >>"$logs/$name.log"
            kill -KILL -- "-$pid" 2>/dev/null
        fi
    done
    if [ $((now - last_word)) -ge 60 ]; then
        say "still at ${!pid_of[*]}"
        last_word=$now
    fi
done

if [ ${#failed_steps[@]} -gt 0 ]; then say "failed: ${failed_steps[*]}; logs in $logs"; fi
echo "$total_passed passed, $total_failed failed$([ "$total_skipped" -eq 0 ] || echo ", $total_skipped skipped")"
[ "$total_failed" -eq 0 ]

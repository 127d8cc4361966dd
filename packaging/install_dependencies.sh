#!/usr/bin/env bash
# Installs the Debian packages that are named and not yet there; does nothing, quickly, when all are.
#
#     packaging/install_dependencies.sh PACKAGE...
#
# Works as root or as a user with sudo. A name may list alternatives, "pkgconf|pkg-config": the first
# one this release has is taken. The package lists are fetched only when a package is missing.
set -euo pipefail

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}
is_available() {
    # A name that apt only knows as a dependency of others has no candidate.
    [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) == *"Candidate: "[!\(]* ]]
}
find_missing() {
    missing=() unknown=()
    local request name chosen
    for request in "$@"; do
        chosen=
        for name in ${request//|/ }; do
            if is_installed "$name"; then continue 2; fi
        done
        for name in ${request//|/ }; do
            if is_available "$name"; then chosen=$name; break; fi
        done
        if [ -n "$chosen" ]; then missing+=("$chosen"); else unknown+=("$request"); fi
    done
}

find_missing "$@"
[ $((${#missing[@]} + ${#unknown[@]})) -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing and neither root nor sudo is at hand: ${missing[*]} ${unknown[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}
# apt reports its progress on descriptor 1, "dlstatus:1:12.5:..." and "pmstatus:g++:80.0:...".
install_missing() {
    apt -o APT::Status-Fd=1 install --no-install-recommends "${missing[@]}" 2>&1 | tee "$log" |
        awk -F: '$1 == "dlstatus" || $1 == "pmstatus" {
                     step = $1 == "dlstatus" ? "downloaded" : "installed"
                     tens = int($3 / 20) * 20
                     if (tens > 0 && (step != last_step || tens > last_tens)) {
                         printf "  %s %d %%\n", step, tens; fflush()
                         last_step = step; last_tens = tens
                     }
                 }'
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ${#unknown[@]} -gt 0 ]; then
    echo "fetching the package lists"
    apt update
    find_missing "$@"
fi
if [ ${#unknown[@]} -gt 0 ]; then
    echo "This Debian has no package ${unknown[*]}." >&2
    exit 1
fi
echo "installing ${missing[*]}"
# Lists that are older than the archive name files that are gone: fetch them and try once more.
if ! install_missing; then
    apt update
    if ! install_missing; then
        cat "$log" >&2
        exit 1
    fi
fi

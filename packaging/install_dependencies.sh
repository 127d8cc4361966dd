#!/usr/bin/env bash
# Installs the Debian packages that are named and not yet there; does nothing, quickly, when all are.
#
#     packaging/install_dependencies.sh PACKAGE...
#
# Works as root or as a user with sudo. A name may list alternatives, "pkgconf|pkg-config": the first
# one this release has is taken. The package lists are fetched only when a package is missing.
# Services that come with a package are stopped and disabled: a server that only the tests use must
# not take its port for good.
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
apt() {  # stdout is free for progress; what apt and the packages' scripts say goes to stderr
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c 'exec apt-get "$@" 3>&1 >&2' \
        apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}
# apt reports its progress as "dlstatus:1:12.5:..." and "pmstatus:g++:80.0:...". Not on descriptor 1:
# dpkg closes it then for the packages' scripts, and some of them fail for that.
install_missing() {
    apt -o APT::Status-Fd=3 install --no-install-recommends "${missing[@]}" 2>"$log" |
        awk -F: '$1 == "dlstatus" || $1 == "pmstatus" {
                     step = $1 == "dlstatus" ? "downloaded" : "installed"
                     tens = int($3 / 20) * 20
                     if (tens > 0 && (step != last_step || tens > last_tens)) {
                         printf "  %s %d %%\n", step, tens; fflush()
                         last_step = step; last_tens = tens
                     }
                 }'
}

# Of the packages named; where systemd does not run nothing has been started.
disable_services() {
    [ -d /run/systemd/system ] || return 0
    local unit
    for unit in $(dpkg -L "${missing[@]}" 2>/dev/null | sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^/@]*\.service\)$|\2|p'); do
        "${as_root[@]}" systemctl disable --now --quiet "$unit" 2>/dev/null || true
    done
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
disable_services

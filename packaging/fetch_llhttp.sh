#!/usr/bin/env bash
# Unpacks llhttp from a newer Debian suite into PREFIX, for releases that do not have it (Debian 12).
#
#     packaging/fetch_llhttp.sh PREFIX [SUITE]
#
# The archive is the one this machine already uses for its own release, asked of apt. Lists and cache
# are kept in a temporary directory, so apt's own configuration and state stay as they are and no
# privilege is needed. The library is plain C that asks for no newer libc than any supported release has.
set -euo pipefail

prefix=$(realpath -m "${1:?usage: fetch_llhttp.sh PREFIX [SUITE]}")
suite=${2:-trixie}
. /etc/os-release
architecture=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
library=$prefix/usr/lib/$multiarch
[ ! -e "$library/pkgconfig/libllhttp.pc" ] || exit 0

# Before the first update apt knows neither code name nor origin of a source, only what it is called.
archive=$(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(ORIGIN)|$(COMPONENT)' \
        'Identifier: Packages' |
    awk -F'|' -v release="$VERSION_CODENAME" \
        '($2 == release || $3 == release) && ($4 == "Debian" || $4 == "") && $5 == "main" {
             print $1; exit }')
if [ -z "$archive" ]; then
    echo "apt has no source for Debian $VERSION_CODENAME main; llhttp can also be installed by hand" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
{
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\n' \
        "$archive" "$suite" "$architecture"
    [ ! -f "$keyring" ] || printf 'Signed-By: %s\n' "$keyring"
} >"$work/sources/llhttp.sources"
apt() {
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o Dir::State::status=/dev/null -o APT::Sandbox::User= -o Acquire::Languages=none "$@"
}
apt update
(cd "$work" && apt download libllhttp-dev 2>"$work/errors") || { cat "$work/errors" >&2; exit 1; }

mkdir -p "$prefix"
dpkg -x "$work"/libllhttp-dev_*.deb "$prefix"
# Only the static archive: the program then needs nothing from PREFIX when it runs.
rm -f "$library"/libllhttp.so*
sed -i "s#^prefix=.*#prefix=$prefix/usr#; s#^\(exec_prefix\|libdir\|includedir\)=/usr#\1=$prefix/usr#" \
    "$library/pkgconfig/libllhttp.pc"

#!/usr/bin/env bash
# Builds the Debian package of this machine's release (12, 13) and says where it is.
#
#     packaging/deb.sh [--revision N] [--output DIR] [BUILD_DIR]
#
# BUILD_DIR (build/ if left out) is built first, as by build.sh. The version is that of meson.build with the
# revision (1) behind it. The package is put into DIR, else into BUILD_DIR/deb. Install it with
# `apt install ./sluice_VERSION_ARCHITECTURE.deb`.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
revision=1 output='' build=$source/build
while [ $# -gt 0 ]; do
    case $1 in
        --revision) revision=$2; shift ;;
        --output) output=$2; shift ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit ;;
        -*) echo "deb.sh knows no option $1" >&2; exit 2 ;;
        *) build=$1 ;;
    esac
    shift
done
build=$(realpath -m "$build")
output=$(realpath -m "${output:-$build/deb}")

"$source/packaging/install_dependencies.sh" debhelper dpkg-dev
"$source/packaging/build.sh" "$build" src/server/sluiced src/server/sluice packaging/sluice.conf.5
# A directory that was made by hand is meant for /usr/local.
if ! meson introspect "$build" --buildoptions | grep -q '"name": "prefix", "value": "/usr",'; then
    meson configure "$build" -Dprefix=/usr
    ninja -C "$build" src/server/sluiced src/server/sluice packaging/sluice.conf.5
fi

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" "$source/meson.build")-$revision
mkdir -p "$output"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
# debian/ has to be at the top of what dpkg-buildpackage sees.
mkdir "$stage/sluice"
cp -r "$source/packaging/debian" "$source/packaging/CHANGELOG.md" "$source/README.md" "$stage/sluice/"
cp "$source/packaging/systemd/sluiced.service" "$stage/sluice/debian/sluice.sluiced.service"
date=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct 2>/dev/null || date +%s)}
cat >"$stage/sluice/debian/changelog" <<TEXT
sluice ($version) unstable; urgency=medium

  * What has changed is in changelog.gz.

 -- $(sed -n 's/^Maintainer: //p' "$source/packaging/debian/control")  $(date -u -R -d "@$date")
TEXT

# -d: what a build needs has been installed above, and nothing is compiled any more.
log=$output/dpkg-buildpackage.log
if ! (cd "$stage/sluice" && SLUICE_BUILD=$build dpkg-buildpackage -b -d -us -uc) >"$log" 2>&1; then
    tail -30 "$log" >&2
    exit 1
fi
mv "$stage"/*.deb "$output/"
ls "$output/sluice_${version}_"*.deb

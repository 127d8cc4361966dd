#!/usr/bin/env bash
# Installs what the build needs and builds release into DIR (build/ if left out).
#
#     packaging/build.sh [DIR] [-DOPTION=VALUE...] [TARGET...]
#
# Run again it only rebuilds what changed. -D options go to `meson setup`, for example
# -Dwerror=true or -Db_sanitize=address,undefined; a directory keeps those it was made with. Targets
# go to ninja.
set -euo pipefail

source=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath -m "${1:-$source/build}")
[ $# -eq 0 ] || shift
options=() targets=()
for argument in "$@"; do
    case $argument in
        -*) options+=("$argument") ;;
        *) targets+=("$argument") ;;
    esac
done

"$source/packaging/install_dependencies.sh" g++ dpkg-dev meson ninja-build 'pkgconf|pkg-config' curl \
    liburing-dev libdeflate-dev libmimalloc-dev libxxhash-dev libzstd-dev zlib1g-dev libre2-dev \
    libcctz-dev tzdata libsimdjson-dev libcrypt-dev libssl-dev libsnappy-dev libprotozero-dev libtomlplusplus-dev libcli11-dev libgtest-dev

# llhttp: where this release has no package, the static library of the next one, under DIR.
pkg_config_path=
if ! pkg-config --exists libllhttp; then
    if [[ $(LC_ALL=C apt-cache policy libllhttp-dev 2>/dev/null) == *"Candidate: "[!\(]* ]]; then
        "$source/packaging/install_dependencies.sh" libllhttp-dev
    else
        "$source/packaging/fetch_llhttp.sh" "$build/dependencies"
        pkg_config_path=$build/dependencies/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)/pkgconfig
    fi
fi

if [ ! -e "$build/build.ninja" ]; then
    echo "configuring $build"
    mkdir -p "$build"
    # The prefix is that of a package: deb.sh packs what is built here.
    meson setup "$build" "$source" --prefix=/usr --wrap-mode=nofallback \
        ${pkg_config_path:+--pkg-config-path "$pkg_config_path"} ${options[@]+"${options[@]}"} >"$build/setup.log" 2>&1 ||
        { cat "$build/setup.log" >&2; exit 1; }
fi
exec ninja -C "$build" ${targets[@]+"${targets[@]}"}

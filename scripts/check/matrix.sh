#!/usr/bin/env bash
# Runs the test suites on newer QGIS versions, each in a Debian of its own beside the system:
# made with debootstrap once (2 min), kept, and made again when what it holds changes.
# usage: scripts/check/matrix.sh [3.40] [3.44]      (as root, on Debian or Ubuntu)
# Ends with 3 where it cannot run at all, with 1 where a test or a system fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

HOME_OF_ALL=${LUNAR_OXIDE_MATRIX:-${XDG_CACHE_HOME:-$HOME/.cache}/lunar-oxide-mapper}
MIRROR=${LUNAR_OXIDE_MIRROR:-http://deb.debian.org/debian}
PACKAGES="qgis python3-qgis qgis-providers python3-gdal python3-numpy python3-scipy
    python3-matplotlib python3-venv python3-pip xvfb xauth fonts-open-sans git locales ca-certificates"

# Debian release, its Python requirements, the suites. The unit tests run again where
# Python, GDAL or numpy are others than on Debian 12.
row() {
    case $1 in
    3.40) release=bookworm constraints=requirements/constraints.txt suites="qgis cli" ;;
    3.44) release=trixie constraints=/dev/null suites="unit qgis cli" ;;
    *) echo "There is no row $1 in the matrix; there are 3.40 and 3.44." >&2 && exit 2 ;;
    esac
    root=$HOME_OF_ALL/$1
}

contents() {
    echo "$release $PACKAGES"
    cat requirements/unit.txt requirements/dev.txt "$constraints"
}

# Build the row's system in a folder that gets its name when it is whole.
build() {
    [ -f "$root/installed" ] && [ "$(cat "$root/installed")" = "$(contents)" ] && return
    echo "== QGIS $1: installing Debian $release into $root"
    rm -rf "$root" "$root.partial"
    mkdir -p "$HOME_OF_ALL"
    debootstrap --variant=minbase --include=ca-certificates "$release" "$root.partial" "$MIRROR" \
        >"$root.log" 2>&1
    printf 'deb %s %s main\n' "$MIRROR" "$release" "$MIRROR" "$release-backports" \
        >"$root.partial/etc/apt/sources.list"
    # What this machine needs to reach its package servers, that one needs too.
    for file in /etc/resolv.conf /etc/pip.conf; do
        [ -f "$file" ] && cp -L "$file" "$root.partial$file"
    done
    cp /etc/ssl/certs/ca-certificates.crt "$root.partial/etc/ssl/builder.crt"
    cp /etc/apt/apt.conf.d/*proxy* "$root.partial/etc/apt/apt.conf.d/" 2>/dev/null || true
    # shellcheck disable=SC2086
    inside "$root.partial" sh -ec "
        export DEBIAN_FRONTEND=noninteractive
        apt-get update
        apt-get install -y --no-install-recommends -t $release-backports $(echo $PACKAGES)
        cp /etc/ssl/builder.crt /etc/ssl/certs/ca-certificates.crt
        python3 -m venv --system-site-packages /opt/venv
        cd /source
        /opt/venv/bin/python -m pip install -c $constraints -r requirements/dev.txt
        apt-get clean" >>"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        echo "The system for QGIS $1 could not be made; the whole log is $root.log." >&2
        exit 1
    }
    contents >"$root.partial/installed"
    mv "$root.partial" "$root"
}

# inside ROOT COMMAND...: run a command with ROOT as its whole file system, the source of the
# plugin (not its environments) as /source and build/ as /results. In mounts of its own, which
# end with it. Not by chroot, in which programs may not make namespaces, as tests do.
inside() {
    mkdir -p build "$1/source" "$1/results" "$1/host"
    unshare --mount --propagation private bash -ec '
        root=$1 results=$PWD/build && shift
        mount --bind "$root" "$root"
        mount -t tmpfs tmpfs "$root/tmp"
        mount -t tmpfs tmpfs "$root/source"
        git ls-files -z --cached --others --exclude-standard |
            tar -c --null --no-recursion --ignore-failed-read -T - 2>/dev/null | tar -x -C "$root/source"
        mount --bind "$results" "$root/results"
        mount --rbind /dev "$root/dev"
        mount --rbind /sys "$root/sys"
        mount -t proc proc "$root/proc"
        cd "$root"
        pivot_root . host
        umount -l /host
        exec "$@"' inside "$@"
}

# The results of each suite go to build/matrix-ROW-SUITE.xml.
run() {
    failed=0
    for suite in $suites; do
        # The oldest onnxruntime is in an environment of this system.
        options=(--ignore-glob "'*/test_oldest_onnxruntime.py'")
        if [ "$suite" = qgis ]; then options+=(--qgis_disable_gui); else options+=(-p no:pytest_qgis); fi
        echo "== QGIS $1: $suite tests"
        inside "$root" env -i PATH=/opt/venv/bin:/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
            QT_QPA_PLATFORM=offscreen OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 sh -c "cd /source && exec \
            python -m pytest tests/$suite -q -p no:cacheprovider \
            --junitxml /results/matrix-$1-$suite.xml ${options[*]}" || failed=1
    done
    return $failed
}

if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo "The matrix needs root and mounts of its own (unshare --mount), which are not to be had" \
        "here. Nothing was tested on QGIS 3.40 and 3.44." >&2
    exit 3
fi
command -v debootstrap >/dev/null || { apt-get update && apt-get install -y debootstrap; } >/dev/null

[ $# -gt 0 ] || set -- 3.40 3.44
mkdir -p build
rm -f build/matrix-*
names=("$@") reports=() rows=()
for name in "$@"; do
    row "$name"
    for suite in $suites; do reports+=("build/matrix-$name-$suite.xml"); done
    { build "$name"; run "$name"; } >"build/matrix-$name.log" 2>&1 & # `&&` would suspend set -e
    rows+=("$!")
done
failed=0
for index in "${!rows[@]}"; do
    wait "${rows[index]}" || failed=1
    cat "build/matrix-${names[index]}.log"
done
.venv/bin/python scripts/check/count_tests.py "${reports[@]}" || failed=1
exit $failed

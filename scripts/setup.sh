#!/usr/bin/env bash
# Installs everything the project needs on Debian 12. Quick when nothing changed.
# usage: scripts/setup.sh [system] [plugin] [oldest] [training] [scaleout] [docs] [bench]
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian's own interpreter: another python3 first on PATH cannot import qgis.
PYTHON=/usr/bin/python3
CONSTRAINED="-c requirements/constraints.txt"
APT_PACKAGES="qgis python3-qgis qgis-providers python3-gdal python3-numpy python3-scipy
    python3-matplotlib python3-venv python3-pip xvfb xauth fonts-open-sans fonts-droid-fallback
    locales make git"

system() {
    missing=$(for package in $APT_PACKAGES; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done)
    [ -z "$missing" ] && return
    if ! command -v apt-get >/dev/null; then
        echo "No apt-get here. Install QGIS 3.22 or newer and python3-venv, see docs/install.md." >&2
        exit 1
    fi
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# environment NAME REQUIREMENTS PIP_OPTIONS [VENV_OPTIONS]: (re)made when its requirements changed.
environment() {
    name=$1 requirements=requirements/$2.txt stamp="$1/.installed"
    included=$(sed -n 's#^-r #requirements/#p' "$requirements")
    # shellcheck disable=SC2086
    wanted=$(cat "$requirements" $included requirements/constraints.txt)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    rm -rf "$name"
    "$PYTHON" -m venv "${@:4}" "$name"
    # shellcheck disable=SC2086
    "$name/bin/python" -m pip install --quiet $3 -r "$requirements"
    echo "$wanted" > "$stamp"
}

plugin() {
    environment .venv dev "$CONSTRAINED" --system-site-packages
    .venv/bin/python -c "from osgeo import gdal_array; import qgis.core, onnxruntime" || {
        rm -f .venv/.installed
        echo "QGIS, GDAL and onnxruntime do not work together in .venv (see above)." >&2
        exit 1
    }
}

oldest() {
    environment .venv-oldest oldest "$CONSTRAINED" --system-site-packages
}

training() {
    environment .venv-train train ""
}

scaleout() {
    environment .venv-scaleout scaleout "$CONSTRAINED" --system-site-packages
}

# For `make docs` alone.
docs() {
    environment .venv-docs docs ""
}

# For `make bench` alone.
bench() {
    environment .venv-bench bench ""
    # By this exact version a build for processors alone; others bring gigabytes for graphics cards.
    .venv-bench/bin/python -c "import torch" 2>/dev/null ||
        .venv-bench/bin/python -m pip install --quiet torch==2.13.0 ||
        echo "PyTorch cannot be installed here: its row of the report will say so." >&2
}

[ $# -gt 0 ] || set -- system plugin oldest training scaleout
for step in "$@"; do "$step"; done

#!/usr/bin/env bash
# From two synthetic MI tiles to oxide maps and unit tables with qgis_process,
# as a user would run it, in a QGIS profile that is thrown away. Results: build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
# Debian 12's qgis_process is a wrapper that does not work; the program is beside it.
qgis=$(PATH=/usr/bin:$PATH command -v qgis_process.bin || command -v qgis_process)

process() {
    QGIS_PLUGINPATH=$PWD QGIS_CUSTOM_CONFIG_PATH=$profile QT_QPA_PLATFORM=offscreen \
        XDG_RUNTIME_DIR=$profile PYTHONWARNINGS=ignore PATH=$PWD/.venv/bin:/usr/bin:/bin \
        "$qgis" "$@"
}

scene() { # INDEX NAME STRETCH
    out=build/demo/$2
    mkdir -p "$out"
    echo "== $2: a SYNTHETIC tile in the archive's format"
    process run lunaroxide:demoscene --SCENE="$1" --OUTPUT="$out/$2_SYNTHETIC.lbl" \
        --ZONES="$out/zones.gpkg"
    echo "== $2: oxides, Mg number, RGB composite and unit statistics"
    process run lunaroxide:oxideworkflow --INPUT="$out/$2_SYNTHETIC.lbl" \
        --ZONES="$out/zones.gpkg" --NAME_FIELD=unit --STRETCH="$3" \
        --predict:Oxides="$out/oxides.tif" --predict:Uncertainty="$out/uncertainty.tif" \
        --predict:Domain="$out/domain.tif" --mg:MgNumber="$out/mg_number.tif" \
        --rgb:RGB="$out/rgb.tif" --units:Units="$out/units.gpkg" \
        --units:Table="$out/units.csv" --units:Report="$out/units.html"
    .venv/bin/python -m scripts.demo_figure "$out" "$2"
}

process plugins enable lunar_oxide_plugin
scene 0 mairan 2
scene 1 sosigenes 3

echo
echo "Open:"
for name in mairan sosigenes; do
    echo "  build/demo/$name/maps.png      the maps"
    echo "  build/demo/$name/units.html    statistics of the units"
    echo "  build/demo/$name/oxides.tif    in QGIS, with the other rasters and units.gpkg"
done

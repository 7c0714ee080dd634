#!/usr/bin/env bash
# Branch coverage of the plugin by its unit and QGIS tests; the report goes to build/coverage.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
PYTHON=.venv/bin/python
"$PYTHON" -m coverage --version >/dev/null 2>&1 || "$PYTHON" -m pip install --quiet coverage==7.17.5
export QT_QPA_PLATFORM=offscreen COVERAGE_FILE=build/.coverage
mkdir -p build
options=(--branch --source lunar_oxide_plugin/core,lunar_oxide_plugin/raster,lunar_oxide_plugin/processing)
"$PYTHON" -m coverage run "${options[@]}" -m pytest tests/unit -p no:pytest_qgis -p no:cacheprovider -q
"$PYTHON" -m coverage run --append "${options[@]}" -m pytest tests/qgis --qgis_disable_gui -p no:cacheprovider -q
"$PYTHON" -m coverage report --show-missing >build/coverage.txt
"$PYTHON" -m coverage json -q -o build/coverage.json
"$PYTHON" - <<'REPORT'
import json
totals = json.load(open("build/coverage.json"))["totals"]
branches, reached = totals["num_branches"], totals["covered_branches"]
print(f"{reached} of {branches} branches: {100 * reached / branches:.1f} %; "
      f"{totals['percent_covered']:.1f} % of lines and branches. By file: build/coverage.txt")
REPORT

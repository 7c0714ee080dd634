#!/usr/bin/env bash
# Runs all test suites, each in its environment, and says how many tests ran.
set -u
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1
mkdir -p build
rm -f build/tests-*.xml
failed=0

suite() { # NAME PYTHON [pytest options]
    "$2" -m pytest "tests/$1" --junitxml "build/tests-$1.xml" "${@:3}" || failed=1
}

suite unit .venv/bin/python -p no:pytest_qgis
suite qgis .venv/bin/python --qgis_disable_gui
suite cli .venv/bin/python -p no:pytest_qgis
suite training .venv-train/bin/python
suite scaleout .venv-scaleout/bin/python

.venv/bin/python scripts/count_tests.py build/tests-*.xml || failed=1
exit $failed

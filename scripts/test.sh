#!/usr/bin/env bash
# Runs all test suites, each in its environment, and says how many tests ran. Two at a time, as
# most use one processor; what each says is shown when it has ended.
set -u
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1
mkdir -p build
rm -f build/tests-*

suite() { # NAME PYTHON [pytest options]
    "$2" -m pytest "tests/$1" --junitxml "build/tests-$1.xml" "${@:3}" >"build/tests-$1.log" 2>&1
    local code=$?
    cat "build/tests-$1.log"
    return $code
}

(
    suite unit .venv/bin/python -p no:pytest_qgis -p no:cacheprovider
    first=$?
    suite qgis .venv/bin/python --qgis_disable_gui -p no:cacheprovider || first=1
    suite cli .venv/bin/python -p no:pytest_qgis -p no:cacheprovider || first=1
    suite desktop .venv/bin/python -p no:pytest_qgis -p no:cacheprovider || first=1
    exit $first
) &
(
    suite training .venv-train/bin/python -p no:cacheprovider
    first=$?
    suite tools .venv-train/bin/python -p no:cacheprovider || first=1
    suite scaleout .venv-scaleout/bin/python -p no:cacheprovider || first=1
    exit $first
) &
failed=0
for lane in $(jobs -p); do wait "$lane" || failed=1; done

.venv/bin/python scripts/count_tests.py build/tests-{unit,qgis,cli,desktop,training,tools,scaleout}.xml || failed=1
exit $failed

#!/usr/bin/env bash
# Runs all test suites, each in its environment, and says how many tests ran. Three at a time, as
# most use one processor and some wait; what each says is shown when it has ended.
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

# One after the other; one that fails does not stop the others.
lane() {
    local failed=0
    for name in "$@"; do
        case $name in
        qgis) suite "$name" .venv/bin/python --qgis_disable_gui -p no:cacheprovider ;;
        training | tools) suite "$name" .venv-train/bin/python -p no:cacheprovider ;;
        scaleout) suite "$name" .venv-scaleout/bin/python -p no:cacheprovider ;;
        *) suite "$name" .venv/bin/python -p no:pytest_qgis -p no:cacheprovider ;;
        esac || failed=1
    done
    return $failed
}

# The third lane fills the time in which tests wait for other processes.
lane unit desktop tools &
lane training cli &
lane scaleout qgis &
failed=0
for lane in $(jobs -p); do wait "$lane" || failed=1; done

.venv/bin/python scripts/count_tests.py build/tests-{unit,qgis,cli,desktop,training,tools,scaleout}.xml || failed=1
exit $failed

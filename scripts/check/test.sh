#!/usr/bin/env bash
# Runs all test suites, each in its environment, and says how many tests ran. Three at a time, as
# most use one processor and some wait; what each says is shown when it has ended.
set -u
cd "$(dirname "$0")/../.."
export QT_QPA_PLATFORM=offscreen
unset PYTHONDONTWRITEBYTECODE # where it is set, each of some hundred processes compiles anew
# BLAS has a processor for each suite; more threads would only wait for each other.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
mkdir -p build
rm -f build/tests-*
# Where memory holds files nothing waits for a disk, which takes a fifth of the time.
room=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)
if [ -z "${TMPDIR:-}" ] && [ "${room:-0}" -gt 8000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/lunar-oxide.XXXXXX)
    export TMPDIR
    chmod 755 "$TMPDIR" # there are tests as another user
    trap 'rm -rf "$TMPDIR"' EXIT
fi
# What JAX compiles is kept for the next process, and the next run.
export JAX_COMPILATION_CACHE_DIR=$PWD/build/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

suite() { # NAME
    local python=.venv options=(-p no:cacheprovider)
    case $1 in
    qgis) options+=(--qgis_disable_gui) ;;
    training | tools) python=.venv-train ;;
    scaleout) python=.venv-scaleout ;;
    *) options+=(-p no:pytest_qgis) ;;
    esac
    "$python/bin/python" -m pytest "tests/$1" --junitxml "build/tests-$1.xml" "${options[@]}" \
        >"build/tests-$1.log" 2>&1
    local code=$?
    cat "build/tests-$1.log"
    return $code
}
export -f suite

# The longest first, so that no processor waits at the end.
suites=(unit training cli qgis scaleout tools desktop)
failed=0
printf '%s\n' "${suites[@]}" | xargs -P 3 -I '{}' bash -c 'suite {}' || failed=1

results=("${suites[@]/#/build/tests-}")
.venv/bin/python scripts/check/count_tests.py "${results[@]/%/.xml}" || failed=1
exit $failed

#!/usr/bin/env bash
# Mutation testing of the core's equations: mutmut changes them one by one, in a copy, and runs
# their tests. Which files and tests: [tool.mutmut] in pyproject.toml. Lists what no test noticed.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=build/mutation
environment=$PWD/.venv-mutation
if [ ! -x "$environment/bin/mutmut" ]; then
    /usr/bin/python3 -m venv --system-site-packages "$environment"
    "$environment/bin/python" -m pip install --quiet -c requirements/constraints.txt -r requirements/dev.txt mutmut==3.8.1
fi
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard |
    tar -c --null --no-recursion --ignore-failed-read -T - 2>/dev/null | tar -x -C "$copy"
cd "$copy"
"$environment/bin/python" -m mutmut run >run.log 2>&1 || { tail -c 2000 run.log >&2; exit 1; }
tr '\r' '\n' <run.log | grep '🎉' | tail -n 1
for name in $("$environment/bin/python" -m mutmut results | grep survived | sed 's/^ *//; s/: survived//'); do
    "$environment/bin/python" -m mutmut show "$name" | grep -E '^[-+] ' | sed "s/^/${name##*core.}  /"
done >survivors.txt
echo "What no test noticed: $copy/survivors.txt"

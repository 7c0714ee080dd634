"""Add up the results of several test suites; fail when one of them ran nothing.

usage: count_tests.py RESULT.xml ...
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

SUITES = ("cli", "qgis", "scaleout", "training", "unit")

totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
missing = set(SUITES)
for name in sys.argv[1:]:
    path = Path(name)
    for suite in ElementTree.parse(path).iter("testsuite"):
        if int(suite.get("tests", 0)):
            missing.discard(path.stem.removeprefix("tests-"))
        for key in totals:
            totals[key] += int(suite.get(key, 0))
failed = totals["failures"] + totals["errors"]
passed = totals["tests"] - failed - totals["skipped"]
for suite in sorted(missing):
    print(f"The suite tests/{suite} ran no test.")
print(f"{passed} passed, {failed} failed, {totals['skipped']} skipped")
sys.exit(bool(missing or failed or not passed))

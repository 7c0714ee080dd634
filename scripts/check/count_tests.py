"""Add up the results of several test suites; fail when one of them failed or ran nothing.

usage: count_tests.py RESULT.xml ...
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
idle = []
for path in map(Path, sys.argv[1:]):
    suites = list(ElementTree.parse(path).iter("testsuite")) if path.is_file() else []
    if not sum(int(suite.get("tests", 0)) for suite in suites):
        idle.append(path.stem)
    for suite in suites:
        for key in totals:
            totals[key] += int(suite.get(key, 0))
        for case in suite.iter("testcase"):
            for skipped in case.iter("skipped"):
                print(f"Skipped: {path.stem}, {case.get('name')}: {skipped.get('message')}")
failed = totals["failures"] + totals["errors"]
passed = totals["tests"] - failed - totals["skipped"]
for name in idle:
    print(f"No test ran: {name}.")
print(f"{passed} passed, {failed} failed, {totals['skipped']} skipped")
sys.exit(bool(idle or failed or not passed))

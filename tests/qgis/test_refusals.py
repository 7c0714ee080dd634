"""What goes wrong in each algorithm is said, with what to do about it, and leaves no file."""

import pytest

from tests.refusals import CASES, prepare


@pytest.mark.parametrize("case", CASES)
def test_refused(refused, tmp_path, case):
    said = refused(*prepare(case, tmp_path))
    for part in CASES[case][2]:
        assert part in said
    assert "Traceback" not in said

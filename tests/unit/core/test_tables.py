"""Names of columns and cells of CSV files."""

import csv
import io

import pytest

from lunar_oxide_plugin.core.tables import csv_text, distinct_names, unquoted_formula

#: The first sign of each is in OWASP's list ("CSV Injection").
FORMULAS = [
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "-",
    "-1-1",
    "+1 mare",
    "\uff1d1",
    '=HYPERLINK("http://x";"y")',
]
PLAIN = ["mare", "a=b", "", " 1", "'quoted'", "O'Neill", "-3.5", "+4", "-.5e-3", "1e5", "\u22121"]


def cells(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_quoted(text):
    header, row = cells(csv_text([text], [[text]]))
    assert header == row == [f"'{text}"]


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_and_numbers_are_as_they_are(text):
    assert cells(csv_text(["name", "x"], [[text, 1]]))[1] == [text, "1"]


def test_numbers_stay_numbers():
    row = [-3.5, -4, 2.0, None, float("nan")]
    assert cells(csv_text(["a"], [row])) == [["a"], ["-3.5000", "-4", "2.0000", "", ""]]
    assert cells(csv_text(["a"], [[0.1, -1e-7]], decimals=None))[1] == ["0.1", "-1e-07"]


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN, "'=1", "''=1", "'-3.5", "'", "''"])
def test_texts_come_back(text):
    assert unquoted_formula(cells(csv_text(["a"], [[text, ""]]))[1][0]) == text


def test_distinct_names():
    assert distinct_names(["a", "b"]) == ["a", "b"]
    assert distinct_names(["a", "A", "a_2", "a"]) == ["a", "A_3", "a_2", "a_4"]
    assert distinct_names(["fid", "Geom"], ["FID", "geom", "geom_2"]) == ["fid_2", "Geom_3"]

"""The page that `make bench` writes, from INVENTED timings: none of these was measured."""

import json

import pytest

from tests.benchmarks.machine import processor
from tests.benchmarks.measure import Turns, Work, fastest
from tests.benchmarks.report import SECTIONS, number, report
from tests.benchmarks.rows import Part, Row, Spread, at_least, at_most, read_part, write_part

INVENTED = [
    Row("processor", "nets", 90.0, "GFLOP/s", Spread(0.9, 0.8, 1.0), "{} of it", at_least(0.85)),
    Row("frameworks", "torch", to="torch is not installed", target=at_least(6)),
    Row("memory", "growth", 70.0, "MiB", Spread(1.2, 1.2, 1.2), "{} times", at_most(1.1)),
    Row("cancel", "longest", 0.25, "s", target=at_most(0.5)),
]


def work(amount=1.0):
    return Work(lambda: None, amount)


def test_ratios_are_of_the_same_round():
    """Both slow down in the second round: the ratio of medians would be another one."""
    turns = Turns(work(10), [1.0, 4.0, 1.0], {"other": work(10)}, {"other": [2.0, 8.0, 8.0]})
    assert turns.speed == 10
    assert turns.duration == 1
    assert turns.other_speed("other") == 10 / 8
    assert turns.speed_ratio("other") == Spread(2, 2, 5)
    assert turns.time_ratio("other") == Spread(1 / 2, 1 / 5, 1 / 2)


def test_of_several_references_the_fastest_counts():
    turns = Turns(
        work(), [1.0, 1.0], {"slow": work(), "fast": work()}, {"slow": [4, 4], "fast": [2, 2]}
    )
    assert turns.speed_ratio().median == 2


def test_amounts_count_not_times_alone():
    turns = Turns(work(100), [2.0], {"other": work(10)}, {"other": [1.0]})
    assert turns.speed_ratio("other").median == 5


def test_the_fastest_way_is_found_by_amount_per_second():
    def wait(steps):
        return lambda: sum(range(steps))

    ways = {"little": Work(wait(1000), 1), "much": Work(wait(1000), 1000)}
    assert fastest(ways)[0] == "much"


def test_page_says_what_was_met_missed_and_not_measured():
    page = report(INVENTED, "a machine", {"Models": {"numpy": "9.9"}}, quick=False)
    assert "- Machine: a machine\n- Models: numpy 9.9" in page
    assert "2 of 3 targets are met.\nMissed:\n\n- Peak memory: growth" in page
    assert "| nets | 90.0 GFLOP/s | 0.900 (0.800 to 1.00) of it | at least 0.85: met |" in page
    assert "| torch | not measured: torch is not installed |  | at least 6: not measured |" in page
    assert "| growth | 70.0 MiB | 1.20 times | at most 1.1: **missed** |" in page
    assert "| longest | 0.250 s |  | at most 0.5 s: met |" in page
    assert "numbers mean nothing" not in page
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert titles == [SECTIONS[key][0] for key in ("processor", "frameworks", "memory", "cancel")]


def test_a_quick_run_says_so():
    assert "numbers mean nothing" in report(INVENTED, "", {}, quick=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567, "1,230,000"),
        (99.96, "100"),
        (9.996, "10.0"),
        (0.0123, "0.0123"),
        (1.5e-5, "1.5e-05"),
        (1, "1.00"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_rows_pass_through_a_file(tmp_path):
    part = Part({"numpy": "9.9"}, INVENTED)
    write_part(part, tmp_path / "a" / "rows.json")
    assert read_part(tmp_path / "a" / "rows.json") == part
    assert json.loads((tmp_path / "a" / "rows.json").read_text())["versions"] == part.versions


def test_processor_and_its_extensions():
    text = "processor : 0\nmodel name\t: Some CPU\nflags\t\t: fpu fma avx2 avx512f\n\nmodel name: 2"
    assert processor(text) == "Some CPU (AVX2, FMA, AVX-512)"
    assert "not told" in processor("")

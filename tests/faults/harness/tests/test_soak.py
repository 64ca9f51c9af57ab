"""The soak's arithmetic, and a short run of it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.soak import MEGABYTE, Sample, main, slope, told


@pytest.mark.parametrize(
    ("points", "rise"),
    [
        ([], 0),
        ([(1, 5)], 0),
        ([(1, 5), (1, 9)], 0),
        ([(0, 1), (1, 3), (2, 5)], 2),
        ([(0, 4), (5, 4), (9, 4)], 0),
        ([(0, 2), (2, 0)], -1),
    ],
)
def test_a_rise_is_that_of_the_straightest_line(points, rise) -> None:
    assert slope(points) == pytest.approx(rise)


def sampled(minute: int, rise: Callable[[int], int]) -> Sample:
    return Sample(60.0 * minute, (100 + rise(minute)) * MEGABYTE, 50 * MEGABYTE, 40, 48 * MEGABYTE, minute)


def test_what_grows_shows_and_the_beginning_does_not_count() -> None:
    grown, early = ([sampled(minute, rise) for minute in range(1, 11)] for rise in (lambda at: max(at, 5), lambda at: min(at, 3)))
    assert "| memory of the server | 105.0 MB | 110.0 MB | +" in told(grown, "clean")
    assert "| memory of the server | 103.0 MB | 103.0 MB | +0.0 MB an hour |" in told(early, "clean")
    assert "| descriptors | 40 | 40 | between 40 and 40 |" in told(early, "clean")


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.faults_long
@pytest.mark.fault("F-L3")
def test_a_minute_of_it_is_clean(tmp_path: Path) -> None:
    assert main(["--hours", "0.016", "--every", "2", "--report", str(tmp_path / "soak.md")]) == 0
    text = (tmp_path / "soak.md").read_text(encoding="utf-8")
    assert "LOST = ∅  DUP = ∅  ORDER = ∅  PHANTOM = ∅  LEAK = ∅  CONSERVE = ∅" in text

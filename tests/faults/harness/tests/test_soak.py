"""The soak's arithmetic, and a short run of it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from faults.harness.soak import MEGABYTE, Sample, faults_of, main, slope, told


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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"memory": lambda minute: (100 + minute) * MEGABYTE}, "memory of the server rose by 7.0 MB over 103 MB"),
        ({"worker_memory": lambda minute: (50 + minute) * MEGABYTE}, "memory of the worker rose by 7.0 MB over 53 MB"),
        ({"memory": lambda minute: (100 - minute) * MEGABYTE}, ""),
        ({"descriptors": lambda minute: 40 + 4 * minute}, "descriptors between 52 and 80"),
        ({"wal": lambda minute: 400 * MEGABYTE if minute == 2 else 48 * MEGABYTE}, "WAL of 400 MB"),
    ],
)
def test_what_is_not_flat_is_said(changed: dict[str, Callable[[int], int]], said: str) -> None:
    samples = [replace(sampled(at, lambda _: 0), **{name: made(at) for name, made in changed.items()}) for at in range(1, 11)]
    assert ";".join(faults_of(samples)) == said
    assert (f"Not held: {said}." if said else "All held.") in told(samples, "clean")


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.faults_long
@pytest.mark.fault("F-L3")
def test_a_minute_of_it_is_clean(tmp_path: Path) -> None:
    # In a minute the caches only begin to fill: what is asked of hours is not asked of it.
    main(["--hours", "0.016", "--every", "2", "--report", str(tmp_path / "soak.md")])
    text = (tmp_path / "soak.md").read_text(encoding="utf-8")
    assert "LOST = ∅  DUP = ∅  ORDER = ∅  PHANTOM = ∅  LEAK = ∅  CONSERVE = ∅" in text

"""Token buckets: a burst, then a rate, each key for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.kit.errors import TooMany
from qiao.platform.auth import throttle as module
from qiao.platform.auth.throttle import Throttle


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_burst_is_allowed_and_then_one_waits(clock: Clock):
    throttle = Throttle(rate=2.0, burst=3)
    assert [throttle.take("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert throttle.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert throttle.take("a") == 0.0
    assert throttle.take("a") > 0


def test_waiting_fills_the_bucket_and_never_over_its_rim(clock: Clock):
    throttle = Throttle(rate=1.0, burst=2)
    throttle.take("a")
    clock.now += 3_600
    assert [throttle.take("a") == 0.0 for _ in range(3)] == [True, True, False]


def test_being_refused_costs_nothing(clock: Clock):
    throttle = Throttle(rate=1.0, burst=1)
    throttle.take("a")
    assert all(throttle.take("a") > 0 for _ in range(50))
    clock.now += 1.0
    assert throttle.take("a") == 0.0


def test_each_key_has_a_bucket_of_its_own(clock: Clock):
    throttle = Throttle(rate=1.0, burst=1)
    assert (throttle.take("a"), throttle.take("b")) == (0.0, 0.0)
    assert throttle.take("a") > 0


def test_over_the_rate_one_is_told_how_long(clock: Clock):
    throttle = Throttle(rate=0.1, burst=1)
    throttle.check("a")
    with pytest.raises(TooMany) as refused:
        throttle.check("a")
    assert refused.value.details == {"retry_after": 10}
    quick = Throttle(rate=100.0, burst=1)
    quick.check("a")
    with pytest.raises(TooMany) as refused:
        quick.check("a")
    assert refused.value.details == {"retry_after": 1}


def test_memory_is_bounded_and_the_oldest_is_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    throttle = Throttle(rate=0.001, burst=1)
    for key in "abcd":
        throttle.take(key)
    assert len(throttle._buckets) == 3
    assert throttle.take("d") > 0
    assert throttle.take("a") == 0.0


@given(st.lists(st.floats(0, 5), max_size=60), st.floats(0.1, 10), st.integers(1, 10))
def test_no_more_gets_through_than_burst_and_rate_allow(pauses: list[float], rate: float, burst: int):
    clock = Clock()
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "time", clock)
    throttle, allowed, began = Throttle(rate, burst), 0, clock.now
    for pause in pauses:
        clock.now += pause
        allowed += throttle.take("a") == 0.0
    patch.undo()
    assert allowed <= burst + (clock.now - began) * rate + 1e-6

"""Refusals are lines of the log, and a flood of them is a few lines and a number."""

import asyncio

import pytest
from structlog.testing import capture_logs

from qiao.platform.observe import refusals
from qiao.platform.observe.refusals import ALL, EACH, SECONDS, Refusals

LEFT = "refused, and not written one by one"


class Clock:
    """A clock that a test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def told(lines: list[dict[str, object]], event: str = "refused") -> list[dict[str, object]]:
    return [line for line in lines if line["event"] == event]


def test_a_refusal_says_what_was_refused_and_to_whom():
    with capture_logs() as lines:
        Refusals().tell("auth.refused", person="7", route="/api/v1/invites")
    assert lines == [
        {"event": "refused", "code": "auth.refused", "person": "7", "route": "/api/v1/invites", "log_level": "warning"}
    ]


def test_of_a_flood_the_first_are_told_and_the_others_counted_when_the_next_time_begins():
    clock = Clock()
    door = Refusals(clock)
    with capture_logs() as lines:
        for _ in range(EACH + 500):
            door.tell("qiao.not_found")
        door.tell("auth.refused")
        assert (len(told(lines)), told(lines, LEFT)) == (EACH + 1, [])
        clock.now += SECONDS
        door.tell("qiao.not_found")
    assert [(one["code"], one["number"]) for one in told(lines, LEFT)] == [("qiao.not_found", 500)]
    assert len(told(lines)) == EACH + 2


def test_floods_of_every_kind_together_are_bounded_too():
    with capture_logs() as lines:
        door = Refusals(Clock())
        for code in range(50):
            for _ in range(EACH):
                door.tell(f"code.{code}")
    assert len(lines) == ALL


async def test_what_was_left_out_is_told_though_nothing_more_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refusals, "SECONDS", 0.05)
    with capture_logs() as lines:
        door = Refusals()
        for _ in range(EACH + 7):
            door.tell("qiao.not_found")
        async with asyncio.timeout(10):
            while not told(lines, LEFT):
                await asyncio.sleep(0.01)
    assert [one["number"] for one in told(lines, LEFT)] == [7]

"""Whoever logs never waits: a target that takes nothing costs lines, which are counted."""

import io
import os
import threading

import pytest
from prometheus_client import generate_latest

from qiao.platform.observe.sink import DROPPED, LogSink


def dropped() -> float:
    return DROPPED._value.get()


@pytest.fixture
def before() -> float:
    return dropped()


class Stuck(io.StringIO):
    """A pipe that nobody reads, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait(10)
        return super().write(text)


def test_lines_come_whole_and_in_order() -> None:
    target = io.StringIO()
    sink = LogSink(target)
    for number in range(500):
        sink.write(f"{number}\n")
    assert sink.finish(5)
    assert target.getvalue().split() == [str(number) for number in range(500)]


@pytest.mark.fault("F-S14")
def test_nobody_waits_for_a_target_that_is_stuck(before: float) -> None:
    target = Stuck()
    sink = LogSink(target, most=10)
    for number in range(100):
        sink.write(f"{number}\n")
    assert not sink.finish(0.02)
    lost = dropped() - before
    assert 80 <= lost <= 90
    target.free.set()
    assert sink.finish(5)
    assert len(target.getvalue().split()) == 100 - lost


@pytest.mark.fault("F-S14")
def test_a_target_that_has_no_room_is_counted_and_used_again(before: float) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", buffering=1)
    sink = LogSink(full)
    sink.write("one\n")
    sink.write("two\n")
    assert sink.finish(5)
    assert dropped() - before == 2
    assert b"qiao_log_lines_dropped_total" in generate_latest()


def test_a_target_that_was_closed_is_survived(before: float) -> None:
    target = io.StringIO()
    target.close()
    sink = LogSink(target)
    sink.write("one\n")
    assert sink.finish(5)
    assert dropped() - before == 1


def test_nothing_written_is_finished_at_once() -> None:
    assert LogSink(io.StringIO()).finish(0)

"""What the program does about its memory holds on every machine it runs on."""

import ctypes
import gc

import pytest

from qiao.kit.memory import give_back, settle


@pytest.fixture
def collector():
    before = gc.get_threshold()
    yield gc
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_alive_is_not_walked_again_and_garbage_still_goes(collector):
    collector.disable()
    settle()
    assert collector.isenabled()
    assert collector.get_freeze_count() > 1_000
    ring = []
    ring.append(ring)
    del ring
    assert collector.collect() >= 1


@pytest.mark.parametrize("library", [OSError, AttributeError])
def test_a_machine_without_glibc_is_left_alone(monkeypatch, library):
    def missing(name):
        raise library(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert give_back() is None

"""Vectors as an index keeps them: eight bits a number, and a sketch where many are looked at."""

import numpy as np
import pytest

from qiao.domains.bot.retrieval import vectors as stored
from qiao.domains.bot.retrieval.tuning import Damping
from qiao.domains.bot.retrieval.vectors import Damper, Rows, as_stored

pytestmark = pytest.mark.slow
DIMENSIONS = 64


def units(count: int, seed: int = 0) -> np.ndarray:
    """Rows that differ along few directions, as meanings do."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 12)) @ random.normal(size=(12, DIMENSIONS)) + random.normal(size=(count, DIMENSIONS)) * 0.2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Vectors that are enough for a sketch of 16 directions, of which the nearest 20 are looked at exactly."""
    monkeypatch.setattr(stored, "_SKETCHED_FROM", 200)
    monkeypatch.setattr(stored, "_SKETCHED", 16)
    monkeypatch.setattr(stored, "_EXACT", 20)
    return units(300)


def test_cosines_are_kept_to_three_thousandths():
    rows, asked = units(50), units(20, seed=1)
    held = Rows.of(list(rows))
    for question in asked:
        assert held.dot(question) == pytest.approx(rows @ question, abs=3e-3)


def test_eight_bits_take_a_quarter_of_the_room():
    rows = units(400)
    assert Rows.of(list(rows)).nbytes < 0.35 * rows.nbytes


def test_rounding_twice_is_rounding_once():
    once = as_stored(units(30))
    assert as_stored(once) == pytest.approx(once, abs=1e-7)
    assert Rows.of(list(once)).get(7) == pytest.approx(once[7], abs=1e-7)


def test_an_absent_row_has_no_vector_and_no_nearness():
    rows = units(3)
    held = Rows.of([rows[0], None, rows[2]])
    assert held.get(1) is None
    assert held.dot(rows[0]) == pytest.approx([1, 0, rows[0] @ rows[2]], abs=5e-3)


def test_some_rows_are_asked_for_by_number():
    rows = units(40)
    held = Rows.of(list(rows))
    assert held.dot(rows[3], np.asarray([30, 3])) == pytest.approx([rows[30] @ rows[3], 1], abs=5e-3)


def test_earlier_versions_do_not_see_what_is_added():
    rows = units(12)
    first = Rows.of(list(rows[:4]))
    second, third = first.with_added(list(rows[4:8])), first.with_added(list(rows[8:]))
    assert (first.count, second.count, third.count) == (4, 8, 8)
    assert second.get(5) == pytest.approx(rows[5], abs=5e-3)
    assert third.get(5) == pytest.approx(rows[9], abs=5e-3)


def test_of_many_rows_the_nearest_are_found_exactly(sketched: np.ndarray):
    held = Rows.of(list(sketched), exact=True)
    for question in units(10, seed=2):
        true, found = sketched @ question, held.dot(question)
        assert found[np.argsort(-true)[:10]] == pytest.approx(np.sort(true)[::-1][:10], abs=3e-3)


def test_the_others_are_about_right(sketched: np.ndarray):
    held = Rows.of(list(sketched), exact=True)
    question = units(1, seed=3)[0]
    off = np.abs(held.dot(question) - sketched @ question)
    assert 0 < float(off.max()) < 0.25
    assert float(off.mean()) < 0.06


def test_a_sketch_grows_with_its_rows(sketched: np.ndarray):
    held = Rows.of(list(sketched), exact=True)
    more = units(250, seed=4)
    for start in range(0, 250, 50):
        held = held.with_added(list(more[start : start + 50]))
    assert held.count == 550
    assert held.dot(more[249])[549] == pytest.approx(1, abs=5e-3)
    assert int(held.dot(sketched[10]).argmax()) == 10


def test_versions_made_of_the_same_sketch_keep_apart(sketched: np.ndarray):
    held = Rows.of(list(sketched), exact=True).with_added(list(units(1, seed=5)))
    one, other = units(2, seed=6)
    left, right = held.with_added([one]), held.with_added([other])
    assert left.dot(one)[-1] == pytest.approx(1, abs=5e-3)
    assert right.dot(other)[-1] == pytest.approx(1, abs=5e-3)
    assert len(held.dot(one)) == 301


def test_damping_reaches_the_sketched_rows_too(sketched: np.ndarray):
    directions = np.linalg.qr(np.random.default_rng(7).normal(size=(DIMENSIONS, 3)))[0].T.astype("<f2")
    damper = Damper(Damping(DIMENSIONS, np.ascontiguousarray(directions).tobytes(), (0.9, 0.8, 0.5)))
    plain, many = Rows.of(list(sketched)).damped(damper), Rows.of(list(sketched), exact=True).damped(damper)
    question = units(1, seed=8)[0]
    nearest = np.argsort(-plain.dot(question))[:5]
    assert many.dot(question)[nearest] == pytest.approx(plain.dot(question)[nearest], abs=3e-3)


def test_a_question_of_another_length_is_near_to_nothing(sketched: np.ndarray):
    assert not Rows.of(list(sketched), exact=True).dot(np.ones(5, dtype=np.float32)).any()

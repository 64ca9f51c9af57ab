"""What more or less care would cost: the curve agrees with the threshold that fitting chooses; who is shown it."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest

from qiao.domains.bot.contracts import CurvePoint
from qiao.domains.bot.retrieval import AnswerIndex, Entry, IndexedText
from qiao.domains.bot.tests.tea_shop import FAQS
from qiao.domains.bot.zones import ZoneThresholds, fit_zones
from qiao.domains.knowledge.contracts import NewFaq

pytestmark = [pytest.mark.database, pytest.mark.slow]
CURVE = "/api/v1/bot/curve"


def scattered(noise: float) -> list[Entry]:
    """Forty topics of five wordings each, blurred into one another by `noise`."""
    random = np.random.default_rng(11)

    def near(middle: np.ndarray) -> np.ndarray:
        row = middle + noise * random.normal(size=48) / 7
        return (row / np.linalg.norm(row)).astype(np.float32)

    middles = [random.normal(size=48) / 7 for _ in range(40)]
    return [
        Entry(UUID(int=at + 1), "faq", "en", "", tuple(IndexedText(f"way{way} {at % 3}", near(middle)) for way in range(5)))
        for at, middle in enumerate(middles)
    ]


def fitted(noise: float, target: float) -> ZoneThresholds:
    entries = scattered(noise)
    return fit_zones(AnswerIndex.build(entries), entries, target)


def chosen(points: tuple[CurvePoint, ...], target: float) -> CurvePoint:
    """The least careful point that fitting would allow for a target: what the console marks while the target is moved."""
    return next(one for one in points if one.needs <= target)


@pytest.mark.parametrize(("noise", "target"), [(1.0, 0.02), (1.4, 0.02), (2.0, 0.05), (2.0, 0.1)])
def test_the_point_that_a_target_allows_answers_as_much_as_fitting_does(noise: float, target: float) -> None:
    thresholds = fitted(noise, target)
    at = [one.threshold <= thresholds.answer_at for one in thresholds.curve].count(True) - 1
    # The limit in use lies between two points of the curve, of which the lower may be one answer too far.
    beside = [one.answered for one in thresholds.curve[at : at + 2]]
    assert min(beside) - 0.002 <= chosen(thresholds.curve, target).answered <= max(beside) + 0.002


def test_more_care_answers_fewer_and_the_curve_does_not_depend_on_the_target() -> None:
    curve = fitted(1.4, 0.05).curve
    answered = [one.answered for one in curve]
    assert answered == sorted(answered, reverse=True)
    assert [one.threshold for one in curve] == sorted({one.threshold for one in curve})
    assert (answered[0] > answered[-1], max(one.wrong for one in curve) <= 1) == (True, True)
    assert fitted(1.4, 0.2).curve == curve


def test_where_nothing_is_answered_nothing_is_promised() -> None:
    last = fitted(6.0, 0.05).curve[-1]
    assert (last.answered, last.wrong, last.feared, last.needs) == (0.0, 0.0, 1.0, 1.0)


def test_what_is_wrong_of_all_questions_is_bounded_too() -> None:
    points = fitted(1.0, 0.05).curve
    assert all(one.needs >= one.feared for one in points)
    assert points[0].needs == pytest.approx(points[0].feared * points[0].answered / 0.25, abs=0.002)


@pytest.fixture
async def rehearsed(house: Any, workspace: Any) -> None:
    """The tea shop's questions are published, and the thresholds fitted on them."""
    async with house.database.scope(workspace.id) as scope:
        for language, question, answer, variants in FAQS:
            new = NewFaq(language=language, question=question, answer=answer, variants=list(variants), publish=True)
            await house.knowledge.faqs.create(scope, new, None)
    await house.bot.fit(workspace.id)


async def test_a_language_has_a_curve_once_its_questions_were_rehearsed(door, rehearsed: None) -> None:
    items = (await (await door("editor")).get(CURVE)).json()["items"]
    assert [one["language"] for one in items] == ["zh", "en"]
    assert items[0]["examples"] > items[1]["examples"] > 0
    assert items[0]["points"][0].keys() == {"threshold", "answered", "wrong", "feared", "needs"}
    assert items[0]["points"][0]["threshold"] < items[0]["answer_at"] < 1


async def test_before_that_there_is_none_and_a_neighbours_is_not_shown(door, house: Any, rehearsed: None) -> None:
    other = await house.workspaces.create("curve-less", {"zh": "别家", "en": "Another"})
    assert await house.bot.curves(other.id) == []


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), ("agent", 200), ("", 401)])
async def test_whoever_may_read_knowledge_sees_it(door, role: str, status: int) -> None:
    assert (await (await door(role)).get(CURVE)).status_code == status

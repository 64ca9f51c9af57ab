"""Who gets the second version, and how both are compared."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.experiments import arms, differences, has_second

EXPERIMENT = UUID(int=7)
TALKS = [uuid5(EXPERIMENT, str(number)) for number in range(4_000)]


@given(st.floats(0.01, 0.99))
def test_about_the_share_gets_it(part):
    got = sum(has_second(EXPERIMENT, talk, part) for talk in TALKS) / len(TALKS)
    assert abs(got - part) < 0.05


@given(st.uuids(), st.floats(0.01, 0.98))
def test_whoever_has_it_keeps_it_when_the_share_grows(talk, part):
    assert has_second(EXPERIMENT, talk, part) <= has_second(EXPERIMENT, talk, part + 0.01)


def test_experiments_do_not_pick_the_same_conversations():
    both = sum(has_second(EXPERIMENT, talk, 0.5) and has_second(UUID(int=8), talk, 0.5) for talk in TALKS)
    assert abs(both / len(TALKS) - 0.25) < 0.05


def test_each_version_is_counted_apart():
    second = [talk for talk in TALKS if has_second(EXPERIMENT, talk, 0.5)][:100]
    first = [talk for talk in TALKS if not has_second(EXPERIMENT, talk, 0.5)][:100]
    sessions = [
        *({"conversation_id": talk, "verdict": "verified", "helpful": True} for talk in second[:80]),
        *({"conversation_id": talk, "verdict": "handed_over", "helpful": None} for talk in second[80:]),
        *({"conversation_id": talk, "verdict": "assumed", "helpful": None} for talk in first[:40]),
        *({"conversation_id": talk, "verdict": "handed_over", "helpful": False} for talk in first[40:90]),
        *({"conversation_id": talk, "verdict": "pending", "helpful": None} for talk in first[90:]),
    ]
    one, other = arms(EXPERIMENT, 0.5, sessions)
    assert (one.sessions, one.settled, one.contained.hits, one.verified.hits) == (100, 90, 40, 0)
    assert (other.settled, other.contained.hits, other.helpful.n) == (100, 80, 80)
    found = differences(one, other)
    assert found["contained"].sure and found["contained"].value > 0
    assert found["handed_over"].value < 0


def test_without_sessions_nothing_is_sure():
    assert not any(one.sure for one in differences(*arms(EXPERIMENT, 0.5, [])).values())

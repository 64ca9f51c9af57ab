"""Who gets the second version, and how both are compared."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from qiao.domains.bot.learning.experiments import Met, Runs, arms, differences, has_second

EXPERIMENT = UUID(int=7)
TALKS = [uuid5(EXPERIMENT, str(number)) for number in range(4_000)]


@given(st.floats(0.01, 0.99))
def test_about_the_share_gets_it(part):
    got = sum(has_second(EXPERIMENT, talk, part) for talk in TALKS) / len(TALKS)
    assert abs(got - part) < 0.05


@given(st.uuids(), st.floats(0.01, 0.98))
def test_whoever_has_it_keeps_it_when_the_share_grows(talk, part):
    assert has_second(EXPERIMENT, talk, part) <= has_second(EXPERIMENT, talk, part + 0.01)


@given(st.uuids(), st.uuids(), st.floats(0.01, 0.99))
def test_a_conversation_has_one_version_for_ever(experiment, talk, part):
    """Nothing but the two ids and the share decides, whoever was asked about in between."""
    before = has_second(experiment, talk, part)
    others = [has_second(experiment, other, part) for other in TALKS[:3]]
    assert has_second(UUID(str(experiment)), UUID(str(talk)), part) is before
    assert [has_second(experiment, other, part) for other in TALKS[:3]] == others


def test_the_versions_of_today_are_those_of_tomorrow():
    """Another way to divide would give customers of a running experiment the other version in the middle of a conversation."""
    drawn = "".join("AB"[has_second(EXPERIMENT, UUID(int=number), 0.5)] for number in range(24))
    assert drawn == "ABBABBBAAABBAABABBBBBBBA"


def test_experiments_do_not_pick_the_same_conversations():
    both = sum(has_second(EXPERIMENT, talk, 0.5) and has_second(UUID(int=8), talk, 0.5) for talk in TALKS)
    assert abs(both / len(TALKS) - 0.25) < 0.05


def test_each_version_is_counted_apart():
    met = [
        Met(second=True, verdict="verified", sessions=80, thumbs=80, helpful=80, answered=80, asked_again=2),
        Met(second=True, verdict="handed_over", sessions=20, answered=10, asked_again=4),
        Met(second=False, verdict="assumed", sessions=40, answered=40, asked_again=5),
        Met(second=False, verdict="handed_over", sessions=50, thumbs=50, answered=20, asked_again=6),
        Met(second=False, verdict="pending", sessions=10, thumbs=2, helpful=2, answered=10, asked_again=9),
    ]
    one, other = arms(met)
    assert (one.sessions, one.settled, one.contained.hits, one.verified.hits, one.assumed.hits) == (100, 90, 40, 0, 40)
    assert (other.settled, other.contained.hits, other.helpful.n) == (100, 80, 80)
    assert [(arm.asked_again.hits, arm.asked_again.n) for arm in (one, other)] == [(11, 60), (6, 90)]
    assert (one.helpful.hits, one.helpful.n) == (2, 52)
    found = differences(one, other)
    assert found["contained"].sure and found["contained"].value > 0
    assert found["handed_over"].value < 0


def test_runs_of_a_flow_count_apart_from_sessions():
    one, other = arms([], [Runs(second=False, over=10, done=2), Runs(second=True, over=40, done=36)])
    assert [(arm.finished.hits, arm.finished.n, arm.sessions) for arm in (one, other)] == [(2, 10, 0), (36, 40, 0)]
    assert differences(one, other)["finished"].sure


COUNTED = st.builds(
    Met,
    second=st.booleans(),
    verdict=st.sampled_from(["verified", "assumed", "handed_over", "recontacted", "unresolved", "pending"]),
    sessions=st.integers(5, 50),
    thumbs=st.integers(3, 5),
    helpful=st.integers(0, 3),
    answered=st.integers(3, 5),
    asked_again=st.integers(0, 3),
)


@given(st.lists(COUNTED, max_size=12), st.randoms())
def test_however_sessions_are_counted_together_the_figures_are_the_same(met, random):
    """Nothing is lost or counted twice, and exchanging the versions exchanges the figures."""
    one, other = arms(met)
    assert one.sessions + other.sessions == sum(each.sessions for each in met)
    assert all(arm.contained.hits == arm.verified.hits + arm.assumed.hits for arm in (one, other))
    mixed = random.sample(met, len(met))
    exchanged = [replace(each, second=not each.second) for each in mixed]
    assert arms(mixed) == (one, other) and arms(exchanged) == (other, one)
    there, back = differences(one, other), differences(other, one)
    assert {name: there[name].sure for name in there} == {name: back[name].sure for name in back}


def test_without_sessions_nothing_is_sure():
    assert not any(one.sure for one in differences(*arms([])).values())

"""Choosing a person and estimating a wait, whatever the numbers."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.routing.contracts import Candidate
from qiao.domains.routing.rules import MAX_ESTIMATE_SECONDS, choose, estimate

TEAMS = [UUID(int=n) for n in range(1, 4)]


def candidate(number=1, load=0, limit=5, last=0.0, teams=()) -> Candidate:
    return Candidate(
        person_id=UUID(int=number), name=str(number), team_ids=frozenset(teams), load=load, limit=limit, last_assigned=last
    )


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(1, 10**6),
        st.integers(0, 12),
        st.integers(0, 10),
        st.floats(0, 1e9),
        st.sets(st.sampled_from(TEAMS)),
    ),
    max_size=8,
    unique_by=lambda one: one.person_id,
)


@given(CANDIDATES, st.none() | st.sampled_from(TEAMS))
def test_nobody_is_chosen_over_their_limit_or_outside_the_team(candidates, team):
    chosen = choose(candidates, team)
    able = [one for one in candidates if one.load < one.limit and (team is None or team in one.team_ids)]
    assert (chosen is None) == (not able)
    assert chosen is None or chosen in able


@given(CANDIDATES)
def test_nobody_who_could_take_it_has_a_smaller_share_of_work(candidates):
    chosen = choose(candidates, None)
    shares = [one.load / one.limit for one in candidates if one.load < one.limit]
    assert chosen is None or chosen.load / chosen.limit == min(shares)


@given(CANDIDATES, st.randoms())
def test_the_order_of_asking_changes_nothing(candidates, random):
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert choose(candidates, None) == choose(shuffled, None)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_given_one_by_one_the_work_is_spread_by_limit(limits):
    people = {n: candidate(n, 0, limit) for n, limit in enumerate(limits, 1)}
    for _ in range(sum(limits)):
        chosen = choose(people.values(), None)
        number = chosen.person_id.int
        people[number] = candidate(number, chosen.load + 1, chosen.limit)
    assert [people[n].load for n in people] == limits
    assert choose(people.values(), None) is None


def test_of_two_alike_who_waited_longest_for_work_gets_it():
    assert choose([candidate(1, last=20.0), candidate(2, last=10.0)], None).person_id == UUID(int=2)


def test_half_of_ten_is_less_than_two_of_three():
    assert choose([candidate(1, 2, 3), candidate(2, 5, 10)], None).person_id == UUID(int=2)


GAPS = st.lists(st.floats(0, 1e6), max_size=40)


@given(st.integers(1, 10_000), GAPS, st.integers(1, 50))
def test_an_estimate_is_a_time_people_can_believe(position, gaps, online):
    seconds = estimate(position, gaps, online)
    assert 10 <= seconds <= MAX_ESTIMATE_SECONDS


@given(st.integers(1, 500), GAPS, st.integers(1, 50))
def test_further_back_never_means_sooner(position, gaps, online):
    assert estimate(position, gaps, online) <= estimate(position + 1, gaps, online)


@given(st.integers(1, 500), GAPS)
def test_while_nobody_is_there_nothing_is_promised(position, gaps):
    assert estimate(position, gaps, 0) is None


def test_without_history_more_people_mean_less_waiting():
    assert estimate(2, [], 1) == 180
    assert estimate(2, [], 3) == 60
    assert estimate(2, [5.0, 5.0], 3) == 60


def test_the_middle_gap_counts_not_the_odd_one():
    assert estimate(3, [20.0, 30.0, 4_000.0], 2) == 90

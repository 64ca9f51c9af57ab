"""What counts as asked again, come back, thanked and handed over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.watching import Ended, HandedOver, Turned, Watch, Wrote

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TALK, OTHER, ANNA, BEN = (UUID(int=number) for number in range(1, 5))
RETURNS, SHIPPING = UUID(int=11), UUID(int=12)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def wrote(hours: float, seq: int = 1, talk: UUID = TALK, who: UUID = ANNA) -> Wrote:
    return Wrote(talk, seq, at(hours), who)


def turned(hours: float, question: str = "怎么退货", zone: str = "answer", talk: UUID = TALK, **more: object) -> Turned:
    fields = {"turn_id": uuid4(), "reason": "clear", "entry_id": RETURNS, **more}
    return Turned(conversation_id=talk, at=at(hours), zone=zone, question=question, **fields)


def watched(*happenings: object) -> Watch:
    watch = Watch([], [])
    for one in happenings:
        watch.see(one)
    return watch


def test_a_conversation_within_a_day_is_one_session():
    watch = watched(wrote(0), turned(0), wrote(5, 3), turned(5), wrote(20, 5), turned(20))
    assert [(one.began_seq, one.turns, one.answers, one.last_at) for one in watch.sessions] == [(1, 3, 3, at(20))]


def test_a_day_of_silence_ends_it_and_writing_again_is_coming_back():
    watch = watched(wrote(0), turned(0), wrote(30, 3), turned(30))
    first, second = watch.sessions
    assert (first.recontact_at, second.recontact_at) == (at(30), None)
    assert (second.began_seq, second.began_at) == (3, at(30))


def test_coming_back_counts_in_another_conversation_too():
    watch = watched(wrote(0), turned(0), Ended(TALK, at(1)), wrote(2, 1, OTHER))
    assert watch.sessions[0].recontact_at == at(2)


@pytest.mark.parametrize(("hours", "back"), [(72, True), (72.1, False)])
def test_after_three_days_it_is_a_new_matter(hours, back):
    watch = watched(wrote(0), wrote(hours, 5))
    assert (watch.sessions[0].recontact_at is not None) is back


def test_a_word_soon_after_another_changes_nothing_that_is_stored():
    watch = watched(wrote(0))
    again = Watch(watch.sessions, [])
    again.see(wrote(0.01, 2))
    assert again.sessions == []
    again.see(wrote(0.5, 3))
    assert [one.last_at for one in again.sessions] == [at(0.5)]


def test_another_customer_is_no_return():
    watch = watched(wrote(0), Ended(TALK, at(1)), wrote(2, 1, OTHER, BEN))
    assert watch.sessions[0].recontact_at is None


def test_what_is_resolved_is_over():
    watch = watched(wrote(0), turned(0), Ended(TALK, at(1)), wrote(1.5, 4))
    assert [one.began_seq for one in watch.sessions] == [1, 4]
    assert watch.sessions[0].resolved_at == at(1)


def test_thanks_are_for_the_answer_before():
    first, second = turned(0), turned(0.1, "运费多少", entry_id=SHIPPING)
    thanks = turned(0.2, "谢谢", "small_talk", reason="thanks", entry_id=None)
    watch = watched(wrote(0), first, wrote(0.1, 3), second, wrote(0.2, 5), thanks)
    thanked = {one.turn_id: one.thanked_at for one in watch.outcomes}
    assert thanked == {first.turn_id: None, second.turn_id: at(0.2)}
    assert watch.sessions[0].thanked_at == at(0.2)
    assert watch.sessions[0].turns == 2


def test_a_question_after_the_thanks_takes_them_back():
    thanks = turned(0.2, "谢谢", "small_talk", reason="thanks", entry_id=None)
    watch = watched(wrote(0), turned(0), wrote(0.2, 3), thanks, wrote(0.3, 5), turned(0.3, "运费多少"))
    assert watch.sessions[0].thanked_at is None


def test_a_greeting_is_no_question():
    watch = watched(wrote(0), turned(0, "你好", "small_talk", reason="greeting", entry_id=None))
    assert (watch.sessions[0].turns, watch.outcomes) == (0, [])


def test_hand_over_marks_every_answer_of_the_session():
    watch = watched(
        wrote(0), turned(0), wrote(0.1, 3), turned(0.1, "运费多少"), HandedOver(TALK, at(0.2)), HandedOver(TALK, at(0.3))
    )
    assert {one.handed_over_at for one in watch.outcomes} == {at(0.2)}
    assert watch.sessions[0].handed_over_at == at(0.2)


@pytest.mark.parametrize(
    ("question", "entry", "again"),
    [
        ("怎么退货？", RETURNS, True),
        ("请问怎么退货呢", RETURNS, True),
        ("退货怎么退", RETURNS, True),
        ("怎么换货", SHIPPING, False),
        ("运费多少", RETURNS, False),
    ],
)
def test_nearly_the_same_question_is_asked_again(question, entry, again):
    first = turned(0, "怎么退货")
    watch = watched(wrote(0), first, wrote(0.2, 3), turned(0.2, question, entry_id=entry))
    outcome = next(one for one in watch.outcomes if one.turn_id == first.turn_id)
    assert (outcome.asked_again_at == at(0.2)) is again


def test_asking_again_elsewhere_counts_for_the_same_customer_alone():
    first = turned(0)
    mine = watched(wrote(0), first, Ended(TALK, at(1)), wrote(2, 1, OTHER), turned(2, talk=OTHER))
    others = watched(wrote(0), first, Ended(TALK, at(1)), wrote(2, 1, OTHER, BEN), turned(2, talk=OTHER))
    assert [next(one for one in watch.outcomes if one.turn_id == first.turn_id).asked_again_at for watch in (mine, others)] == [
        at(2),
        None,
    ]


def test_choosing_from_an_offer_is_no_second_question():
    offer = turned(0, zone="offer")
    watch = watched(wrote(0), offer, wrote(0.1, 3), turned(0.1, "怎么退货", reason="option"))
    assert watch.outcomes[0].asked_again_at is None


def test_a_turn_without_a_known_message_is_passed_over():
    watch = watched(turned(0), HandedOver(TALK, at(1)), Ended(TALK, at(2)))
    assert (watch.sessions, watch.outcomes) == ([], [])


_KINDS = st.sampled_from(["wrote", "answer", "thanks", "handed", "ended"])


@given(
    st.lists(st.tuples(_KINDS, st.integers(1, 2_000), st.sampled_from([TALK, OTHER]), st.sampled_from([ANNA, BEN])), max_size=30)
)
def test_whatever_happens_sessions_stay_in_order(script):
    watch, clock = Watch([], []), 0.0
    for seq, (kind, minutes, talk, who) in enumerate(script, start=1):
        clock += minutes / 60
        made = {
            "wrote": Wrote(talk, seq, at(clock), who),
            "answer": turned(clock, talk=talk),
            "thanks": turned(clock, "谢谢", "small_talk", talk, reason="thanks"),
            "handed": HandedOver(talk, at(clock)),
            "ended": Ended(talk, at(clock)),
        }
        watch.see(made[kind])
    for one in watch.sessions:
        assert one.began_at <= one.last_at
        assert 0 <= one.answers <= one.turns
        assert one.recontact_at is None or one.recontact_at >= one.began_at
    assert all(outcome.asked_again_at is None or outcome.asked_again_at > outcome.at for outcome in watch.outcomes)

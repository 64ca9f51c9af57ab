"""What customers do, read in batches that are cut anywhere and stored between: the same rows as in one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.learning.watching import (
    RECONTACT,
    SILENCE,
    Ended,
    HandedOver,
    Happening,
    Outcome,
    Session,
    Turned,
    Watch,
    Wrote,
    asks_again,
    words_of,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TALKS, PEOPLE = [UUID(int=number) for number in (1, 2, 3)], [UUID(int=number) for number in (21, 22, 23)]
QUESTIONS = ["怎么退货", "请问怎么退货呢", "运费怎么算", "where is my parcel", "谢谢"]
RETURNS, SHIPPING = UUID(int=31), UUID(int=32)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def turned(hours: float, question: str = "怎么退货", zone: str = "answer", turn: int = 100, **fields: object) -> Turned:
    plain = {"conversation_id": TALKS[0], "turn_id": UUID(int=turn), "reason": "clear", "entry_id": RETURNS}
    return Turned(at=at(hours), zone=zone, question=question, **(plain | fields))


Stored = tuple[dict[tuple[UUID, int], Session], dict[UUID, Outcome]]


def kept(batches: list[list[Happening]]) -> Stored:
    """What stands in the tables after each batch was stored and the next began from what was stored."""
    sessions: dict[tuple[UUID, int], Session] = {}
    outcomes: dict[UUID, Outcome] = {}
    for batch in batches:
        watch = Watch(sessions.values(), outcomes.values())
        for one in batch:
            watch.see(one)
        sessions |= {(one.conversation_id, one.began_seq): one for one in watch.sessions}
        outcomes |= {one.turn_id: one for one in watch.outcomes}
    return sessions, outcomes


@st.composite
def scripts(draw: st.DrawFn) -> list[Happening]:
    script: list[Happening] = []
    now = 0.0
    for number in range(draw(st.integers(1, 20))):
        now += draw(st.sampled_from([0.005, 0.5, 5.0, 23.0, 25.0, 71.0, 80.0]))
        place = draw(st.integers(0, 2))
        talk, person = TALKS[place], PEOPLE[place % 2]
        kind = draw(st.sampled_from(["wrote", "wrote", "turned", "turned", "thanks", "handed", "ended"]))
        moment = at(now)
        script.append(
            {
                "wrote": Wrote(talk, number + 1, moment, person),
                "turned": turned(now, draw(st.sampled_from(QUESTIONS)), draw(st.sampled_from(["answer", "offer", "hand_over", "flow"])),
                                 turn=1_000 + number, conversation_id=talk,
                                 entry_id=draw(st.sampled_from([RETURNS, SHIPPING, None]))),
                "thanks": turned(now, "谢谢", "small_talk", turn=1_000 + number, conversation_id=talk, reason="thanks", entry_id=None),
                "handed": HandedOver(talk, moment),
                "ended": Ended(talk, moment),
            }[kind]
        )  # fmt: skip
    return script


@pytest.mark.slow
@given(scripts(), st.data())
def test_batches_cut_anywhere_give_the_same_rows(script: list[Happening], data: st.DataObject):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(script)), max_size=5)))
    batches = [script[start:end] for start, end in zip([0, *cuts], [*cuts, len(script)], strict=True)]
    assert kept(batches) == kept([script])


@pytest.mark.slow
@given(scripts())
def test_what_is_counted_is_what_happened(script: list[Happening]):
    sessions, outcomes = kept([script])
    turns = [one for one in script if isinstance(one, Turned)]
    assert sum(one.turns for one in sessions.values()) <= sum(one.zone != "small_talk" for one in turns)
    assert all(one.answers <= one.turns for one in sessions.values())
    assert set(outcomes) <= {one.turn_id for one in turns if one.zone in {"answer", "offer"}}
    assert all((one.conversation_id, one.began_seq) in sessions for one in outcomes.values())


@pytest.mark.slow
@given(scripts())
def test_moments_lie_in_their_order(script: list[Happening]):
    sessions, outcomes = kept([script])
    for one in sessions.values():
        assert one.began_at <= one.last_at
        assert one.recontact_at is None or one.began_at < one.recontact_at <= one.last_at + RECONTACT
        assert one.handed_over_at is None or one.handed_over_at >= one.began_at
        assert one.resolved_at is None or one.resolved_at >= one.began_at
    assert all(one.asked_again_at is None or timedelta(0) < one.asked_again_at - one.at < SILENCE for one in outcomes.values())


def test_coming_back_is_counted_for_the_session_before_it_and_once():
    wrote = [Wrote(TALKS[0], 1, at(0), PEOPLE[0]), Wrote(TALKS[1], 1, at(30), PEOPLE[0]), Wrote(TALKS[1], 9, at(60), PEOPLE[0])]
    sessions, _ = kept([wrote])
    assert [sessions[key].recontact_at for key in sorted(sessions)] == [at(30), at(60), None]


def test_two_conversations_of_one_customer_at_once_are_two_sessions():
    wrote = [Wrote(TALKS[0], 1, at(0), PEOPLE[0]), Wrote(TALKS[1], 1, at(1), PEOPLE[0])]
    sessions, _ = kept([wrote])
    assert sessions[TALKS[0], 1].recontact_at == at(1)
    assert sessions[TALKS[1], 1].recontact_at is None


def test_writing_after_the_end_begins_anew_whoever_ended_it():
    script = [
        Wrote(TALKS[0], 1, at(0), PEOPLE[0]),
        Ended(TALKS[0], at(1)),
        Ended(TALKS[0], at(2)),
        Wrote(TALKS[0], 4, at(3), PEOPLE[0]),
    ]
    sessions, _ = kept([script])
    assert [(key[1], one.resolved_at, one.recontact_at) for key, one in sorted(sessions.items())] == [
        (1, at(1), at(3)),
        (4, None, None),
    ]


def test_the_first_hand_over_counts_and_marks_answers_before_it():
    script = [
        Wrote(TALKS[0], 1, at(0), PEOPLE[0]),
        turned(0.1),
        HandedOver(TALKS[0], at(1)),
        turned(1.5, "运费怎么算", turn=101),
        HandedOver(TALKS[0], at(2)),
    ]
    sessions, outcomes = kept([script])
    assert sessions[TALKS[0], 1].handed_over_at == at(1)
    assert [outcomes[UUID(int=turn)].handed_over_at for turn in (100, 101)] == [at(1), None]


def test_what_nobody_wrote_is_no_session():
    assert kept([[turned(0), HandedOver(TALKS[0], at(1)), Ended(TALKS[0], at(2))]]) == ({}, {})


def test_a_flow_answers_without_an_entry():
    sessions, outcomes = kept([[Wrote(TALKS[0], 1, at(0), PEOPLE[0]), turned(0.1, zone="flow", entry_id=None)]])
    assert (sessions[TALKS[0], 1].answers, sessions[TALKS[0], 1].turns, outcomes) == (1, 1, {})


def test_thanks_are_for_the_latest_answer_alone():
    script = [Wrote(TALKS[0], 1, at(0), PEOPLE[0]), turned(0.1), turned(0.2, "运费怎么算", turn=101),
              turned(0.3, "谢谢", "small_talk", turn=102, reason="bye", entry_id=None)]  # fmt: skip
    sessions, outcomes = kept([script])
    assert [outcomes[UUID(int=turn)].thanked_at for turn in (100, 101)] == [None, at(0.3)]
    assert sessions[TALKS[0], 1].thanked_at == at(0.3)


def test_questions_are_alike_by_their_words_or_by_what_they_found():
    def again(question: str, earlier: str, entry: UUID | None = None) -> bool:
        before = Outcome(
            turn_id=UUID(int=1),
            conversation_id=TALKS[0],
            began_seq=1,
            contact_id=PEOPLE[0],
            entry_id=RETURNS,
            at=START,
            words=words_of(earlier),
        )
        return asks_again(words_of(question), entry, before)

    assert again("怎么退货？", "怎么退货")
    assert again("怎麼退貨", "怎么退货")
    assert again("Where's my PARCEL", "where is my parcel") or not again("where", "parcel")
    assert not again("怎么换货款式", "怎么退货")
    assert again("怎么退货退款", "怎么退货呀", RETURNS)
    assert not again("怎么退货退款", "运费怎么算", RETURNS)
    assert not again("", "", RETURNS)
    assert not again("😀", "🙏", RETURNS)
